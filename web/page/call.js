// The call of the people in the room who take part: each sends every other one what its devices record.

import { canChooseSpeaker, canShareScreen, choose, chosen, list, open } from "./devices.js";
import { Leg } from "./leg.js";
import { me } from "./name.js";
import { Tile } from "./tile.js";
import { unread } from "./unread.js";
import { words } from "./words.js";

export const MOST = 6; // people in a call
const ANSWER = 15_000; // milliseconds that the host has to let the user in

const $ = (id) => document.getElementById(id);

let room = null; // the Host or Guest
let people = []; // of the room, as room.people lists them
let asked = 0; // the timer of the host's answer, while the user waits for it
let inside = false; // whether the user is in the call
const own = { microphone: null, camera: null, screen: null }; // the user's tracks
const opening = new Set(); // kinds of devices that are being opened
const others = new Map(); // by person: {tile, leg}
let tile = null; // the user's

export const call = {
  get inside() {
    return inside;
  },

  /** Offers a call to the user of a room. */
  enter(entered) {
    for (const id of [...others.keys()]) part(id);
    room = entered;
    people = [];
    if (inside) room.takePart(true); // the user has become the host
    draw();
  },

  /** Follows the list of people: each is {id, name, you, call, reach()}, where reach waits for a Peer. */
  update(now) {
    const caller = now.find(isOther);
    if (caller && !asked && !inside && !people.some(isOther)) unread(words.calls(caller.name));
    people = now;
    const you = people.find((person) => person.you);
    if (asked && you?.call) begin();
    else if (inside && you && !you.call) finish(); // a host without memory of the call
    else if (!asked && !inside && you?.call) room?.takePart(false); // the host's answer came too late
    if (inside) connect();
    draw();
  },

  /** The host does not let the user in: the call is full. */
  refused() {
    if (!asked && !inside) return;
    finish();
    say(words.callFull(MOST));
  },

  /** The room has ended or was left. */
  exit() {
    room = null;
    people = [];
    finish();
    say("");
  },
};

/** Whether a person is another one in the call. */
const isOther = (person) => person.call && !person.you;

function join() {
  if (asked || inside) return;
  say("");
  asked = setTimeout(() => {
    finish();
    say(words.callNoAnswer);
  }, ANSWER);
  draw();
  room.takePart(true);
}

function begin() {
  clearTimeout(asked);
  asked = 0;
  inside = true;
  tile = new Tile(me.name, true);
  turn("microphone", true);
}

function leave() {
  room.takePart(false);
  finish();
  $("call-join").focus();
}

function finish() {
  clearTimeout(asked);
  asked = 0;
  inside = false;
  for (const id of [...others.keys()]) part(id);
  for (const kind of Object.keys(own)) drop(kind);
  tile?.remove();
  tile = null;
  draw();
}

/** Has a leg to each other person in the call. */
function connect() {
  const there = new Map(people.filter(isOther).slice(0, MOST - 1).map((person) => [person.id, person]));
  for (const id of [...others.keys()]) if (!there.has(id)) part(id);
  for (const [id, { name, reach }] of there) {
    const before = others.get(id);
    if (before) {
      before.tile.rename(name);
    } else {
      const shown = new Tile(name);
      shown.speak();
      others.set(id, { tile: shown, leg: new Leg(reach, shown, own) });
    }
  }
}

function part(id) {
  const { leg, tile } = others.get(id);
  others.delete(id);
  leg.end();
  tile.remove();
}

/** Turns a device on or off. A muted microphone stays open, so that it is heard at once. */
async function turn(kind, on) {
  if (opening.has(kind)) return;
  if (kind === "microphone" && own.microphone) own.microphone.enabled = on;
  else if (!on) drop(kind);
  else await use(kind);
  changed();
}

async function use(kind) {
  opening.add(kind);
  try {
    const track = await open(kind);
    if (!inside) return track.stop();
    drop(kind);
    own[kind] = track;
    track.addEventListener("ended", () => {
      if (own[kind] !== track) return;
      drop(kind);
      changed();
      if (kind !== "screen") say(words.deviceGone[kind]);
    });
    say("");
  } catch (err) {
    if (kind === "screen" && err.code === "denied") return; // the user has chosen none
    say(`${words.deviceErrors[err.code](words.devices[kind])}${kind === "microphone" ? ` ${words.listenOnly}` : ""}`);
  } finally {
    opening.delete(kind);
  }
}

function drop(kind) {
  own[kind]?.stop();
  own[kind] = null;
}

function changed() {
  for (const { leg } of others.values()) leg.update();
  draw();
  offer();
}

const isOn = (kind) => Boolean(own[kind]?.enabled);

function draw() {
  const count = people.filter((person) => person.call).length;
  $("call-join").hidden = !room || inside;
  $("call-join").disabled = asked !== 0;
  $("call-join").textContent = count > 0 ? words.joinCall(count) : words.startCall;
  $("call").hidden = !inside;
  $("call-screen").hidden = !canShareScreen;
  for (const kind of Object.keys(own)) $(`call-${kind}`).setAttribute("aria-pressed", isOn(kind));
  tile?.rename(me.name);
  tile?.show({ ...own, microphone: isOn("microphone") ? own.microphone : null });
}

/** Fills the lists of devices. */
async function offer() {
  for (const kind of ["microphone", "camera", "speaker"]) {
    const field = $(`call-${kind}-choice`);
    const devices = kind === "speaker" && !canChooseSpeaker ? [] : await list(kind);
    field.replaceChildren(new Option(words.usualDevice, ""), ...devices.map(({ id, label }) => new Option(label, id)));
    field.value = devices.some(({ id }) => id === chosen[kind]) ? chosen[kind] : "";
    field.closest("p").hidden = devices.length === 0;
  }
}

function say(text) {
  $("call-problem").textContent = text;
}

$("call-join").addEventListener("click", join);
$("call-leave").addEventListener("click", leave);
for (const kind of Object.keys(own)) $(`call-${kind}`).addEventListener("click", () => turn(kind, !isOn(kind)));
for (const kind of ["microphone", "camera", "speaker"]) {
  $(`call-${kind}-choice`).addEventListener("change", async ({ target }) => {
    choose(kind, target.value);
    if (kind === "speaker") return others.forEach(({ tile }) => tile.speak());
    if (!own[kind]) return;
    const { enabled } = own[kind];
    await use(kind);
    if (own[kind]) own[kind].enabled = enabled;
    changed();
  });
}
navigator.mediaDevices?.addEventListener("devicechange", () => inside && offer());
document.addEventListener("words", draw);
