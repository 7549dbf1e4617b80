// The URLs of a room, and the ID in what a user pastes.

const base = new URL(".", location.href); // relayd may be below a path

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
 * Reads a link or an ID, which may be spelt as it is said: {id} of a room here, {url} of a page of another relay, or
 * null when it is neither.
 */
export function readAddress(text) {
  text = trimmed(text);
  const said = spell(text);
  if (said) return { id: said };
  let url;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  const id = spell(decoded(url.hash.slice(1) || url.pathname.match(/\/client\/([^/]+)$/)?.[1] || ""));
  if (!id) return null;
  if (url.host === base.host) return { id };
  return /^https?:$/.test(url.protocol) ? { url: url.href } : null;
}

/** The ID behind the # of the page's own address, or "". */
export function currentID() {
  return spell(trimmed(decoded(location.hash.slice(1))));
}

/** Strips the punctuation that a sentence around a link leaves at its end. */
function trimmed(text) {
  return text.trim().replace(/[.,;)\s]+$/, "");
}

/** Converts an ID as a person types it to the form of an ID; "" if it is not one. */
function spell(text) {
  const id = text.trim().replace(/\s+/g, "-").toLowerCase();
  return /^(?=.*[a-z0-9])[a-z0-9-]{1,64}$/.test(id) ? id : "";
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function socket(path) {
  const url = new URL(path, base);
  url.protocol = base.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
