// The service worker: it keeps the page's files, for when the relay cannot be reached. While it can, every
// file comes from the relay, so that a new version of the page is there at once. relayd puts VERSION and FILES before this text.

const PREFIX = "page ";
const KEPT = PREFIX + VERSION;

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(begin()));

async function keep() {
  const cache = await caches.open(KEPT);
  await cache.addAll(["./", ...FILES].map((name) => new Request(name, { cache: "no-cache" })));
  await skipWaiting();
}

async function begin() {
  // The relay is asked while the worker starts. Firefox shows its own error page if that request fails, whatever the worker answers.
  if (!navigator.userAgent.includes("Firefox/")) await registration.navigationPreload?.enable();
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== KEPT).map((name) => caches.delete(name)));
}

addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  const name = pathname.slice(new URL(registration.scope).pathname.length);
  const own = origin === location.origin && (name === "" || FILES.includes(name));
  if (own && event.request.method === "GET") event.respondWith(answer(event));
});

/** The relay's answer, or the file that is kept if there is none. */
async function answer({ request, preloadResponse }) {
  const answered = await ((await preloadResponse.catch(() => null)) ?? fetch(request).catch(() => null));
  if (answered && answered.status < 500) return answered;
  const cache = await caches.open(KEPT);
  const kept = await cache.match(request, { ignoreSearch: true, ignoreVary: true });
  if (!kept) return answered ?? Response.error();
  return request.mode === "navigate" ? marked(kept) : kept;
}

/** The page, which then knows that it is offline. */
async function marked(kept) {
  const { status, headers } = kept;
  return new Response((await kept.text()).replace("<html ", "<html data-offline "), { status, headers });
}

// A page has a notification shown. A click on it leads back to that page.
addEventListener("message", (event) => {
  event.waitUntil(registration.showNotification(event.data, { tag: event.source.id, icon: "favicon.svg", data: event.source.id }));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(clients.get(event.notification.data).then((page) => page?.focus()));
});
