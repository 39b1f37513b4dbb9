// Shows one page when the house cannot be reached; keeps nothing else, least of all what people wrote.
"use strict";
const KEPT = "ouidire-1";
addEventListener("install", (event) => event.waitUntil(caches.open(KEPT).then((kept) => kept.add("/offline")).then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => {
  if (event.request.mode === "navigate") event.respondWith(fetch(event.request).catch(() => caches.match("/offline")));
});
