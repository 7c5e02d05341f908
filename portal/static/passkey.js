// A passkey made or shown: the form's data say what the browser is asked, and the answer goes into its field.
"use strict";
(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const listed = (keys) => (keys || []).map((key) => ({ ...key, id: bytes(key.id) }));
  const made = (asked) =>
    navigator.credentials.create({
      publicKey: {
        ...asked,
        challenge: bytes(asked.challenge),
        user: { ...asked.user, id: bytes(asked.user.id) },
        excludeCredentials: listed(asked.excludeCredentials),
      },
    });
  const shown = (asked) =>
    navigator.credentials.get({
      publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: listed(asked.allowCredentials) },
    });
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const written = (key) =>
    JSON.stringify({
      id: key.id,
      rawId: text(key.rawId),
      type: key.type,
      response: Object.fromEntries(
        parts.filter((part) => key.response[part]).map((part) => [part, text(key.response[part])]),
      ),
    });
  const begin = async (form) => {
    const said = form.querySelector("[data-failed]");
    said.hidden = true;
    try {
      const asked = JSON.parse(form.dataset.asked);
      const key = await (form.dataset.passkey === "make" ? made(asked) : shown(asked));
      form.elements[form.dataset.field].value = written(key);
      form.submit();
    } catch {
      said.hidden = false;
    }
  };
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      begin(form);
    });
    if ("begins" in form.dataset) begin(form);
  });
})();
