/* wagtail-automation: page views, time on page, links, and the consent notice. First party, no dependency.
   Public: wa.track(name, data), wa.identify(fields, token), wa.enhance(selector, fn), wa.scan(root), wa.privacy(),
   wa.consent(granted), for a consent tool of the site, and wa.choice().
   Events on document: wa:consent, wa:recognised. */
(function (root) {
  "use strict";

  // Pure parts, tested with node --test.
  function cookie(text, name) {
    const found = text.split("; ").find((part) => part.startsWith(name + "="));
    return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
  }
  function takeToken(hash) {
    const match = /(^#|&)wa=([\w.:-]+)/.exec(hash);
    if (!match) return { token: "", rest: hash };
    const rest = hash.replace(match[0], match[1] === "#" ? "#" : "");
    return { token: match[2], rest: rest.replace(/^#&?/, "#").replace(/^#$/, "") };
  }
  function outbound(href, host) {
    try {
      const url = new URL(href);
      return /^https?:$/.test(url.protocol) && url.host !== host ? url.href : "";
    } catch {
      return "";
    }
  }
  // a file of the site itself: said so, or by its name
  const isFile = (link) =>
    link.hasAttribute("download") ||
    /^\/documents\/|\.(pdf|zip|docx?|xlsx?|pptx?|od[tsp]|csv|epub|mp3|mp4)$/i.test(link.pathname);
  function batches(events, size) {
    const out = [];
    for (let i = 0; i < events.length; i += size) out.push(events.slice(i, i + size));
    return out;
  }

  if (typeof module === "object" && module.exports) {
    module.exports = { cookie, takeToken, outbound, isFile, batches };
    return;
  }
  const script = document.getElementById("wa-script");
  if (!script || root.wa?.track) return;
  const set = script.dataset;
  const nav = navigator;
  const honours = (set.signals ?? "gpc dnt").split(" ");
  const optedOut =
    (honours.includes("gpc") && nav.globalPrivacyControl === true) ||
    (honours.includes("dnt") && nav.doNotTrack === "1");
  const here = () => location.href.split("#")[0];
  const enhancers = [];
  let queue = [];
  let timer;
  let visibleSince = 0;
  let viewed = false;
  let token = "";
  let referrer = document.referrer;
  let seen = here();

  const choice = () => (optedOut ? "denied" : cookie(document.cookie, set.cookie));
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  const post = (url, fields) =>
    fetch(url, { method: "POST", body: new URLSearchParams(fields), headers: { Accept: "application/json" } });

  function flush() {
    clearTimeout(timer);
    timer = 0;
    if (choice() !== "granted") {
      queue = [];
      return;
    }
    for (const events of batches(queue.splice(0), 20)) {
      const body = JSON.stringify({ events });
      if (!nav.sendBeacon?.(set.collect, body)) fetch(set.collect, { method: "POST", body, keepalive: true });
    }
  }
  function push(event, now) {
    if (choice() !== "granted") return;
    queue.push(event);
    if (now) flush();
    else timer ||= setTimeout(flush, 1500);
  }
  function view() {
    if (viewed || choice() !== "granted") return;
    viewed = true;
    visibleSince = document.hidden ? 0 : Date.now();
    if (set.views === "script") {
      flush();
      const body = JSON.stringify({ events: [{ type: "view", url: here(), referrer }] });
      // One tab at a time: pages opened together are one browser, and the first answer brings its cookie.
      const send = () =>
        Promise.race([
          fetch(set.collect, { method: "POST", body, keepalive: true }).catch(() => {}),
          new Promise((done) => setTimeout(done, 3000)),
        ]);
      nav.locks ? nav.locks.request("wa", send) : send();
    }
    seen = here();
    if (token)
      post(set.recognise, { token }).then((answer) => {
        token = "";
        if (answer.ok) tell("wa:recognised");
      });
  }
  function visibility() {
    if (!document.hidden) visibleSince = Date.now();
    else if (visibleSince) {
      const seconds = Math.round((Date.now() - visibleSince) / 1000);
      visibleSince = 0;
      if (viewed && seconds) push({ type: "time", seconds }, true);
      else flush();
    }
  }

  async function notice(focus) {
    if (document.getElementById("wa-notice")) return;
    const answer = await fetch(set.notice + "?lang=" + set.lang);
    if (answer.status !== 200) return;
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = set.style;
    const holder = document.createElement("div");
    holder.innerHTML = await answer.text();
    const box = holder.firstElementChild;
    document.head.append(style);
    document.body.prepend(box);
    if (focus) box.focus();
    box.addEventListener("submit", async (event) => {
      event.preventDefault();
      const granted = event.submitter.value === "grant";
      if (await choose(granted)) box.remove();
    });
  }
  async function choose(granted) {
    const done = await post(set.consent, { choice: granted ? "grant" : "deny", language: set.lang });
    if (!done.ok) return false;
    document.getElementById("wa-notice")?.remove();
    tell("wa:consent", granted);
    view();
    return true;
  }

  function scan(part) {
    for (const [selector, fn] of enhancers)
      for (const element of part.querySelectorAll(selector)) {
        element.waDone ||= new Set();
        if (!element.waDone.has(fn)) element.waDone.add(fn), fn(element);
      }
  }

  root.wa = {
    track: (name, data) => push({ type: "track", url: here(), name, data }),
    identify: (fields, token) => push({ type: "identify", fields, token }),
    enhance(selector, fn) {
      enhancers.push([selector, fn]);
      scan(document);
    },
    scan,
    choice,
    consent: choose,
    privacy: () => notice(true),
  };

  const taken = takeToken(location.hash);
  if (taken.token) {
    token = taken.token;
    history.replaceState(history.state, "", location.pathname + location.search + taken.rest);
  }
  document.addEventListener("visibilitychange", visibility);
  root.addEventListener("pagehide", flush);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link) return;
    if (link.matches("[data-wa-privacy]") && !optedOut) {
      event.preventDefault();
      notice(true);
      return;
    }
    const href = outbound(link.href, location.host) || (isFile(link) && outbound(link.href, ""));
    if (href) push({ type: "click", url: here(), href }, true);
  });
  // a single-page application: another address without another document is another page
  function moved() {
    if (here() === seen) return;
    if (visibleSince) push({ type: "time", seconds: Math.round((Date.now() - visibleSince) / 1000) });
    referrer = seen;
    seen = here();
    viewed = false;
    view();
  }
  const { pushState } = history;
  history.pushState = function (...given) {
    pushState.apply(this, given);
    moved();
  };
  root.addEventListener("popstate", moved);
  root.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    viewed = false;
    view();
  });
  const start = () => {
    view();
    if (!choice()) notice();
  };
  if (document.prerendering) document.addEventListener("prerenderingchange", start, { once: true });
  else start();
})(typeof window === "undefined" ? globalThis : window);
