// The passphrase of a relay that does not let everybody in. It is asked for when the relay
// has refused this page, and kept in this tab's sessionStorage, so that a reload comes
// back to the room: never in the address, and no longer than the tab.

const $ = (id) => document.getElementById(id);
const key = (role) => `secret:${role}`;

/** The passphrase that the user gave last; "" if none. A role is "host" or "guest". */
export function secretOf(role) {
  return sessionStorage.getItem(key(role)) ?? "";
}

/** Forgets a passphrase that the relay does not accept, and reports whether there was one. */
export function forgetSecret(role) {
  const had = secretOf(role) !== "";
  sessionStorage.removeItem(key(role));
  return had;
}

/** Asks the user, until signal aborts. It resolves to whether there is a passphrase to try. */
export function askSecret(role, signal) {
  const again = forgetSecret(role);
  $("access-what").textContent = role === "host" ? "To start a room you need its passphrase." : "To join this room you need its passphrase.";
  $("secret-problem").textContent = again ? "The relay does not accept this passphrase." : "";
  $("access-role").value = role; // by which a password manager tells the two apart
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
