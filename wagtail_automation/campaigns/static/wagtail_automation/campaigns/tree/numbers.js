/* Live numbers on the cards: only those that the engine gave; nothing is shown where it gave none. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const { h, icon, number } = waTree;

  waTree.numbers = {
    /* the line below the tools, of a campaign that has been published */
    buildNumbers() {
      const { t } = this;
      if (!this.counted) return '';
      this.period = h('select.ct-period', { 'aria-label': t('period'), title: t('period'), onchange: () => this.loadStats() },
        [['', 'everSince'], ['1', 'today'], ['7', 'last7'], ['30', 'last30'], ['90', 'last90']].map(([days, key]) => h('option', { value: days }, t(key))));
      this.totals = h('div.ct-totals', { hidden: true });
      return h('div.ct-numbers', { role: 'group', 'aria-label': t('people') }, this.period, this.totals, h('div.ct-spacer'), this.buildFollow());
    },
    /* a number that leads to its people */
    people(cls, title, ic, key, n, query) {
      if (!n) return '';
      const text = [icon(ic), this.t(key, { n })];
      return this.urls.people && query
        ? h(`a.${cls}`, { href: `${this.urls.people}?${new URLSearchParams(query)}`, title: this.t(title), tabindex: -1, draggable: 'false' }, text)
        : h(`span.${cls}`, { title: this.t(title) }, text);
    },
    paintStats(root = this.flow) {
      root.querySelectorAll('[data-stats]').forEach((el) => {
        const step = el.dataset.stats;
        const st = this.stats.steps[step];
        const source = this.isSource(this.step(step));
        if (!st && !el.firstChild) return;
        el.replaceChildren(...(st ? [
          this.people('ct-waiting', 'waitingTitle', 'ct-clock', 'waiting', st.waiting, { step, where: 'inside' }),
          this.people('ct-held', 'heldTitle', 'warning', 'held', st.held, { step, where: 'held' }),
          this.people('ct-passed', 'passedTitle', 'check', source ? 'entered' : 'passed', st.passed, source ? null : { passed: step }),
          this.people('ct-skipped', 'skippedTitle', 'cross', 'skipped', st.skipped, { passed: step }),
          this.people('ct-goal', 'goalTitle', 'pick', 'goals', st.goal, null),
        ].filter(Boolean) : []));
      });
      root.querySelectorAll('[data-branch]').forEach((el) => {
        const n = this.stats.branches[el.dataset.branch];
        el.textContent = n === undefined ? '' : number(n);
      });
      this.paintTotals();
    },
    paintTotals() {
      if (!this.totals) return;
      const sums = this.stats.totals || {};
      const one = (cls, key, query) => (sums[cls] ? this.people(`ct-total-${cls}`, key, { entered: 'ct-bolt', inside: 'ct-clock', goal: 'pick', finished: 'check', left: 'redirect', held: 'warning' }[cls], key, sums[cls], query) : '');
      const parts = [
        one('entered', 'totalEntered', {}), one('inside', 'totalInside', { where: 'inside' }), one('held', 'totalHeld', { where: 'held' }),
        one('goal', 'totalGoal', { where: 'left' }), one('finished', 'totalFinished', { where: 'left' }), one('left', 'totalLeft', { where: 'left' }),
      ].filter(Boolean);
      parts.forEach((a) => a.removeAttribute('tabindex'));
      this.totals.hidden = !parts.length;
      this.totals.replaceChildren(...parts);
    },
    /* the same for the menu of a card: links inside a card cannot be reached by Tab */
    peopleLinks(id) {
      if (!this.urls.people) return [];
      return [...(this.el(id)?.querySelectorAll('.ct-stats a') || [])].map((a) => [a.querySelector('.icon').classList[1].slice(5), this.t('showPeople', { people: a.textContent }), a.href]);
    },
    async loadStats() {
      if (!this.period) return;
      try {
        const res = await fetch(this.period.value ? `${this.urls.stats}?days=${this.period.value}` : this.urls.stats);
        if (!res.ok) return;
        const { steps = {}, branches = {}, totals = {} } = await res.json();
        this.stats = { steps, branches, totals };
        this.paintStats();
        this.drawLinks();
      } catch { /* numbers are a bonus */ }
    },
  };
})();
