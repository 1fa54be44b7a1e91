/* Fetches the personal parts of a page, once, where the visitor consented. Without it the page shows what
   everybody sees. */
(function () {
  "use strict";
  if (window.waFragments) return;
  window.waFragments = true;

  const script = document.querySelector("script[data-wa-fragments]");
  const blocks = () => document.querySelectorAll("[data-wa-fragment]");

  function consented() {
    const name = script.dataset.waConsent + "=";
    return document.cookie.split("; ").some((one) => one.startsWith(name) && one.slice(name.length).startsWith("granted"));
  }

  async function load() {
    if (!consented() || !blocks().length) return;
    const response = await fetch(script.dataset.waFragments, {
      credentials: "same-origin",
      headers: { Accept: "application/json" },
    });
    if (!response.ok) return;
    const { fragments } = await response.json();
    for (const block of blocks()) {
      const fragment = fragments[block.dataset.waFragment];
      if (!fragment || !block.isConnected) continue;
      block.innerHTML = fragment.html;
      block.dataset.waAlternative = fragment.alternative;
      block.dispatchEvent(new CustomEvent("wa:personalised", { bubbles: true, detail: fragment }));
    }
  }

  // A page kept by the browser's back button, or consent given on this page, is looked at again.
  window.addEventListener("wa:consent", load);
  window.addEventListener("pageshow", (event) => event.persisted && load());
  load();
})();
