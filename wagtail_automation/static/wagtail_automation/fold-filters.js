/* Filters of a list stand open beside it, and folded above it where there is no room beside. */
(function () {
  "use strict";
  const narrow = matchMedia("(max-width: 50em)"); // where wagtail-modeladmin puts them above the list
  const fold = () => {
    for (const filters of document.querySelectorAll("[data-wa-filters]")) filters.open = !narrow.matches;
  };
  narrow.addEventListener("change", fold);
  fold();
})();
