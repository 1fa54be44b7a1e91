/* The drawer with a step's own Wagtail form. It stands outside the page's form and is not modal, so that
 * Wagtail's choosers open above it. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const { h, icon, post } = waTree;
  /* the question that is not answered yet, as the rule editor draws it */
  const UNASKED = '.wa-rule__row--todo .wa-rule__sentence[aria-expanded=false]';
  const FIRST_FIELD = '[aria-invalid=true], input:not([type=hidden]):not([type=checkbox]), select, .chooser button, button:not(.w-panel__toggle)';

  waTree.drawing = {
    buildDrawer() {
      this.drawerForm = h('form', { novalidate: true, autocomplete: 'off' });
      this.drawer = h('section.ct-drawer', { role: 'dialog', 'aria-labelledby': 'ct-drawer-type' }, this.drawerForm);
      this.drawer.addEventListener('submit', (e) => { e.preventDefault(); e.stopPropagation(); this.done(); });
      this.drawer.addEventListener('keydown', (e) => {
        if (e.defaultPrevented) return;
        const busy = document.querySelector('.modal.in, .modal.show, dialog[open]') || this.drawer.querySelector('.w-dropdown__toggle[aria-expanded=true]');
        if (e.key === 'Escape' && !busy) { e.preventDefault(); this.closeDrawer(); }
        if (e.key === 'Enter' && (e.ctrlKey || e.metaKey) && !this.readOnly) { e.preventDefault(); this.done(); }
      });
      document.body.append(this.drawer);
    },
    /* `fresh`: the step was just added, so its question is opened too */
    async openDrawer(id, fresh) {
      if (this.drawerId === id) { this.drawer.querySelector('input:not([type=hidden]), select, button')?.focus(); return; }
      if (this.drawerId && !(await this.applyDrawer())) return;
      const s = this.step(id);
      if (!s) return;
      if (!this.drawer) this.buildDrawer();
      this.drawerId = id;
      this.warned = false;
      this.drawerStart = undefined;
      const body = this.fillDrawer(s);
      this.drawer.hidden = false;
      this.overlap();
      this.element.classList.add('ct--drawer');
      this.markOpen();
      this.loading = this.loadForm(s, body);
      await this.loading;
      if (this.drawerId !== id) return;
      body.removeAttribute('aria-busy');
      this.drawerStart = this.drawerData();
      (this.readOnly ? this.drawer.querySelector('header button') : body.querySelector(FIRST_FIELD) || this.nameInput).focus({ preventScroll: true });
      if (this.el(id)) this.reveal(this.el(id));
      if (fresh && !this.readOnly) this.openQuestion(body);
    },
    /* the rule editor draws its rows when it knows the conditions */
    openQuestion(body) {
      if (!body.querySelector('[data-controller~=wa-rule]')) return;
      let row = null;
      const step = () => {
        if (!row) { row = body.querySelector(UNASKED)?.closest('li'); row?.querySelector('.wa-rule__sentence').click(); }
        const field = row?.querySelector(`.wa-rule__form :is(${FIRST_FIELD})`);
        if (field && !field.closest('.wa-rule__form-foot')) { field.focus({ preventScroll: true }); watch.disconnect(); }
      };
      const watch = new MutationObserver(step);
      watch.observe(body, { childList: true, subtree: true });
      setTimeout(() => watch.disconnect(), 3000);
      step();
    },
    markOpen() {
      this.flow.querySelectorAll('.ct-card--open').forEach((x) => x.classList.remove('ct-card--open'));
      if (this.drawerId) this.el(this.drawerId)?.classList.add('ct-card--open');
    },
    fillDrawer(s) {
      const { t } = this;
      const ty = this.type(s);
      const body = h('div.ct-drawer-body', { 'aria-busy': 'true' }, h('div.ct-skeleton'), h('div.ct-skeleton'));
      this.nameInput = h('input.ct-name', { type: 'text', name: 'step-name', maxlength: 80, placeholder: this.label(s), 'aria-label': t('stepName'), value: s.value.name, readonly: this.readOnly });
      const about = ty.missing ? s.type : ty.description;
      this.drawer.className = `ct-drawer ct-tone-${ty.tone} ct-kind-${ty.kind}`;
      this.drawerForm.replaceChildren(
        h('header.ct-drawer-head', null, h('span.ct-tile', null, icon(this.icon(s))),
          h('div', null, this.nameInput, h('p.ct-drawer-type', { id: 'ct-drawer-type' }, about ? t('typeAndDescription', { type: ty.label, description: about }) : ty.label)),
          !this.readOnly && h('button.ct-tool', { type: 'button', 'aria-label': t('more'), title: t('more'), onclick: (e) => this.openMenu(s.id, e.currentTarget.getBoundingClientRect()) }, icon('dots-horizontal')),
          h('button.ct-tool', { type: 'button', 'aria-label': t('close'), onclick: () => this.closeDrawer() }, icon('cross'))),
        body,
        this.readOnly ? '' : h('footer.ct-drawer-foot', null,
          h('button.button', { type: 'submit' }, t('done')),
          this.isLast(s) && h('button.button.button-secondary', { type: 'button', onclick: () => this.done(true) }, t('nextStep')),
          h('button.button.button-secondary.ct-quiet', { type: 'button', onclick: () => this.closeDrawer() }, t('cancel')),
          h('span.ct-drawer-hint', { 'aria-hidden': 'true' }, waTree.isMac ? '⌘ ↵' : `${t('control')} ↵`)));
      return body;
    },
    async loadForm(s, body) {
      const ty = this.type(s);
      if (ty.missing || !ty.hasForm) {
        body.replaceChildren(h('p.ct-none', null, this.t(ty.missing ? 'keptSettings' : 'nothingToSetUp')));
        return;
      }
      try {
        const asked = this.readOnly
          ? post(this.urls.look, { id: s.id }, true)
          : post(this.urls.form, { type: s.type, config: s.value.config, error: this.state.errors[s.id]?.form || null }, true);
        const [html] = await Promise.all([asked, window.waLater.load(this.media)]);
        if (this.drawerId !== s.id) return;
        const ready = new Promise((r) => { body.addEventListener('wa-step-form:ready', r, { once: true }); });
        const place = h('fieldset.ct-fields', { disabled: this.readOnly });
        place.innerHTML = html; // the wa-step-form controller builds the block's form
        body.replaceChildren(place);
        await Promise.race([ready, new Promise((r) => { setTimeout(r, 1500); })]);
        await new Promise((r) => { setTimeout(r, 0); }); // choosers and widgets connect
        this.watchPatience(s, body);
      } catch (error) {
        if (this.drawerId === s.id) body.replaceChildren(h('p.ct-none', { role: 'alert' }, error.message || this.t('formFailed')));
      }
    },
    /* how much of the editor the drawer covers */
    overlap() {
      const ui = this.uiTarget.getBoundingClientRect();
      const rtl = getComputedStyle(this.element).direction === 'rtl';
      const covered = rtl ? this.drawer?.offsetWidth - ui.left : ui.right - (document.documentElement.clientWidth - this.drawer?.offsetWidth);
      const px = this.drawerId ? Math.max(0, covered) : 0;
      this.element.style.setProperty('--ct-overlap', `${px}px`);
    },
    drawerData() { return new URLSearchParams(new FormData(this.drawerForm)).toString(); },
    drawerDirty() { return !!this.drawerId && !this.readOnly && this.drawerStart !== undefined && this.drawerData() !== this.drawerStart; },
    /* `onwards`: the next step is chosen at once */
    async done(onwards) {
      const id = this.drawerId;
      if (!id || this.asking) return; // the second click of two
      if (!(await this.applyDrawer(true))) return;
      this.closeDrawer(true);
      this.focusItem(id);
      if (onwards) this.addAfter();
    },
    /* nothing follows yet, and something may */
    isLast(s) {
      if (this.type(s).terminal) return false;
      const { current } = this;
      this.current = s.id;
      const [parent, branch, index] = this.placeAfter();
      this.current = current;
      return waTree.model.seq(this.state.steps, parent, branch).length <= index;
    },

    /* Validate on the server, keep what was typed. Returns false when the drawer must stay open. */
    async applyDrawer(strict) {
      await this.loading; // "Done" may be faster than the form
      const s = this.step(this.drawerId);
      if (!s || this.readOnly || (!strict && !this.drawerDirty())) return true;
      const res = await this.askClean(s);
      if (!res) return false;
      if (!res.draft_ok || (strict && !res.ok && !this.warned)) {
        this.showDrawerErrors(res);
        this.warned = res.draft_ok; // a second "Done" keeps it unfinished
        return false;
      }
      this.warned = false;
      this.keep(s, res);
      this.drawerStart = this.drawerData();
      return true;
    },
    async askClean(s) {
      const ty = this.type(s);
      if (ty.missing) return { ok: false, draft_ok: true, config: s.value.config, messages: this.state.errors[s.id]?.messages || [this.t('keptSettings')], kept: true };
      if (!ty.hasForm) return { ok: true, draft_ok: true, config: s.value.config };
      const data = new FormData(this.drawerForm);
      data.append('step_type', s.type);
      this.asking = true;
      try { return await post(this.urls.clean, data); } catch (error) {
        this.showDrawerErrors({ draft_ok: false, words: error.message || this.t('failed') });
        return null;
      } finally { this.asking = false; }
    },
    keep(s, res) {
      const errors = { ...this.state.errors };
      if (res.ok) delete errors[s.id];
      else if (!res.kept) errors[s.id] = { messages: res.messages, form: res.error, fresh: true };
      const next = { ...s, value: { ...s.value, name: this.nameInput.value.trim(), config: res.config } };
      const old = this.state.info[s.id];
      const branches = res.branches ?? this.branches(s);
      const info = { ...this.state.info, [s.id]: { summary: res.summary ?? old?.summary, branches, label: res.label, icon: res.icon, warnings: res.warnings } };
      // steps of a branch that went away move to the first one
      const keys = branches.map((b) => b.key);
      const steps = this.state.steps.map((x) => {
        if (x.id === s.id) return next;
        const orphan = x.value.parent === s.id && keys.length && !keys.includes(x.value.branch);
        return orphan ? { ...x, value: { ...x.value, branch: keys[0] } } : x;
      });
      this.commit({ steps, info, errors }, { undoable: JSON.stringify(next) !== JSON.stringify(s) });
    },
    showDrawerErrors(res) {
      const body = this.drawer.querySelector('.ct-drawer-body');
      if (res.error) body.querySelector('[data-controller~=wa-step-form]')?.stepBlock?.setError(res.error);
      body.querySelector('.ct-drawer-error')?.remove();
      body.prepend(h('p.ct-drawer-error', { role: 'alert' }, icon('warning'), res.words || this.t(res.draft_ok ? 'somethingMissing' : 'correctFields')));
      body.querySelector('[aria-invalid=true], .w-field--error input, .w-field--error button')?.focus();
    },
    closeDrawer(quiet) {
      if (!this.drawerId) return;
      if (!quiet && this.drawerDirty() && !window.confirm(this.t('discard'))) return;
      const id = this.drawerId;
      this.drawerId = null;
      this.drawerStart = undefined;
      this.warned = false;
      this.drawer.hidden = true;
      this.drawerForm.replaceChildren();
      this.element.classList.remove('ct--drawer');
      this.overlap();
      this.markOpen();
      if (!quiet) this.focusItem(id);
    },
    /* saving the page with an open, changed drawer first applies it */
    async onSubmit(e) {
      if (!this.drawerDirty()) return;
      e.preventDefault();
      e.stopImmediatePropagation();
      const { submitter } = e;
      if (await this.applyDrawer()) { this.closeDrawer(true); this.form.requestSubmit(submitter); }
    },
  };
})();
