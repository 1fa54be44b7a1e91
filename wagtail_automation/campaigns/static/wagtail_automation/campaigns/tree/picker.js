/* The dialog in which a step is chosen: actions, and every condition as a ready-made question. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const { h, icon } = waTree;
  const M = waTree.model;
  /* "é" is found by "e" */
  const plain = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  /* what people have passed before a place, the nearest first */
  function passed(steps, parent, branch, index) {
    const here = M.seq(steps, parent, branch).slice(0, index).reverse();
    const above = M.get(steps, parent);
    if (!above) return here;
    const [grand, side] = M.place(above);
    return [...here, above, ...passed(steps, grand, side, M.seq(steps, grand, side).indexOf(above))];
  }

  waTree.picking = {
    buildPicker() {
      const { t } = this;
      this.search = h('input', { type: 'search', placeholder: t('searchSteps'), 'aria-label': t('searchSteps'), autocomplete: 'off', oninput: () => this.fillPicker() });
      this.pickList = h('div.ct-pick-list', { role: 'listbox', 'aria-label': t('steps') });
      this.pickNav = h('nav.ct-pick-nav', { 'aria-label': t('groups') });
      this.picker = h('dialog.ct-picker', { 'aria-labelledby': 'ct-pick-title', onclick: (e) => { if (e.target === this.picker) this.picker.close(); } },
        h('div.ct-pick-head', null, h('h2', { id: 'ct-pick-title' }), h('div.ct-search', null, icon('search'), this.search),
          h('button.ct-tool', { type: 'button', 'aria-label': t('close'), onclick: () => this.picker.close() }, icon('cross'))),
        h('div.ct-pick-body', null, this.pickNav, this.pickList));
      this.picker.addEventListener('keydown', (e) => this.onPickerKey(e));
      this.picker.addEventListener('close', () => { if (!this.drawerId) this.el(this.current)?.focus({ preventScroll: true }); });
      document.body.append(this.picker);
    },
    onPickerKey(e) {
      const list = [...this.pickList.querySelectorAll('[role=option]')];
      const i = list.indexOf(document.activeElement);
      if (i < 0 && e.key === 'Enter' && document.activeElement === this.search) {
        e.preventDefault();
        list[0]?.click();
        return;
      }
      const grid = this.pickList.querySelector('.ct-pick-grid');
      const cols = grid ? getComputedStyle(grid).gridTemplateColumns.split(' ').length : 1;
      const to = { ArrowDown: i < 0 ? 0 : i + cols, ArrowUp: i - cols, ArrowRight: i + 1, ArrowLeft: i - 1 }[e.key];
      if (to === undefined || (i < 0 && e.key !== 'ArrowDown')) return;
      e.preventDefault();
      if (to < 0) this.search.focus(); else list[Math.min(to, list.length - 1)]?.focus();
    },
    openPicker(parent, branch, index) {
      if (!this.picker) this.buildPicker();
      this.pickAt = [parent, branch, index];
      this.pickSource = branch === 'start' && !parent;
      this.picker.querySelector('h2').textContent = this.t(this.pickSource ? 'whatStarts' : 'addStep');
      this.search.value = '';
      this.fillPicker();
      this.picker.showModal();
      this.pickList.scrollTop = 0;
      this.search.focus();
    },
    /* groups in reading order: what is done, then what is asked */
    pickable() {
      const [parent, branch, index] = this.pickAt;
      const followed = M.seq(this.state.steps, parent, branch).length > index;
      const types = Object.values(this.types).filter((x) => (x.kind === 'source') === this.pickSource && !(x.terminal && followed) && x.name !== 'decision');
      const entries = types.map((x) => ({ ...x, heading: x.group, part: 'actions' }));
      if (this.pickSource) return entries;
      const decision = this.types.decision;
      if (decision) entries.push({ ...decision, heading: decision.group, part: 'questions' });
      return entries.concat(this.presets.map((x) => ({ ...x, heading: this.t('questionGroup', { group: x.group }), navLabel: x.group, part: 'questions' })));
    },
    fillPicker() {
      const words = plain(this.search.value).split(/\s+/).filter(Boolean);
      const found = this.pickable().filter((x) => {
        const text = plain(`${x.label} ${x.description} ${x.keywords} ${x.heading}`);
        return words.every((w) => text.includes(w));
      });
      /* what is called so comes before what is described so */
      const q = words.join(' ');
      if (q) found.sort((a, b) => plain(b.label).includes(q) - plain(a.label).includes(q));
      const groups = new Map();
      const used = q ? [] : this.mostUsed(found);
      if (used.length) groups.set(this.t('mostUsed'), used.map((x) => ({ ...x, heading: this.t('mostUsed'), navLabel: '' })));
      found.forEach((x) => (groups.get(x.heading) || groups.set(x.heading, []).get(x.heading)).push(x));
      this.fillNav(groups);
      this.pickList.replaceChildren(...[...groups].map(([g, list]) => h('section', { role: 'group', 'aria-label': g },
        h('div.ct-pick-group', { 'aria-hidden': 'true' }, g),
        h('div.ct-pick-grid', { role: 'presentation' }, list.map((x) => this.option(x))))));
      if (!groups.size) this.pickList.replaceChildren(h('p.ct-none', { role: 'option', 'aria-disabled': 'true' }, this.t('noMatch')));
    },
    /* what is chosen most, here or elsewhere; they stand in their own groups too */
    mostUsed(found) {
      return found.filter((x) => this.ranks[x.name]).sort((a, b) => this.ranks[b.name] - this.ranks[a.name]).slice(0, 8);
    },
    /* a question about what an earlier step sends is about the nearest one before */
    prefilled(choice) {
      if (!choice.fills) return choice;
      const config = structuredClone(choice.config);
      const value = config.rule.items[0].value;
      for (const [name, sources] of Object.entries(choice.fills)) {
        const found = passed(this.state.steps, ...this.pickAt).map((s) => s.value.config[sources[s.type]]).find((x) => x);
        if (found && !value[name]) value[name] = found;
      }
      return { ...choice, config };
    },
    fillNav(groups) {
      const out = [];
      let part = null;
      [...groups].forEach(([, list], n) => {
        const x = list[0];
        if (!this.pickSource && x.part !== part) { part = x.part; out.push(h('p.ct-pick-part', null, this.t(part))); }
        out.push(h('button', { type: 'button', onclick: () => { this.pickList.scrollTop = this.pickList.children[n].offsetTop - this.pickList.offsetTop; } }, x.navLabel || x.heading));
      });
      this.pickNav.replaceChildren(...out);
      this.pickNav.hidden = groups.size < 3;
    },
    option(x) {
      return h(`button.ct-pick.ct-tone-${x.tone}.ct-kind-${x.part === 'questions' ? 'decision' : x.kind}`, {
        type: 'button', role: 'option', 'aria-selected': 'false', tabindex: -1, 'data-name': x.name, // closed when the step is drawn: the browser lays out the page once for both
        onclick: () => this.add(this.prefilled(x), ...this.pickAt, () => this.picker.close()),
      }, h('span.ct-tile', null, icon(x.icon)), h('span.ct-text', null, h('span.ct-title', null, x.label), h('span.ct-summary', null, x.description)));
    },
  };
})();
