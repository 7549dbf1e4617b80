// What a call shows of one person: the picture or the face, the screen, and plays its sound.

import { chosen } from "./devices.js";
import { paintFace } from "./face.js";
import { say } from "./words.js";

const template = document.getElementById("tile");
const list = document.getElementById("tiles");

export class Tile {
  #item = template.content.firstElementChild.cloneNode(true);
  #screen = null; // a tile of its own, while there is one
  #name;
  #tracks = {};
  #own;

  /** own says that it is the user's: it is without sound, and a mirror. */
  constructor(name, own = false) {
    this.#own = own;
    this.#item.classList.toggle("own", own);
    this.#item.dataset.screen = "false";
    this.rename(name);
    list.append(this.#item);
  }

  rename(name) {
    this.#name = name;
    paintFace(this.#part(".face"), name);
    if (this.#own) say(this.#part("bdi"), "callYou");
    else this.#part("bdi").textContent = name;
    this.#label();
  }

  /** Shows and plays {microphone, camera, screen}: tracks, or null for what is off. */
  show(tracks) {
    this.#tracks = tracks;
    const { microphone, camera, screen } = tracks;
    play(this.#part("video"), camera);
    this.#part("video").hidden = !camera;
    if (!this.#own) play(this.#part("audio"), microphone);
    this.#part(".muted").hidden = Boolean(microphone);
    if (screen && !this.#screen) {
      this.#screen = template.content.firstElementChild.cloneNode(true);
      this.#screen.dataset.screen = "true";
      this.#screen.querySelector(".muted").hidden = true;
      this.#item.after(this.#screen);
      list.scrollTo(0, 0); // screens come first
    } else if (!screen) {
      this.#screen?.remove();
      this.#screen = null;
    }
    if (this.#screen) play(this.#screen.querySelector("video"), screen);
    this.#label();
  }

  /** Shows what keeps sound and picture away: a key of words, or "" if nothing does. */
  say(key) {
    say(this.#part(".state"), key);
  }

  /** Has the sound come out of the chosen speaker. */
  speak() {
    this.#part("audio").setSinkId?.(chosen.speaker ?? "").catch(() => {}); // it was unplugged: the sound stays where it is
  }

  remove() {
    this.show({ microphone: null, camera: null, screen: null });
    this.#item.remove();
  }

  #label() {
    say(this.#part("video"), "aria-label=pictureOf", this.#name);
    if (!this.#screen) return;
    say(this.#screen.querySelector("bdi"), this.#own ? "yourScreen" : "screenOf", this.#name);
    say(this.#screen.querySelector("video"), "aria-label=screenOf", this.#name);
  }

  #part(selector) {
    return this.#item.querySelector(selector);
  }
}

function play(element, track) {
  if ((element.srcObject?.getTracks()[0] ?? null) === track) return;
  element.srcObject = track && new MediaStream([track]);
  if (track) element.play().catch(() => {}); // the browser plays it when the user has touched the page
}
