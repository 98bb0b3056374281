/* A page that nobody touched for some minutes is covered and asks for the password; what was typed on it stays as it is.
   All tabs of this browser count as one. The server locks by its own clock; this cover only says so in time. */
(function () {
  "use strict";
  var cover = document.getElementById("tb-idle"), KEY = "tb-active", PING = 60000;
  if (!cover || !cover.showModal) { return; }
  var limit = Number(cover.dataset.minutes) * 60000, at = cover.dataset.at, told = Date.now(), saved = 0;
  var form = cover.querySelector("form"), fault = document.getElementById("tb-idle-fault");
  function last() { return Number(localStorage.getItem(KEY)) || told; }
  function active() {
    var now = Date.now();
    if (cover.open || now - saved < 5000) { return; }
    if (now - last() >= limit) { look(); return; } // the first touch after the limit unlocks nothing
    saved = now;
    localStorage.setItem(KEY, String(now));
  }
  function ask(options) {
    return fetch(at, Object.assign({ credentials: "same-origin", headers: { Accept: "application/json" } }, options));
  }
  // Typing asks the server for nothing for a long time: it is told once a minute that somebody is there.
  function ping(looks) {
    if (!looks) { told = Date.now(); }
    ask(looks ? { headers: { Accept: "application/json", "X-Looks": "1" } } : {}).then(function (answer) { return answer.ok ? answer.json() : null; }).then(function (said) {
      if (said && said.locked) { lock(); }
    }).catch(function () { /* no line: nothing to lock against */ });
  }
  // Without a line nobody could unlock it again, and whoever fills in a form far away would be kept from it: the cover
  // waits for the server to say that it has locked.
  function look() { ping(true); }
  function lock() {
    if (cover.open) { return; }
    fault.textContent = "";
    cover.showModal();
    cover.querySelector("input[type=password]").focus();
  }
  function unlock() {
    localStorage.setItem(KEY, String(Date.now()));
    told = Date.now();
    form.reset();
    if (cover.open) { cover.close(); }
  }
  localStorage.setItem(KEY, String(Date.now()));
  ["pointerdown", "keydown", "wheel", "input"].forEach(function (name) {
    document.addEventListener(name, active, { capture: true, passive: true });
  });
  window.addEventListener("storage", function (event) {
    if (event.key === KEY && cover.open && Date.now() - Number(event.newValue) < limit) { unlock(); }
  });
  cover.addEventListener("cancel", function (event) { event.preventDefault(); });
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    ask({ method: "POST", body: new FormData(form) }).then(function (answer) {
      if (answer.status === 401 || answer.redirected) { location.href = form.querySelector("a").href; return; }
      return answer.json().then(function (said) { if (answer.ok) { unlock(); } else { fault.textContent = said.fault; } });
    }).catch(function () { fault.textContent = cover.dataset.offline; });
  });
  setInterval(function () {
    var now = Date.now();
    if (cover.open) { return; }
    if (now - last() >= limit) { look(); } else if (now - told >= PING && last() > told) { ping(); }
  }, Math.min(15000, limit / 4));
})();
