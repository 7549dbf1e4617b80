// The passphrase of a relay that asks for one. The page asks the user for it when the relay
// has refused this page, and keeps it in this tab's sessionStorage, so that a reload comes
// back to the room: never in the address, and no longer than the tab.

import { words } from "./words.js";

const $ = (id) => document.getElementById(id);
const key = (role) => `secret:${role}`;

/** The passphrase that the user entered last, "" if none. A role is "host" or "guest". */
export function secretOf(role) {
  return sessionStorage.getItem(key(role)) ?? "";
}

/** Forgets a passphrase that the relay does not accept. Returns whether there was one. */
export function forgetSecret(role) {
  const had = secretOf(role) !== "";
  sessionStorage.removeItem(key(role));
  return had;
}

/** Asks the user, until signal aborts. Resolves to whether there is a passphrase to try. */
export function askSecret(role, signal) {
  const again = forgetSecret(role);
  $("access-what").textContent = role === "host" ? words.toStart : words.toJoin;
  $("secret-problem").textContent = again ? words.wrongPassphrase : "";
  $("access-role").value = role; // so that a password manager distinguishes the two
  $("access").hidden = false;
  $("secret").focus();
  return new Promise((resolve) => {
    const done = (given) => {
      $("access").hidden = true;
      $("access").onsubmit = null;
      signal.removeEventListener("abort", cancel);
      resolve(given);
    };
    const cancel = () => done(false);
    signal.addEventListener("abort", cancel);
    $("access").onsubmit = (event) => {
      event.preventDefault();
      if (!$("secret").value) return;
      sessionStorage.setItem(key(role), $("secret").value);
      $("secret").value = "";
      done(true);
    };
    $("access-cancel").onclick = cancel;
  });
}
