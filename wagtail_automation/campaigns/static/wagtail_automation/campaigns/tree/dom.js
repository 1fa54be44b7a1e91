/* Small helpers: elements, icons, requests, numbers and words. */
(function () {
  'use strict';
  const waTree = (window.waTree = window.waTree || {});
  const SVG = 'http://www.w3.org/2000/svg';
  const language = document.documentElement.lang || undefined;

  /* h('div.a.b', {attr, onclick}, …children) */
  function h(sel, props, ...kids) {
    const [tag, ...cls] = sel.split('.');
    const el = document.createElement(tag || 'div');
    if (cls.length) el.className = cls.join(' ');
    for (const [k, v] of Object.entries(props || {})) {
      if (v === null || v === undefined || v === false) continue;
      if (k.startsWith('on')) el.addEventListener(k.slice(2), v);
      else el.setAttribute(k, v === true ? '' : v);
    }
    kids.flat(3).forEach((c) => c !== null && c !== undefined && c !== false && el.append(c));
    return el;
  }

  function svg(tag, attrs) {
    const el = document.createElementNS(SVG, tag);
    for (const [k, v] of Object.entries(attrs || {})) el.setAttribute(k, v);
    return el;
  }

  /* A copy of the drawing: what refers to the sprite is drawn anew, with all it hangs on, whenever Wagtail puts the
   * sprite into the page, which it does twice. Where the sprite is not there yet, or says more of an icon than its
   * box, the icon refers to it. */
  const drawings = new Map();
  function icon(name) {
    if (drawings.has(name)) return drawings.get(name).cloneNode(true);
    const el = svg('svg', { class: `icon icon-${name}`, 'aria-hidden': 'true' });
    const symbol = document.getElementById(`icon-${name}`);
    const box = symbol?.getAttribute('viewBox');
    if (box && symbol.attributes.length === 2) {
      el.setAttribute('viewBox', box);
      el.append(...symbol.cloneNode(true).childNodes);
      drawings.set(name, el.cloneNode(true));
    } else el.append(svg('use', { href: `#icon-${name}` }));
    return el;
  }

  const keyOf = (x) => (x.nodeType === 1 ? x.getAttribute('data-id') || `${x.localName}.${(x.getAttribute('class') || '').split(' ')[0]}` : '#text');

  /* Makes the children of an element like those of a fresh one, and touches only what differs: what stays
   * keeps its layout and the focus. Listeners stay too, so they must not hang on what differs. */
  function morph(old, fresh) {
    const a = [...old.childNodes], b = [...fresh.childNodes];
    const most = Math.min(a.length, b.length);
    let head = 0, tail = 0;
    while (head < most && keyOf(a[head]) === keyOf(b[head])) head += 1;
    while (tail < most - head && keyOf(a[a.length - 1 - tail]) === keyOf(b[b.length - 1 - tail])) tail += 1;
    const end = a[a.length - tail] || null;
    a.slice(head, a.length - tail).forEach((x) => x.remove());
    b.slice(head, b.length - tail).forEach((x) => old.insertBefore(x, end));
    for (let i = 0; i < head; i += 1) liken(a[i], b[i]);
    for (let i = 1; i <= tail; i += 1) liken(a[a.length - i], b[b.length - i]);
  }
  function liken(x, y) {
    if (x.isEqualNode(y)) return;
    if (x.nodeType !== 1) { x.data = y.data; return; }
    for (const { name } of [...x.attributes]) if (!y.hasAttribute(name)) x.removeAttribute(name);
    for (const { name, value } of [...y.attributes]) if (x.getAttribute(name) !== value) x.setAttribute(name, value);
    morph(x, y);
  }

  /* POST JSON or a form. Throws an Error whose message is the server's own words, if it gave any. */
  async function post(url, body, asText) {
    const json = !(body instanceof FormData);
    const res = await fetch(url, {
      method: 'POST',
      headers: { 'X-CSRFToken': window.wagtailConfig.CSRF_TOKEN, ...(json ? { 'Content-Type': 'application/json' } : {}) },
      body: json ? JSON.stringify(body) : body,
    });
    if (!res.ok) {
      let words = '';
      try { words = (await res.json()).error || ''; } catch { /* an error page */ }
      throw new Error(words);
    }
    return asText ? res.text() : res.json();
  }

  /* The browser's knowledge of languages takes as long to wake as the whole tree to draw: what the first drawing
   * needs of the two languages we speak is known here. */
  const ours = /^(en|fr)\b/.exec(language || '')?.[1];
  const made = new Map();
  const once = (key, make) => made.get(key) || made.set(key, make()).get(key);
  function number(n) {
    if (ours && Number.isInteger(n) && n >= 0 && n < 1000) return String(n);
    const notation = n > 99999 ? 'compact' : 'standard';
    return once(notation, () => new Intl.NumberFormat(language, { notation })).format(n);
  }
  function category(n) {
    if (ours && Number.isInteger(n) && n >= 0 && n < 1000) return n === 1 || (n === 0 && ours === 'fr') ? 'one' : 'other';
    return once('plural', () => new Intl.PluralRules(language)).select(n);
  }

  /* The words of the data island: text('passed', {n: 3}). A list holds the plural forms for 1, 2 and 5. */
  function texts(strings) {
    const form = { one: 0, two: 1, few: 1 };
    return (key, values = {}) => {
      let template = strings[key];
      if (Array.isArray(template)) template = template[form[category(values.n)] ?? 2];
      return template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? (name === 'n' ? number(values.n) : values[name]) : whole));
    };
  }

  /* a random UUID, also where the page is not secure and crypto.randomUUID is absent */
  function newId() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
    return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
  }

  Object.assign(waTree, { h, svg, icon, morph, post, number, texts, newId, isMac: /Mac/.test(navigator.platform) });
})();
