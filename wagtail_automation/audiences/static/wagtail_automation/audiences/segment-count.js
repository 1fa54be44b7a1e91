/* Counts who would match the rule on the page, a moment after it changed. */
(function () {
  'use strict';
  const PAUSE = 600;

  class SegmentCountController extends window.StimulusModule.Controller {
    static targets = ['message', 'examples'];
    static values = { url: String };

    connect() {
      this.onChange = () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.count(), PAUSE); };
      this.form = this.element.closest('form');
      this.form?.addEventListener('wa-rule:change', this.onChange);
      this.count();
    }

    disconnect() {
      clearTimeout(this.timer);
      this.form?.removeEventListener('wa-rule:change', this.onChange);
      this.request?.abort();
    }

    async count() {
      const input = this.form?.elements.namedItem('rule');
      if (!input) return;
      this.request?.abort();
      this.request = new AbortController();
      this.element.setAttribute('aria-busy', 'true');
      try {
        const response = await fetch(this.urlValue, {
          method: 'POST',
          signal: this.request.signal,
          headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': window.wagtailConfig.CSRF_TOKEN },
          body: JSON.stringify({ rule: input.value }),
        });
        this.show(await response.json());
      } catch (error) {
        if (error.name === 'AbortError') return;
        this.show({ message: '–', examples: [] });
      }
      this.element.removeAttribute('aria-busy');
    }

    show({ count, message, examples }) {
      this.messageTarget.textContent = message;
      this.messageTarget.classList.toggle('wa-count__number--soft', !count);
      this.examplesTarget.replaceChildren(...(examples || []).map(({ name, url }) => {
        const item = document.createElement('li');
        const inner = document.createElement(url ? 'a' : 'span');
        if (url) inner.href = url;
        inner.textContent = name;
        item.append(inner);
        return item;
      }));
    }
  }

  window.wagtail.app.register('wa-segment-count', SegmentCountController);
})();
