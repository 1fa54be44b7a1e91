/* Inside the frame: tells the page around it how tall the form is. Only to the origins that may show it. */
(function () {
  "use strict";
  const origins = document.currentScript.dataset.origins.split(" ");
  let last = 0;
  function tell() {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height === last) return;
    last = height;
    for (const origin of origins) parent.postMessage({ waForm: location.pathname, height }, origin);
  }
  new ResizeObserver(tell).observe(document.body);
})();
