/* The menu of a card. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const { h, icon } = waTree;
  const M = waTree.model;

  waTree.menu = {
    buildMenu() {
      this.menu = h('div.ct-menu', { popover: 'auto', role: 'menu' });
      document.body.append(this.menu);
      this.menu.addEventListener('keydown', (e) => {
        const list = [...this.menu.querySelectorAll('[role=menuitem]:not(:disabled)')], i = list.indexOf(document.activeElement);
        const n = { ArrowDown: i + 1, ArrowUp: i - 1, Home: 0, End: list.length - 1 }[e.key];
        if (n !== undefined) { e.preventDefault(); list.at(n % list.length)?.focus(); }
      });
      this.menu.addEventListener('toggle', (e) => {
        if (e.newState === 'closed' && !this.drawerId && !this.picker?.open) this.el(this.current)?.focus({ preventScroll: true });
      });
    },
    openMenu(id, rect) {
      if (this.readOnly) return;
      this.focusItem(id);
      if (!this.menu) this.buildMenu();
      const { t } = this;
      const s = this.step(id), source = this.isSource(s), brs = this.branches(s), folded = this.collapsed.has(id);
      const it = (ic, label, fn) => h('button', { type: 'button', role: 'menuitem', tabindex: -1, onclick: () => { this.menu.hidePopover(); fn(); } }, icon(ic), label);
      this.menu.replaceChildren(...[
        it('edit', t('edit'), () => this.openDrawer(id)),
        !source && it('plus', t('addAfter'), () => this.addAfter()),
        !source && it('arrow-up', t('moveUp'), () => this.shift(id, -1)),
        !source && it('arrow-down', t('moveDown'), () => this.shift(id, 1)),
        !source && it('expand-right', t('moveTo'), () => this.askPlace(id)),
        it('copy', t(brs.length ? 'copyBranches' : 'copy'), () => this.toolCopy()),
        !source && it('resubmit', t('duplicate'), () => this.duplicate(id)),
        brs.length && it(folded ? 'plus' : 'minus', t(folded ? 'unfold' : 'fold'), () => this.fold(id)),
        ...this.peopleLinks(id).map(([ic, label, url]) => h('a', { href: url, role: 'menuitem', tabindex: -1 }, icon(ic), label)),
        it('bin', t(M.subtree(this.state.steps, id).length > 1 ? 'deleteMore' : 'delete'), () => this.del(id)),
      ].filter(Boolean));
      this.menu.setAttribute('aria-label', this.title(s));
      this.menu.showPopover();
      const m = this.menu.getBoundingClientRect();
      this.menu.style.left = `${Math.max(8, Math.min(innerWidth - m.width - 8, rect.left))}px`;
      this.menu.style.top = `${rect.bottom + m.height > innerHeight ? Math.max(8, rect.top - m.height - 4) : rect.bottom + 4}px`;
      this.menu.querySelector('button').focus();
    },
  };
})();
