/* The service worker of wagtail-automation: shows push messages and opens what they lead to. */
self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data ? event.data.json() : {};
  } catch (_error) {
    said = {};
  }
  if (!said || !said.title) return;
  event.waitUntil(
    self.registration.showNotification(String(said.title), {
      body: String(said.body || ""),
      data: { url: String(said.url || "/") },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = event.notification.data && event.notification.data.url;
  event.waitUntil(self.clients.openWindow(/^https?:/.test(url) ? url : "/"));
});
