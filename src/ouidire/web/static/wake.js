// This device asks to be woken: the browser's consent, its subscription, and the form that carries it.
"use strict";
(() => {
  const asks = document.querySelector("form[data-push]");
  asks?.addEventListener("submit", async (event) => {
    if (asks.elements.subscription.value) return;
    event.preventDefault();
    const show = (name) => { asks.querySelector(`[data-push-${name}]`).hidden = false; };
    if (!("PushManager" in window) || !("serviceWorker" in navigator)) return show("missing");
    if (await Notification.requestPermission() !== "granted") return show("denied");
    try {
      const { pushManager } = await navigator.serviceWorker.ready;
      const old = await pushManager.getSubscription();
      const key = Uint8Array.from(atob(asks.dataset.push.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
      if (old && !sameKey(old, key)) await old.unsubscribe();
      const given = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
      asks.elements.subscription.value = JSON.stringify(given);
      asks.submit();
    } catch { show("missing"); }
  });
  const sameKey = (given, key) => {
    const had = new Uint8Array(given.options.applicationServerKey || []);
    return had.length === key.length && had.every((byte, n) => byte === key[n]);
  };
})();
