// The link to the room, to copy, to share and to scan.

const box = document.getElementById("invite");
const link = document.getElementById("invite-link");
const terminal = document.getElementById("invite-terminal");
const code = document.getElementById("invite-qr");
const copied = document.getElementById("invite-copied");
const share = document.getElementById("invite-share");

/** Shows the link to the room with this ID and draws its QR code. */
export async function showInvite(url, dialURL, open) {
  link.value = url;
  terminal.value = `go run ./sdk/cmd/intercessor dial ${dialURL}`;
  copied.textContent = "";
  box.open = open;
  share.hidden = !navigator.share; // missing without https
  // By POST: the link opens the room, and URLs end up in logs.
  const response = await fetch("qr", { method: "POST", body: url }).catch(() => null);
  if (link.value !== url) return; // the page shows another room by now
  code.hidden = !response?.ok;
  if (response?.ok) code.src = URL.createObjectURL(await response.blob());
}

/** Folds the invitation on small screens, to leave space for the chat. */
export function foldInvite() {
  if (matchMedia("(max-width: 50rem)").matches) box.open = false;
}

code.addEventListener("load", () => URL.revokeObjectURL(code.src));
for (const field of [link, terminal]) field.addEventListener("focus", () => field.select());

document.getElementById("invite-copy").addEventListener("click", async () => {
  link.select();
  try {
    await navigator.clipboard.writeText(link.value);
    copied.textContent = "Copied.";
  } catch {
    // Without https there is no clipboard API; the old command still works.
    copied.textContent = document.execCommand("copy") ? "Copied." : "Select the link and copy it.";
  }
});

share.addEventListener("click", () => {
  navigator.share({ title: "A room on Intercessor", url: link.value }).catch(() => {}); // the user cancelled
});
