/* Says beside the Publish button what publishing would do to the people inside, as the form stands. */
(function () {
  'use strict';
  const { Controller } = window.StimulusModule;
  const PAUSE = 600;

  class PublicationController extends Controller {
    static values = { url: String };

    connect() {
      this.form = this.element.closest('form');
      this.onChange = (event) => {
        if (['tree', 'at_removed'].includes(event.target.name)) this.soon();
      };
      this.form.addEventListener('change', this.onChange);
    }

    disconnect() {
      clearTimeout(this.timer);
      this.form.removeEventListener('change', this.onChange);
    }

    soon() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.load(), PAUSE);
    }

    async load() {
      const { tree, at_removed: removed } = this.form.elements;
      const asked = (this.asked = {});
      try {
        const response = await fetch(this.urlValue, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'X-CSRFToken': window.wagtailConfig.CSRF_TOKEN },
          body: JSON.stringify({ tree: tree.value, removed: removed?.value }),
        });
        if (!response.ok || asked !== this.asked) return;
        const open = this.element.querySelector('details')?.open;
        this.element.innerHTML = await response.text();
        const details = this.element.querySelector('details');
        if (details && open) details.open = true;
      } catch { /* what was said before stays */ }
    }
  }

  window.wagtail.app.register('wa-publication', PublicationController);
})();
