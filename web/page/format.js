// Formats figures, and texts from outside, for display.

import { locale, words } from "./words.js";

const JOINED = "\u00a0"; // a space at which no line breaks

/** 1234567 -> "1.2 MB". */
export function bytes(n) {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  while (n >= 999.5 && unit < units.length - 1) {
    n /= 1000;
    unit++;
  }
  return `${unit === 0 || n >= 99.5 ? Math.round(n) : tenths(n)}${JOINED}${units[unit]}`;
}

/** Seconds -> "0.4 ms", "12 ms", "1.2 s". */
export function duration(seconds) {
  if (seconds >= 1) return `${tenths(seconds)}${JOINED}s`;
  const ms = seconds * 1000;
  return `${ms < 10 ? tenths(ms) : Math.round(ms)}${JOINED}ms`;
}

function tenths(n) {
  return n.toLocaleString(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

// Control characters, what has no looks, and the marks that turn the direction of what follows: a name made of them
// could pose as another ("photo_gpj.exe"). Emoji and some scripts need the joiners and the last selector.
export const unseen = /[\p{Cc}\u2028\u2029\u2800\ufff9-\ufffb]|(?![\u200c\u200d\ufe0f])\p{Default_Ignorable_Code_Point}/gu;

/** What names have in common that look alike, though not of letters that look alike: "" if nothing of a name is seen. */
export function looks(name) {
  return name.replace(/\p{Default_Ignorable_Code_Point}/gu, "").normalize("NFKC").replace(/\s+/gu, " ").trim().toLowerCase();
}

/** A display name as it is shown: 1 to 32 characters, whatever the peer sent. */
export function cleanName(name, otherwise) {
  if (typeof name !== "string") return otherwise;
  const clean = name.slice(0, 512).replace(unseen, " ").replace(/\s+/gu, " ").trim();
  const short = [...clean].slice(0, 32).join("").trim();
  return looks(short) === "" ? otherwise : short;
}

// What Windows does not take in a file's name, and the devices that it takes for files.
const forbidden = /[<>:"|?*]/g;
const device = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/** The folders of a file within its set, each a clean name. */
export function cleanFolder(folder) {
  if (typeof folder !== "string") return [];
  return folder.slice(0, 4096).split("/").filter(Boolean).slice(0, 64).map(cleanFileName);
}

/** A file's name that any disk takes, without folders, control characters and leading dots. */
export function cleanFileName(name) {
  if (typeof name !== "string") return words.unnamedFile;
  const base = name.slice(0, 4096).split(/[/\\]/).pop().replace(unseen, "").replace(forbidden, "_");
  const clean = [...base.replace(/^[.\s]+/u, "")].slice(0, 120).join("").replace(/[.\s]+$/u, "");
  return device.test(clean) ? `_${clean}` : clean || words.unnamedFile;
}

/** A chat text as it is shown: at most 8,000 characters. */
export function cleanText(text) {
  return typeof text === "string" ? text.slice(0, 8000) : "";
}

/** A message's ID as a peer sent it, or "" if it does not have the form of one. */
export function cleanID(id) {
  return typeof id === "string" && /^[\x21-\x7e]{1,36}$/.test(id) ? id : "";
}

/** A room's ID as a peer sent it, or "" if it does not have the form of one. */
export function cleanRoom(id) {
  return typeof id === "string" && /^[a-z0-9-]{1,64}$/.test(id) ? id : "";
}
