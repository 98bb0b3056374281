/* The grid of an annex: which cell is chosen, arrow keys from cell to cell, the panel in view once it is there. */
(function () {
  "use strict";
  var STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  document.addEventListener("click", function (event) {
    var link = event.target.closest(".tb-sheet a");
    if (!link) { return; }
    document.querySelectorAll(".tb-sheet a[aria-current]").forEach(function (one) { one.removeAttribute("aria-current"); });
    link.setAttribute("aria-current", "true");
  });
  document.addEventListener("keydown", function (event) {
    var link = event.target.closest ? event.target.closest(".tb-sheet a") : null, step = STEPS[event.key];
    if (!link || !step) { return; }
    var from = link.getBoundingClientRect(), best = null, least = Infinity;
    document.querySelectorAll(".tb-sheet a").forEach(function (one) {
      var to = one.getBoundingClientRect();
      var along = step[0] ? (to.left - from.left) * step[0] : (to.top - from.top) * step[1];
      var aside = Math.abs(step[0] ? to.top - from.top : to.left - from.left);
      if (along > 1 && along + 4 * aside < least) { least = along + 4 * aside; best = one; }
    });
    if (best) { event.preventDefault(); best.focus(); }
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.detail.requestConfig && event.detail.requestConfig.elt.closest(".tb-sheet")) {
      var panel = document.getElementById("panel");
      if (panel) { panel.focus({ preventScroll: true }); panel.scrollIntoView({ block: "nearest" }); }
    }
  });
})();
