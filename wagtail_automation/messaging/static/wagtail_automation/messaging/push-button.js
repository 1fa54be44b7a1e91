/* The button for push messages: asks the browser only once it is pressed. */
(() => {
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4));
    return Uint8Array.from(plain, (c) => c.charCodeAt(0));
  };

  const post = (url, body) =>
    fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

  const set = async (button) => {
    const { waPush, waPushWorker, waPushSubscribe, waPushLeave, waPushDone } = button.dataset;
    const answer = await fetch(waPush);
    if (!answer.ok) return;
    const { key } = await answer.json();
    let registration = await navigator.serviceWorker.getRegistration(waPushWorker);
    const first = button.textContent;
    const draw = (subscription) => {
      button.textContent = subscription ? waPushDone : first;
      button.setAttribute("aria-pressed", subscription ? "true" : "false");
    };
    draw(registration ? await registration.pushManager.getSubscription() : null);
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        registration = registration || (await navigator.serviceWorker.register(waPushWorker));
        const found = await registration.pushManager.getSubscription();
        if (found) {
          await post(waPushLeave, { endpoint: found.endpoint });
          await found.unsubscribe();
          draw(null);
        } else {
          const made = await registration.pushManager.subscribe({
            userVisibleOnly: true,
            applicationServerKey: bytes(key),
          });
          const taken = await post(waPushSubscribe, made.toJSON());
          if (!taken.ok) await made.unsubscribe();
          draw(taken.ok ? made : null);
        }
      } catch (_refused) {
        draw(null);
      } finally {
        button.disabled = false;
      }
    });
  };

  const start = () => {
    if (!("serviceWorker" in navigator) || !("PushManager" in window)) return;
    document.querySelectorAll("[data-wa-push]").forEach((button) => {
      if (button.dataset.waPushSet) return;
      button.dataset.waPushSet = "1";
      set(button).catch(() => {});
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
