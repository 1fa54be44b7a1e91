/* The button for push messages: asks the browser only once it is pressed, and says why nothing came of it. */
(() => {
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4));
    return Uint8Array.from(plain, (c) => c.charCodeAt(0));
  };

  const post = (url, body) =>
    fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

  /* A browser subscribes nobody before the worker runs, and `ready` waits only for one that rules this page. */
  const running = (registration) =>
    new Promise((resolve, reject) => {
      const worker = registration.active || registration.waiting || registration.installing;
      const look = () => {
        if (worker.state === "activated" || worker.state === "activating") resolve(registration);
        else if (worker.state === "redundant") reject(new Error("The worker could not be installed."));
      };
      worker.addEventListener("statechange", look);
      look();
    });

  const set = async (button) => {
    const { waPush, waPushWorker, waPushSubscribe, waPushLeave, waPushDone } = button.dataset;
    const answer = await fetch(waPush);
    if (!answer.ok) return;
    const { key } = await answer.json();
    const line = button.parentElement.querySelector("[data-wa-push-said]");
    const say = (words) => {
      if (line) line.textContent = words || "";
    };
    let registration = await navigator.serviceWorker.getRegistration(waPushWorker);
    const first = button.textContent;
    const draw = (subscription) => {
      button.textContent = subscription ? waPushDone : first;
      button.setAttribute("aria-pressed", subscription ? "true" : "false");
    };

    const leave = async (found) => {
      await post(waPushLeave, { endpoint: found.endpoint });
      await found.unsubscribe();
      draw(null);
    };

    const join = async () => {
      const made = await registration.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: bytes(key),
      });
      const taken = await post(waPushSubscribe, made.toJSON());
      if (!taken.ok) await made.unsubscribe();
      draw(taken.ok ? made : null);
      if (taken.status === 409) say(button.dataset.waPushUnknown);
      else if (!taken.ok) say(button.dataset.waPushFailed);
    };

    draw(registration ? await registration.pushManager.getSubscription() : null);
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      say("");
      try {
        registration = await running(registration || (await navigator.serviceWorker.register(waPushWorker)));
        const found = await registration.pushManager.getSubscription();
        await (found ? leave(found) : join());
      } catch (_refused) {
        draw(null);
        say(Notification.permission === "denied" ? button.dataset.waPushDenied : button.dataset.waPushFailed);
      } finally {
        button.disabled = false;
      }
    });
  };

  const start = () => {
    if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return;
    document.querySelectorAll("[data-wa-push]").forEach((button) => {
      if (button.dataset.waPushSet) return;
      button.dataset.waPushSet = "1";
      set(button).catch(() => {});
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
