/* Parts of the rule editor: making elements, talking to the server, choosing a condition. */
(function () {
  'use strict';
  /* ------------------------------------------------------------------- small tools */
  function h(selector, props, ...kids) {
    const [tag, ...classes] = selector.split('.');
    const el = document.createElement(tag || 'div');
    if (classes.length) el.className = classes.join(' ');
    for (const [key, value] of Object.entries(props || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith('on')) el.addEventListener(key.slice(2), value);
      else el.setAttribute(key, value === true ? '' : value);
    }
    el.append(...kids.flat(3).filter((kid) => kid !== null && kid !== undefined && kid !== false));
    return el;
  }
  function icon(name) {
    const ns = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(ns, 'svg');
    const use = document.createElementNS(ns, 'use');
    svg.setAttribute('class', `icon icon-${name}`);
    svg.setAttribute('aria-hidden', 'true');
    use.setAttribute('href', `#icon-${name}`);
    svg.append(use);
    return svg;
  }
  const uid = () => (crypto.randomUUID
    ? crypto.randomUUID()
    : [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join(''));
  const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

  async function ask(url, body) {
    const options = body === undefined
      ? {}
      : { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRFToken': window.wagtailConfig.CSRF_TOKEN }, body: JSON.stringify(body) };
    const response = await fetch(url, { headers: { Accept: 'application/json' }, ...options });
    const type = response.headers.get('Content-Type') || '';
    const data = type.includes('json') ? await response.json() : null;
    if (!response.ok || data === null) throw new Error((data && data.message) || `${response.status}`);
    return data;
  }

  /* ------------------------------------------------- shared by all editors of a page */
  const catalogues = new Map();
  function catalogue(url) {
    if (!catalogues.has(url)) {
      const promise = ask(url).then((data) => {
        const byKey = new Map();
        data.conditions.forEach((entry) => [entry.key, ...entry.aliases].forEach((key) => byKey.set(key, entry)));
        return { ...data, byKey };
      });
      promise.catch(() => catalogues.delete(url)); // so that "try again" does
      catalogues.set(url, promise);
    }
    return catalogues.get(url);
  }

  /* One request describes all rules of a page that are asked about in the same moment. */
  let waiting = [];
  function describe(url, raw) {
    return new Promise((resolve, reject) => {
      waiting.push({ raw, resolve, reject });
      if (waiting.length > 1) return;
      setTimeout(async () => {
        const batch = waiting;
        waiting = [];
        for (let start = 0; start < batch.length; start += 50) {
          const part = batch.slice(start, start + 50);
          try {
            const { rules } = await ask(`${url}describe/`, { rules: part.map((one) => one.raw) });
            part.forEach((one, i) => one.resolve(rules[i]));
          } catch (error) { part.forEach((one) => one.reject(error)); }
        }
      });
    });
  }

  /* ------------------------------------------------------------------- the picker */
  class Picker {
    constructor(words) {
      this.t = words;
      this.search = h('input', { type: 'search', 'aria-label': words.search, placeholder: words.search, autocomplete: 'off', oninput: () => this.fill() });
      this.nav = h('nav.wa-pick__nav', { 'aria-label': words.groups });
      this.list = h('div.wa-pick__list', { role: 'group', 'aria-label': words.conditions });
      this.live = h('p.wa-rule__sr', { role: 'status' });
      this.dialog = h('dialog.wa-pick', { 'aria-label': words.picker_title, onclick: (e) => { if (e.target === this.dialog) this.dialog.close(); } },
        h('div.wa-pick__head', null,
          h('h2', null, words.picker_title),
          h('div.wa-pick__search', null, icon('search'), this.search),
          h('button.wa-rule__tool', { type: 'button', 'aria-label': words.close, onclick: () => this.dialog.close() }, icon('cross'))),
        h('div.wa-pick__body', null, this.nav, this.list), this.live);
      this.dialog.addEventListener('keydown', (e) => this.onKey(e));
      this.dialog.addEventListener('close', () => { const done = this.done; this.done = null; done?.(this.chosen); });
      document.body.append(this.dialog);
    }

    open(conditions) {
      this.conditions = conditions;
      this.chosen = null;
      this.search.value = '';
      this.fill();
      this.dialog.showModal();
      this.list.scrollTop = 0;
      this.search.focus();
      return new Promise((resolve) => { this.done = resolve; });
    }

    choose(entry) { this.chosen = entry; this.dialog.close(); }

    fill() {
      const words = fold(this.search.value).split(/\s+/).filter(Boolean);
      const groups = new Map();
      const found = this.conditions.filter((entry) => {
        const text = fold(`${entry.label} ${entry.description} ${entry.group} ${entry.keywords}`);
        return words.every((word) => text.includes(word));
      });
      found.forEach((entry) => groups.set(entry.group, [...(groups.get(entry.group) || []), entry]));
      const sections = [...groups].map(([group, entries]) => h('section', { 'aria-label': group },
        h('h3', null, group),
        h('div.wa-pick__grid', null, entries.map((entry) => h(`button.wa-pick__entry.wa-tone--${entry.tone}`, { type: 'button', 'data-key': entry.key, onclick: () => this.choose(entry) },
          h('span.wa-rule__tile', null, icon(entry.icon)),
          h('span.wa-pick__text', null, h('span.wa-pick__label', null, entry.label), h('span.wa-pick__description', null, entry.description)))))));
      this.nav.replaceChildren(...[...groups.keys()].map((group, i) => h('button', { type: 'button', onclick: () => {
        sections[i].scrollIntoView({ block: 'start' });
        sections[i].querySelector('button').focus({ preventScroll: true });
      } }, group)));
      this.nav.hidden = groups.size < 2;
      this.list.replaceChildren(...(sections.length ? sections : [h('p.wa-rule__hint', null, this.t.no_result)]));
      this.live.textContent = found.length ? '' : this.t.no_result;
    }

    onKey(e) {
      const entries = [...this.list.querySelectorAll('.wa-pick__entry')];
      const at = entries.indexOf(document.activeElement);
      if (document.activeElement === this.search) {
        if (e.key === 'Enter' && entries.length) { e.preventDefault(); entries[0].click(); }
        if (e.key === 'ArrowDown' && entries.length) { e.preventDefault(); entries[0].focus(); }
        return;
      }
      if (at < 0) return;
      const columns = getComputedStyle(entries[at].parentElement).gridTemplateColumns.split(' ').length;
      const to = { ArrowDown: at + columns, ArrowUp: at - columns, ArrowRight: at + 1, ArrowLeft: at - 1 }[e.key];
      if (to === undefined) return;
      e.preventDefault();
      if (to < 0) this.search.focus(); else entries[Math.min(to, entries.length - 1)].focus();
    }
  }
  let picker = null;
  const pick = (words, conditions) => {
    picker = picker || new Picker(words);
    return picker.open(conditions);
  };

  window.wagtailAutomationRules = { h, icon, uid, isObject, ask, catalogue, describe, pick };
})();
