/* wagtail-automation: puts a form of that site into this page. The form stays in a frame of its own origin: no
   cookie, no script and no style of either side reaches the other; only the height comes over. */
(function () {
  "use strict";
  const script = document.currentScript;
  const address = new URL(script.dataset.waEmbed);
  // where the visitor came from, for the campaign parameters of the form
  for (const [name, value] of new URLSearchParams(location.search))
    if (/^utm_\w{1,20}$/.test(name)) address.searchParams.set(name, value.slice(0, 200));
  const frame = document.createElement("iframe");
  frame.src = address.href;
  frame.title = script.dataset.title || "Form";
  frame.loading = "lazy";
  frame.width = "100%";
  frame.height = script.dataset.height || "480";
  frame.setAttribute("frameborder", "0");
  script.after(frame);
  addEventListener("message", (event) => {
    if (event.origin !== address.origin || event.source !== frame.contentWindow) return;
    const { waForm, height } = event.data || {};
    if (waForm === address.pathname && height > 0 && height < 20000) frame.height = String(Math.ceil(height));
  });
})();
