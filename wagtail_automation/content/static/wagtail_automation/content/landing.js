/* wagtail-automation: countdowns of landing pages. Without it the moment stands there as a date. */
(function () {
  "use strict";
  function left(ms) {
    const seconds = Math.max(0, Math.floor(ms / 1000));
    return [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  }
  for (const box of document.querySelectorAll("[data-wa-countdown]")) {
    if (box.waStarted) continue;
    box.waStarted = true;
    const end = Date.parse(box.dataset.waCountdown);
    const row = document.createElement("div");
    row.className = "wa-countdown";
    row.setAttribute("aria-hidden", "true"); // the moment itself is said by the line above
    const names = [box.dataset.days, box.dataset.hours, box.dataset.minutes, box.dataset.seconds];
    const numbers = names.map((name) => {
      const part = document.createElement("div");
      const number = document.createElement("b");
      const word = document.createElement("span");
      word.textContent = name;
      part.append(number, word);
      row.append(part);
      return number;
    });
    box.append(row);
    const timer = setInterval(draw, 1000);
    function draw() {
      const rest = end - Date.now();
      left(rest).forEach((value, index) => (numbers[index].textContent = String(value).padStart(2, "0")));
      if (rest > 0) return;
      clearInterval(timer);
      row.remove();
      box.querySelector("time").parentElement.remove();
      box.querySelector("[data-wa-after]").hidden = false;
    }
    draw();
  }
})();
