/* One thing made is one thing saved. Wagtail saves a form by itself while it is being written; a click on
   Save that falls into such a request, or a request that starts after the click, would make a second
   campaign, email or segment. So the click waits for the request, and none starts after it. */
(function () {
  'use strict';
  let saving = false; // Wagtail's own request is on its way
  let leaving = false; // the form was sent: the page goes
  let held = null; // the button that waits

  const ours = (form) =>
    form instanceof HTMLFormElement &&
    (form.dataset.controller || '').split(' ').includes('w-autosave') &&
    form.action.includes('/wagtail_automation_');

  const sameButton = (form, button) =>
    [...form.elements].find((other) => other === button) ||
    (button && [...form.elements].find((other) => other.type === 'submit' && other.name === button.name)) ||
    null;

  document.addEventListener('w-autosave:save', (event) => {
    if (!ours(event.target)) return;
    if (leaving) {
      event.preventDefault();
      return;
    }
    saving = true;
    // another listener may have stopped the request
    setTimeout(() => {
      if (event.defaultPrevented) settled(event);
    });
  });

  function settled(event) {
    if (!ours(event.target)) return;
    saving = false;
    if (!held) return;
    const button = sameButton(event.target, held.button);
    held = null;
    if (button) button.disabled = false; // Wagtail greys it; but only a live button is sent with its name
    event.target.requestSubmit(button);
  }
  document.addEventListener('w-autosave:success', settled);
  document.addEventListener('w-autosave:error', settled);

  document.addEventListener(
    'submit',
    (event) => {
      if (!ours(event.target)) return;
      if (saving || leaving) {
        event.preventDefault();
        event.stopImmediatePropagation();
        if (saving) held = { button: event.submitter };
        return;
      }
      leaving = true;
      // another listener may have kept the form here
      setTimeout(() => {
        leaving = !event.defaultPrevented;
      });
    },
    true,
  );
  window.addEventListener('pageshow', () => {
    saving = false;
    leaving = false;
    held = null;
  });
})();
