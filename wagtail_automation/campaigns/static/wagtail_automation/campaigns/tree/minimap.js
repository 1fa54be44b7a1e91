/* A small overview in the corner of a tree that is larger than its view: boxes, branch lines, and what is seen now.
 * For pointers only: keys and screen readers walk the tree itself. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const { h, svg } = waTree;
  const WIDE = 200, HIGH = 180;
  /* of a view that holds nearly everything nobody needs an overview */
  const LARGER = 1.25;

  waTree.minimap = class {
    constructor(tree) {
      this.tree = tree;
      this.waiting = new Set();
      this.lines = svg('path', { class: 'ct-map-lines' });
      this.cards = svg('path', { class: 'ct-map-cards' });
      this.starts = svg('path', { class: 'ct-map-starts' });
      this.wrong = svg('path', { class: 'ct-map-wrong' });
      this.frame = svg('rect', { class: 'ct-map-frame', rx: 2 });
      this.drawing = svg('svg', { width: 0, height: 0 });
      this.drawing.append(this.lines, this.cards, this.starts, this.wrong, this.frame);
      this.box = h('div.ct-map', { 'aria-hidden': 'true', onpointerdown: (e) => this.grab(e) }, this.drawing);
      this.box.hidden = true;
      tree.canvas.after(this.box);
      tree.canvas.addEventListener('scroll', () => this.soon('follow'), { passive: true });
      const redraw = () => this.soon('draw');
      this.watch = [new MutationObserver(redraw), new ResizeObserver(redraw)];
      this.watch[0].observe(tree.flow, { childList: true, subtree: true });
      this.watch[1].observe(tree.canvas);
      this.watch[1].observe(tree.flow);
    }

    stop() {
      this.watch.forEach((one) => one.disconnect());
      this.box.remove();
    }

    /* the frame goes with the view; the drawing waits until nothing else is to do */
    soon(what) {
      if (this.waiting.has(what)) return;
      this.waiting.add(what);
      const act = () => { this.waiting.delete(what); if (this.box.isConnected) this[what](); };
      if (what === 'draw') (window.requestIdleCallback || setTimeout)(act, { timeout: 500 });
      else requestAnimationFrame(act);
    }

    get wanted() {
      const { canvas, element } = this.tree;
      const larger = canvas.scrollWidth > canvas.clientWidth * LARGER || canvas.scrollHeight > canvas.clientHeight * LARGER;
      return this.on && larger && !element.classList.contains('ct--outline');
    }
    get on() { return this.shown ?? true; }
    set on(on) { this.shown = on; this.draw(); }

    draw() {
      this.box.hidden = !this.wanted;
      if (this.box.hidden || !this.box.offsetWidth) return;
      const { flow, zoom } = this.tree;
      const whole = flow.getBoundingClientRect();
      this.scale = Math.min(WIDE / whole.width, HIGH / whole.height);
      const n = (value) => +(value * this.scale).toFixed(1);
      const at = (r) => [n(r.left - whole.left), n(r.top - whole.top), Math.max(1, n(r.width)), Math.max(1, n(r.height))];
      const boxes = (els) => els.map((el) => { const [x, y, w, hh] = at(el.getBoundingClientRect()); return `M${x} ${y}h${w}v${hh}h${-w}z`; }).join('');
      const all = [...flow.querySelectorAll('.ct-card')];
      const wrong = (el) => el.matches('.ct-card--error, .ct-card--todo');
      const start = (el) => el.classList.contains('ct-kind-source');
      const lines = [...flow.querySelectorAll('.ct-seq')].map((el) => {
        const [x, y, w, hh] = at(el.getBoundingClientRect());
        const below = [...el.children].find((child) => child.matches('.ct-branches'));
        return `M${+(x + w / 2).toFixed(1)} ${y}V${below ? at(below.getBoundingClientRect())[1] : y + hh}`;
      });
      for (const el of flow.querySelectorAll('.ct-branches')) {
        const [x, y, w] = at(el.getBoundingClientRect());
        const middles = [...el.children].map((child) => at(child.getBoundingClientRect())).map(([cx, cy, cw]) => [+(cx + cw / 2).toFixed(1), cy]);
        lines.push(`M${+(x + w / 2).toFixed(1)} ${y}V${middles[0][1]}M${middles[0][0]} ${middles[0][1]}H${middles[middles.length - 1][0]}`);
      }
      this.wrong.setAttribute('d', boxes(all.filter(wrong)));
      this.starts.setAttribute('d', boxes(all.filter((el) => start(el) && !wrong(el))));
      this.cards.setAttribute('d', boxes(all.filter((el) => !start(el) && !wrong(el))));
      this.lines.setAttribute('d', lines.join(''));
      this.drawing.setAttribute('width', n(whole.width));
      this.drawing.setAttribute('height', n(whole.height));
      this.drawn = zoom;
      this.follow();
    }

    /* the frame around what is seen */
    follow() {
      if (this.box.hidden) return;
      if (this.drawn !== this.tree.zoom) { this.draw(); return; }
      const whole = this.tree.flow.getBoundingClientRect(), seen = this.tree.canvas.getBoundingClientRect();
      const { clientWidth, clientHeight } = this.tree.canvas;
      const cut = (from, size, most) => [Math.max(0, from), Math.max(2, Math.min(from + size, most) - Math.max(0, from))].map((v) => (v * this.scale).toFixed(1));
      const [x, width] = cut(seen.left - whole.left, clientWidth, whole.width);
      const [y, height] = cut(seen.top - whole.top, clientHeight, whole.height);
      Object.entries({ x, y, width, height }).forEach(([name, value]) => this.frame.setAttribute(name, value));
    }

    grab(e) {
      if (e.button) return;
      e.preventDefault();
      const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
      this.goTo(e, calm ? 'auto' : 'smooth');
      this.box.setPointerCapture(e.pointerId);
      const move = (ev) => this.goTo(ev, 'auto');
      this.box.addEventListener('pointermove', move);
      for (const end of ['pointerup', 'pointercancel']) this.box.addEventListener(end, () => this.box.removeEventListener('pointermove', move), { once: true });
    }
    /* the place under the pointer comes into the middle of the view */
    goTo(e, behavior) {
      const map = this.drawing.getBoundingClientRect(), { canvas, flow } = this.tree;
      const whole = flow.getBoundingClientRect(), seen = canvas.getBoundingClientRect();
      canvas.scrollBy({
        left: whole.left + (e.clientX - map.left) / this.scale - (seen.left + canvas.clientWidth / 2),
        top: whole.top + (e.clientY - map.top) / this.scale - (seen.top + canvas.clientHeight / 2),
        behavior,
      });
    }
  };
})();
