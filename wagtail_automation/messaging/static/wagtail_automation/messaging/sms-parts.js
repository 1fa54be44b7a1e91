/* Counts the parts of a text message while it is written: the same arithmetic as messaging/sms/parts.py. */
(() => {
  const BASIC = new Set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§" +
      "¿abcdefghijklmnopqrstuvwxyzäöñüà",
  );
  const EXTENDED = new Set("^{}\\[~]|€\f");

  const count = (text) => {
    const letters = Array.from(text);
    const wide = [...new Set(letters.filter((c) => !BASIC.has(c) && !EXTENDED.has(c)))].sort();
    const [alone, each] = wide.length ? [70, 67] : [160, 153];
    const sizes = letters.map((c) => (wide.length ? c.length : EXTENDED.has(c) ? 2 : 1));
    const length = sizes.reduce((sum, size) => sum + size, 0);
    let parts = length ? 1 : 0;
    if (length > alone) {
      let used = 0;
      sizes.forEach((size) => {
        if (used + size > each) {
          parts += 1;
          used = 0;
        }
        used += size;
      });
    }
    return { length, parts, wide };
  };

  const say = (pattern, values) => pattern.replace(/%\((\w+)\)s/g, (_all, name) => values[name]);

  const watch = (field) => {
    if (field.dataset.waPartsWatched) return;
    field.dataset.waPartsWatched = "1";
    const words = JSON.parse(field.dataset.waParts);
    const line = document.createElement("p");
    line.className = "help w-mt-3";
    line.id = `${field.id || field.name}-parts`;
    line.dataset.waPartsSaid = "";
    line.setAttribute("role", "status");
    field.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), line.id].filter(Boolean).join(" "));
    const draw = () => {
      const { length, parts, wide } = count(field.value);
      const said = [say(parts > 1 ? words.many : words.one, { length, parts })];
      if (wide.length && parts > 1) said.push(say(words.wide, { characters: wide.join(" ") }));
      if (/\{[{%]|https?:/.test(field.value)) said.push(words.values);
      line.textContent = parts ? said.join(" · ") : "";
    };
    field.insertAdjacentElement("afterend", line);
    field.addEventListener("input", draw);
    draw();
  };

  const start = () => document.querySelectorAll("[data-wa-parts]").forEach(watch);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
