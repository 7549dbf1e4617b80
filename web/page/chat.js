// The chat: a log that screen readers follow, and the input line.

import { paintFace } from "./face.js";
import { showText } from "./links.js";
import { unread } from "./unread.js";
import { locale, words } from "./words.js";

const MOST = 500; // entries that hold nothing; older ones go
const FREE = ":scope > :not(.kept)"; // an entry that holds a file is kept; who keeps it bounds how many there are
const GAP = 30 * 60_000; // milliseconds without an entry, after which the time is shown

const template = document.getElementById("message");
const log = document.getElementById("log");
const scroll = document.getElementById("scroll");
const form = document.getElementById("compose");
const text = document.getElementById("text");

const chat = {
  /** Shows an entry of the transcript; returns the element for its delivery mark. */
  say({ name, text, at, mine }) {
    const item = template.content.firstElementChild.cloneNode(true);
    item.classList.toggle("mine", mine);
    showText(item.querySelector(".text"), text);
    this.add(item, mine ? words.youWrote : name, new Date(at));
    if (!mine && scroll.ariaBusy !== "true") unread(words.wrote(name));
    return item.querySelector(".mark");
  },

  /** Shows many entries at once, without having a screen reader read them out. */
  restore(show) {
    scroll.ariaBusy = "true";
    show();
    scroll.ariaBusy = "false";
  },

  /** Shows a line of the page itself, such as who joined. */
  note(text) {
    const item = document.createElement("li");
    item.className = "note small";
    item.textContent = text;
    append(item);
  },

  /** Appends an entry with a name and the time over it. */
  add(item, name, at = new Date()) {
    const time = item.querySelector("time");
    item.querySelector(".from bdi").textContent = name;
    paintFace(item.querySelector(".face"), name);
    time.dateTime = at.toISOString();
    time.textContent = clock(at);
    separate(at);
    append(item);
  },

  clear() {
    last = new Date();
    for (const entry of [...log.children]) remove(entry);
  },

  focus() {
    text.focus();
  },

  /** Calls send(text) for every line that the user writes. */
  onsend(send) {
    form.onsubmit = (event) => {
      event.preventDefault();
      const said = text.value.trim();
      if (said === "") return;
      text.value = "";
      send(said);
      text.focus();
    };
  },
};

// Enter sends, Shift and Enter breaks the line. A phone's keys report the text that they
// would insert, not always the key.
let shift = false;
text.addEventListener("keydown", (event) => (shift = event.shiftKey));
text.addEventListener("beforeinput", (event) => {
  if (event.inputType !== "insertLineBreak" || shift || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

// A log that is scrolled to its end stays there, also when an entry grows or the window shrinks.
let atEnd = true;
const toEnd = () => atEnd && (scroll.scrollTop = scroll.scrollHeight);
scroll.addEventListener("scroll", () => (atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80));
const sizes = new ResizeObserver(toEnd);
for (const element of [scroll, log]) sizes.observe(element);

// The time stands between two entries of different days, and after a gap.
let last = new Date();
function separate(at) {
  const otherDay = at.toDateString() !== last.toDateString();
  if (otherDay) between(at.toLocaleDateString(locale, { weekday: "long", day: "numeric", month: "long" }));
  else if (at - last > GAP) between(clock(at));
  last = at;
}

function between(text) {
  const item = Object.assign(document.createElement("li"), { className: "when small" });
  item.append(Object.assign(document.createElement("span"), { textContent: text }));
  append(item);
}

function clock(at) {
  return at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
}

function remove(entry) {
  entry.remove();
  entry.dispatchEvent(new Event("removed"));
}

function append(item) {
  log.append(item);
  while (log.querySelectorAll(FREE).length > MOST) remove(log.querySelector(FREE));
  atEnd ||= item.classList.contains("mine");
  toEnd();
}

export { chat };
