// Follows a background run: asks for its state now and then and loads the page again when it has ended.
// Without this script the page is the same, loaded by hand.
(function () {
  "use strict";

  const EVERY = 1500;

  function follow(box) {
    const bar = box.querySelector("[data-wa-run-bar]");
    const words = box.querySelector("[data-wa-run-words]");

    async function ask() {
      let state = null;
      try {
        const response = await fetch(box.dataset.waRun, { headers: { "X-Requested-With": "XMLHttpRequest" } });
        state = response.ok ? await response.json() : null;
      } catch {
        state = null; // the server is away for a moment
      }
      if (state && !state.active) {
        window.location.reload();
        return;
      }
      if (state) {
        bar.value = state.percent;
        if (words.textContent !== state.words) words.textContent = state.words;
        for (const [key, number] of Object.entries(state.counts)) {
          const shown = document.querySelector(`[data-wa-run-count="${key}"]`);
          if (shown) shown.textContent = number.toLocaleString(document.documentElement.lang);
        }
      }
      window.setTimeout(ask, EVERY);
    }

    window.setTimeout(ask, EVERY);
  }

  document.querySelectorAll("[data-wa-run][data-wa-active='1']").forEach(follow);
})();
