/* The form of one condition, inside the rule editor. Its fields belong to a <form> of their own, so that they
 * are never posted with the page; what is typed is put into the rule at once as `form`, and cleaned by the
 * server in the background or when the page is saved, whichever comes first.
 */
(function () {
  'use strict';
  const { h, uid, ask } = window.wagtailAutomationRules;
  const TYPING_PAUSE = 350;
  const WATCH_EVERY = 400;

  /* --------------------------------------------------- the form of one condition */
  class ConditionForm {
    constructor(editor, item) {
      this.editor = editor;
      this.item = item;
      this.t = editor.t;
      this.prefix = `wa${uid().replace(/-/g, '')}`;
      this.owner = h('form', { id: `${this.prefix}-form`, hidden: true, novalidate: true });
      this.owner.addEventListener('submit', (e) => { e.preventDefault(); this.done(); });
      this.error = h('p.wa-rule__error', { role: 'alert', hidden: true });
      this.body = h('div.wa-rule__fields', { 'aria-busy': 'true' }, h('p.wa-rule__hint', null, this.t.loading));
      this.element = h('div.wa-rule__form', { role: 'group', id: `${this.prefix}-panel`, onkeydown: (e) => this.onKey(e), oninput: () => this.changed(), onchange: (e) => { e.stopPropagation(); this.changed(); } },
        this.error, this.body,
        h('div.wa-rule__form-foot', null, h('button.button.button-small', { type: 'button', 'data-done': true, onclick: () => this.done() }, this.t.done)));
    }

    async load(error) {
      document.body.append(this.owner);
      let data;
      try {
        const asked = ask(`${this.editor.urlValue}form/`, { type: this.item.type, value: this.editor.fresh.has(this.item) ? null : this.item.value ?? {}, form: this.item.form, error });
        [data] = await Promise.all([asked, window.waLater.load(this.editor.mediaValue)]);
      } catch {
        if (this.closed) return;
        this.body.replaceChildren(h('p.wa-rule__hint', null, this.t.failed, ' ', h('button.button.button-small.button-secondary', { type: 'button', onclick: () => this.load(error) }, this.t.retry)));
        return;
      }
      if (this.closed) return;
      const definition = window.telepath.unpack(data.definition);
      definition.collapsible = false; // the row is the panel
      const spot = h('div');
      this.body.replaceChildren(spot);
      this.block = definition.render(window.jQuery(spot), this.prefix, data.state, null);
      this.own();
      this.watcher = new MutationObserver(() => this.own());
      this.watcher.observe(this.body, { childList: true, subtree: true });
      this.timer = setInterval(() => this.changed(), WATCH_EVERY); // widgets that set values without an event
      this.body.removeAttribute('aria-busy');
      this.known = this.item.form ? null : this.data();
      if (data.error) { this.strict = true; this.show(data.error); }
      if (this.editor.fresh.delete(this.item)) { this.known = null; this.changed(); }
      this.focus();
    }

    /* Fields belong to our own form, also those that widgets add later. */
    own() {
      this.body.querySelectorAll('[name]').forEach((field) => {
        if (field.getAttribute('form') !== this.owner.id) field.setAttribute('form', this.owner.id);
      });
    }

    data() {
      return new URLSearchParams([...new FormData(this.owner)].filter(([, value]) => typeof value === 'string')).toString();
    }

    /* Put what is typed into the rule now; clean it after a pause. True if anything changed. */
    changed(silent) {
      if (!this.block || this.closed) return false;
      this.own();
      const data = this.data();
      if (data === this.known) return false;
      this.known = data;
      this.warned = false;
      this.item.form = { prefix: this.prefix, data };
      if (!silent) this.editor.write();
      clearTimeout(this.pause);
      this.pause = setTimeout(() => this.clean().catch(() => {}), TYPING_PAUSE);
      return true;
    }

    async clean() {
      clearTimeout(this.pause);
      const form = this.item.form || { prefix: this.prefix, data: this.data() };
      const answer = await ask(`${this.editor.urlValue}clean/`, { type: this.item.type, form });
      const current = this.item.form;
      if (current && current.data !== form.data) return answer; // typed on meanwhile: another clean follows
      const before = JSON.stringify([this.item.value, this.item.form]);
      if ('value' in answer) { this.item.value = answer.value; delete this.item.form; } else this.item.form = form;
      this.editor.learn(this.item, answer);
      if (JSON.stringify([this.item.value, this.item.form]) !== before) this.editor.write();
      if (!this.closed && this.strict) this.show(answer.error);
      return answer;
    }

    show(error) {
      const fields = (error && error.blockErrors) || {};
      for (const [name, child] of Object.entries(this.block.childBlocks)) child.setError?.(fields[name] || null);
      this.error.hidden = !(error && error.messages && error.messages.length);
      this.error.textContent = this.error.hidden ? '' : error.messages.join(' ');
    }

    async done() {
      if (!this.block) return this.editor.close(true);
      this.changed();
      let answer;
      try { answer = await this.clean(); } catch (error) { return this.editor.say(error.message.length > 3 ? error.message : this.t.failed); }
      if (answer.ok || (this.warned && 'value' in answer)) return this.editor.close(true);
      this.strict = true;
      this.show(answer.error);
      this.warned = true;
      const text = 'value' in answer ? this.t.missing : this.t.wrong;
      this.error.textContent = [this.error.textContent, text].filter(Boolean).join(' ');
      this.error.hidden = false;
      this.element.querySelector('[aria-invalid=true], .w-field--error input, .w-field--error button, .w-field--error select')?.focus();
      return undefined;
    }

    focus() {
      const first = this.body.querySelector('[aria-invalid=true], input:not([type=hidden]), select, textarea, .chooser button, button');
      (first || this.element.querySelector('[data-done]')).focus({ preventScroll: true });
    }

    onKey(e) {
      if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); e.stopPropagation(); this.done(); }
      if (e.key === 'Escape' && !document.querySelector('.modal.in, .modal.show') && !this.element.querySelector('[aria-expanded=true]')) {
        e.preventDefault();
        e.stopPropagation(); // the drawer around it stays open
        this.changed();
        this.editor.close(true);
      }
    }

    remove() {
      this.closed = true;
      clearInterval(this.timer);
      this.watcher?.disconnect();
      this.owner.remove();
      this.element.remove();
    }
  }

  window.wagtailAutomationRules.ConditionForm = ConditionForm;
})();
