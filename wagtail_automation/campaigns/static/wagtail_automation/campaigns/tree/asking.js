/* Questions before something is done: what becomes of the steps below, and where a step should go. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const { h, icon } = waTree;
  const M = waTree.model;

  waTree.asking = {
    /* a dialog with a title, content and buttons; resolves with the form's data, or null */
    ask(title, content, yes, danger) {
      const { t } = this;
      const id = 'ct-ask-title';
      return new Promise((resolve) => {
        let answer = null;
        const form = h('form', { method: 'dialog', onsubmit: () => { answer = new FormData(form); } },
          h('h2', { id }, title), content,
          h('footer.ct-ask-foot', null,
            yes && h(`button.button${danger ? '.no' : ''}`, { type: 'submit' }, yes),
            h('button.button.button-secondary', { type: 'button', onclick: () => dialog.close() }, t('cancel'))));
        const dialog = h('dialog.ct-ask', { 'aria-labelledby': id, onclick: (e) => { if (e.target === dialog) dialog.close(); } }, form);
        dialog.addEventListener('close', () => {
          dialog.remove();
          if (!answer) this.el(this.current)?.focus({ preventScroll: true });
          resolve(answer);
        });
        document.body.append(dialog);
        dialog.showModal();
        (dialog.querySelector('input:checked, select, [type=search]') || dialog.querySelector('button'))?.focus();
      });
    },

    /* `whole`: they go to the clipboard together, so there is nothing to choose */
    async askDelete(s, all, whole) {
      const { t } = this;
      const waiting = this.waitingAt(all);
      const coming = this.comingFrom(all);
      const filled = whole ? [] : this.branches(s).filter((b) => M.seq(this.state.steps, s.id, b.key).length);
      const choice = (value, label, note, checked) => h('label.ct-choice', null,
        h('input', { type: 'radio', name: 'below', value, checked }), h('span', null, h('strong', null, label), note && h('small', null, note)));
      const content = [
        waiting ? h('p.ct-ask-warning', null, icon('warning'), h('span', null, t('deleteWaiting', { n: waiting }))) : '',
        coming.length ? h('p.ct-ask-warning', null, icon('warning'), h('span', null, t('deleteTarget', { n: coming.length, steps: coming.map((x) => this.title(x)).join(', ') }))) : '',
        filled.length ? h('fieldset.ct-choices', null, h('legend', null, t('stepsBelow')),
          filled.map((b, i) => choice(`keep:${b.key}`, t('keepBranch', { branch: b.label }), filled.length > 1 ? t('keepBranchNote') : null, i === 0)),
          choice('delete', t('deleteBelow', { n: all.length - 1 }), null, false)) : '',
      ];
      const answer = await this.ask(t('deleteTitle', { step: this.title(s) }), content, t('delete'), true);
      if (!answer) return;
      const below = answer.get('below') || 'delete';
      this.remove(s.id, below.startsWith('keep:') ? below.slice(5) : undefined);
    },

    /* moving without dragging: for fingers, keyboards and screen readers */
    async askPlace(id) {
      const { t } = this;
      const s = this.step(id);
      const places = M.places(this.state.steps, id, (x) => this.branches(x), (x) => this.ends(x));
      const words = ([parent, branch, , before]) => {
        if (before) return t('placeAfter', { step: this.named(this.step(before)) });
        if (!parent) return t('placeFirst');
        const p = this.step(parent);
        return t('placeBranch', { branch: this.branches(p).find((b) => b.key === branch).label, step: this.named(p) });
      };
      const list = h('select', { name: 'place', size: Math.min(12, Math.max(2, places.length)), 'aria-label': t('placeLabel') },
        places.map((place, i) => h('option', { value: i, selected: i === 0 }, words(place))));
      const answer = await this.ask(t('moveTitle', { step: this.title(s) }), list, t('moveHere'));
      if (!answer) return;
      const [parent, branch, , before] = places[Number(answer.get('place'))];
      const siblings = M.seq(this.state.steps, parent, branch);
      this.moveTo(id, parent, branch, before ? siblings.findIndex((x) => x.id === before) + 1 : 0);
    },
    named(s) {
      const line = this.summary(s);
      return line ? this.t('titleAndLine', { title: this.title(s), line }) : this.title(s);
    },
  };
})();
