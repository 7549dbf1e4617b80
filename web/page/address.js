// The URLs of a room, and the ID in what a user pastes.

const base = new URL(".", location.href); // relayd may stand below a path

/** The URL that a host listens at. */
export function serverURL() {
  return socket("server");
}

/** The URL that a guest dials. */
export function clientURL(id) {
  return socket(`client/${id}`);
}

/** The link that opens this page in the room. */
export function roomURL(id) {
  return `${base.origin}${base.pathname}#${id}`;
}

/**
 * Reads a link or an ID: {id} of a room here, {url} of a page of another relay, or
 * null when it is neither.
 */
export function readAddress(text) {
  const trimmed = text.trim();
  if (isID(trimmed)) return { id: trimmed.toLowerCase() };
  let url;
  try {
    url = new URL(trimmed);
  } catch {
    return null;
  }
  const id = url.hash.slice(1) || url.pathname.match(/\/client\/([^/]+)$/)?.[1] || "";
  if (!isID(id)) return null;
  if (url.host === base.host) return { id: id.toLowerCase() };
  return /^https?:$/.test(url.protocol) ? { url: url.href } : null;
}

/** The ID behind the # of the page's own address, or "". */
export function currentID() {
  const id = location.hash.slice(1);
  return isID(id) ? id.toLowerCase() : "";
}

function isID(text) {
  return /^[a-z0-9-]{1,64}$/i.test(text);
}

function socket(path) {
  const url = new URL(path, base);
  url.protocol = base.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
