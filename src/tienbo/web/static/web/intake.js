/* Intake: what was chosen or dropped, how much of it is sent, choosing all that wait, copying a letter. */
(function () {
  "use strict";
  function each(query, act) { document.querySelectorAll(query).forEach(act); }
  function words(element, values) {
    return element.getAttribute("data-words").replace(/\{(\w+)\}/g, function (_all, name) { return values[name]; });
  }
  function counted() {
    each("[data-count]", function (told) {
      var form = told.closest("form"), chosen = form.querySelectorAll("[name=" + told.dataset.count + "]:checked").length;
      told.textContent = chosen ? words(told, { count: chosen }) : "";
    });
  }
  function ready() { each("[data-scripted]", function (element) { element.hidden = false; }); counted(); }
  document.addEventListener("DOMContentLoaded", ready);
  document.addEventListener("htmx:afterSettle", function (event) {
    ready();
    if (event.target.id === "panel") { event.target.querySelector("h2").focus({ preventScroll: true }); }
  });
  document.addEventListener("change", function (event) {
    var field = event.target;
    if (field.type === "file") { chosen(field); }
    if (field.dataset.all) {
      field.closest("form").querySelectorAll("[name=" + field.dataset.all + "]").forEach(function (one) { one.checked = field.checked; });
    }
    counted();
  });
  function chosen(field) {
    var told = field.form.querySelector("[data-chosen]"), size = 0;
    if (!told) { return; }
    Array.from(field.files).forEach(function (file) { size += file.size; });
    var number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
    told.textContent = field.files.length ? words(told, { count: field.files.length, size: number.format(size / 1048576) }) : "";
  }
  ["dragenter", "dragover", "dragleave", "drop"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      var drop = event.target.closest && event.target.closest(".tb-drop");
      if (drop) { drop.classList.toggle("tb-over", name === "dragenter" || name === "dragover"); }
    });
  });
  document.addEventListener("htmx:xhr:progress", function (event) {
    var bar = event.target.querySelector && event.target.querySelector("[data-sending]");
    if (bar && event.detail.lengthComputable) { bar.hidden = false; bar.value = 100 * event.detail.loaded / event.detail.total; }
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    var bar = event.target.querySelector && event.target.querySelector("[data-sending]");
    if (bar) { bar.hidden = true; bar.value = 0; }
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copies]");
    if (!button) { return; }
    var text = document.getElementById(button.dataset.copies), told = document.querySelector("[data-copied]");
    text.focus();
    text.select();
    if (navigator.clipboard) {
      navigator.clipboard.writeText(text.value).then(function () { told.textContent = button.dataset.done; }, function () { /* it is selected: Ctrl+C */ });
    }
  });
})();
