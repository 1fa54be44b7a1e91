/* The timeline goes on by itself: what the link "More" would open is fetched when it comes into sight and put
   below. Filters change the list without leaving the page. Without this script both are plain links. */
(() => {
  "use strict";

  const HEADERS = { "X-Requested-With": "wa-fragment" };
  const panel = document.getElementById("panel-timeline-body");
  if (!panel) return;

  const fetched = async (query) => {
    const answer = await fetch(panel.dataset.waPanel + query, { headers: HEADERS });
    if (!answer.ok) throw new Error(answer.statusText);
    const parsed = document.createElement("template");
    parsed.innerHTML = await answer.text();
    return parsed.content;
  };

  const queryOf = (link) => new URL(link.href, window.location.href).search;

  const append = (found) => {
    const days = panel.querySelector(".wa-timeline__days");
    found.querySelectorAll(".wa-timeline__section").forEach((section) => {
      const last = days.lastElementChild;
      if (last && last.dataset.day === section.dataset.day) {
        last.querySelector("ol").append(...section.querySelectorAll("li"));
      } else {
        days.append(section);
      }
    });
    const more = found.querySelector("[data-wa-more]");
    const old = panel.querySelector("[data-wa-more]");
    if (more) old.replaceWith(more);
    else old.remove();
  };

  let busy = false;
  const goOn = async (link) => {
    if (busy) return;
    busy = true;
    link.setAttribute("aria-busy", "true");
    try {
      append(await fetched(queryOf(link)));
    } catch (error) {
      observer.unobserve(link); // the link itself stays for whoever wants to try again
      link.removeAttribute("aria-busy");
    }
    busy = false;
    watch();
  };

  const observer = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => goOn(entry.target)),
    { rootMargin: "400px" },
  );

  const watch = () => {
    observer.disconnect();
    const more = panel.querySelector("[data-wa-more]:not([aria-busy])");
    if (more) observer.observe(more);
  };

  const show = async (query) => {
    const found = await fetched(query);
    panel.replaceChildren(found);
    window.history.replaceState(null, "", `${window.location.pathname}${query}#panel-timeline-section`);
    watch();
  };

  panel.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-wa-more], a[data-wa-timeline]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if ("waMore" in link.dataset) goOn(link);
    else show(queryOf(link)).catch(() => window.location.assign(link.href));
  });

  panel.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-wa-timeline]");
    if (!form) return;
    event.preventDefault();
    const filled = [...new FormData(form)].filter(([, value]) => value);
    const query = filled.length ? `?${new URLSearchParams(filled)}` : "";
    show(query).catch(() => form.submit());
  });

  document.addEventListener("wa:loaded", (event) => {
    if (event.target === panel) watch();
  });
  watch();
})();
