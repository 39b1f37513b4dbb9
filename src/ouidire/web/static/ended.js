// What was begun on this phone and not sent, given back when it may not come in any more.
"use strict";
(() => {
  const kept = document.querySelector("[data-drafts]");
  const begun = Object.keys(sessionStorage).filter((key) => /^(answer|note)-/.test(key));
  if (kept && begun.length) {
    kept.querySelector("textarea").value = begun.map((key) => sessionStorage.getItem(key)).join("\n\n");
    kept.hidden = false;
  }
})();
