// What pages do beyond HTML: clocks that count, surveys that move, passkeys. Without it everything still works but passkeys.
"use strict";

// Clocks count down to their end, or up from their beginning, once a second.
const spoken = (seconds) => {
  const s = Math.abs(Math.round(seconds)), d = Math.floor(s / 86400), h = Math.floor(s / 3600) % 24, m = Math.floor(s / 60) % 60;
  return (d ? d + " d " : "") + String(h).padStart(2, "0") + ":" + String(m).padStart(2, "0") + ":" + String(s % 60).padStart(2, "0");
};
const clocks = [...document.querySelectorAll("[data-until]")];
const tick = () => clocks.forEach((c) => {
  const until = Date.parse(c.dataset.until), since = Date.parse(c.dataset.since);
  if (until > 0) c.textContent = until > Date.now() ? spoken((until - Date.now()) / 1000) + " left" : spoken((Date.now() - until) / 1000) + " past";
  else if (since > 0) c.textContent = spoken((Date.now() - since) / 1000) + " so far";
});
if (clocks.length) { tick(); setInterval(tick, 1000); }

// Surveys under way are drawn anew as the server tells of them. Texts are set as texts, never as markup.
const live = document.getElementById("live");
if (live && window.EventSource) {
  let known = live.querySelectorAll("[data-id]").length;
  new EventSource(live.dataset.live).addEventListener("progress", (e) => {
    const runs = JSON.parse(e.data) || [];
    if (runs.length !== known) { location.reload(); return; }
    for (const r of runs) {
      const at = [...live.querySelectorAll("[data-id]")].find((a) => a.dataset.id === r.ID);
      if (!at) { location.reload(); return; }
      const n = (x) => Number(x).toLocaleString("en-US");
      at.querySelector(".figures").textContent = `${n(r.Items)} of ${n(r.Listed)} items, ${n(r.People)} people so far, ${n(r.Gaps)} gaps`;
      const part = at.querySelector(".bar-part");
      if (part && r.Listed > 0) part.setAttribute("width", 100 * r.Items / r.Listed);
    }
  });
}

// Passkeys: the server's options have bytes as base64url.
const bytes = (s) => Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const ask = async (path, body) => {
  const r = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const o = await r.json().catch(() => ({}));
  if (!r.ok) throw new Error(o.error || r.statusText);
  return o;
};
const answer = (c) => {
  const r = c.response, out = { id: c.id, rawId: text(c.rawId), type: c.type, response: { clientDataJSON: text(r.clientDataJSON) } };
  if (r.attestationObject) out.response.attestationObject = text(r.attestationObject);
  if (r.authenticatorData) { out.response.authenticatorData = text(r.authenticatorData); out.response.signature = text(r.signature); }
  if (r.userHandle) out.response.userHandle = text(r.userHandle);
  return out;
};
const add = document.getElementById("add-passkey");
if (add && window.PublicKeyCredential) {
  add.hidden = false;
  add.addEventListener("click", async () => {
    try {
      const o = (await ask("/settings/passkey/begin", {})).publicKey;
      o.challenge = bytes(o.challenge); o.user.id = bytes(o.user.id);
      for (const c of o.excludeCredentials || []) c.id = bytes(c.id);
      await ask("/settings/passkey/finish?name=" + encodeURIComponent(navigator.platform || "passkey"), answer(await navigator.credentials.create({ publicKey: o })));
      location.reload();
    } catch (e) { alert("The passkey was not added: " + e.message); }
  });
}
const key = document.getElementById("with-passkey");
if (key && window.PublicKeyCredential) {
  key.hidden = false;
  key.addEventListener("click", async () => {
    const form = document.getElementById("login"), note = document.getElementById("passkey-note");
    try {
      const o = (await ask("/login/passkey/begin", { name: form.elements.name.value })).publicKey;
      o.challenge = bytes(o.challenge);
      for (const c of o.allowCredentials || []) c.id = bytes(c.id);
      const r = await ask("/login/passkey/finish", answer(await navigator.credentials.get({ publicKey: o })));
      location.assign(r.to || "/");
    } catch (e) { note.textContent = "The passkey did not open the door: " + e.message; }
  });
}
