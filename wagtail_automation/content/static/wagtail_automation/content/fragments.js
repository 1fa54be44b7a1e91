/* wagtail-automation: fetches the personal parts of a page, once, where the visitor consented. Without it the
   page shows what everybody sees. Loaded only by pages that hold such parts; needs nothing of wa.js, but
   listens to its events on document: wa:consent, wa:recognised. Tells wa:personalised on each part. */
(function () {
  "use strict";
  if (window.waFragments) return;
  window.waFragments = true;

  const script = document.querySelector("script[data-wa-fragments]");
  const shared = new Map(); // part -> what everybody sees there

  function consented() {
    if (navigator.globalPrivacyControl === true || navigator.doNotTrack === "1") return false;
    return document.cookie.split("; ").includes(script.dataset.waConsent + "=granted");
  }

  function restore() {
    for (const [part, html] of shared) part.innerHTML = html;
    shared.clear();
  }

  async function load() {
    if (!consented()) return;
    const parts = document.querySelectorAll("[data-wa-fragment]");
    if (!parts.length) return;
    const answer = await fetch(script.dataset.waFragments, {
      credentials: "same-origin",
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) return;
    const { fragments } = await answer.json();
    for (const part of parts) {
      const own = fragments[part.dataset.waFragment];
      if (!own || !part.isConnected) continue; // a part inside one just replaced is gone
      if (!shared.has(part)) shared.set(part, part.innerHTML);
      part.innerHTML = own.html;
      part.dataset.waAlternative = own.alternative;
      window.wa?.scan?.(part);
      part.dispatchEvent(new CustomEvent("wa:personalised", { bubbles: true, detail: own }));
    }
  }

  document.addEventListener("wa:consent", (event) => (event.detail ? load() : restore()));
  document.addEventListener("wa:recognised", load);
  window.addEventListener("pageshow", (event) => event.persisted && load());
  load().catch(() => {}); // offline: what everybody sees stays
})();
