/* wagtail-automation: fetches the personal parts of a page, once, where the visitor consented. Without it the
   page shows what everybody sees. Loaded only by pages that hold such parts; needs nothing of wa.js, but
   listens to its events on document: wa:consent, wa:recognised. Tells wa:personalised on each part. */
(function () {
  "use strict";
  if (window.waFragments) return;
  window.waFragments = true;

  const script = document.querySelector("script[data-wa-fragments]");
  const set = script.dataset;
  const shared = new Map(); // part -> what everybody sees there

  function consented() {
    const cookies = document.cookie.split("; ");
    if (cookies.includes(set.waAs + "=1")) return true; // an editor looks as somebody else; counts nothing
    if (navigator.globalPrivacyControl === true || navigator.doNotTrack === "1") return false;
    return cookies.includes(set.waConsent + "=granted");
  }

  function restore() {
    for (const [part, html] of shared) {
      part.innerHTML = html;
      part.style.minHeight = "";
    }
    shared.clear();
    waiting.clear();
    for (const part of document.querySelectorAll("[data-wa-seen]")) delete part.dataset.waSeen;
  }

  function address(parts) {
    const names = new Set();
    for (const part of parts) if (part.dataset.waShared) names.add(part.dataset.waShared);
    const query = new URLSearchParams([...names].map((name) => ["shared", name])).toString();
    return set.waFragments + (query && "?" + query);
  }

  /* The height of a part with some content, measured beside it; both contents are measured alike. */
  function heightOf(part, html) {
    const probe = part.cloneNode(false);
    for (const name of Object.keys(probe.dataset)) delete probe.dataset[name];
    probe.innerHTML = html;
    const width = part.getBoundingClientRect().width + "px";
    Object.assign(probe.style, { position: "absolute", visibility: "hidden", minHeight: "", width });
    part.after(probe);
    const { height } = probe.getBoundingClientRect();
    probe.remove();
    return height;
  }

  /* Nothing that is being read may move: a part keeps its height at least, and one that would grow in view
     waits until it is out of view or the visitor does something. */
  function place(part, own) {
    const box = part.getBoundingClientRect();
    const seen = box.bottom > 0 && box.top < innerHeight;
    if (seen && heightOf(part, own.html) > heightOf(part, part.innerHTML) + 0.5) {
      waiting.set(part, own);
      leaving.observe(part);
      return;
    }
    put(part, own, box.height);
  }
  function put(part, own, height) {
    waiting.delete(part);
    leaving.unobserve(part);
    if (!part.isConnected) return;
    if (!shared.has(part)) shared.set(part, part.innerHTML);
    part.style.minHeight = height + "px";
    part.innerHTML = own.html;
    part.dataset.waAlternative = own.alternative;
    const token = part.dataset.waHeld;
    if (token) part.dataset.waSeen = token;
    delete part.dataset.waHeld;
    window.wa?.scan?.(part);
    part.dispatchEvent(new CustomEvent("wa:personalised", { bubbles: true, detail: own }));
    if (token) count();
  }
  const waiting = new Map(); // part -> what it will show
  const leaving = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries)
      if (!isIntersecting && waiting.has(target))
        put(target, waiting.get(target), target.getBoundingClientRect().height);
  });
  const acted = () => {
    for (const [part, own] of [...waiting]) put(part, own, 0);
  };
  for (const name of ["pointerdown", "keydown"]) addEventListener(name, acted, { capture: true, passive: true });

  function count() {
    if (window.waSeen) {
      for (const part of document.querySelectorAll("[data-wa-seen]")) window.waSeen.watch(part);
      return;
    }
    const more = document.createElement("script");
    more.src = set.waSeenScript;
    more.dataset.report = set.waReport;
    document.head.append(more);
  }

  async function load() {
    if (!consented()) return;
    const parts = document.querySelectorAll("[data-wa-fragment]");
    if (!parts.length) return;
    const answer = await fetch(address(parts), {
      credentials: "same-origin",
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) return;
    const { fragments, shown } = await answer.json();
    for (const part of parts) {
      if (!part.isConnected) continue; // a part inside one just replaced is gone
      const token = shown?.[part.dataset.waFragment];
      const own = fragments[part.dataset.waFragment];
      if (own) {
        if (token) part.dataset.waHeld = token;
        place(part, own);
      } else if (token) part.dataset.waSeen = token;
    }
    if (shown) count();
  }

  document.addEventListener("wa:consent", (event) => (event.detail ? load() : restore()));
  document.addEventListener("wa:recognised", load);
  window.addEventListener("pageshow", (event) => event.persisted && load());
  load().catch(() => {}); // offline: what everybody sees stays
})();
