/* Pieces of a page loaded and saved in place. Without this script every link and form leads to a page of its
   own that does the same; the server tells us apart by the header X-Requested-With.

   a[data-wa-load="id"]      puts what the address (or data-wa-from) answers into the element of that id
   form[data-wa-target="id"] sends itself; puts the answer there, or the form with its errors in its place
   [data-wa-panel="url"]     where a panel's body comes from */
(() => {
  "use strict";

  const HEADERS = { "X-Requested-With": "wa-fragment" };
  const FIELDS = "input:not([type=hidden]), select, textarea, button";

  const announce = (element) => {
    element.dispatchEvent(new CustomEvent("wa:loaded", { bubbles: true }));
  };

  const put = (element, html) => {
    const parsed = document.createElement("template");
    parsed.innerHTML = html;
    parsed.content.querySelectorAll("template[data-wa-replace]").forEach((piece) => {
      const old = document.querySelector(piece.dataset.waReplace);
      if (old) old.replaceWith(piece.content.cloneNode(true));
      piece.remove();
    });
    element.replaceChildren(parsed.content);
    announce(element);
  };

  const refresh = async (key) => {
    const body = document.getElementById(`panel-${key}-body`);
    if (!body || !body.dataset.waPanel) return;
    const answer = await fetch(body.dataset.waPanel, { headers: HEADERS });
    if (answer.ok) put(body, await answer.text());
  };

  const load = async (link) => {
    const target = document.getElementById(link.dataset.waLoad);
    const url = link.dataset.waFrom || link.href;
    const answer = await fetch(url, { headers: HEADERS });
    if (!target || !answer.ok || answer.redirected) {
      window.location.assign(link.href);
      return;
    }
    const back = "waCancel" in link.dataset ? link.closest("[data-wa-form]") : null;
    const opener = back ? back.dataset.waOpener : link.id;
    put(target, await answer.text());
    const form = target.querySelector("[data-wa-form]");
    if (back) {
      const button = opener && document.getElementById(opener);
      if (button) button.focus();
    } else if (form) {
      form.dataset.waOpener = opener || "";
      const field = form.querySelector(FIELDS);
      if (field) field.focus();
    }
  };

  const send = async (form) => {
    const buttons = [...form.querySelectorAll("button[type=submit]")];
    buttons.forEach((button) => { button.disabled = true; });
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: HEADERS });
    } catch (error) {
      answer = null;
    }
    const kept = answer && answer.status === 422;
    const target = document.getElementById(form.dataset.waTarget);
    if (!answer || answer.redirected || !target || !(answer.ok || kept)) {
      buttons.forEach((button) => { button.disabled = false; });
      HTMLFormElement.prototype.submit.call(form); // the plain way says what is wrong
      return;
    }
    const html = await answer.text();
    if (kept) {
      const place = document.createElement("div");
      form.replaceWith(place);
      put(place, html);
      const wrong = place.querySelector("[aria-invalid=true]") || place.querySelector(FIELDS);
      if (wrong) wrong.focus();
      return;
    }
    put(target, html);
    const focus = answer.headers.get("X-WA-Focus");
    const next = focus && document.getElementById(focus);
    if (next) next.focus();
    (answer.headers.get("X-WA-Refresh") || "").split(",").filter(Boolean).forEach(refresh);
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-wa-load]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    load(link);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-wa-target]");
    if (!form) return;
    event.preventDefault();
    send(form);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const form = event.target.closest("[data-wa-form]");
    const cancel = form && form.querySelector("[data-wa-cancel]");
    if (cancel) {
      event.preventDefault();
      cancel.click();
    }
  });
})();
