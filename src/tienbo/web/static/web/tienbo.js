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
  // Refusals (422, 409) are answers to be shown, not errors to be dropped.
  document.addEventListener("htmx:beforeSwap", function (event) {
    if ([409, 422].includes(event.detail.xhr.status)) { event.detail.shouldSwap = true; event.detail.isError = false; }
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
  // On a phone the rows of a table stand below each other (see tienbo.css): each cell then says the head of its column.
  // Roles keep it a table for who listens to it. A heat table is read across and stays one.
  function stack(root) {
    root.querySelectorAll(".tb-table:not(.tb-heat, .tb-paper-table, .tb-stacked)").forEach(function (table) {
      if (!table.rows.length) { return; }
      var heads = [], covered = [];
      table.querySelectorAll("thead th").forEach(function (head) {
        for (var n = 0; n < head.colSpan; n += 1) { heads.push(head.classList.contains("tb-pick") ? "" : head.textContent.trim()); }
        head.setAttribute("role", "columnheader");
      });
      table.querySelectorAll("tbody tr").forEach(function (row) {
        var column = 0;
        row.setAttribute("role", "row");
        Array.prototype.forEach.call(row.cells, function (cell) {
          while (covered[column]) { covered[column] -= 1; column += 1; }
          cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
          if (cell.tagName === "TD" && cell.colSpan === 1 && heads[column]) { cell.setAttribute("data-head", heads[column]); }
          for (var n = 0; n < cell.colSpan; n += 1) { covered[column] = cell.rowSpan - 1; column += 1; }
        });
        for (; column < heads.length; column += 1) { if (covered[column]) { covered[column] -= 1; } }
      });
      table.setAttribute("role", "table");
      table.querySelectorAll("thead, tbody").forEach(function (part) { part.setAttribute("role", "rowgroup"); });
      table.querySelectorAll("thead tr").forEach(function (row) { row.setAttribute("role", "row"); });
      table.classList.add("tb-stacked");
    });
  }
  stack(document);
  document.addEventListener("htmx:load", function (event) { stack(event.target.parentNode || document); });
  // Where the menu is wider than the screen, the page one is on is in sight.
  var here = document.querySelector(".tb-menu [aria-current]");
  if (here) { here.parentNode.scrollLeft = here.offsetLeft - here.parentNode.offsetLeft - 16; }
  // What was pressed may be gone with the part that was exchanged. The same link in the new part is focused, else the row or
  // the heading it stood under: nobody at a keyboard is sent to the top of the page.
  var pressed = null;
  document.addEventListener("htmx:beforeRequest", function () { pressed = document.activeElement; });
  document.addEventListener("htmx:afterSettle", function (event) {
    if (!pressed || pressed.isConnected || document.activeElement !== document.body) { return; }
    var found = focused(linkLike(pressed, event.target)), at = pressed.parentElement;
    for (; at && !found; at = at.parentElement) {
      found = focused(document.getElementById(at.id)) || focused(document.getElementById(at.getAttribute("aria-labelledby")));
    }
    pressed = null;
  });
  function linkLike(gone, part) {
    return gone.tagName === "A" && Array.from(part.querySelectorAll("a")).find(function (one) { return one.href === gone.href; });
  }
  function focused(element) {
    if (!element) { return false; }
    if (element.tabIndex < 0) { element.setAttribute("tabindex", "-1"); }
    element.focus();
    return document.activeElement === element; // what is folded away cannot be
  }
  // What was typed into a form whose session had ended, or that asked for the second factor first, is put back after
  // that, for the same person in this tab.
  var TYPED = "tb-typed", user = document.body.getAttribute("data-user"), asks = document.body.hasAttribute("data-asks");
  document.addEventListener("submit", function (event) {
    var form = event.target, typed = {};
    if (!user || asks || form.method !== "post") { return; }
    form.querySelectorAll("textarea[id], input[id]:not([type]), input[id][type=text]").forEach(function (field) {
      if (field.value !== field.defaultValue) { typed[field.id] = field.value; }
    });
    sessionStorage.setItem(TYPED, JSON.stringify({ user: user, path: location.pathname, typed: typed }));
  });
  function putBack() {
    var held = JSON.parse(sessionStorage.getItem(TYPED) || "null");
    if (!held) { return; }
    if (!user || asks) { held.ended = true; sessionStorage.setItem(TYPED, JSON.stringify(held)); return; } // signing in
    sessionStorage.removeItem(TYPED);
    if (!held.ended || held.user !== user || held.path.indexOf(location.pathname) !== 0) { return; }
    Object.keys(held.typed).forEach(function (id) {
      var field = document.getElementById(id);
      if (!field) { return; }
      field.value = held.typed[id];
      for (var at = field; at; at = at.parentElement) { if (at.tagName === "DETAILS") { at.open = true; } }
      show("typed");
    });
  }
  putBack();
  function show(which) {
    var note = document.getElementById("tb-" + which);
    if (note) { note.hidden = false; note.focus(); }
  }
})();
