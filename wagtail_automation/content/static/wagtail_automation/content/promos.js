/* wagtail-automation: web promos. Asks once what there is for this page; without consent without cookies, so
   that the answer is the same for all unknown visitors and may come from a cache. One promo of a group at a
   time. Closing is remembered: for known people on the server, for others in this tab only. */
(function () {
  "use strict";
  const DAY = 86400000;

  // Pure parts, tested with node --test.
  /* The same kinds as on the server (promos/deciding.py); "" where the browser does not say. */
  function deviceOf(agent) {
    if (!agent) return "";
    if (/iPad|Tablet|PlayBook|Silk|Android(?!.*Mobi)/i.test(agent)) return "tablet";
    return /Mobi|iPhone|iPod|Windows Phone/i.test(agent) ? "phone" : "desktop";
  }
  const fits = (promo, device) => !promo.device || promo.device === device;
  /* Whether somebody who saw a promo so often (own: n, last, closed) should not see it again now. */
  function enough(own, promo, now) {
    if (!own) return false;
    if (own.closed && (!promo.closed || now < own.closed + promo.closed * DAY)) return true;
    if (promo.times && own.n >= promo.times) return true;
    return Boolean(promo.rest && own.last && now < own.last + promo.rest * DAY);
  }

  if (typeof module === "object" && module.exports) {
    module.exports = { deviceOf, fits, enough };
    return;
  }
  const script = document.getElementById("wa-promos");
  if (!script || window.waPromos) return;
  const set = script.dataset;
  const standing = new Map(); // group -> id
  let queue = [];

  const cookies = () => document.cookie.split("; ");
  const optedOut = navigator.globalPrivacyControl === true || navigator.doNotTrack === "1";
  const known = () =>
    cookies().includes(set.as + "=1") || (!optedOut && cookies().includes(set.consent + "=granted"));

  /* What this tab remembers of promos for the unknown. */
  function memory() {
    try {
      return JSON.parse(sessionStorage.getItem("wa-promos") || "{}");
    } catch {
      return {};
    }
  }
  function remember(promo, change) {
    const all = memory();
    all[promo.id] = { n: 0, ...all[promo.id], ...change(all[promo.id] || { n: 0 }) };
    try {
      sessionStorage.setItem("wa-promos", JSON.stringify(all));
    } catch {
      /* a browser that stores nothing shows it again */
    }
  }
  const hasEnough = (promo) => enough(memory()[promo.id], promo, Date.now());

  function element(promo) {
    const holder = document.createElement("template");
    holder.innerHTML = promo.html.trim();
    return holder.content.firstElementChild;
  }
  function report(promo, what, now) {
    if (promo.token) seen().then((api) => api.report(promo.token, what, now));
  }
  let loading;
  function seen() {
    loading ||= new Promise((done) => {
      if (window.waSeen) return done(window.waSeen);
      const more = document.createElement("script");
      more.src = set.seen;
      more.dataset.report = set.report;
      more.onload = () => done(window.waSeen);
      document.head.append(more);
    });
    return loading;
  }
  let styled;
  function style() {
    styled ||= new Promise((done) => {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = set.style;
      link.onload = link.onerror = done;
      document.head.append(link);
    });
    return styled;
  }

  const root = document.documentElement;
  let taken = 0;
  /* The page begins below a bar so high; for who has scrolled, what they read stays where it is. A site with
     a fixed header of its own puts it at top: var(--wa-promo-bar, 0px). */
  function room(height) {
    const before = scrollY;
    const by = height - taken;
    if (!by) return;
    taken = height;
    root.style.setProperty("--wa-promo-bar", height + "px");
    root.classList.toggle("wa-promo-room", height > 0);
    if (before > 0) scrollTo({ top: Math.max(0, before + by), behavior: "instant" });
  }

  async function show(promo, place) {
    if (!promo.html) return report(promo, "seen"); // held back: counted, not shown
    if (hasEnough(promo) || (!place && standing.has(promo.group))) return;
    if (!place) standing.set(promo.group, promo.id);
    await style();
    const box = element(promo);
    const before = document.activeElement;
    if (promo.token) box.dataset.waSeen = promo.token;
    const sizes = new ResizeObserver(() => room(box.offsetHeight));
    const close = () => {
      box.classList.remove("wa-promo--open");
      if (promo.modal && box.open) box.close();
      box.remove();
      if (promo.room) {
        sizes.disconnect();
        room(0);
      }
      document.removeEventListener("keydown", escape);
      if (!place) standing.delete(promo.group);
      if (before?.isConnected && (promo.modal || box.contains(document.activeElement))) before.focus();
      remember(promo, () => ({ closed: Date.now() }));
      report(promo, "dismissed", true);
    };
    const escape = (event) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]")) close();
    };
    box.querySelector("[data-wa-close]")?.addEventListener("click", close);
    if (place) place.replaceChildren(box);
    else if (promo.room) {
      // the keyboard and a reader meet it where it stands; a link that skips to the content stays the first
      const skip = document.querySelector("body > a[href^='#']");
      if (skip) skip.after(box);
      else document.body.prepend(box);
      room(box.offsetHeight);
      sizes.observe(box);
    } else document.body.append(box);
    if (promo.modal) {
      box.addEventListener("cancel", (event) => {
        event.preventDefault();
        close();
      });
      box.addEventListener("click", (event) => event.target === box && close());
      box.showModal(); // focus, trap and the page behind out of reach: the browser's own
    } else if (!place) document.addEventListener("keydown", escape);
    void box.offsetWidth; // so that it moves in
    box.classList.add("wa-promo--open");
    remember(promo, (own) => ({ n: own.n + 1, last: Date.now() }));
    window.wa?.scan?.(box);
    if (promo.token) (await seen()).watch(box);
  }

  /* In the page: only while nobody looks at the place, or when they act, so that nothing moves. */
  function inline(promo, place) {
    let done = false;
    const put = () => {
      if (done) return;
      done = true;
      watcher.disconnect();
      for (const name of ["pointerdown", "keydown"]) removeEventListener(name, put, true);
      show(promo, place);
    };
    const watcher = new IntersectionObserver(([entry]) => {
      const { top } = entry.boundingClientRect;
      if (!entry.isIntersecting && top > innerHeight) style().then(put);
      else if (!done) for (const name of ["pointerdown", "keydown"]) addEventListener(name, put, true);
    });
    watcher.observe(place);
  }

  const moments = {
    now: (promo, go) => go(),
    after: (promo, go) => setTimeout(go, promo.value * 1000),
    scroll(promo, go) {
      const look = () => {
        const depth = root.scrollHeight - innerHeight;
        if (depth > 0 && (100 * scrollY) / depth < promo.value) return;
        removeEventListener("scroll", look);
        go();
      };
      addEventListener("scroll", look, { passive: true });
      look();
    },
    exit(promo, go) {
      let armed = false;
      setTimeout(() => (armed = true), 1000);
      const leave = (event) => {
        if (!armed || event.relatedTarget || event.clientY > 10) return;
        root.removeEventListener("mouseout", leave);
        go();
      };
      root.addEventListener("mouseout", leave);
      if (matchMedia("(hover: none)").matches) {
        // no pointer to leave with: a quick way back up after having read
        let deepest = 0;
        const up = () => {
          deepest = Math.max(deepest, scrollY);
          if (deepest - scrollY < innerHeight * 0.6 || deepest < innerHeight) return;
          removeEventListener("scroll", up);
          go();
        };
        addEventListener("scroll", up, { passive: true });
      }
    },
  };

  async function start() {
    for (const place of document.querySelectorAll("[data-wa-seen]")) if (place) await seen();
    const query = new URLSearchParams({ path: location.pathname, lang: set.lang });
    if (known()) query.set("me", "1");
    const answer = await fetch(set.promos + "?" + query, { credentials: known() ? "same-origin" : "omit" });
    if (!answer.ok) return;
    const device = deviceOf(navigator.userAgent);
    const { promos } = await answer.json();
    queue = promos.filter((promo) => fits(promo, device) && !hasEnough(promo));
    const places = [...document.querySelectorAll("[data-wa-promo-place]")];
    for (const promo of queue) {
      if (promo.place === "inline") {
        const place = places.shift();
        if (place) inline(promo, place);
      } else moments[promo.when]?.(promo, () => show(promo));
    }
  }
  window.waPromos = { start };
  start().catch(() => {}); // offline: a page without promos
})();
