/* The little that pages need beyond HTML and htmx. No inline scripts, no eval. */
(function () {
  "use strict";
  // A select that chooses sends its form; without scripts its button does.
  document.addEventListener("change", function (event) {
    var field = event.target.closest("[data-sends]");
    if (field && field.form) { field.form.requestSubmit(); }
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-prints]")) { window.print(); }
  });
  // The server's token travels with every request that changes something.
  document.addEventListener("htmx:configRequest", function (event) {
    var token = document.body.getAttribute("data-token");
    if (token) { event.detail.headers["X-CSRFToken"] = token; }
  });
  // A part that could not be fetched says so where it would have stood.
  ["htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function () { show("offline"); });
  });
  document.addEventListener("htmx:responseError", function () {
    show("broken");
  });
  // Refusals (422) are answers to be shown, not errors to be dropped.
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.xhr.status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
    if (event.detail.xhr.status === 403) { event.detail.isError = false; renew(); }
  });
  // Signing in again, in another tab, gives a new token: take it over and keep what was entered.
  function renew() {
    fetch(window.location.href, { credentials: "same-origin" }).then(function (answer) { return answer.text(); }).then(function (page) {
      var found = /data-token="([A-Za-z0-9]+)"/.exec(page);
      if (!found) { return; }
      document.body.setAttribute("data-token", found[1]);
      document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach(function (field) { field.value = found[1]; });
      show("expired");
    });
  }
  function show(which) {
    var note = document.getElementById("tb-" + which);
    if (note) { note.hidden = false; note.focus(); }
  }
})();
