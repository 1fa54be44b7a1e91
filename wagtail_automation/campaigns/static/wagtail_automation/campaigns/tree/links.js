/* The dashed arrows from each "go to" to its target. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const { svg } = waTree;

  waTree.links = {
    drawLinks() {
      this.link.replaceChildren();
      if (this.element.classList.contains('ct--outline')) return;
      const pairs = [];
      for (const s of this.state.steps) {
        const ref = this.type(s).refs[0];
        const target = ref && s.value.config[ref];
        const from = target && this.el(s.id), to = from && this.el(target);
        if (to) pairs.push([s.id, from, to]);
      }
      // all is measured before anything is drawn, and nothing where there is nothing to draw
      if (pairs.length) {
        const origin = this.scaler.getBoundingClientRect();
        const arrows = pairs.map(([id, from, to]) => this.arrow(id, from.getBoundingClientRect(), to.getBoundingClientRect(), origin));
        this.link.append(...arrows);
      }
      this.showLink(this.current);
    },
    /* bows out beside the two cards, on the side where the jump stands */
    arrow(id, a, b, origin) {
      const z = this.zoom;
      const right = a.left >= b.left;
      const x1 = ((right ? a.right : a.left) - origin.left) / z, y1 = (a.top + a.height / 2 - origin.top) / z;
      const x2 = ((right ? b.right : b.left) - origin.left) / z, y2 = (b.top + b.height / 2 - origin.top) / z;
      const bow = (right ? 1 : -1) * (60 + Math.abs(y1 - y2) * 0.15);
      const far = right ? Math.max(x1, x2) + bow : Math.min(x1, x2) + bow;
      const dx = right ? 9 : -9;
      const arrow = svg('g', { 'data-link': id });
      arrow.append(
        svg('path', { d: `M${x1} ${y1} C ${far} ${y1}, ${far} ${y2}, ${x2} ${y2}` }),
        svg('path', { d: `M${x2 + dx} ${y2 - 6} L${x2} ${y2} L${x2 + dx} ${y2 + 6}` }));
      return arrow;
    },
    /* the arrow of one step stands out, with the card it leads to */
    showLink(id) {
      this.link.querySelectorAll('[data-link]').forEach((g) => g.classList.toggle('ct-link--on', g.dataset.link === id));
      this.flow.querySelectorAll('.ct-card--target').forEach((x) => x.classList.remove('ct-card--target'));
      const s = id && this.step(id);
      const ref = s && this.type(s).refs[0];
      if (ref && s.value.config[ref]) this.el(s.value.config[ref])?.classList.add('ct-card--target');
    },
  };
})();
