// The page: the start view, the room, and the transitions between them.

import { askSecret, forgetSecret, secretOf } from "./access.js";
import { clientURL, currentID, readAddress, roomURL, serverURL } from "./address.js";
import { call } from "./call.js";
import { chat } from "./chat.js";
import { failure, sentence } from "./errors.js";
import { findFiles, restoreFiles } from "./files.js";
import { Guest } from "./guest.js";
import { Host } from "./host.js";
import { askHost } from "./handover.js";
import { showInvite } from "./invite.js";
import { onRename } from "./name.js";
import { keepPage, offline } from "./offline.js";
import { explainStar } from "./people.js";
import { received } from "./received.js";
import { forget, hostedRoom } from "./transcript.js";
import { toggleNotifications } from "./unread.js";
import { unsaved } from "./unsaved.js";
import { words } from "./words.js";
import "./drop.js";

const $ = (id) => document.getElementById(id);

let room = null; // the Host or Guest that the page shows
let entering = null; // AbortController of the latest attempt to enter one

// The SDK keeps this tab's identity in a room, so that a reload comes back to the room.
const identity = "room";

const AGAIN = 3000; // milliseconds between two attempts to reach the relay
const SLOW = 2000; // milliseconds after which the page says what joining waits for
const HOST_AWAY = 4005; // the relay's close code for a room whose host may come back

/** Starts a room, or reopens the one with this ID, which the tab hosted before a reload. */
function startRoom(before = "") {
  history.replaceState(null, "", location.pathname); // not the link of a room that is no more
  const listen = async (sdk, signal) => {
    const listener = await sdk.listen(serverURL(), { identity, signal, secret: () => secretOf("host") });
    if (!before || listener.id === before) return new Host(listener);
    listener.close();
    forget();
    throw Object.assign(failure(await whyNotAgain(before)), { room: before });
  };
  return enter("host", listen, before ? words.reopening : words.starting);
}

/** Why a tab could not reopen the room that it hosted: the code of an error. */
async function whyNotAgain(id) {
  if (!navigator.locks) return "not-kept";
  const { held } = await navigator.locks.query();
  return held.some(({ name }) => name === `intercessor:${id}`) ? "copied" : "ended"; // sdk/identity.js
}

function joinRoom(id) {
  const dial = async (sdk, signal) => {
    const connect = () => sdk.connect(clientURL(id), { identity, signal, secret: () => secretOf("guest") });
    const ways = {
      listen: (signal) => sdk.listen(serverURL(), { signal, secret: () => secretOf("host") || secretOf("guest") }),
      dial: (door, signal) => sdk.connect(clientURL(door), { signal, secret: () => secretOf("guest") }),
    };
    const slow = setTimeout(() => notice(words.waitingForHost, words.cancel, goHome), SLOW);
    try {
      const conn = await connect();
      return new Guest(conn, conn.peerId, connect, ways, (...given) => inherit(sdk, ...given)); // the user may have spelled it differently
    } catch (err) {
      throw Object.assign(err, { room: id });
    } finally {
      clearTimeout(slow);
      if (!signal.aborted) notice("");
    }
  };
  return enter("guest", dial, words.joining);
}

/** Enters the room that open(sdk, signal) returns, and stays until it ends. */
async function enter(role, open, state) {
  const { signal } = (entering = new AbortController());
  tell(state);
  $("start").inert = true;
  try {
    const sdk = await loadSDK();
    const entered = await admitted(role, () => open(sdk, signal), signal);
    if (signal.aborted) return entered.leave();
    const running = stay(entered); // shows what was said before
    keepPage();
    const lost = unsaved.lost();
    restoreFiles();
    if (room.again || !navigator.locks) lost.forEach(chat.note); // a copied tab has lost nothing
    await running;
  } catch (err) {
    if (!signal.aborted) fail(err);
  }
}

/** Shows a room until it ends, or another one has its host. */
async function stay(entered) {
  room = entered;
  history.replaceState(null, "", roomURL(room.id)); // so that a reload opens this room again
  showRoom();
  await room.run();
  if (room !== entered || !entered.passedTo) return;
  history.replaceState(null, "", location.pathname);
  forget();
  end(words.disconnected);
  notice(words.roomPassed(entered.passedTo), words.joinAsGuest, () => joinNew(entered.id));
}

/** Goes on as the host of the room in which the user is a guest, with the identity that its host has given away. */
async function inherit(sdk, guest, text, people) {
  const { signal } = (entering = new AbortController());
  try {
    const listener = await sdk.listen(serverURL(), { identity: { name: identity, text }, signal, secret: () => secretOf("host") || secretOf("guest") });
    if (!signal.aborted && listener.id !== guest.id) chat.note(words.notInherited);
    if (signal.aborted || listener.id !== guest.id) return listener.close();
    guest.succeed(people);
    await stay(new Host(listener, { shown: true }));
  } catch (err) {
    if (signal.aborted) return;
    if (room === guest) chat.note(words.notInherited);
    else fail(err);
  }
}

/** Opens a room, and asks for the relay's passphrase for as long as it refuses. */
async function admitted(role, open, signal) {
  for (;;) {
    try {
      return await open();
    } catch (err) {
      if (err.code !== "access-refused" || signal.aborted || !(await askSecret(role, signal))) throw err;
    }
  }
}

async function loadSDK() {
  try {
    return await import("./sdk/intercessor.js");
  } catch (err) {
    // A failed import does not say why; the server does.
    const response = await fetch("sdk/intercessor.js").catch(() => null);
    if (response?.status === 503) throw failure("no-build");
    throw err;
  }
}

function leave() {
  entering?.abort();
  call.exit();
  room?.leave();
  room = null;
  received.clear();
  chat.clear();
  forget();
}

/** Leaves the room, or gives up joining one, and shows the start. */
function goHome() {
  if (room instanceof Host) history.replaceState(null, "", location.pathname); // the room is no more
  else history.pushState(null, "", location.pathname);
  leave();
  notice("");
  showStart();
  $("start-room").focus();
}

function showRoom() {
  const hosting = room instanceof Host;
  $("start").hidden = true;
  $("start").inert = false;
  $("room").hidden = $("leave").hidden = $("bell").hidden = $("invite").hidden = false;
  $("compose").inert = false;
  notice("");
  room.watch(tell);
  call.enter(room);
  explainStar(false);
  $("who").open = !matchMedia("(max-width: 50rem)").matches; // leave space for the chat
  showInvite(roomURL(room.id), clientURL(room.id), hosting && !room.again);
  if (!room.again) chat.note(hosting ? words.roomOpen : words.youAreInRoom);
  // An on-screen keyboard would cover the room.
  if (matchMedia("(pointer: coarse)").matches) document.querySelector("#room h1").focus();
  else chat.focus();
}

function showStart() {
  $("join-problem").textContent = "";
  $("room").hidden = $("leave").hidden = $("bell").hidden = true;
  $("start").hidden = $("start").inert = false;
  tell("");
  tellFiles();
}

/** Shows an error where the user is: at the start, or in the room that ended. */
function fail(err) {
  if (!room) {
    showStart();
    const lost = unsaved.lost();
    const text = [sentence(err, false), ...lost].join(" ");
    if (err.code === "copied") notice(text, words.joinAsGuest, () => joinNew(err.room));
    else if (err.closeCode === HOST_AWAY) notice(text, words.tryAgain, () => joinNew(err.room));
    else notice(text);
    $("join-link").focus();
    return;
  }
  const ended = err.code === "peer-gone";
  end(ended ? words.hostLeft : words.disconnected);
  const { id } = room;
  if (room instanceof Host) history.replaceState(null, "", location.pathname); // it invites no more
  if (err.code === "access-refused") forgetSecret(room instanceof Host ? "host" : "guest"); // it was changed
  if (ended) notice(words.hostLeftClosed, words.startRoom, startNew);
  else if (room instanceof Host) notice(sentence(err), words.startNewRoom, startNew);
  else notice(sentence(err), words.joinAgain, () => joinNew(id));
}

/** The room is over for this page. What was said and received stays in view. */
function end(state) {
  call.exit();
  $("compose").inert = $("invite").hidden = true;
  tell(state);
}

function startNew() {
  if (!unsaved.mayLose()) return;
  leave();
  startRoom();
}

function joinNew(id) {
  if (!unsaved.mayLose()) return;
  leave();
  joinRoom(id);
}

/** Shows a sentence above everything, with something to do about it. */
function notice(text, label = "", act = null) {
  $("notice").firstElementChild.textContent = text;
  $("notice").hidden = text === "";
  $("again").hidden = !act;
  $("again").textContent = label;
  $("again").onclick = act;
}

function tell(state) {
  $("room-state").textContent = state;
}

/** Follows the address: #ID is a room to join, anything else is the start. */
function route() {
  const id = currentID();
  if (id === room?.id && !$("compose").inert) return;
  if (!unsaved.mayLose()) return history.replaceState(null, "", roomURL(room.id));
  notice("");
  leave();
  if (id) return joinRoom(id);
  showStart();
  showUnusable();
}

/** Says that the address names no room, if something is behind its #. */
function showUnusable() {
  if (location.hash.length > 1) $("join-problem").textContent = words.noAddress;
}

/** Returns to the room that the tab was in before a reload, if any. */
function begin() {
  if (offline) return showOffline();
  const id = currentID();
  if (hostedRoom() && (!id || id === hostedRoom())) startRoom(hostedRoom());
  else if (id) joinRoom(id);
  else {
    showStart();
    showUnusable();
    notice(unsaved.lost().join(" "));
    loadSDK().then(({ load }) => load()).catch(() => {}); // entering a room says what is wrong
    keepPage();
  }
}

/** Says at the start that files from before are here. They are shown in a room. */
async function tellFiles() {
  const files = await findFiles();
  $("start-files").textContent = files > 0 ? words.filesFromBefore(files) : "";
}

/** Shows the start, which can do nothing until the relay is back. */
function showOffline() {
  showStart();
  $("start-room").disabled = $("join").inert = true;
  notice(words.offline, words.tryAgain, () => location.reload());
  setInterval(async () => {
    const answer = await fetch("./", { method: "HEAD" }).catch(() => null);
    if (answer?.ok) location.reload();
  }, AGAIN);
}

$("start-room").addEventListener("click", startNew);
$("join").addEventListener("submit", (event) => {
  event.preventDefault();
  const address = readAddress($("join-link").value);
  $("join-problem").textContent = address ? "" : words.noAddress;
  if (!address) $("join-link").focus();
  else if (address.url) location.href = address.url;
  else if (currentID() === address.id) joinNew(address.id);
  else location.hash = address.id;
});
$("leave").addEventListener("click", async () => {
  if (!unsaved.mayLose()) return;
  const left = room;
  if (left?.heirs?.length > 0 && (await askHost(left.heirs, (...how) => left.passTo(...how))) !== "ended") return;
  if (room === left) goHome();
});
$("bell").addEventListener("click", async () => {
  if (!(await toggleNotifications())) chat.note(words.notPermitted);
});
chat.onsend((text) => room?.say(text));
onRename(() => room?.renamed());
document.addEventListener("words", () => room && !$("compose").inert && room.watch(tell));
addEventListener("hashchange", route);
addEventListener("beforeunload", (event) => unsaved.any && event.preventDefault());
// Without Web Locks a reloaded page is another peer. So this page leaves, and the relay does not wait for it.
addEventListener("pagehide", ({ persisted }) => persisted || navigator.locks || room?.leave());
begin();
