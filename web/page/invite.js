// The link to the room, to copy, to share and to scan.

import { secretOf } from "./access.js";
import { words } from "./words.js";

const box = document.getElementById("invite");
const link = document.getElementById("invite-link");
const terminal = document.getElementById("invite-terminal");
const hint = document.getElementById("invite-hint");
const code = document.getElementById("invite-qr");
const copied = document.getElementById("invite-copied");
const share = document.getElementById("invite-share");

const onlyHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);

/** Shows the link to the room, with a QR code if other devices can open it. */
export async function showInvite(url, dialURL, open) {
  link.value = url;
  terminal.value = `go run ./sdk/cmd/intercessor dial ${dialURL}`;
  copied.textContent = "";
  box.open = open;
  showHint();
  share.hidden = !navigator.share; // missing without https
  code.hidden = true;
  if (onlyHere) return;
  // By POST: the link opens the room, and URLs end up in logs.
  const response = await fetch("qr", { method: "POST", body: url }).catch(() => null);
  if (link.value !== url) return; // the page shows another room by now
  code.hidden = !response?.ok;
  if (response?.ok) code.src = URL.createObjectURL(await response.blob());
}

function showHint() {
  const hints = [onlyHere ? words.onlyHere : words.anyone];
  if (secretOf("guest")) hints.push(words.needPassphrase);
  else if (secretOf("host")) hints.push(words.mayNeedPassphrase);
  hint.textContent = hints.join(" ");
}

/** Hides the invitation to a room that no one can enter any more. */
export function withdrawInvite() {
  box.hidden = true;
}

/** Folds the invitation on small screens, to leave space for the chat. */
export function foldInvite() {
  if (matchMedia("(max-width: 50rem)").matches) box.open = false;
}

document.addEventListener("words", showHint);
code.addEventListener("load", () => URL.revokeObjectURL(code.src));
for (const field of [link, terminal]) field.addEventListener("focus", () => field.select());

document.getElementById("invite-copy").addEventListener("click", async () => {
  link.select();
  try {
    await navigator.clipboard.writeText(link.value);
    copied.textContent = words.copied;
  } catch {
    // Without https there is no clipboard API; the old command still works.
    copied.textContent = document.execCommand("copy") ? words.copied : words.selectAndCopy;
  }
});

share.addEventListener("click", () => {
  navigator.share({ title: words.shareTitle, url: link.value }).catch(() => {}); // the user cancelled
});
