/* How long a decision waits is only asked where there is something to wait for. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const { h, icon } = waTree;

  waTree.patience = {
    watchPatience(s, body) {
      if (s.type !== 'decision') return;
      const rule = body.querySelector('[data-contentpath=rule] textarea');
      const [amount, unit] = ['patience', 'unit'].map((name) => body.querySelector(`[data-contentpath=${name}]`));
      const input = amount?.querySelector('input');
      if (!rule || !input || !unit) return;
      const facts = Object.fromEntries(this.presets.map((x) => [x.name.slice('decision:'.length), x]));
      const note = h('p.ct-note', { hidden: true, 'aria-live': 'polite' }, icon('info-circle'), h('span'));
      unit.after(note);
      const show = () => {
        const kind = waTree.model.waitingFor(rule.value, facts);
        // what was typed and will be refused stays in sight, with its reason
        const hide = kind === 'nothing' || (kind === 'negative' && Number(input.value || 0) === 0);
        if (kind === 'nothing' && input.value !== '0') input.value = '0';
        amount.hidden = unit.hidden = hide;
        note.hidden = !hide;
        const words = kind === 'nothing' ? 'decidesAtOnce' : 'decidesNegative';
        note.querySelector('span').textContent = hide ? this.t(words) : '';
      };
      rule.addEventListener('change', show);
      show();
    },
  };
})();
