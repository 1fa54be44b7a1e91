/* Changes of the tree, each one step of undo. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const M = waTree.model;

  waTree.changes = {
    /* `drawn`: called between the drawing and the focus */
    commit(patch, { focus, say, undoable = true, drawn } = {}) {
      if (undoable) { this.past.push({ ...this.state, at: this.current }); this.future = []; }
      this.state = { ...this.state, ...patch };
      this.state.steps = M.canonical(this.state.steps, (s) => this.branches(s));
      this.treeErrors = [];
      this.sync();
      this.render();
      drawn?.();
      if (focus) this.focusItem(focus, true);
      if (say) this.toast(say, undoable);
    },
    sync() {
      this.inputTarget.value = JSON.stringify(this.state.steps);
      this.inputTarget.dispatchEvent(new Event('change', { bubbles: true }));
    },
    travel(from, to) {
      if (!from.length) return false;
      to.push({ ...this.state, at: this.current });
      const { at, ...state } = from.pop();
      this.state = state;
      this.closeDrawer(true);
      this.sync();
      this.render();
      this.focusItem(this.el(at) ? at : this.current, true);
      return true;
    },
    undo() { if (this.travel(this.past, this.future)) this.say(this.t('undone')); },
    redo() { if (this.travel(this.future, this.past)) this.say(this.t('redone')); },

    /* `choice`: a step type, or a condition as a ready-made decision */
    add(choice, parent, branch, index, drawn) {
      const type = this.types[choice.type || choice.name];
      const id = waTree.newId();
      const config = structuredClone(choice.config);
      for (const item of config.rule?.items || []) item.id = waTree.newId();
      const step = { id, type: type.name, value: { parent, branch, name: '', config } };
      const face = choice.type ? { label: choice.label, icon: choice.icon } : {};
      const info = { ...this.state.info, [id]: { summary: choice.summary, branches: type.branches, ...face } };
      const errors = { ...this.state.errors };
      if (choice.unfinished.length) errors[id] = { messages: choice.unfinished, form: null, fresh: true };
      const adopts = type.branches.length && M.seq(this.state.steps, parent, branch).length > index;
      const steps = M.insert(this.state.steps, parent, branch, index, [step], type.branches[0]?.key);
      this.born = id;
      this.commit({ steps, info, errors }, {
        focus: id,
        drawn,
        say: adopts ? this.t('stepsMoved', { branch: type.branches[0].label }) : null,
      });
      if (type.hasForm) this.openDrawer(id, true);
    },

    waitingAt(steps) { return steps.reduce((n, x) => n + (this.stats.steps[x.id]?.waiting || 0) + (this.stats.steps[x.id]?.held || 0), 0); },
    /* asks first where steps hang below, people wait, or others go to it */
    del(id, whole) {
      const s = this.step(id);
      if (!s || this.readOnly) return;
      const all = M.subtree(this.state.steps, id);
      if ((whole || all.length === 1) && !this.waitingAt(all) && !this.comingFrom(all).length) this.remove(id);
      else this.askDelete(s, all, whole);
    },
    /* steps outside that lead into some */
    comingFrom(all) {
      const gone = new Set(all.map((x) => x.id));
      return this.state.steps.filter((x) => !gone.has(x.id) && this.type(x).refs.some((f) => gone.has(x.value.config[f])));
    },
    /* `keep`: the branch whose steps move up, or nothing */
    remove(id, keep) {
      const before = this.state.steps;
      const steps = M.remove(before, id, keep);
      const left = new Set(steps.map((x) => x.id));
      const order = this.items();
      const i = order.findIndex((el) => el.dataset.id === id);
      const next = order.slice(0, Math.max(i, 0)).reverse().find((el) => left.has(el.dataset.id));
      if (this.drawerId && !left.has(this.drawerId)) this.closeDrawer(true);
      this.commit({ steps }, { focus: next?.dataset.id, say: this.t('stepsDeleted', { n: before.length - steps.length }) });
    },

    shift(id, by) {
      if (this.readOnly) return;
      const s = this.step(id);
      const [parent, branch] = M.place(s);
      const siblings = M.seq(this.state.steps, parent, branch);
      const i = siblings.indexOf(s) + by;
      if (i < 0 || i >= siblings.length) return;
      if (this.ends(s) || this.ends(siblings[i])) { this.say(this.t('cannotMove')); return; }
      this.commit({ steps: M.move(this.state.steps, id, parent, branch, by > 0 ? i + 1 : i) }, { focus: id });
      this.say(this.t(by > 0 ? 'movedDown' : 'movedUp'));
    },
    moveTo(id, parent, branch, index) {
      const s = this.step(id);
      if (this.ends(s) && M.seq(this.state.steps, parent, branch).slice(index).some((x) => x.id !== id)) {
        this.toast(this.t('onlyLast'));
        return;
      }
      const steps = M.move(this.state.steps, id, parent, branch, index);
      if (steps !== this.state.steps) this.commit({ steps }, { focus: id, say: this.t('moved') });
    },

    /* where "add" goes for the current item */
    placeAfter() {
      const { steps } = this.state;
      const [kind, id, key] = (this.current || '').split('|');
      if (kind === 'branch') return [id, key, 0];
      const s = this.step(this.current);
      const main = M.seq(steps, '', 'main');
      if (!s) return ['', 'main', main.length && this.ends(main[main.length - 1]) ? 0 : main.length];
      if (this.isSource(s)) return ['', 'main', 0];
      if (this.branches(s).length) return [s.id, this.branches(s)[0].key, 0];
      const [parent, branch] = M.place(s);
      return [parent, branch, M.seq(steps, parent, branch).indexOf(s) + (this.type(s).terminal ? 0 : 1)];
    },
    addAfter() { if (!this.readOnly) this.openPicker(...this.placeAfter()); },
  };
})();
