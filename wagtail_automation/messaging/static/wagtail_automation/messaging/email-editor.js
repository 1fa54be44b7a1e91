/* The email editor: values of Liquid go where the cursor was, and the checks are asked again. */
(() => {
  const WRITABLE = "input[type=text], input:not([type]), textarea, [contenteditable=true]";
  let last = null;

  const inOurs = (element) => element.closest("[data-wa-values]");

  const remember = (event) => {
    const field = event.target.closest && event.target.closest(WRITABLE);
    if (field && !inOurs(field)) last = { field, range: null };
  };

  const keepSelection = () => {
    if (!last || !last.field.isContentEditable) return;
    const selection = window.getSelection();
    if (selection.rangeCount && last.field.contains(selection.anchorNode)) {
      last.range = selection.getRangeAt(0).cloneRange();
    }
  };

  const liquid = (name, otherwise) =>
    otherwise
      ? `{{ ${name} | default: "${otherwise.replace(/["\\{}%]/g, "")}" }}`
      : `{{ ${name} }}`;

  const insert = (text) => {
    const { field, range } = last;
    field.focus();
    if (field.isContentEditable && range) {
      const selection = window.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
    }
    // the only way that rich text editors, undo and "unsaved changes" all notice
    if (!document.execCommand("insertText", false, text) && !field.isContentEditable) {
      field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };

  const search = (box, wanted) => {
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    box.querySelectorAll("li").forEach((row) => {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    });
    box.querySelectorAll("section").forEach((group) => {
      group.hidden = !group.querySelector("li:not([hidden])");
    });
  };

  const checkAgain = async (panel) => {
    const answer = await fetch(panel.dataset.waChecks, { credentials: "same-origin" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    panel.querySelector("[data-wa-checks-list]").replaceChildren(...page.body.childNodes);
  };

  document.addEventListener("focusin", remember);
  document.addEventListener("selectionchange", keepSelection);

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-wa-values-search]")) {
      search(event.target.closest("[data-wa-values]"), event.target.value);
    }
  });

  document.addEventListener("click", (event) => {
    const value = event.target.closest("[data-wa-value]");
    const again = event.target.closest("[data-wa-checks-again]");
    const field = event.target.closest("[data-wa-field]");
    if (value) {
      const box = inOurs(value);
      const said = box.querySelector("[data-wa-values-said]");
      const usable = last && document.contains(last.field);
      said.textContent = usable ? "" : said.dataset.text;
      if (usable) insert(liquid(value.dataset.waValue, box.querySelector("[data-wa-values-default]").value.trim()));
    } else if (again) {
      checkAgain(again.closest("[data-wa-checks]"));
    } else if (field) {
      const input = document.querySelector(`[name="${field.dataset.waField}"], [name="${field.dataset.waField}-count"]`);
      if (input) {
        event.preventDefault();
        const panel = input.closest(".w-panel");
        if (panel) panel.scrollIntoView({ block: "start" });
        input.focus();
      }
    }
  });
})();
