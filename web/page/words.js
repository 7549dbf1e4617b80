// The page's words in the user's language. An element names its own: data-words="key" for its text,
// "attribute=key" for an attribute.

import de from "./german.js";
import en from "./english.js";

const KEY = "language";
const all = { en, de };

/** The words, and the locale for figures and times. Both change when the user chooses another language. */
export let words, locale;

function speak(language) {
  words = all[language];
  locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
  document.documentElement.lang = language;
  fill(document);
  for (const field of document.querySelectorAll(".language")) field.value = language;
  document.dispatchEvent(new Event("words"));
}

/** Has an element show words from now on, in whatever language the user chooses: items as in data-words, or "" for none, and a name for those about one. */
export function say(element, items, name = "") {
  Object.assign(element.dataset, { words: items, name });
  show(element);
}

function fill(root) {
  for (const element of root.querySelectorAll("[data-words]")) show(element);
  for (const { content } of root.querySelectorAll("template")) fill(content);
}

function show(element) {
  for (const item of element.dataset.words.split(" ")) {
    const [key, attribute] = item.split("=").reverse();
    const found = key.split(".").reduce((among, part) => among[part], words);
    const text = typeof found === "function" ? found(element.dataset.name, element.textContent) : (found ?? "");
    if (attribute) element.setAttribute(attribute, text);
    else element.textContent = text;
  }
}

for (const field of document.querySelectorAll(".language")) {
  for (const [tag, { language }] of Object.entries(all)) {
    field.append(Object.assign(new Option(language, tag), { lang: tag }));
  }
  field.addEventListener("change", () => {
    localStorage.setItem(KEY, field.value);
    speak(field.value);
  });
}

const wanted = [localStorage.getItem(KEY), ...navigator.languages.map((tag) => tag.split("-")[0]), "en"];
speak(wanted.find((tag) => Object.hasOwn(all, tag)));
