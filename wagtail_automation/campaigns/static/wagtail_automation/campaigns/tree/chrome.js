/* The frame around the tree: toolbar, problems, spoken and shown messages. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const { h, icon, svg } = waTree;
  const MAP_HIDDEN = 'wa-campaign-map-hidden';

  waTree.chrome = {
    buildChrome() {
      const { t } = this;
      const mod = waTree.isMac ? '⌘' : `${t('control')}+`;
      const shift = waTree.isMac ? '⇧' : `${t('shift')}+`;
      const tool = (name, ic, label, onclick, keys) => h('button.ct-tool', {
        type: 'button', 'aria-label': label, title: keys ? t('withKeys', { label, keys }) : label, 'data-tool': name, onclick,
      }, icon(ic));
      this.zoomLabel = h('button.ct-tool.ct-tool--text', { type: 'button', title: t('fit'), 'aria-label': t('fit'), onclick: () => this.fit() }, '100%');
      this.problemsBtn = h('button.ct-problems', { type: 'button', 'aria-expanded': 'false', onclick: () => this.openProblems() });
      const editing = this.readOnly ? [h('p.ct-readonly', null, icon('lock'), t('readOnly'))] : [
        h('div.ct-group', null,
          tool('undo', 'ct-undo', t('undo'), () => this.undo(), `${mod}Z`), tool('redo', 'ct-redo', t('redo'), () => this.redo(), `${mod}${shift}Z`)),
        h('div.ct-group', null,
          h('button.ct-tool.ct-tool--text', { type: 'button', 'data-tool': 'add', title: t('withKeys', { label: t('addStep'), keys: 'A' }), onclick: () => this.addAfter() }, icon('plus'), h('span', null, t('addStepShort'))),
          tool('copy', 'copy', t('copy'), () => this.toolCopy(), `${mod}C`), tool('paste', 'ct-paste', t('pasteAfter'), () => this.toolPaste(), `${mod}V`),
          tool('delete', 'bin', t('delete'), () => this.del(this.current), t('deleteKey')),
          tool('more', 'dots-horizontal', t('moreTools'), () => this.openMenu(this.current, this.toolbar.querySelector('[data-tool=more]').getBoundingClientRect()))),
      ];
      this.toolbar = h('div.ct-toolbar', { role: 'toolbar', 'aria-label': t('steps') },
        editing,
        h('div.ct-spacer'),
        this.problemsBtn,
        h('div.ct-group', null,
          tool('fold', 'collapse-down', t('foldAll'), () => this.foldAll()),
          tool('outline', 'list-ul', t('outline'), () => this.toggleOutline(), 'O'),
          tool('out', 'minus', t('zoomOut'), () => this.setZoom(this.zoom - 0.1)), this.zoomLabel, tool('in', 'plus', t('zoomIn'), () => this.setZoom(this.zoom + 0.1)),
          tool('map', 'ct-map', t('map'), () => this.toggleMap()), tool('picture', 'image', t('savePicture'), () => this.openPictures()),
          tool('full', 'ct-expand', t('fullScreen'), () => this.toggleFull(), 'F')));
      this.helpText = h('p.ct-sr', { id: `${this.element.id}-keys` }, t('keysHelp'));
      this.flow = h('div.ct-flow', {
        role: 'tree', 'aria-label': t('steps'), 'aria-describedby': this.helpText.id,
        onkeydown: (e) => this.onKey(e), onclick: (e) => this.onClick(e), onfocusin: (e) => this.onFocus(e), onfocusout: () => this.showLink(),
        ondragstart: (e) => this.onDrag(e), ondragover: (e) => this.onDragOver(e), ondragleave: (e) => this.onDragLeave(e), ondrop: (e) => this.onDrop(e), ondragend: () => this.endDrag(),
        onmouseover: (e) => this.onHover(e), oncontextmenu: (e) => this.onContext(e),
      });
      this.link = svg('svg', { class: 'ct-link', 'aria-hidden': 'true' });
      this.scaler = h('div.ct-scaler', null, this.flow, this.link);
      this.canvas = h('div.ct-canvas', { onpointerdown: (e) => this.pan(e) }, this.scaler);
      this.canvas.addEventListener('wheel', (e) => {
        if (e.ctrlKey || e.metaKey) { e.preventDefault(); this.setZoom(this.zoom - Math.sign(e.deltaY) * 0.1); }
      }, { passive: false });
      // also of a campaign without numbers: a dry run has people to follow
      this.wayBar = h('div.ct-way-bar', { hidden: true, role: 'region', 'aria-label': t('followed') });
      this.live = h('div.ct-sr', { 'aria-live': 'polite' });
      this.toasts = h('div.ct-toasts', { role: 'status' });
      this.problems = h('div.ct-problem-list', { hidden: true });
      this.toolbar.querySelector('[data-tool=picture]').setAttribute('aria-haspopup', 'menu');
      this.uiTarget.replaceChildren(this.toolbar, this.buildNumbers(), this.wayBar, this.problems, this.canvas, this.live, this.toasts, this.helpText);
    },

    /* pictures and the overview come with scripts of their own: the page does not wait for them */
    async openPictures() {
      try { await window.waLater.load({ js: [this.scripts.picture] }); } catch { this.toast(this.t('failed')); return; }
      this.pictures ??= new waTree.picture(this);
      this.pictures.open(this.toolbar.querySelector('[data-tool=picture]'));
    },
    async showMap() {
      try { await window.waLater.load({ js: [this.scripts.minimap] }); } catch { return; }
      this.map ??= new waTree.minimap(this);
      this.map.on = this.mapOn;
    },
    toggleMap() {
      this.mapOn = !this.mapOn;
      try { localStorage.setItem(MAP_HIDDEN, this.mapOn ? '' : '1'); } catch { /* it is not remembered */ }
      this.press('map', this.mapOn);
      this.showMap();
    },
    startMap() {
      let hidden = '';
      try { hidden = localStorage.getItem(MAP_HIDDEN); } catch { /* it is shown */ }
      this.mapOn = !hidden;
      this.press('map', this.mapOn);
      if (this.mapOn) window.waLater.idle(() => this.element.isConnected && this.showMap());
    },

    paintTools() {
      const { t } = this;
      const set = (n, off) => { const el = this.toolbar.querySelector(`[data-tool=${n}]`); if (el) el.disabled = off; };
      const cur = this.step(this.current);
      set('undo', !this.past.length); set('redo', !this.future.length); set('copy', !cur); set('delete', !cur); set('more', !cur);
      const errs = Object.keys(this.state.errors).filter((id) => this.step(id));
      const warned = this.withWarnings();
      const n = errs.length + this.treeErrors.length || warned.length;
      const hard = errs.some((id) => !this.state.errors[id].fresh) || this.treeErrors.length > 0;
      this.problemsBtn.hidden = !n;
      this.problemsBtn.classList.toggle('ct-problems--hard', hard);
      this.problemsBtn.replaceChildren(icon('warning'), t(hard ? 'problems' : errs.length ? 'toSetUp' : 'warnings', { n }));
      if (!n) this.openProblems(false);
      else if (!this.problems.hidden) this.listProblems();
    },
    listProblems() {
      const errs = Object.keys(this.state.errors).filter((id) => this.step(id));
      const line = (id, messages, kind) => h('li', null, h(`button.ct-problem-${kind}`, { type: 'button', onclick: () => { this.focusItem(id, true); this.openDrawer(id); } },
        icon(this.icon(this.step(id))), h('strong', null, this.title(this.step(id))), h('span', null, messages.join(' '))));
      this.problems.replaceChildren(h('ul', null,
        this.treeErrors.map((m) => h('li', null, h('span.ct-problem-tree', null, icon('warning'), m))),
        errs.map((id) => line(id, this.state.errors[id].messages, 'error')),
        this.withWarnings().map((id) => line(id, this.warnings(id), 'warning'))));
    },
    /* steps without an error but with something to know before publishing */
    withWarnings() { return this.state.steps.map((s) => s.id).filter((id) => this.warnings(id).length && !this.state.errors[id]); },
    openProblems(on = this.problems.hidden) {
      if (on) this.listProblems(); else this.problems.replaceChildren();
      this.problems.hidden = !on;
      this.problemsBtn.setAttribute('aria-expanded', String(on));
    },

    say(text) { this.live.textContent = ''; requestAnimationFrame(() => { this.live.textContent = text; }); },
    toast(text, undo) {
      const el = h('div.ct-toast', null, text, undo && h('button', { type: 'button', onclick: () => { this.undo(); el.remove(); } }, this.t('undo')));
      this.toasts.replaceChildren(el);
      clearTimeout(this.toastTimer);
      this.toastTimer = setTimeout(() => el.remove(), 6000);
    },
  };
})();
