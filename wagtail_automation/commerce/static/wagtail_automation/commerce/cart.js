/* wagtail-automation: what lies in the visitor's cart. First party, no dependency, needs wa.js.
   Public: wa.cart([{sku, name, quantity, price: "49.90"}], "EUR", url) after each change; [] empties it. */
(function () {
  "use strict";
  const script = document.getElementById("wa-cart-script");
  if (!script || !window.wa || window.wa.cart) return;
  window.wa.cart = (items, currency, url) => {
    if (window.wa.choice() !== "granted") return Promise.resolve(false);
    const said = { items, currency: currency || script.dataset.currency };
    if (url) said.url = new URL(url, location.href).href;
    return fetch(script.dataset.cart, { method: "POST", body: JSON.stringify(said), keepalive: true }).then(
      (answer) => answer.ok,
    );
  };
})();
