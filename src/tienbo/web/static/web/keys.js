/* Passkeys: a button with data-key says what it does (login, add, authenticate); what the server asks stands beside it in
   data-options. What does not work is told on the page, in our words. */
(function () {
  "use strict";
  document.addEventListener("allauth.error", function (event) {
    var note = document.getElementById("tb-key-failed");
    event.preventDefault();
    if (note) { note.hidden = false; }
  });
  var button = document.querySelector("[data-key]");
  if (!button || !window.PublicKeyCredential) { return; }
  var what = button.dataset.key, credential = button.form.querySelector("[name=credential]");
  button.id = button.id || "tb-key";
  credential.id = credential.id || "tb-credential";
  var asked = { ids: { credential: credential.id }, data: JSON.parse(button.dataset.options || "{}") };
  asked.ids[what] = button.id;
  if (what === "add") { asked.ids.passwordless = "id_passwordless"; }
  window.allauth.webauthn.forms[what + "Form"](asked);
  button.hidden = false;
})();
