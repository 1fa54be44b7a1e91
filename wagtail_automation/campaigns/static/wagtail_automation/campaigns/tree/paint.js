/* Draws the tree: cards, branches, places to add. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const { h, icon, morph } = waTree;
  const M = waTree.model;

  waTree.paint = {
    render() {
      const { steps } = this.state;
      this.kids = new Map();
      for (const s of steps) { const k = M.place(s).join('|'); (this.kids.get(k) || this.kids.set(k, []).get(k)).push(s); }
      this.incoming = new Map();
      for (const s of steps) for (const f of this.type(s).refs) { const to = s.value.config[f]; if (to) this.incoming.set(to, (this.incoming.get(to) || 0) + 1); }
      this.cautions = M.cautions(steps, (s) => this.branches(s), (s) => this.type(s).sends, (s) => this.ends(s));
      const fresh = h('div', null, this.startBox(), this.sequence('', 'main', 1), this.lost());
      const items = this.items(fresh);
      if (!items.some((el) => el.dataset.id === this.current)) this.current = items[0]?.dataset.id || null;
      items.forEach((el) => { el.tabIndex = el.dataset.id === this.current ? 0 : -1; });
      this.paintStats(fresh);
      morph(this.flow, fresh);
      this.paintTools();
      this.paintWay();
      this.drawLinks();
      this.born = null;
    },
    startBox() {
      const { t } = this;
      const starts = this.kids.get('|start') || [];
      return h('div.ct-start-box', null,
        h('div.ct-start-head', { 'aria-hidden': 'true' }, icon('ct-bolt'), t('peopleEnter')),
        h('div.ct-starts', null,
          starts.map((s, i) => this.card(s, 1, i + 1, starts.length)),
          !this.readOnly && h('button.ct-add-start', {
            type: 'button', tabindex: starts.length ? -1 : 0, 'aria-hidden': starts.length ? 'true' : null,
          }, icon('plus'), t(starts.length ? 'addStart' : 'chooseStart'))));
    },
    sequence(parent, branch, level) {
      const { t } = this;
      const list = this.kids.get(`${parent}|${branch}`) || [];
      const out = [this.slot(parent, branch, 0, !list.length)];
      list.forEach((s, i) => {
        out.push(this.card(s, level, i + 1, list.length));
        const brs = this.branches(s);
        if (brs.length && this.collapsed.has(s.id)) {
          const n = M.subtree(this.state.steps, s.id).length - 1;
          out.push(h('div.ct-line'), h('button.ct-folded', { type: 'button', tabindex: -1, 'aria-hidden': 'true', 'data-folded': s.id }, t('stepsHidden', { n })));
        } else if (brs.length) {
          out.push(h(`div.ct-branches${brs.length === 1 ? '.ct-branches--one' : ''}`, null, brs.map((b, j) => this.branch(s, b, j, brs.length, level + 1))));
        } else if (!this.type(s).terminal) out.push(this.slot(parent, branch, i + 1, i === list.length - 1));
      });
      if (!list.length || !this.ends(list[list.length - 1])) out.push(h('div.ct-end', { 'aria-hidden': 'true' }, t('end')));
      return h('div.ct-seq', { role: level > 1 ? 'group' : null }, out);
    },
    /* steps whose place is gone still show, so nothing is lost silently */
    lost() {
      const drawn = new Set();
      const walk = (key) => (this.kids.get(key) || []).forEach((s) => {
        if (drawn.has(s.id)) return;
        drawn.add(s.id);
        this.branches(s).forEach((b) => walk(`${s.id}|${b.key}`));
      });
      walk('|start'); walk('|main');
      const roots = this.state.steps.filter((s) => !drawn.has(s.id));
      return roots.length ? h('div.ct-lost', null,
        h('div.ct-start-head', null, icon('warning'), this.t('notConnected')),
        h('div.ct-starts', null, roots.map((s, i) => this.card(s, 1, i + 1, roots.length)))) : '';
    },
    branch(s, b, j, n, level) {
      const list = this.kids.get(`${s.id}|${b.key}`) || [];
      return h('div.ct-branch', null,
        h(`div.ct-branch-label.ct-tone-${b.tone}`, {
          role: 'treeitem', 'data-id': `branch|${s.id}|${b.key}`, tabindex: -1, 'aria-level': level, 'aria-setsize': n, 'aria-posinset': j + 1, 'aria-expanded': 'true',
          'aria-label': this.t('branchLabel', { label: b.label, n: list.length }),
        }, h('span.ct-branch-dot'), h('span', null, b.label), h('span.ct-branch-count', { 'data-branch': `${s.id}:${b.key}` })),
        this.sequence(s.id, b.key, level + 1));
    },
    slot(parent, branch, index, last) {
      if (this.readOnly) return h('div.ct-slot');
      return h(`div.ct-slot${last ? '.ct-slot--last' : ''}`, { 'data-slot': JSON.stringify([parent, branch, index]) },
        h('button.ct-plus', { type: 'button', tabindex: -1, 'aria-hidden': 'true', title: this.t('addHere') }));
    },
    card(s, level, pos, size) {
      const { t } = this;
      const ty = this.type(s);
      const err = this.state.errors[s.id];
      const warning = !err && !ty.missing && this.warnings(s.id)[0];
      const brs = this.branches(s);
      const sum = this.summary(s);
      const inc = this.incoming.get(s.id);
      const cls = ['ct-card', `ct-tone-${ty.tone}`, `ct-kind-${ty.kind}`];
      const todo = err?.fresh && !ty.missing;
      if (err || ty.missing) cls.push(todo ? 'ct-card--todo' : 'ct-card--error');
      if (this.drawerId === s.id) cls.push('ct-card--open');
      if (this.born === s.id) cls.push('ct-card--born');
      return h(`div.${cls.join('.')}`, {
        role: 'treeitem', 'data-id': s.id, tabindex: -1, draggable: this.readOnly ? null : 'true', 'aria-level': level, 'aria-posinset': pos, 'aria-setsize': size,
        'aria-expanded': brs.length ? String(!this.collapsed.has(s.id)) : null, 'aria-selected': String(this.current === s.id),
        'aria-label': [this.title(s), sum, err && t('problem', { text: err.messages.join(' ') }), warning && t('warning', { text: warning })].filter(Boolean).join('. '),
      },
      h('div.ct-card-main', null,
        h('span.ct-tile', null, icon(this.icon(s))),
        h('span.ct-text', null, h('span.ct-title', null, this.title(s)), sum && h('span.ct-summary', null, sum)),
        !this.readOnly && h('button.ct-more', { type: 'button', tabindex: -1, 'aria-label': t('moreOf', { step: this.title(s) }), title: t('more'), 'data-more': true })),
      err && (todo ? h('div.ct-err', null, t('setUp')) : h('div.ct-err', null, icon('warning'), h('span', null, err.messages[0]))),
      warning && h('div.ct-err.ct-warning', null, icon('warning'), h('span', null, warning)),
      h('div.ct-stats', { 'data-stats': s.id }),
      inc && h('span.ct-incoming', { title: t('continueHere') }, icon('redirect'), String(inc)),
      brs.length ? h('button.ct-fold', { type: 'button', tabindex: -1, 'aria-hidden': 'true', title: t('fold') }, icon(this.collapsed.has(s.id) ? 'plus' : 'minus')) : null);
    },
  };
})();
