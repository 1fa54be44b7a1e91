/* The tree as a picture to keep: all of it as it is drawn now, and not what fits the screen, in light colours. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const { h, icon, svg } = waTree;
  const MARGIN = 24, HEAD = 58;
  /* a PNG has twice the size; browsers refuse canvases that are longer than this, and phones larger ones */
  const SHARP = 2, LONGEST = 16000, MOST = 60e6;
  const THEMES = ['w-theme-system', 'w-theme-dark', 'w-theme-light'];
  /* what is for working with the tree and not for looking at it */
  const TOOLS = '.ct-plus, .ct-more, .ct-fold, .ct-add-start';
  const SIDES = ['Top', 'Right', 'Bottom', 'Left'];
  const px = (text) => parseFloat(text) || 0;
  const brush = document.createElement('canvas').getContext('2d', { willReadFrequently: true });

  /* as every program reads colours; null for none */
  const known = new Map();
  function colour(css) {
    if (!known.has(css)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = css;
      brush.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
      known.set(css, a ? { ink: `rgb(${r},${g},${b})`, opacity: +(a / 255).toFixed(3) } : null);
    }
    return known.get(css);
  }
  const filled = (found) => (found ? { fill: found.ink, ...(found.opacity < 1 ? { 'fill-opacity': found.opacity } : {}) } : { fill: 'none' });
  /* characters that no XML may hold */
  const clean = (text) => text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '');

  /* the lines of a text node as they are broken now */
  function linesOf(node) {
    const range = document.createRange();
    const lines = [];
    let at = 0;
    for (const char of node.data) {
      range.setStart(node, at);
      range.setEnd(node, at += char.length);
      const box = range.getClientRects()[0];
      const last = lines[lines.length - 1];
      if (!box) continue; // white space that is not shown
      if (last && Math.abs(last.top - box.top) < 2) {
        last.text += char;
        last.left = Math.min(last.left, box.left);
        last.right = Math.max(last.right, box.right);
      } else if (char.trim()) lines.push({ text: char, left: box.left, right: box.right, top: box.top, bottom: box.bottom });
    }
    return lines;
  }

  class Drawing {
    constructor(tree) {
      this.tree = tree;
      this.origin = tree.flow.getBoundingClientRect();
      this.parts = [];
      this.bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    }

    x(left) { return +(left - this.origin.left).toFixed(1); }
    y(top) { return +(top - this.origin.top).toFixed(1); }
    add(tag, attrs) { const el = svg(tag, attrs); this.parts.push(el); return el; }
    takes({ left, top, right, bottom }) {
      const b = this.bounds;
      Object.assign(b, { left: Math.min(b.left, left), top: Math.min(b.top, top), right: Math.max(b.right, right), bottom: Math.max(b.bottom, bottom) });
    }

    /* ground and border of a box, also of one before or after an element's content */
    box(r, css) {
      if (!r.width || !r.height) return;
      const x = this.x(r.left), y = this.y(r.top);
      const ground = colour(css.backgroundColor);
      const wide = SIDES.map((side) => (css[`border${side}Style`] === 'none' ? 0 : px(css[`border${side}Width`])));
      const round = Math.min(css.borderTopLeftRadius.endsWith('%') ? (r.height * px(css.borderTopLeftRadius)) / 100 : px(css.borderTopLeftRadius), r.height / 2, r.width / 2);
      const whole = wide.every((one) => one && one === wide[0]) && colour(css.borderTopColor);
      if (ground || whole) {
        const half = whole ? wide[0] / 2 : 0;
        this.takes({ left: x, top: y, right: x + r.width, bottom: y + r.height });
        this.add('rect', {
          x: x + half, y: y + half, width: r.width - 2 * half, height: r.height - 2 * half, rx: Math.max(0, round - half), ...filled(ground),
          ...(whole ? { stroke: whole.ink, 'stroke-width': wide[0], 'stroke-opacity': whole.opacity } : {}),
          ...(whole && css.borderTopStyle === 'dashed' ? { 'stroke-dasharray': '4 3' } : {}),
        });
      }
      if (!whole && wide.some(Boolean)) this.edges({ x, y, width: r.width, height: r.height }, css, wide);
    }
    /* borders on some sides only: the lines between cards and branches */
    edges({ x, y, width, height }, css, [top, right, bottom, left]) {
      const [x0, x1] = [x + left / 2, x + width - right / 2], [y0, y1] = [y + top / 2, y + height - bottom / 2];
      const [a, b] = [top && left ? px(css.borderTopLeftRadius) : 0, top && right ? px(css.borderTopRightRadius) : 0];
      const line = (d, side) => {
        const ink = colour(css[`border${side}Color`]);
        if (ink) this.add('path', { d, fill: 'none', stroke: ink.ink, 'stroke-opacity': ink.opacity, 'stroke-width': { Top: top, Right: right, Bottom: bottom, Left: left }[side] });
      };
      if (top) line(`${left ? `M${x0} ${y + height}V${y0 + a}Q${x0} ${y0} ${x0 + a} ${y0}` : `M${x} ${y0}`}${right ? `H${x1 - b}Q${x1} ${y0} ${x1} ${y0 + b}V${y + height}` : `H${x + width}`}`, 'Top');
      else {
        if (left) line(`M${x0} ${y}V${y + height}`, 'Left');
        if (right) line(`M${x1} ${y}V${y + height}`, 'Right');
      }
      if (bottom) line(`M${x} ${y1}H${x + width}`, 'Bottom');
    }
    /* what style sheets put before and after: lines, and the sign of a step to set up */
    pseudo(el, which) {
      const css = getComputedStyle(el, which);
      if (css.content === 'none' || css.content === 'normal' || css.display === 'none') return;
      const r = el.getBoundingClientRect(), own = getComputedStyle(el);
      const [width, height] = [px(css.width) + (css.boxSizing === 'border-box' ? 0 : px(css.borderLeftWidth) + px(css.borderRightWidth)), px(css.height) + (css.boxSizing === 'border-box' ? 0 : px(css.borderTopWidth))];
      const at = css.position === 'absolute'
        ? { left: r.left + px(own.borderLeftWidth) + px(css.left), top: r.top + px(own.borderTopWidth) + px(css.top) }
        : { left: own.direction === 'rtl' ? r.right - width : r.left, top: r.top + px(css.marginTop) };
      this.box({ ...at, width, height }, css);
      const sign = css.content.replace(/^"|"$/g, '');
      if (sign) {
        this.add('text', {
          x: this.x(at.left + width / 2), y: this.y(at.top + height / 2 + px(css.fontSize) * 0.36), 'text-anchor': 'middle',
          fill: colour(css.color).ink, 'font-size': css.fontSize, 'font-weight': css.fontWeight, 'font-family': css.fontFamily,
        }).textContent = clean(sign);
      }
    }
    words(node, css) {
      const bottom = node.parentElement.getBoundingClientRect().bottom + 2;
      const all = linesOf(node), ink = colour(css.color);
      const lines = all.filter((one) => one.bottom <= bottom);
      if (!ink) return;
      brush.font = css.font;
      const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = brush.measureText('x');
      const rtl = css.direction === 'rtl';
      lines.forEach((one, i) => {
        const cut = i === lines.length - 1 && lines.length < all.length;
        const text = clean(one.text).trim();
        this.add('text', {
          x: this.x(rtl ? one.right : one.left), y: this.y(one.top + ((one.bottom - one.top) * up) / (up + down)), fill: ink.ink,
          'font-size': css.fontSize, 'font-weight': css.fontWeight, 'font-family': css.fontFamily, ...(rtl ? { direction: 'rtl' } : {}),
          // as wide as here, whatever font another program has
          ...(text.length > 1 ? { textLength: (one.right - one.left).toFixed(1), lengthAdjust: 'spacingAndGlyphs' } : {}),
        }).textContent = cut ? `${text.slice(0, -1)}…` : text;
      });
    }
    icon(el, css) {
      const r = el.getBoundingClientRect();
      const use = el.querySelector('use');
      const from = use ? document.querySelector(use.getAttribute('href')) : el;
      if (!from || !r.width) return;
      const copy = this.add('svg', { x: this.x(r.left), y: this.y(r.top), width: r.width, height: r.height, viewBox: from.getAttribute('viewBox'), ...filled(colour(css.color)) });
      copy.append(...from.cloneNode(true).childNodes);
      copy.querySelectorAll('script, style, foreignObject').forEach((one) => one.remove());
    }
    walk(el) {
      const css = getComputedStyle(el);
      if (css.display === 'none' || css.visibility === 'hidden' || el.matches(TOOLS)) return;
      if (el.matches('svg')) { this.icon(el, css); return; }
      this.box(el.getBoundingClientRect(), css);
      this.pseudo(el, '::before');
      this.pseudo(el, '::after');
      for (const child of el.childNodes) {
        if (child.nodeType === 1) this.walk(child);
        else if (child.nodeType === 3 && child.data.trim()) this.words(child, css);
      }
    }
    arrows() {
      for (const path of this.tree.link.querySelectorAll('path')) {
        const css = getComputedStyle(path), box = path.getBBox(), ink = colour(css.stroke);
        this.takes({ left: box.x, top: box.y, right: box.x + box.width, bottom: box.y + box.height });
        if (ink) this.add('path', { d: path.getAttribute('d'), fill: 'none', stroke: ink.ink, 'stroke-width': css.strokeWidth, ...(css.strokeDasharray === 'none' ? {} : { 'stroke-dasharray': '5 5' }) });
      }
    }
    /* name of the campaign and when this was so */
    head(title, line) {
      const css = getComputedStyle(this.tree.uiTarget);
      const { left, top } = this.bounds;
      const put = (text, y, size, weight, ink) => {
        brush.font = `${weight} ${size}px ${css.fontFamily}`;
        this.takes({ left, top: top - HEAD, right: left + brush.measureText(text).width, bottom: top });
        this.add('text', { x: left, y: top - HEAD + y, 'font-size': size, 'font-weight': weight, 'font-family': css.fontFamily, fill: colour(ink).ink }).textContent = clean(text);
      };
      const card = this.tree.flow.querySelector('.ct-start-head');
      put(title, 16, 18, 700, css.color);
      put(line, 36, 13, 400, getComputedStyle(card).color);
    }
    svg(title, line) {
      for (const child of this.tree.flow.children) this.walk(child);
      this.arrows();
      this.head(title, line);
      const { left, top, right, bottom } = this.bounds;
      const [width, height] = [Math.ceil(right - left + 2 * MARGIN), Math.ceil(bottom - top + 2 * MARGIN)];
      const [x, y] = [left - MARGIN, top - MARGIN].map((n) => +n.toFixed(1));
      const root = svg('svg', { width, height, viewBox: `${x} ${y} ${width} ${height}`, role: 'img' });
      const name = svg('title');
      name.textContent = clean(title);
      root.append(name, svg('rect', { x, y, width, height, ...filled(colour(getComputedStyle(this.tree.uiTarget).backgroundColor)) }), ...this.parts);
      return { text: new XMLSerializer().serializeToString(root), width, height };
    }
  }

  /* twice as large as it is drawn, or as large as browsers draw it: [blob, how large] */
  async function painted({ text, width, height }) {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    const scale = Math.min(SHARP, LONGEST / width, LONGEST / height, Math.sqrt(MOST / (width * height)));
    const canvas = Object.assign(document.createElement('canvas'), { width: Math.round(width * scale), height: Math.round(height * scale) });
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
    if (!blob) throw new Error('');
    return [blob, scale];
  }

  waTree.picture = class {
    constructor(tree) { this.tree = tree; }

    /* the menu of kinds, below its button */
    open(button) {
      const { t } = this.tree;
      if (!this.menu) {
        const entry = (kind, label, note) => h('button', { type: 'button', role: 'menuitem', tabindex: -1, onclick: () => { this.menu.hidePopover(); this.save(kind); } },
          icon('download'), h('span', null, label, h('small', null, note)));
        this.menu = h('div.ct-menu', { popover: 'auto', role: 'menu', 'aria-label': t('savePicture') }, entry('svg', t('pictureSvg'), t('pictureSvgNote')), entry('png', t('picturePng'), t('picturePngNote')));
        this.menu.addEventListener('keydown', (e) => {
          const list = [...this.menu.children], i = list.indexOf(document.activeElement);
          const n = { ArrowDown: i + 1, ArrowUp: i - 1, Home: 0, End: list.length - 1 }[e.key];
          if (n !== undefined) { e.preventDefault(); list.at(n % list.length).focus(); }
        });
        this.menu.addEventListener('toggle', (e) => { if (e.newState === 'closed') button.focus({ preventScroll: true }); });
        document.body.append(this.menu);
      }
      this.menu.showPopover();
      const at = button.getBoundingClientRect(), m = this.menu.getBoundingClientRect();
      this.menu.style.left = `${Math.max(8, Math.min(innerWidth - m.width - 8, at.left))}px`;
      this.menu.style.top = `${at.bottom + m.height > innerHeight ? Math.max(8, at.top - m.height - 4) : at.bottom + 4}px`;
      this.menu.firstChild.focus();
    }

    /* While it is measured the tree stands in light colours, unzoomed and still. The screen shows nothing of it: it is
     * not painted before all is as it was. */
    drawn() {
      const { tree } = this;
      const root = document.documentElement.classList;
      const themes = THEMES.filter((name) => root.contains(name));
      const { zoom } = tree, { scrollLeft, scrollTop } = tree.canvas;
      tree.element.classList.add('ct--still');
      root.remove(...THEMES);
      root.add('w-theme-light');
      tree.setZoom(1);
      try { return new Drawing(tree).svg(this.title(), this.line()); } finally {
        root.remove('w-theme-light');
        root.add(...themes);
        tree.setZoom(zoom);
        Object.assign(tree.canvas, { scrollLeft, scrollTop });
        getComputedStyle(tree.flow).color; // what changes back does so at once
        tree.element.classList.remove('ct--still');
      }
    }
    title() { return this.tree.form?.elements.name?.value.trim() || this.tree.t('steps'); }
    /* the day, and of which days the numbers are */
    line() {
      const shown = this.tree.flow.querySelector('.ct-stats:not(:empty)');
      const day = new Intl.DateTimeFormat(document.documentElement.lang || undefined, { dateStyle: 'long' }).format(new Date());
      return [day, shown && this.tree.period?.selectedOptions[0]?.textContent].filter(Boolean).join(' · ');
    }

    async save(kind) {
      const { tree } = this, { t } = tree;
      try {
        const drawing = this.drawn();
        const [blob, scale] = kind === 'png' ? await painted(drawing) : [new Blob([drawing.text], { type: 'image/svg+xml' }), SHARP];
        const url = URL.createObjectURL(blob);
        h('a', { href: url, download: `${this.title().replace(/[\s\\/:*?"<>|\p{Cc}]+/gu, ' ').trim() || 'campaign'}.${kind}` }).click();
        setTimeout(() => URL.revokeObjectURL(url), 60000);
        const said = [t('pictureSaved'), scale < SHARP && t('pictureSmaller'), tree.flow.querySelector('.ct-folded') && t('pictureFolded')].filter(Boolean).join(' ');
        tree.toast(said);
      } catch { tree.toast(t('pictureFailed')); }
    }
  };
})();
