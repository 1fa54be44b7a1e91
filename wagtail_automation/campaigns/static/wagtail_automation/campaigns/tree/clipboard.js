/* Copy, cut and paste through the system clipboard: works between campaigns, tabs and sites. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const M = waTree.model;
  const LONGEST_NAME = 80;
  const CLIP = 'application/x-wagtail-automation-steps';

  function stepsIn(text) {
    try {
      const data = JSON.parse(text);
      const usable = (s) => typeof s?.type === 'string' && typeof s.id === 'string' && s.value && typeof s.value === 'object';
      return data?.[CLIP] && Array.isArray(data.steps) && data.steps.length && data.steps.every(usable) ? data.steps : null;
    } catch { return null; }
  }

  /* a name as the drawer would take it, without signs that turn the words around it */
  function tidy(s) {
    const { name } = s.value;
    return typeof name === 'string' ? { ...s, value: { ...s.value, name: name.replace(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, '').slice(0, LONGEST_NAME).trim() } } : s;
  }

  waTree.clipboard = {
    payload(id) {
      const block = M.subtree(this.state.steps, id);
      const first = block.find((s) => s.id === id);
      return JSON.stringify({ [CLIP]: 1, steps: [first, ...block.filter((s) => s !== first)] });
    },
    /* Firefox tells of these keys where text is selected, or at the body, and not where the focus is */
    onClip(e) {
      if (!e.defaultPrevented && this.flow.contains(document.activeElement)) this[e.type === 'paste' ? 'onPaste' : 'onCopy'](e);
    },
    onCopy(e) {
      if (!this.step(this.current)) return;
      e.preventDefault();
      e.clipboardData.setData('text/plain', this.payload(this.current));
      if (e.type === 'cut') this.del(this.current, true);
      else this.toast(this.t('copied'));
    },
    onPaste(e) {
      const block = stepsIn(e.clipboardData.getData('text/plain'));
      if (!block || this.readOnly) return;
      e.preventDefault();
      this.paste(block);
    },
    async paste(block) {
      if (block.some((s) => !this.types[s.type])) { this.toast(this.t('notInstalledHere')); return; }
      const source = this.types[block[0].type].kind === 'source';
      const [parent, branch, index] = source ? ['', 'start', M.seq(this.state.steps, '', 'start').length] : this.placeAfter();
      const steps = M.clone(block, waTree.newId, (name) => this.types[name]?.refs || []).map(tidy);
      let info;
      try { info = await waTree.post(this.urls.info, { steps, beside: this.state.steps.length }); } catch (error) { this.toast(error.message || this.t('failed')); return; }
      const first = steps[0];
      const errors = { ...this.state.errors };
      for (const { id } of steps) if (info[id].unfinished.length) errors[id] = { messages: info[id].unfinished, form: null, fresh: true };
      this.commit({
        steps: M.insert(this.state.steps, parent, branch, index, steps, info[first.id].branches[0]?.key),
        info: { ...this.state.info, ...info },
        errors,
      }, { focus: first.id, say: this.t('pasted') });
    },
    duplicate(id) { this.current = id; this.paste(stepsIn(this.payload(id))); },
    async toolCopy() {
      const text = this.payload(this.current);
      try { await navigator.clipboard.writeText(text); } catch { /* not a secure page */ }
      try { localStorage.setItem(CLIP, text); } catch { /* full */ }
      this.toast(this.t('copied'));
    },
    toolPaste() {
      let block = null;
      try { block = stepsIn(localStorage.getItem(CLIP)); } catch { /* forbidden */ }
      if (block) this.paste(block);
      else this.toast(this.t('nothingToPaste'));
    },
  };
})();
