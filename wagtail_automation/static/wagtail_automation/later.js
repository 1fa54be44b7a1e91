/* Scripts and styles that only a form needs which is fetched when opened: scripts come a second after the page
 * stands, or at once when a form asks for them; in order, each once, and not if the page has it.
 * Styles come with the first form, as each makes the browser look at the whole page again. */
(function () {
  'use strict';
  if (window.waLater) return; // another bundle of the page holds it too
  const AFTER = 1000;
  const known = new Map();
  const KINDS = {
    js: ['script', 'src', (url) => ({ src: url, async: false })],
    css: ['link', 'href', (url) => ({ rel: 'stylesheet', href: url })],
  };

  function one(kind, url) {
    const [tag, attribute, props] = KINDS[kind];
    if (!known.has(url)) {
      const there = [...document.querySelectorAll(`${tag}[${attribute}]`)].some((el) => el.getAttribute(attribute) === url);
      const promise = there ? Promise.resolve() : new Promise((done, failed) => {
        const el = Object.assign(document.createElement(tag), props(url), { onload: done });
        el.onerror = () => { known.delete(url); el.remove(); failed(new Error('')); }; // asked for again by the next who needs it
        document.head.append(el);
      });
      known.set(url, promise);
    }
    return known.get(url);
  }

  /* resolves when all are there; a form without its style can still be filled in */
  function load({ js = [], css = [] } = {}) {
    const styles = css.map((url) => one('css', url).catch(() => {}));
    return Promise.all([...js.map((url) => one('js', url)), ...styles]);
  }

  function idle(act) {
    const start = () => setTimeout(() => (window.requestIdleCallback || setTimeout)(act), AFTER);
    if (document.readyState === 'complete') start();
    else addEventListener('load', start, { once: true });
  }
  function whenIdle({ js }) { idle(() => { load({ js }).catch(() => {}); }); }

  window.waLater = { load, idle, whenIdle };
})();
