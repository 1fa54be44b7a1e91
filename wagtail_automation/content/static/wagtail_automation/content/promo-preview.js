/* In the editor's preview: a pop-up stands open. */
for (const dialog of document.querySelectorAll("dialog.wa-promo")) dialog.showModal();
for (const promo of document.querySelectorAll(".wa-promo")) promo.classList.add("wa-promo--open");
