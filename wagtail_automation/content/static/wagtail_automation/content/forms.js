/* wagtail-automation: conditional fields, steps and progressive questions of forms. Everything works without it:
   the server judges what was asked and shows one step after the other, conditions stand there in words. */
(function (root) {
  "use strict";

  const fold = (text) =>
    text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/ß/g, "ss").trim();

  // answer: the texts of what was chosen or written; a ticked box is [true]
  function holds(condition, answers) {
    const given = answers.filter((one) => one !== "");
    if (condition.operator === "answered") return given.length > 0;
    if (condition.operator === "empty") return given.length === 0;
    const said = given.flatMap((one) =>
      one === true ? ["yes", "oui", "true", "vrai", "1", "x"] : [fold(one)],
    );
    if (answers.isBox && !given.length) said.push("no", "non", "false", "faux", "0");
    return said.some((one) => condition.values.includes(one)) === (condition.operator === "is");
  }

  if (typeof module === "object" && module.exports) {
    module.exports = { fold, holds };
    return;
  }

  function answersOf(form, name) {
    const controls = [...form.elements].filter((one) => one.name === name && !one.disabled);
    const box = controls.length === 1 && controls[0].type === "checkbox";
    const answers = controls.flatMap((one) => {
      if (one.type === "checkbox" || one.type === "radio") return one.checked ? [box ? true : one.value] : [];
      return [one.value];
    });
    answers.isBox = box;
    return answers;
  }

  /* The steps that the page brings for the script; without it the server shows one after the other. */
  function unpack(form) {
    const rest = form.querySelector("template[data-wa-rest]");
    if (!rest) return;
    for (const one of form.querySelectorAll("[data-wa-driven]")) one.remove();
    rest.replaceWith(rest.content);
  }

  function enhance(form) {
    unpack(form);
    const fields = [...form.querySelectorAll(".wa-field")];
    const conditions = new Map();
    for (const field of fields) {
      if (field.dataset.waIf) conditions.set(field, JSON.parse(field.dataset.waIf));
      field.querySelector(":scope > [data-wa-words]")?.remove();
    }
    const left = new Set(fields.filter((field) => field.dataset.waProgress && field.hidden));
    const show = (field, shown) => {
      field.hidden = !shown;
      for (const control of field.querySelectorAll("input, select, textarea")) {
        control.disabled = !shown;
        if ("waRequired" in field.dataset) control.required = shown;
      }
    };
    function judge() {
      for (const field of fields) {
        const condition = conditions.get(field);
        show(field, !left.has(field) && (!condition || holds(condition, answersOf(form, condition.field))));
      }
      steps.refresh();
    }
    const steps = stepsOf(form);
    form.addEventListener("input", judge);
    form.addEventListener("change", judge);
    judge();
    steps.start();
    ask(form, (keys) => {
      for (const field of fields) {
        if (!field.dataset.waProgress) continue;
        if (keys.includes(field.dataset.waProgress)) left.delete(field);
        else left.add(field);
      }
      judge();
    });
  }

  function ask(form, done) {
    const { waQuestions: url, waConsent: cookie } = form.dataset;
    if (!url || !document.cookie.split("; ").includes(`${cookie}=granted`)) return;
    fetch(url, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((answer) => answer && done(answer.ask))
      .catch(() => {});
  }

  function stepsOf(form) {
    const all = [...form.querySelectorAll("[data-wa-step]")];
    if (all.length < 2) return { start() {}, refresh() {} };
    const submit = form.querySelector(".wa-submit");
    const next = button(form.dataset.waNext, "wa-submit wa-next");
    const back = button(form.dataset.waBack, "wa-back");
    const bar = document.createElement("progress");
    bar.className = "wa-progress";
    bar.setAttribute("aria-hidden", "true");
    const row = document.createElement("div");
    row.className = "wa-buttons";
    submit.before(row);
    row.append(back, next, submit);
    form.prepend(bar);
    let current = 0;

    // a step of which nothing is asked is passed over
    const used = () => all.filter((step) => step.querySelector(".wa-field:not([hidden])"));
    function draw(focus) {
      const steps = used();
      if (!steps.includes(all[current])) current = all.indexOf(steps[0]);
      const place = steps.indexOf(all[current]);
      all.forEach((step, index) => (step.hidden = index !== current));
      bar.max = steps.length;
      bar.value = place + 1;
      back.hidden = place <= 0;
      next.hidden = place === steps.length - 1;
      submit.hidden = !next.hidden;
      if (focus) all[current].querySelector("legend").focus();
    }
    function go(by) {
      const steps = used();
      const target = steps[steps.indexOf(all[current]) + by];
      if (target) {
        current = all.indexOf(target);
        draw(true);
      }
    }
    const isValid = () =>
      [...all[current].querySelectorAll("input, select, textarea")].every(
        (control) => control.disabled || control.reportValidity(),
      );
    next.addEventListener("click", () => isValid() && go(1));
    back.addEventListener("click", () => go(-1));
    // a mistake in another step is shown, not hidden behind a button that does nothing
    form.addEventListener(
      "invalid",
      (event) => {
        const step = event.target.closest("[data-wa-step]");
        if (!step?.hidden) return;
        current = all.indexOf(step);
        draw(false);
      },
      true,
    );
    // Enter goes on where it would otherwise send a form of which most was not seen
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || next.hidden || !event.target.matches("input:not([type=submit])")) return;
      event.preventDefault();
      if (isValid()) go(1);
    });
    return {
      start() {
        const wrong = all.findIndex((step) => step.querySelector(".wa-field--invalid"));
        current = Math.max(wrong, 0);
        draw(false);
        if (wrong >= 0) all[wrong].querySelector(".wa-field--invalid :is(input, select, textarea)")?.focus();
      },
      refresh() {
        if (!all[current].hidden && bar.max) draw(false);
      },
    };
  }

  function button(text, className) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = className;
    made.textContent = text;
    return made;
  }

  function start() {
    for (const form of document.querySelectorAll("[data-wa-form]")) {
      if (form.waEnhanced) continue;
      form.waEnhanced = true;
      enhance(form);
    }
  }
  if (root.waForms) root.waForms();
  root.waForms = start;
  start();
})(typeof window === "undefined" ? globalThis : window);
