/* The rule editor: a Stimulus controller in Wagtail's own application, and the widget that telepath makes.
 * No build step, no dependency. The truth is the textarea; everything else is drawn from it.
 */
(function () {
  'use strict';
  const { Controller } = window.StimulusModule;
  const { h, icon, uid, isObject, catalogue, describe, pick, ConditionForm } = window.wagtailAutomationRules;
  const UNDO_FOR = 8000;
  const MATCHES = ['all', 'any', 'none'];

  /* ---------------------------------------------------------------- the controller */
  class RuleController extends Controller {
    static targets = ['input', 'ui'];
    static values = { url: String, media: Object, empty: String, failed: String, retry: String };

    connect() {
      this.inputTarget.waRule = this;
      this.fresh = new WeakSet(); // added here and never filled in: their form starts with the defaults
      this.onFormData = (e) => {
        // Somebody reads the form (save, autosave, drawer): what was typed last is in it.
        if (this.form?.changed(true)) this.write(true);
        if (this.inputTarget.name && !this.inputTarget.matches(':disabled')) e.formData.set(this.inputTarget.name, this.inputTarget.value);
      };
      this.outer = this.inputTarget.form;
      this.outer?.addEventListener('formdata', this.onFormData);
      this.onReset = () => this.load();
      this.inputTarget.addEventListener('wa-rule:reset', this.onReset);
      const tab = this.element.closest('[role=tabpanel][hidden]');
      if (!tab) { this.load(); return; }
      // what stands in a closed tab costs the page nothing until the tab is opened
      this.shown = new ResizeObserver(([entry]) => { if (entry.contentRect.width) { this.shown.disconnect(); this.load(); } });
      this.shown.observe(tab);
    }

    disconnect() {
      this.shown?.disconnect();
      this.form?.changed(true);
      this.close();
      this.outer?.removeEventListener('formdata', this.onFormData);
      this.inputTarget.removeEventListener('wa-rule:reset', this.onReset);
    }

    async load() {
      this.close();
      const loading = (this.loading = {});
      try {
        this.catalogue = await catalogue(this.urlValue);
        this.t = this.catalogue.words;
        this.info = new Map();
        this.read();
        if (!this.problem && this.items().length) this.take(await describe(this.urlValue, this.rule));
      } catch {
        if (this.loading === loading) this.fail();
        return;
      }
      if (this.loading !== loading) return;
      this.render();
      window.waLater.whenIdle(this.mediaValue);
    }

    fail() {
      const t = { failed: this.failedValue, retry: this.retryValue };
      this.uiTarget.replaceChildren(h('p.wa-rule__hint', null, t.failed, ' ', h('button.button.button-small.button-secondary', { type: 'button', onclick: () => this.load() }, t.retry)));
    }

    /* ------------------------------------------------------------------ the rule */
    read() {
      this.problem = '';
      let rule;
      try { rule = JSON.parse(this.inputTarget.value || '{}'); } catch { rule = null; }
      const isGood = (items, inner) => Array.isArray(items) && items.every((item) => isObject(item) && typeof item.type === 'string'
        && (item.type !== 'group' || (!inner && isObject(item.value) && isGood(item.value.items ?? [], true))));
      if (!isObject(rule) || !isGood(rule.items ?? [], false)) {
        this.problem = this.t.damaged;
        return;
      }
      this.rule = { ...rule, match: MATCHES.includes(rule.match) ? rule.match : 'all', items: rule.items ?? [] };
      const seen = new Set();
      const number = (item) => {
        if (typeof item.id !== 'string' || !item.id || seen.has(item.id)) item.id = uid();
        seen.add(item.id);
        if (item.type === 'group') {
          item.value.items = item.value.items ?? [];
          if (!MATCHES.includes(item.value.match)) item.value.match = 'all';
          item.value.items.forEach(number);
        }
      };
      this.rule.items.forEach(number);
    }

    text() { return JSON.stringify(this.rule); }

    write(silent) {
      const text = this.text();
      if (text === this.inputTarget.value) return;
      this.inputTarget.value = text;
      if (silent) return;
      this.inputTarget.dispatchEvent(new Event('change', { bubbles: true }));
      this.dispatch('change', { target: this.inputTarget });
    }

    items() { return this.rule.items.flatMap((item) => (item.type === 'group' ? item.value.items : [item])); }

    /* [list, index, group or null] of an item */
    place(id) {
      for (const [list, group] of [[this.rule.items, null], ...this.rule.items.filter((x) => x.type === 'group').map((x) => [x.value.items, x])]) {
        const index = list.findIndex((item) => item.id === id);
        if (index >= 0) return [list, index, group];
      }
      return [null, -1, null];
    }

    type(item) { return item.kept ? undefined : this.catalogue.byKey.get(item.type); }

    take(answer) {
      if (answer.problem) { this.problem = answer.problem; return; }
      Object.entries(answer.items).forEach(([id, info]) => this.info.set(id, info));
    }

    /* New facts about one condition: repaint its row only, its form stays. */
    learn(item, answer) {
      this.info.set(item.id, { sentence: answer.sentence, messages: answer.messages, error: answer.error });
      this.repaint(item);
      this.label();
    }

    /* One row anew; the focus stays where it was. */
    repaint(item) {
      const old = this.uiTarget.querySelector(`[data-id="${CSS.escape(item.id)}"] > .wa-rule__row`);
      if (!old) return;
      const focused = old.contains(document.activeElement) ? document.activeElement : null;
      const row = this.row(item);
      old.replaceWith(row);
      if (focused) (row.querySelector(focused.dataset.tool ? `[data-tool="${focused.dataset.tool}"]` : '.wa-rule__sentence') || row).focus();
    }

    sentence(item) {
      const type = this.type(item);
      if (!type) return this.t.unavailable.replace('{key}', item.type);
      return this.info.get(item.id)?.sentence || type.label;
    }

    /* For the collapsed panel of a block that holds the rule. */
    label() {
      this.inputTarget.dataset.label = this.problem || this.items().map((item) => this.sentence(item)).join(' · ');
    }

    /* ------------------------------------------------------------------ painting */
    render() {
      this.close();
      if (this.problem) {
        this.uiTarget.replaceChildren(h('div.wa-rule__problem', { role: 'alert' }, icon('warning'), h('p', null, this.problem),
          h('button.button.button-small.button-secondary', { type: 'button', onclick: () => { this.inputTarget.value = '{}'; this.read(); this.inputTarget.value = ''; this.write(); this.render(); } }, this.t.start_again)));
        return;
      }
      this.live = h('p.wa-rule__sr', { role: 'status', 'aria-live': 'polite' });
      this.toast = this.toast || h('div.wa-rule__toast', { role: 'status', hidden: true });
      this.uiTarget.setAttribute('role', 'group');
      this.uiTarget.setAttribute('aria-label', this.t.rule);
      this.uiTarget.replaceChildren(
        this.rule.items.length
          ? h('div.wa-rule__head', null, this.matcher(this.rule, this.t.matches, this.t.matches_after, (match) => { this.rule.match = match; }))
          : h('p.wa-rule__hint', null, icon('info-circle'), this.emptyValue || this.t.empty),
        this.list(this.rule.items, this.rule.match, null),
        h('div.wa-rule__foot', null,
          h('button.button.button-small.button-secondary.wa-rule__add', { type: 'button', 'data-add': '', onclick: () => this.add(null) }, icon('plus'), this.t.add),
          h('button.button.button-small.button-secondary.wa-rule__add', { type: 'button', 'data-add-group': '', onclick: () => this.addGroup() }, icon('folder'), this.t.add_group)),
        this.toast, this.live);
      this.label();
    }

    matcher(holder, before, after, set) {
      const select = h('select', { 'aria-label': this.t.match_label, onchange: (e) => { e.stopPropagation(); set(e.target.value); this.write(); this.again(select.dataset.for); } },
        MATCHES.map((match) => h('option', { value: match, selected: holder.match === match }, this.t[match])));
      select.dataset.for = holder.owner || 'rule';
      return h('p.wa-rule__match', null, h('span', null, before), select, h('span', null, after));
    }

    /* Repaint and give the focus back to the select that changed. */
    again(which) {
      this.render();
      this.uiTarget.querySelector(`select[data-for="${CSS.escape(which)}"]`)?.focus();
    }

    list(items, match, group) {
      const joiner = { all: this.t.and, any: this.t.or, none: this.t.nor }[match];
      return h('ol.wa-rule__list', null, items.map((item, index) => h(`li.wa-rule__item${item.type === 'group' ? '.wa-rule__item--group' : ''}`, { 'data-id': item.id },
        index > 0 && h('span.wa-rule__joiner', { 'aria-hidden': 'true' }, joiner),
        item.type === 'group' ? this.group(item, index, items) : this.row(item, index, items, group))));
    }

    tool(name, label, action, disabled) {
      return h('button.wa-rule__tool', { type: 'button', 'data-tool': name, 'aria-label': label, title: label, disabled, onclick: action },
        icon({ up: 'arrow-up', down: 'arrow-down', into: 'arrow-right', out: 'arrow-left', remove: 'bin' }[name]));
    }

    row(item) {
      const [list, index, group] = this.place(item.id);
      const type = this.type(item);
      const info = this.info.get(item.id) || {};
      const sentence = this.sentence(item);
      const named = (text) => text.replace('{sentence}', sentence);
      const isOpen = this.form?.item.id === item.id;
      const unfinished = type && (info.messages?.length || item.form) && !isOpen;
      const neighbour = !group && [list[index - 1], list[index + 1]].find((other) => other?.type === 'group');
      const main = type && type.hasForm
        ? h('button.wa-rule__sentence', { type: 'button', 'aria-expanded': String(isOpen), 'aria-controls': isOpen && this.form.element.id, 'aria-label': named(this.t.edit), onclick: () => this.open(item.id) }, sentence)
        : h('span.wa-rule__sentence', null, sentence);
      return h(`div.wa-rule__row.wa-tone--${type ? type.tone : 'grey'}${type ? '' : '.wa-rule__row--missing'}${unfinished ? '.wa-rule__row--todo' : ''}`, null,
        h('span.wa-rule__tile', null, icon(type ? type.icon : 'warning')),
        h('div.wa-rule__text', null, main,
          !type && h('p.wa-rule__note', null, this.t.unavailable_help),
          unfinished && h('p.wa-rule__note.wa-rule__note--todo', null, icon('warning'), [this.t.unfinished, ...(info.messages || [])].join(' – '))),
        h('div.wa-rule__tools', null,
          neighbour && this.tool('into', named(this.t.into_group), () => this.intoGroup(item.id)),
          group && this.tool('out', named(this.t.out_of_group), () => this.outOfGroup(item.id)),
          this.tool('up', named(this.t.up), () => this.shift(item.id, -1), index === 0),
          this.tool('down', named(this.t.down), () => this.shift(item.id, 1), index === list.length - 1),
          this.tool('remove', named(this.t.remove), () => this.remove(item.id))));
    }

    group(item, index, items) {
      const inner = item.value;
      return h('div.wa-rule__group', { role: 'group', 'aria-label': this.t.group },
        h('div.wa-rule__group-head', null,
          this.matcher({ match: inner.match, owner: item.id }, this.t.group_matches, this.t.group_matches_after, (match) => { inner.match = match; }),
          h('div.wa-rule__tools', null,
            this.tool('up', this.t.up.replace('{sentence}', this.t.group), () => this.shift(item.id, -1), index === 0),
            this.tool('down', this.t.down.replace('{sentence}', this.t.group), () => this.shift(item.id, 1), index === items.length - 1),
            this.tool('remove', this.t.remove_group, () => this.remove(item.id)))),
        inner.items.length ? this.list(inner.items, inner.match, item) : h('p.wa-rule__note.wa-rule__note--todo', null, icon('warning'), this.t.empty_group),
        h('button.button.button-small.button-secondary.wa-rule__add', { type: 'button', 'data-add': item.id, onclick: () => this.add(item) }, icon('plus'), this.t.add_to_group));
    }

    say(text) {
      this.live.textContent = '';
      requestAnimationFrame(() => { this.live.textContent = text; });
    }

    /* ------------------------------------------------------------------- changes */
    async add(group) {
      if (this.items().length >= this.catalogue.max) { this.say(this.t.too_many.replace('{count}', this.catalogue.max)); return; }
      const entry = await pick(this.t, this.catalogue.conditions);
      const back = () => this.uiTarget.querySelector(`[data-add="${group ? CSS.escape(group.id) : ''}"]`)?.focus();
      if (!entry) { back(); return; }
      const item = { id: uid(), type: entry.key, value: {} };
      if (entry.hasForm) this.fresh.add(item);
      (group ? group.value.items : this.rule.items).push(item);
      this.info.set(item.id, { sentence: entry.label, messages: [] });
      this.write();
      this.render();
      if (entry.hasForm) await this.open(item.id);
      else {
        back();
        this.say(this.t.added);
        describe(this.urlValue, this.rule).then((answer) => { this.take(answer); this.render(); back(); }).catch(() => {});
      }
    }

    addGroup() {
      const group = { id: uid(), type: 'group', value: { match: 'any', items: [] } };
      this.rule.items.push(group);
      this.write();
      this.render();
      return this.add(group);
    }

    shift(id, by) {
      const [list, index] = this.place(id);
      const to = index + by;
      if (index < 0 || to < 0 || to >= list.length) return;
      this.change(() => list.splice(to, 0, ...list.splice(index, 1)));
      this.focus(id, by < 0 ? ['up', 'down'] : ['down', 'up']);
      this.say(this.t.moved.replace('{position}', to + 1).replace('{count}', list.length));
    }

    intoGroup(id) {
      const [list, index] = this.place(id);
      const group = [list[index - 1], list[index + 1]].find((other) => other?.type === 'group');
      if (!group) return;
      this.change(() => group.value.items.push(...list.splice(index, 1)));
      this.focus(id, ['out']);
    }

    outOfGroup(id) {
      const [list, index, group] = this.place(id);
      if (!group) return;
      this.change(() => this.rule.items.splice(this.rule.items.indexOf(group) + 1, 0, ...list.splice(index, 1)));
      this.focus(id, ['into', 'up', 'down']);
    }

    remove(id) {
      const [list, index, group] = this.place(id);
      if (index < 0) return;
      const [gone] = list.splice(index, 1);
      const next = list[index] || list[index - 1];
      this.change(() => {});
      if (next) this.focus(next.id, ['remove']); else this.uiTarget.querySelector(`[data-add="${group ? CSS.escape(group.id) : ''}"]`)?.focus();
      const text = gone.type === 'group' ? this.t.group_removed : this.t.removed;
      clearTimeout(this.toastTimer);
      this.toast.replaceChildren(h('span', null, text), h('button.button.button-small.button-secondary', { type: 'button', 'data-undo': true, onclick: () => {
        this.toast.hidden = true;
        const target = group && this.rule.items.includes(group) ? group.value.items : this.rule.items;
        this.change(() => target.splice(Math.min(index, target.length), 0, gone));
        this.focus(gone.id, ['remove']);
      } }, this.t.undo));
      this.toast.hidden = false;
      this.toastTimer = setTimeout(() => { if (!this.toast.contains(document.activeElement)) this.toast.hidden = true; }, UNDO_FOR);
    }

    change(action) {
      this.form?.changed(true);
      this.close();
      action();
      this.write();
      this.render();
    }

    focus(id, tools) {
      const item = this.uiTarget.querySelector(`[data-id="${CSS.escape(id)}"]`);
      for (const name of tools) {
        const button = item?.querySelector(`[data-tool="${name}"]:not(:disabled)`);
        if (button) { button.focus(); return; }
      }
      item?.querySelector('button')?.focus();
    }

    /* ------------------------------------------------------------- a form, inline */
    async open(id) {
      if (this.form?.item.id === id) { this.form.changed(); this.close(true); return; }
      this.form?.changed();
      this.close();
      const [list, index] = this.place(id);
      const item = list?.[index];
      if (!item) return;
      this.form = new ConditionForm(this, item);
      const place = this.uiTarget.querySelector(`[data-id="${CSS.escape(id)}"]`);
      place.append(this.form.element);
      place.classList.add('wa-rule__item--open');
      this.repaint(item);
      this.form.element.setAttribute('aria-label', this.type(item).label);
      const info = this.info.get(id);
      await this.form.load(this.fresh.has(item) ? null : info?.error || null);
    }

    close(refocus) {
      const form = this.form;
      if (!form) return;
      this.form = null;
      if (form.pause && form.item.form) form.clean().catch(() => {});
      form.remove();
      const place = this.uiTarget.querySelector(`[data-id="${CSS.escape(form.item.id)}"]`);
      if (!place) return;
      place.classList.remove('wa-rule__item--open');
      this.repaint(form.item);
      if (refocus) place.querySelector('.wa-rule__sentence')?.focus();
    }
  }

  window.wagtail.app.register('wa-rule', RuleController);

  /* --------------------------------------- the widget, for blocks made in the browser */
  class BoundRuleWidget {
    constructor(element) {
      this.element = element;
      this.input = element.querySelector('textarea');
      this.idForLabel = null; // the textarea is hidden, a label cannot lead to it
    }
    getValue() { return this.input.value; }
    getState() {
      const rule = this.input.waRule;
      if (rule?.form?.changed(true)) rule.write(true);
      return this.input.value;
    }
    setState(state) {
      this.input.value = state ?? '';
      this.input.dispatchEvent(new Event('wa-rule:reset'));
    }
    getTextLabel(options) {
      const text = this.input.dataset.label || '';
      const max = options?.maxLength;
      return max && text.length > max ? `${text.slice(0, max - 1)}…` : text || null;
    }
    setInvalid(invalid) { this.element.classList.toggle('wa-rule--invalid', Boolean(invalid)); }
    setCapabilityOptions() {}
    focus() { this.element.querySelector('.wa-rule__ui button, .wa-rule__ui select')?.focus(); }
  }
  class RuleWidget {
    constructor(html) { this.html = html; }
    render(placeholder, name, id, initialState) {
      const holder = document.createElement('div');
      holder.innerHTML = this.html.replace(/__NAME__/g, name).replace(/__ID__/g, id).trim();
      const element = holder.firstElementChild;
      const bound = new BoundRuleWidget(element);
      bound.setState(initialState);
      placeholder.replaceWith(element);
      return bound;
    }
    getByName(name, container) {
      const input = container.querySelector(`textarea[name="${CSS.escape(name)}"]`);
      return new BoundRuleWidget(input.closest('.wa-rule'));
    }
  }
  window.telepath.register('wagtail_automation.rules.RuleWidget', RuleWidget);
})();
