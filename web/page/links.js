// The links in a message. A message is hostile until shown otherwise: only http and https become
// links, and what a link shows is where it leads.

import { unseen } from "./format.js";

const LONGEST = 2000; // characters of a link; what is longer stays text
const MARKS = ".,:;!?'*_"; // what ends a sentence, or surrounds a word
const candidate = /\bhttps?:\/\/[^\s<>"`]+/giu;

/** Shows a text in an element, its links ready to click. */
export function showText(element, text) {
  const parts = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(candidate)) {
    const address = trimmed(found);
    const link = linkTo(address);
    if (!link) continue;
    parts.push(text.slice(end, index), link);
    end = index + address.length;
  }
  element.replaceChildren(...parts, text.slice(end));
}

/** Cuts a link at the first mark that is not shown, and strips what a sentence around it leaves at its end. */
function trimmed(found) {
  const [shown] = found.split(unseen, 1);
  let end = shown.length;
  let closed = shown.split(")").length - shown.split("(").length; // more than are opened
  while (MARKS.includes(shown[end - 1]) || (shown[end - 1] === ")" && closed-- > 0)) end--;
  return shown.slice(0, end);
}

function linkTo(address) {
  const url = address.length <= LONGEST && URL.canParse(address) ? new URL(address) : null;
  if (!url || url.username || url.password) return null; // https://bank.example@elsewhere.example
  const link = document.createElement("a");
  link.href = url.href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.dir = "ltr"; // marks around it do not turn it
  const origin = `${url.protocol}//${url.host}`;
  const spelled = address.toLowerCase().startsWith(origin) && "/?#:".includes(address.charAt(origin.length));
  link.textContent = spelled ? address : url.href; // the host as it is looked up
  return link;
}
