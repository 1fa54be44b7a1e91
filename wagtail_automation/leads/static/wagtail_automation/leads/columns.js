/* Finds a column among hundreds, and shows those that go somewhere alone. A row with an error always shows;
   what is hidden is sent all the same. */
(() => {
  "use strict";

  const bar = document.querySelector("[data-wa-columns]");
  if (!bar) return;
  const [search] = bar.querySelectorAll("input[type=search]");
  const [onlyMapped] = bar.querySelectorAll("input[type=checkbox]");
  const shown = bar.querySelector("[data-wa-columns-shown]");
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const rows = [...document.querySelectorAll(".wa-columns tbody tr")].map((row) => ({
    row,
    text: plain(row.cells[0].textContent.trim()),
    target: row.querySelector("[list]"),
    hasError: row.querySelector(".error-message") !== null,
  }));

  const show = () => {
    const wanted = plain(search.value.trim());
    let count = 0;
    rows.forEach(({ row, text, target, hasError }) => {
      const fits = text.includes(wanted) && (!onlyMapped.checked || target.value.trim() !== "");
      row.hidden = !fits && !hasError;
      if (!row.hidden) count += 1;
    });
    shown.textContent = `${count} / ${rows.length}`;
  };

  search.addEventListener("input", show);
  onlyMapped.addEventListener("change", show);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  bar.hidden = false;
  show();
})();
