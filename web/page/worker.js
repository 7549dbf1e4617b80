// The service worker: it keeps the page's files, for when the relay cannot be reached. While it can, every file comes
// from the relay, past this worker, so that a new version of the page is there at once. relayd puts VERSION and FILES before this text.

const HERE = new URL(registration.scope);
const PREFIX = `page ${HERE.pathname} `; // relays at other paths of the origin have caches of their own
const CACHE = PREFIX + VERSION;
const KEPT = `${HERE.pathname}kept/`; // where the page that is kept has its files

addEventListener("install", (event) => {
  event.addRoutes?.([ // what browsers without it do anyway, but slower
    { condition: { urlPattern: `${KEPT}*` }, source: "fetch-event" },
    { condition: { requestMode: "navigate" }, source: "race-network-and-fetch-handler" },
    { condition: { urlPattern: `${HERE.pathname}*` }, source: "network" },
  ]);
  event.waitUntil(keep());
});
addEventListener("activate", (event) => event.waitUntil(forget()));

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(["./", ...FILES].map((name) => new Request(name, { cache: "no-cache" })));
  await skipWaiting();
}

async function forget() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
}

addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (pathname.startsWith(KEPT)) event.respondWith(find(pathname.slice(KEPT.length)));
  else if (pathname === HERE.pathname && event.request.mode === "navigate") event.respondWith(open(event.request));
});

async function find(name) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(name, { ignoreVary: true });
  return kept ? new Response(kept.body, kept) : Response.error(); // with the URL that was asked for, to which imports are relative
}

/** The relay's page, or the one that is kept. That one says so in its root element, and has its files behind KEPT. */
async function open(request) {
  const answered = await fetch(request).catch(() => null);
  if (answered && answered.status < 500) return answered;
  const kept = await find("./");
  if (kept.type === "error") return answered ?? kept;
  const text = (await kept.text())
    .replace("<html ", "<html data-offline ")
    .replace(/<link[^>]* href="sdk\/[^>]*>/g, "") // there is nothing to connect to
    .replace(/ (href|src)="([\w-]+\.\w+)"/g, ' $1="kept/$2"');
  return new Response(text, kept);
}

// A page says what its notification shows, or "" when its user is back. A click on it leads to that page.
addEventListener("message", (event) => event.waitUntil(notify(event.data, event.source.id)));

async function notify(text, page) {
  if (text) return registration.showNotification(text, { tag: page, icon: "favicon.svg" });
  for (const shown of await registration.getNotifications({ tag: page })) shown.close();
}

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(clients.get(event.notification.tag).then((page) => page?.focus()));
});
