/* The values follow the lead that stays, except where somebody chose one on purpose. Without this script every
   value is chosen by hand, as it is sent. */
(() => {
  "use strict";

  const form = document.querySelector(".wa-merge");
  if (!form) return;
  const chosen = new Set();

  form.addEventListener("change", (event) => {
    const input = event.target;
    if (input.name !== "survivor") {
      chosen.add(input.name);
      return;
    }
    form.querySelectorAll(`input[name^="field-"][value="${CSS.escape(input.value)}"]`).forEach((value) => {
      if (!chosen.has(value.name)) value.checked = true;
    });
  });
})();
