/* Following a lead: its way drawn on the cards, with times and reasons. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const { h, icon } = waTree;

  waTree.following = {
    buildFollow() {
      const { t } = this;
      return h('button.ct-tool.ct-tool--text', { type: 'button', 'data-tool': 'follow', title: t('followTitle'), onclick: () => this.askWho() }, icon('user'), t('follow'));
    },
    /* choose one of the people in this campaign */
    async askWho() {
      const { t } = this;
      let timer = null;
      const found = h('div.ct-who', { role: 'group', 'aria-label': t('people') });
      const search = h('input', { type: 'search', 'aria-label': t('searchPeople'), placeholder: t('searchPeople'), autocomplete: 'off' });
      const list = async () => {
        try {
          const res = await fetch(`${this.urls.who}?${new URLSearchParams({ q: search.value })}`);
          if (!res.ok) throw new Error();
          const { people } = await res.json();
          found.replaceChildren(...(people.length ? people.map((p) => h('button.ct-person', { type: 'submit', name: 'who', value: p.id }, icon('user'), h('span', null, h('strong', null, p.name), h('small', null, p.where)))) : [h('p.ct-none', null, t('noPeople'))]));
        } catch { found.replaceChildren(h('p.ct-none', { role: 'alert' }, t('failed'))); }
      };
      search.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(list, 200); });
      search.addEventListener('keydown', (e) => { if (e.key === 'Enter') e.preventDefault(); });
      let who = null;
      found.addEventListener('click', (e) => { who = e.target.closest('.ct-person')?.value || who; });
      list();
      const answer = await this.ask(t('followTitle'), [search, found], null);
      if (answer && who) this.follow(who);
    },
    async follow(who) {
      try {
        const res = await fetch(this.urls.way.replace('/0/', `/${who}/`));
        if (!res.ok) throw new Error();
        this.way = await res.json();
      } catch { this.toast(this.t('failed')); return; }
      const ids = new Set(this.way.entries.map((x) => x.step));
      this.state.steps.filter((s) => ids.has(s.id)).forEach((s) => this.uncover(s.id));
      this.render();
      this.centre();
      const last = [...this.way.entries].reverse().find((x) => this.step(x.step));
      if (last) this.reveal(this.el(last.step));
      this.wayBar.querySelector('button')?.focus();
    },
    unfollow() {
      this.way = null;
      this.render();
      this.focusItem(this.current);
    },
    /* called with every drawing of the tree */
    paintWay() {
      this.element.classList.toggle('ct--following', !!this.way);
      if (!this.wayBar) return;
      this.wayBar.hidden = !this.way;
      if (!this.way) { this.wayBar.replaceChildren(); return; }
      this.paintWayBar();
      const visits = new Map();
      this.way.entries.forEach((x) => (visits.get(x.step) || visits.set(x.step, []).get(x.step)).push(x));
      for (const [id, list] of visits) {
        const card = this.el(id);
        if (!card) continue;
        card.classList.add('ct-card--way');
        const last = list[list.length - 1];
        if (!last.outcome) card.classList.add('ct-card--here');
        card.append(h('div.ct-way', null, list.slice(-3).map((x) => h('p', null, h('strong', null, x.when), ` ${[x.said, x.reason].filter(Boolean).join(' · ')}`))));
        list.filter((x) => x.branch).forEach((x) => this.el(`branch|${id}|${x.branch}`)?.classList.add('ct-branch-label--way'));
      }
      if (this.way.trigger) this.el(this.way.trigger)?.classList.add('ct-card--way');
    },
    paintWayBar() {
      const { t } = this;
      const line = (x) => {
        const s = this.step(x.step);
        const words = [h('strong', null, s ? this.title(s) : x.name), h('span', null, [x.when, x.said, x.reason, !s && t('noLongerThere')].filter(Boolean).join(' · '))];
        return h('li', null, s ? h('button', { type: 'button', onclick: () => this.focusItem(x.step, true) }, words) : words);
      };
      this.wayBar.replaceChildren(
        h('div.ct-way-head', null, icon('user'), this.way.url ? h('a', { href: this.way.url }, this.way.name) : h('strong', null, this.way.name), h('span', null, this.way.status),
          h('button.ct-tool', { type: 'button', 'aria-label': t('unfollow'), title: t('unfollow'), onclick: () => this.unfollow() }, icon('cross'))),
        h('ol.ct-way-list', { tabindex: 0, 'aria-label': t('followed') }, this.way.entries.map(line)));
    },
  };
})();
