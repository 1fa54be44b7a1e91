/* Focus, keys, folding, zoom. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const M = waTree.model;

  waTree.navigate = {
    items(root = this.flow) { return [...root.querySelectorAll('[role=treeitem]')]; },
    el(id) { return this.flow.querySelector(`[data-id="${CSS.escape(id || '')}"]`); },
    focusItem(id, scroll) {
      this.uncover(id);
      const el = this.el(id) || this.items()[0];
      if (!el) return;
      this.setCurrent(el.dataset.id);
      el.focus({ preventScroll: true });
      if (scroll) this.reveal(el);
    },
    /* unfold what hides a step or a branch */
    uncover(id) {
      const inside = id?.startsWith('branch|') ? id.split('|')[1] : '';
      const hiding = [inside, ...M.above(this.state.steps, inside || id)].filter((x) => this.collapsed.has(x));
      if (!hiding.length) return;
      hiding.forEach((x) => this.collapsed.delete(x));
      this.render();
    },
    /* scroll the canvas only; scrollIntoView would also scroll the page sideways */
    reveal(el) {
      const c = this.canvas.getBoundingClientRect(), r = el.getBoundingClientRect();
      const off = (lo, hi, a, b, pad) => (a < lo + pad ? a - lo - pad : b > hi - pad ? b - hi + pad : 0);
      const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
      this.canvas.scrollBy({ left: off(c.left, c.right, r.left, r.right, 60), top: off(c.top, c.bottom, r.top, r.bottom, 90), behavior: calm ? 'auto' : 'smooth' });
    },
    setCurrent(id) {
      this.current = id;
      this.items().forEach((el) => {
        const on = el.dataset.id === id;
        el.tabIndex = on ? 0 : -1;
        if (!el.dataset.id.startsWith('branch|')) el.setAttribute('aria-selected', String(on));
      });
      this.paintTools();
    },
    onFocus(e) {
      const el = e.target.closest('[role=treeitem]');
      if (!el) return;
      if (this.current !== el.dataset.id) this.setCurrent(el.dataset.id);
      this.showLink(el.dataset.id);
    },

    onKey(e) {
      const el = e.target.closest('[role=treeitem]');
      if (!el || e.target !== el) return;
      const id = el.dataset.id, s = this.step(id), items = this.items(), i = items.indexOf(el);
      const go = (x) => x && this.focusItem(x, true);
      const next = (by) => go(items[i + by]?.dataset.id);
      const open = () => s && this.openDrawer(id);
      const add = () => this.addAfter();
      const menu = () => s && this.openMenu(id, el.getBoundingClientRect());
      const act = {
        ArrowDown: () => (e.altKey ? s && this.shift(id, 1) : next(1)),
        ArrowUp: () => (e.altKey ? s && this.shift(id, -1) : next(-1)),
        ArrowRight: () => this.goIn(id, s, go),
        ArrowLeft: () => this.goOut(id, s, go),
        Home: () => go(items[0].dataset.id), End: () => go(items[items.length - 1].dataset.id),
        Enter: () => (s ? open() : add()), ' ': open,
        Delete: () => s && this.del(id), Backspace: () => s && this.del(id),
        Insert: add, a: add, '+': add,
        o: () => this.toggleOutline(), f: () => this.toggleFull(),
        ContextMenu: menu, F10: () => e.shiftKey && menu(),
        Escape: () => this.element.classList.contains('ct--full') && this.toggleFull(),
      };
      const modAct = { z: () => (e.shiftKey ? this.redo() : this.undo()), y: () => this.redo(), d: () => s && !this.readOnly && this.duplicate(id) };
      const fn = e.ctrlKey || e.metaKey ? modAct[e.key.toLowerCase()] : act[e.key];
      if (fn) { e.preventDefault(); e.stopPropagation(); fn(); }
    },
    sibling(id, by) {
      const [, parent, key] = id.split('|');
      const brs = this.branches(this.step(parent));
      const found = brs[brs.findIndex((x) => x.key === key) + by];
      return found && `branch|${parent}|${found.key}`;
    },
    goIn(id, s, go) {
      if (!s) { go(this.sibling(id, 1)); return; }
      if (this.collapsed.has(id)) { this.fold(id, false); return; }
      const first = this.branches(s)[0];
      if (first) go(`branch|${id}|${first.key}`);
    },
    goOut(id, s, go) {
      if (!s) { go(this.sibling(id, -1) || id.split('|')[1]); return; }
      if (this.branches(s).length && !this.collapsed.has(id)) { this.fold(id, true); return; }
      const [parent, branch] = M.place(s);
      if (parent) go(`branch|${parent}|${branch}`);
    },
    fold(id, on = !this.collapsed.has(id)) {
      this.collapsed[on ? 'add' : 'delete'](id);
      this.current = id;
      this.render();
      this.focusItem(id);
    },

    /* all branches at once; a large tree begins with the deep ones folded */
    foldAll() {
      const all = this.state.steps.filter((s) => this.branches(s).length).map((s) => s.id);
      const on = !all.some((id) => this.collapsed.has(id));
      this.collapsed = new Set(on ? all : []);
      this.render();
      this.centre();
      this.say(this.t(on ? 'foldedAll' : 'unfoldedAll'));
    },
    setZoom(z) {
      this.zoom = Math.min(1.5, Math.max(0.2, Math.round(z * 20) / 20));
      this.scaler.style.zoom = this.zoom;
      this.zoomLabel.textContent = `${Math.round(this.zoom * 100)}%`;
      this.drawLinks();
    },
    fit() {
      this.scaler.style.zoom = 1;
      const w = this.flow.scrollWidth, hh = this.flow.scrollHeight;
      this.setZoom(Math.min(1, (this.canvas.clientWidth - 32) / w, Math.max(0.35, (this.canvas.clientHeight - 32) / hh)));
      this.centre();
    },
    /* in the middle, also where the page runs from right to left and scrolls to negative positions */
    centre() {
      const half = (this.canvas.scrollWidth - this.canvas.clientWidth) / 2;
      this.canvas.scrollLeft = getComputedStyle(this.canvas).direction === 'rtl' ? -half : half;
    },
    toggleOutline() {
      const on = this.element.classList.toggle('ct--outline');
      if (on) { this.flowZoom = this.zoom; this.setZoom(1); } else this.setZoom(this.flowZoom || 1);
      this.drawLinks();
      this.centre();
      this.press('outline', on);
    },
    /* Wagtail's bar with the buttons for saving stays below the tree */
    toggleFull() {
      const on = this.element.classList.toggle('ct--full');
      document.body.classList.toggle('ct-full-page', on);
      this.press('full', on);
      this.fitBar();
      this.overlap();
      this.centre();
      this.drawLinks();
    },
    fitBar() {
      const bar = this.form?.querySelector('footer');
      this.element.style.setProperty('--ct-bar', `${bar ? bar.getBoundingClientRect().height : 0}px`);
    },
    press(tool, on) {
      const button = this.toolbar.querySelector(`[data-tool=${tool}]`);
      button.classList.toggle('ct-tool--on', on);
      button.setAttribute('aria-pressed', String(on));
    },
  };
})();
