/* The interactive twin of a chart: its library and its figures are fetched when somebody asks, from this server only. */
(function () {
  "use strict";
  var library = null;
  function load(address) {
    if (!library) {
      library = new Promise(function (done, failed) {
        var script = document.createElement("script");
        script.type = "module"; // its names stay its own
        script.src = address;
        script.onload = function () { done(window.tienboVega); };
        script.onerror = function () { library = null; script.remove(); failed(new Error("not loaded")); };
        document.head.appendChild(script);
      });
    }
    return library;
  }
  function figures(address) {
    return fetch(address, { credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok || answer.redirected) { throw new Error("not answered"); }
      return answer.json();
    });
  }
  function show(button) {
    var figure = button.closest("[data-chart]"), live = figure.querySelector("[data-live]");
    var failed = figure.querySelector("[data-failed]");
    button.disabled = true; failed.hidden = true; figure.setAttribute("aria-busy", "true");
    Promise.all([load(button.dataset.library), figures(button.dataset.twin)]).then(function (got) {
      live.hidden = false;
      return got[0](live, got[1].spec, {
        mode: "vega-lite", ast: true, actions: false, defaultStyle: false, renderer: "canvas", logLevel: 1,
        formatLocale: got[1].numbers, tooltip: { disableDefaultStyle: true }
      });
    }).then(function () {
      figure.querySelector("[data-still]").hidden = true; button.hidden = true;
    }).catch(function () {
      live.hidden = true; failed.hidden = false; button.disabled = false;
    }).finally(function () { figure.removeAttribute("aria-busy"); });
  }
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-twin]");
    if (button) { show(button); }
  });
  // Without scripts the button would do nothing, so it waits for this one.
  document.querySelectorAll("[data-twin]").forEach(function (button) { button.hidden = false; });
})();
