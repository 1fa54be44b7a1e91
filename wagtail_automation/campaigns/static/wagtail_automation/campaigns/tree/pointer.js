/* Mouse, pen and touch: opening, dragging steps, panning the canvas. */
(function () {
  'use strict';
  const waTree = window.waTree;

  waTree.pointer = {
    onClick(e) {
      if (this.onButton(e.target.closest('button'))) return;
      const el = e.target.closest('[role=treeitem]');
      if (!el || e.target.closest('a')) return;
      const more = e.target.closest('[data-more]');
      if (more) { this.openMenu(el.dataset.id, more.getBoundingClientRect()); return; }
      this.focusItem(el.dataset.id);
      if (!el.dataset.id.startsWith('branch|')) this.openDrawer(el.dataset.id);
    },
    /* the buttons between the cards: a redraw may keep them while what they are about changes */
    onButton(button) {
      const is = (name) => button?.classList.contains(name);
      if (is('ct-plus')) this.openPicker(...JSON.parse(button.closest('.ct-slot').dataset.slot));
      else if (is('ct-fold')) this.fold(button.closest('.ct-card').dataset.id);
      else if (is('ct-folded')) this.fold(button.dataset.folded, false);
      else if (is('ct-add-start')) this.openPicker('', 'start', (this.kids.get('|start') || []).length);
      else return false;
      return true;
    },
    onContext(e) {
      const el = e.target.closest('.ct-card');
      if (!el || this.readOnly) return;
      e.preventDefault();
      this.openMenu(el.dataset.id, { left: e.clientX, bottom: e.clientY, right: e.clientX, top: e.clientY });
    },
    onHover(e) { this.showLink(e.target.closest('.ct-card')?.dataset.id); },

    onDrag(e) {
      const el = e.target.closest?.('.ct-card');
      if (!el || this.readOnly) return;
      this.dragId = el.dataset.id;
      e.dataTransfer.effectAllowed = 'move';
      e.dataTransfer.setData('text/plain', this.payload(this.dragId));
      const source = this.isSource(this.step(this.dragId));
      requestAnimationFrame(() => { if (!source) this.flow.classList.add('ct--dragging'); el.classList.add('ct-card--drag'); });
    },
    onDragOver(e) {
      const slot = e.target.closest?.('.ct-slot'); // a word is no element
      if (slot && this.dragId && !this.isSource(this.step(this.dragId))) { e.preventDefault(); slot.classList.add('ct-slot--over'); }
    },
    onDragLeave(e) { e.target.closest?.('.ct-slot')?.classList.remove('ct-slot--over'); },
    onDrop(e) {
      const slot = e.target.closest?.('.ct-slot');
      if (!slot || !this.dragId) return;
      e.preventDefault();
      const id = this.dragId;
      this.endDrag();
      if (!this.isSource(this.step(id))) this.moveTo(id, ...JSON.parse(slot.dataset.slot));
    },
    endDrag() {
      this.dragId = null;
      this.flow.classList.remove('ct--dragging');
      this.flow.querySelectorAll('.ct-card--drag, .ct-slot--over').forEach((x) => x.classList.remove('ct-card--drag', 'ct-slot--over'));
    },

    pan(e) {
      if (e.button || e.pointerType === 'touch' || e.target.closest('.ct-card, button, .ct-branch-label')) return;
      const c = this.canvas, x = e.clientX, y = e.clientY, left = c.scrollLeft, top = c.scrollTop;
      const move = (ev) => { c.scrollLeft = left - (ev.clientX - x); c.scrollTop = top - (ev.clientY - y); };
      const up = () => { removeEventListener('pointermove', move); c.classList.remove('ct-canvas--pan'); };
      c.classList.add('ct-canvas--pan');
      addEventListener('pointermove', move);
      addEventListener('pointerup', up, { once: true });
    },
  };
})();
