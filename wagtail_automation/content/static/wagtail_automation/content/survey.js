/* wagtail-automation: somebody came by one click in an email. The answer of that click is sent by the page when
   it has been looked at for a moment – a program that only follows the link answers nothing. */
(function () {
  "use strict";
  const form = document.querySelector("form[data-wa-auto]");
  if (!form) return;
  let sent = false;
  let timer;
  function send() {
    if (sent) return;
    sent = true;
    const mark = document.createElement("input");
    mark.type = "hidden";
    mark.name = "auto";
    mark.value = "1";
    form.append(mark);
    form.noValidate = true;
    form.submit();
  }
  function look() {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(send, 1200);
  }
  form.addEventListener("input", () => {
    clearTimeout(timer); // they choose for themselves: then they also send
    sent = true;
  });
  document.addEventListener("visibilitychange", look);
  look();
})();
