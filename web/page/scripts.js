// The scripts that run beside the page. The page's policy (web/policy.go) lets no other text become a script.

const OWN = ["diskwriter.js", "worker.js"];

let policy; // its name can be taken once

/** The URL of one of them, as a worker takes it. */
export function scriptURL(name) {
  policy ??= globalThis.trustedTypes?.createPolicy("scripts", { createScriptURL });
  return policy ? policy.createScriptURL(name) : name;
}

function createScriptURL(name) {
  if (!OWN.includes(name)) throw new TypeError(`${name} is not a script of this page`);
  return name;
}
