// The chat: a log that screen readers follow, and the input line.

import { locale, words } from "./words.js";

const KEPT = 500; // entries; older ones go

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
    item.querySelector(".text").textContent = text;
    this.add(item, mine ? words.youWrote : name, new Date(at));
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
    time.dateTime = at.toISOString();
    time.textContent = at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
    append(item);
  },

  clear() {
    for (const entry of [...log.children]) {
      entry.remove();
      entry.dispatchEvent(new Event("removed"));
    }
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

function append(item) {
  log.append(item);
  while (log.childElementCount > KEPT) {
    // A file that is not saved is removed last. Removing its entry must free the file.
    const old = log.querySelector(":scope > :not(.kept)") ?? log.firstElementChild;
    old.remove();
    old.dispatchEvent(new Event("removed"));
  }
  atEnd ||= item.classList.contains("mine");
  toEnd();
}

export { chat };
