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

  // What came anew is grafted onto what is read: only what differs is touched, so that focus, what is open and the place
  // where somebody reads (with eyes, ears or fingers) stay.
  const graft = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== 1) { old.data = fresh.data; return; }
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    const known = new Map([...old.children].filter((one) => one.id).map((one) => [one.id, one]));
    const wanted = new Set([...fresh.children].map((one) => one.id));
    let at = old.firstChild;
    const drop = () => { const gone = at; at = at.nextSibling; gone.remove(); };
    for (const child of [...fresh.childNodes]) {
      while (at?.id && !wanted.has(at.id)) drop();
      const same = child.id ? known.get(child.id) : at && !at.id && at.nodeName === child.nodeName ? at : null;
      if (!same) {
        if (child.nodeName === "ARTICLE") child.classList.add("arrived");
        old.insertBefore(child, at);
        continue;
      }
      if (same === at) at = at.nextSibling; else old.insertBefore(same, at);
      graft(same, child);
    }
    while (at) drop();
  };
  const LIVE = "[data-live], #verdict, #preview";
  addEventListener("htmx:beforeSwap", (event) => {
    const { target: part, requestConfig, serverResponse, xhr } = event.detail;
    const own = requestConfig.elt === part || !part.matches("[data-live]");
    if (xhr.status !== 200 || !own || !part.matches(LIVE)) return;
    const fresh = new DOMParser().parseFromString(serverResponse, "text/html").getElementById(part.id);
    if (!fresh) return;
    event.detail.shouldSwap = false;
    const at = document.activeElement, inside = part.contains(at), said = part.dataset.announce;
    graft(part, document.adoptNode(fresh));
    htmx.process(part);
    if (inside && document.activeElement !== at) (at.isConnected ? at : document.getElementById("main")).focus({ preventScroll: true });
    settled(part, said);
  });
  addEventListener("htmx:afterSwap", (event) => {
    const part = document.getElementById(event.detail.target.id);
    if (part) settled(part, "");
    if (part?.id === "sheet" && !part.hidden) (part.querySelector("textarea") || part).focus();
  });
  const say = (words) => { document.getElementById("said").textContent = words; };
  const settled = (part, said) => {
    if (part.dataset.announce && part.dataset.announce !== said) {
      document.querySelector(".told-strip")?.remove();  // what was just done is old news now
      say(part.dataset.announce);
    }
    if (part.id === "count") count();
    drafts(part);
  };

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

  // What was done is said aloud too: a status that is there from the beginning is announced by no one.
  const told = document.querySelector(".told-strip");
  if (told) setTimeout(() => say(told.textContent.trim()), 300);

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
  let opener = null;  // what opened the sheet has the focus again when the sheet closes
  document.addEventListener("click", (event) => {
    opener = event.target.closest(".bar-item") || opener;
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
      (opener?.isConnected ? opener : document.querySelector(".bar-item"))?.focus();
    }
    const time = event.target.closest("time[data-exact]");
    if (time) { const words = time.textContent; time.textContent = time.title; time.title = words; event.preventDefault(); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelector("[data-close]")?.click();
    if ((event.key === "Enter" || event.key === " ") && event.target.matches("time[data-exact]")) {
      event.preventDefault();
      event.target.click();
    }
  });

  if ("serviceWorker" in navigator && window.isSecureContext) navigator.serviceWorker.register("/sw.js").catch(() => {});
})();
