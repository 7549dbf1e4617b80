// What comes for the user while the page is hidden: how much, in the title, and a notification if the
// user asked for it. A notification names who wrote or asks, and nothing of what was written.

const KEY = "notify";
const title = document.title;
const bell = document.getElementById("bell");

// Browsers permit it with https, and on localhost.
const canNotify = Boolean(navigator.serviceWorker && globalThis.Notification);

let count = 0;

/** Counts what a notification says in this text, unless the user sees it. */
export function unread(text) {
  if (!document.hidden) return;
  document.title = `(${++count}) ${title}`;
  if (wanted()) notify(text);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden || count === 0) return;
  count = 0;
  document.title = title;
  if (wanted()) notify("");
});

function wanted() {
  return canNotify && localStorage.getItem(KEY) === "yes" && Notification.permission === "granted";
}

/** Shows one notification for all that is unread; "" ends it. A telephone permits that only to a service worker. */
async function notify(text) {
  const registration = await navigator.serviceWorker.getRegistration();
  registration?.active?.postMessage(text);
}

/** Asks for notifications, or ends them if there are any. Returns whether the browser permits what the user wants. */
export async function toggleNotifications() {
  const wants = !wanted();
  const permitted = !wants || (await Notification.requestPermission()) === "granted";
  localStorage.setItem(KEY, wants && permitted ? "yes" : "no");
  bell.ariaPressed = wanted();
  return permitted;
}

if (canNotify) {
  bell.ariaPressed = wanted();
  navigator.serviceWorker.ready.then(() => (bell.disabled = false)); // who shows the notifications
}
