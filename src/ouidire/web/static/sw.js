// Shows one page when the house cannot be reached, and wakes its person; keeps nothing else, least of all what people
// wrote.
"use strict";
const KEPT = "ouidire-2";
addEventListener("install", (event) => event.waitUntil(caches.open(KEPT).then((kept) => kept.add("/offline")).then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(caches.keys()
  .then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))))
  .then(() => clients.claim())));
addEventListener("fetch", (event) => {
  if (event.request.mode === "navigate") event.respondWith(fetch(event.request).catch(() => caches.match("/offline")));
});

// Woken: says the place and what it is about; where it is about is opened by a tap. A browser must always show something.
addEventListener("push", (event) => {
  let told = {};
  try { told = event.data.json(); } catch { /* shown without its words */ }
  const shown = { body: told.body || "", tag: told.tag, renotify: Boolean(told.tag), lang: told.language,
    data: { url: told.url || "/" }, icon: "/static/icon-192.png", badge: "/static/badge-96.png" };
  event.waitUntil(Promise.all([
    registration.showNotification(told.title || "Ouïdire", shown),
    told.waiting && navigator.setAppBadge ? navigator.setAppBadge(told.waiting).catch(() => {}) : null,
  ]));
});
addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data.url, location.origin);
  if (url.origin !== location.origin) return;
  event.waitUntil(clients.matchAll({ type: "window" }).then(async (open) => {
    const [page] = open;
    if (!page) return clients.openWindow(url.href);
    await page.focus();
    return page.navigate(url.href).catch(() => clients.openWindow(url.href));
  }));
});
