// A person's face: initials on a colour and a shape that follow from the name, so that they are
// the same on every page.

const HUES = 12;
const SHAPES = 4; // see room.css

/** Paints the face of a person. */
export function paintFace(element, name) {
  const drawn = hash(name);
  element.style.setProperty("--hue", `${((drawn % HUES) * 360) / HUES}`);
  element.dataset.shape = Math.floor(drawn / HUES) % SHAPES;
  element.textContent = initials(name);
}

/** The first letters of the first and the last word. */
function initials(name) {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [name];
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...word][0] ?? "");
  return letters.join("").toUpperCase();
}

// FNV-1a of the UTF-16, with its bits mixed once more: names that differ in one letter differ in all.
function hash(text) {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}
