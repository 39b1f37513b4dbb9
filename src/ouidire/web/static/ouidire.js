// What is live, and three small comforts. Reading and answering work without any of it.
"use strict";
(() => {
  const body = document.body;
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  // -- live parts: each is asked for again when something happened; never under a hand that is using it ---------
  let due = 0;
  const busy = (part) => {
    const at = document.activeElement;
    return part.contains(at) && at.matches("input, textarea, select");
  };
  const refresh = () => {
    due = 0;
    for (const part of $$("[data-live]")) {
      if (busy(part)) part.addEventListener("focusout", soon, { once: true });
      else if (window.htmx) htmx.trigger(part, "refresh");
    }
  };
  const soon = () => { due = due || setTimeout(refresh, 250); };

  const state = new Map();
  addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.target;
    if (!part.id) return;
    state.set(part.id, {
      open: $$("details[open][id]", part).map((d) => d.id),
      ids: new Set($$("article[id]", part).map((a) => a.id)),
      focus: part.contains(document.activeElement) ? document.activeElement.id || document.activeElement.getAttribute("href") : "",
      said: part.dataset.announce,
    });
  });
  addEventListener("htmx:afterSwap", (event) => {
    const was = state.get(event.detail.target.id);
    const part = document.getElementById(event.detail.target.id);
    if (!was || !part) return;
    state.delete(part.id);
    for (const id of was.open) document.getElementById(id)?.setAttribute("open", "");
    for (const a of $$("article[id]", part)) if (was.ids.size && !was.ids.has(a.id)) a.classList.add("arrived");
    if (was.focus) (document.getElementById(was.focus) || part.querySelector(`[href="${CSS.escape(was.focus)}"]`))?.focus({ preventScroll: true });
    if (part.dataset.announce && part.dataset.announce !== was.said) {
      document.querySelector(".told-strip")?.remove();  // what was just done is old news now
      document.getElementById("said").textContent = part.dataset.announce;
    }
    if (part.id === "count") count();
    if (part.id === "sheet" && !part.hidden) (part.querySelector("textarea") || part).focus();
    drafts(part);
  });

  const count = () => {
    const n = Number(document.getElementById("count")?.dataset.count || 0);
    const title = document.title.replace(/^\(\d+\) /, "");
    document.title = n ? `(${n}) ${title}` : title;
    if (navigator.setAppBadge) (n ? navigator.setAppBadge(n) : navigator.clearAppBadge()).catch(() => {});
  };

  if (body.dataset.events && window.EventSource) {
    const line = new EventSource(body.dataset.events);
    // What happened between the making of the page and this moment was told to nobody: look once more.
    line.onopen = () => { soon(); document.getElementById("offline").hidden = true; };
    line.onmessage = soon;
    for (const name of ["mention", "alert", "conversation", "source", "changed"]) line.addEventListener(name, soon);
    // 2: refused for good, signed out meanwhile.
    line.onerror = () => { if (line.readyState === 2) soon(); document.getElementById("offline").hidden = navigator.onLine && line.readyState !== 2; };
    addEventListener("pagehide", () => line.close());
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
    count();
  }
  addEventListener("offline", () => { document.getElementById("offline").hidden = false; });
  addEventListener("online", () => { document.getElementById("offline").hidden = true; soon(); });

  // What was said once is not said again when the page is loaded again.
  if (location.search.includes("said=")) {
    const address = new URL(location.href);
    address.searchParams.delete("said");
    history.replaceState(null, "", address);
  }

  // -- what is typed is not lost ----------------------------------------------------------------------------------
  const drafts = (root) => {
    for (const box of $$("[data-draft]", root)) {
      const key = box.dataset.draft;
      if (!box.value) box.value = sessionStorage.getItem(key) || "";
      box.addEventListener("input", () => sessionStorage.setItem(key, box.value));
      box.form?.addEventListener("submit", () => sessionStorage.removeItem(key));
    }
  };
  drafts(document);

  // -- copy, close, the exact time --------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy], [data-copy-from]");
    if (copy) {
      const text = copy.dataset.copy ?? document.getElementById(copy.dataset.copyFrom).value;
      const done = () => { if (copy.dataset.copied) copy.textContent = copy.dataset.copied; };
      if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => {});
      else {  // plain http has none
        const box = document.createElement("textarea");
        box.value = text;
        copy.after(box);
        box.select();
        if (document.execCommand("copy")) done();
        box.remove();
      }
    }
    if (event.target.closest("[data-close]")) {
      event.preventDefault();
      const sheet = document.getElementById("sheet");
      sheet.hidden = true;
      sheet.replaceChildren();
      history.replaceState(null, "", location.pathname);
    }
    const time = event.target.closest("time[data-exact]");
    if (time) { const words = time.textContent; time.textContent = time.title; time.title = words; event.preventDefault(); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelector("[data-close]")?.click();
    if (event.key === "Enter" && event.target.matches("time[data-exact]")) event.target.click();
  });

  if ("serviceWorker" in navigator && window.isSecureContext) navigator.serviceWorker.register("/sw.js").catch(() => {});
})();
