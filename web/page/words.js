// The page's words in the user's language.

import de from "./german.js";
import en from "./english.js";

const all = { en, de };

/** The language of the page: the first of the browser's that the page has. */
export const language = navigator.languages.map((tag) => tag.split("-")[0]).find((tag) => tag in all) ?? "en";

export const words = all[language];
