// The status page: asks for /status.json every two seconds, and shows it.
import { draw, hasCharts } from "./charts.js";
import { bytes, number, since } from "./format.js";

const $ = (id) => document.getElementById(id);
let token = "";

async function look() {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch("status.json", { headers, cache: "no-store", signal: AbortSignal.timeout(5000) });
  if (response.status === 401) {
    says(token ? "wrong token" : "enter the token", true);
    token = "";
    $("ask").hidden = false;
    $("main").hidden = true;
    return false;
  }
  const body = await response.json();
  if (!response.ok) throw new Error(body.error);
  $("ask").hidden = true;
  $("main").hidden = false;
  show(body);
  return true;
}

function says(text, bad) {
  $("state").textContent = text;
  $("state").classList.toggle("bad", bad);
}

function show(s) {
  says(s.ready ? "in service" : "shutting down", !s.ready);
  $("about").textContent = `version ${s.version.slice(0, 12)}, up ${since(s.started)}`;
  const last = (name) => s[name]?.at(-1) ?? 0;
  facts([
    ["Servers", number(last("servers"))],
    ["Clients", number(last("clients"))],
    ["Away", number(last("away"))],
    ["Rooms", number(last("rooms"))],
    ["Messages in", `${number(last("in"))}/s`],
    ["Bytes in", `${bytes(last("inBytes"))}/s`],
    ["Of byte streams", `${bytes(last("streams"))}/s`],
    ["Waiting", bytes(last("waiting"))],
    ["Dropped", `${number(last("drops"))}/s`],
    ...(s.turn ? [["TURN", `${number(last("turn"))}, ${bytes(last("turnBytes"))}/s`]] : []),
  ]);
  nodes(s.nodes);
  reasons(s.reasons);
  $("plain").hidden = hasCharts();
  if (hasCharts()) draw($("charts"), s);
}

function facts(list) {
  $("now").replaceChildren(...list.map(([name, value]) => {
    const box = document.createElement("div");
    box.append(element("dt", name), element("dd", value));
    return box;
  }));
}

function nodes(list) {
  $("cluster").hidden = list.length === 0;
  $("nodes").tBodies[0].replaceChildren(...list.map((n) => {
    const row = document.createElement("tr");
    row.append(element("td", n.name), element("td", n.state), element("td", n.version.slice(0, 12)));
    for (const figure of [n.rooms, n.peers, n.forwards]) row.append(element("td", number(figure), "n"));
    return row;
  }));
}

const kinds = { drop: "message dropped", close: "connection closed", refusal: "connection refused", turn: "dropped by TURN" };

function reasons(list) {
  $("nothing").hidden = list.length > 0;
  $("reasons").hidden = list.length === 0;
  $("reasons").tBodies[0].replaceChildren(...list.map((r) => {
    const row = document.createElement("tr");
    row.append(element("td", kinds[r.kind]), element("td", r.reason), element("td", number(r.lately), "n"), element("td", number(r.total), "n"));
    return row;
  }));
}

function element(name, text, className = "") {
  const e = document.createElement(name);
  e.textContent = text;
  e.className = className;
  return e;
}

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value.trim();
  $("token").value = "";
  run();
});

// One request after the other, and none while the page is hidden or waits for a token.
let timer;
async function run() {
  clearTimeout(timer);
  let again = true;
  try {
    if (!document.hidden) again = await look();
  } catch {
    says("relayd does not answer", true);
  }
  clearTimeout(timer);
  if (again) timer = setTimeout(run, 2000);
}
document.addEventListener("visibilitychange", () => { if (!document.hidden && $("ask").hidden) run(); });
addEventListener("load", run); // the charts' library is there, or is not
