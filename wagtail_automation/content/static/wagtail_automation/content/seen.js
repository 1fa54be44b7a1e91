/* wagtail-automation: reports what was really seen (half of it for a second) and clicked, once each, for what
   carries data-wa-seen. Loaded by fragments.js and promos.js where the visitor consented, and by pages whose
   parts were chosen on the server. */
(function () {
  "use strict";
  if (window.waSeen) return;
  const url = document.currentScript.dataset.report;
  let queue = [];
  let timer;

  function flush() {
    clearTimeout(timer);
    timer = 0;
    while (queue.length) {
      const body = JSON.stringify({ events: queue.splice(0, 50) });
      if (!navigator.sendBeacon?.(url, body)) fetch(url, { method: "POST", body, keepalive: true });
    }
  }
  function report(token, what, now) {
    queue.push([token, what]);
    if (now) flush();
    else timer ||= setTimeout(flush, 1500);
  }

  const waiting = new Map();
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        clearTimeout(waiting.get(target));
        waiting.delete(target);
        if (isIntersecting)
          waiting.set(
            target,
            setTimeout(() => {
              watcher.unobserve(target);
              report(target.dataset.waSeen, "seen");
            }, 1000),
          );
      }
    },
    { threshold: 0.5 },
  );
  function watch(part) {
    if (part.waWatched === part.dataset.waSeen) return;
    part.waWatched = part.dataset.waSeen;
    watcher.observe(part);
  }
  document.addEventListener("click", (event) => {
    const part = event.target.closest?.("a[href], button")?.closest("[data-wa-seen]");
    if (part && !event.target.closest("[data-wa-close]")) report(part.dataset.waSeen, "clicked", true);
  });
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", () => document.hidden && flush());
  window.waSeen = { watch, report };
  for (const part of document.querySelectorAll("[data-wa-seen]")) watch(part);
})();
