/* What the editor knows of a step: its type, title, sentence, branches. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const M = waTree.model;

  waTree.facts = {
    type(s) {
      return this.types[s.type] || {
        name: s.type, label: this.t('unavailable'), icon: 'warning', tone: 'grey', kind: 'unknown', branches: [], refs: [], missing: true,
      };
    },
    title(s) { return s.value.name || this.label(s); },
    /* a decision that asks one thing is called and drawn like its condition */
    label(s) { return this.state.info[s.id]?.label || this.type(s).label; },
    icon(s) { return this.state.info[s.id]?.icon || this.type(s).icon; },
    branches(s) {
      const type = this.type(s);
      if (type.missing) return M.impliedBranches(this.state.steps, s.id);
      return this.state.info[s.id]?.branches ?? type.branches;
    },
    step(id) {
      const { steps } = this.state;
      if (this.indexed !== steps) { this.indexed = steps; this.index = new Map(steps.map((s) => [s.id, s])); }
      return this.index.get(id);
    },
    /* the line on the card, unless it only repeats the title; a step that leads to another names it */
    summary(s) {
      const line = this.fullSummary(s);
      return line === this.title(s) ? '' : line;
    },
    fullSummary(s) {
      const type = this.type(s);
      if (type.missing) return this.t('notInstalled', { type: s.type });
      const ref = type.refs[0];
      if (!ref) return this.summaryOf(s);
      const target = this.step(s.value.config[ref]);
      return target ? [this.title(target), this.summaryOf(target)].filter(Boolean).join(' · ') : this.t('chooseStep');
    },
    summaryOf(s) { return this.state.info[s.id]?.summary ?? this.type(s).summary ?? ''; },
    /* of its own settings as the server told, and of its place in the tree as it is drawn now */
    warnings(id) {
      const caution = this.cautions[id];
      return [...(this.state.info[id]?.warnings || []), ...(caution ? [this.t(caution)] : [])];
    },
    /* nothing follows it in its own sequence */
    ends(s) { return this.branches(s).length > 0 || !!this.type(s).terminal; },
    isSource(s) { return this.type(s).kind === 'source' || (this.type(s).missing && s.value.branch === 'start' && !s.value.parent); },
  };
})();
