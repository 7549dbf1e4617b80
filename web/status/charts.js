// The charts, drawn by uPlot, which is a global of its own script.
import { bytes, number } from "./format.js";

const perSecond = (format) => (n) => `${format(n)}/s`;

const plan = [
  { title: "Peers and rooms", format: number, of: [["rooms", "red"], ["servers", "one"], ["clients", "two"], ["away", "three"]] },
  { title: "Messages a second", format: perSecond(number), of: [["in", "one"], ["out", "two"]] },
  { title: "Bytes a second", format: perSecond(bytes), binary: true, of: [["inBytes", "one", "in"], ["outBytes", "two", "out"], ["streams", "three", "of byte streams, in"]] },
  { title: "Waiting in outboxes", format: bytes, binary: true, of: [["waiting", "one"]] },
  { title: "Joins and resumes", format: perSecond(number), of: [["joins", "one"], ["resumes", "two"]] },
  { title: "Direct paths sought in a minute", format: number, of: [["direct", "one"], ["turned", "two", "by TURN"], ["relayed", "three", "relay only"], ["failed", "red"]] },
  { title: "Dropped, closed, refused", format: perSecond(number), of: [["drops", "red"], ["closes", "two"], ["refusals", "three"]] },
];

const clock = (t) => new Date(t * 1000).toLocaleTimeString([], { hour12: false });

export const hasCharts = () => typeof uPlot === "function";

let shown = [];
const dark = matchMedia("(prefers-color-scheme: dark)");
let last;
dark.addEventListener("change", () => { if (last) draw(...last); });

// draw shows the series. It creates the charts, and recreates them for other colours.
export function draw(into, s) {
  last = [into, s];
  if (shown.dark !== dark.matches) {
    for (const { end } of shown) end();
    into.replaceChildren();
    shown = plan.map((p) => make(into, p));
    shown.dark = dark.matches;
  }
  for (const { chart, names } of shown) chart.setData([s.times, ...names.map((n) => s[n] ?? [])]);
}

const powers = Array.from({ length: 50 }, (_, i) => 2 ** i);

function make(into, { title, format, binary, of }) {
  const card = document.createElement("section");
  card.className = "card";
  const heading = document.createElement("h2");
  heading.textContent = title;
  card.append(heading);
  into.append(card);

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
  const axis = { stroke: () => colour("soft"), grid: { stroke: () => colour("line"), width: 1 }, ticks: { show: false } };
  const inside = () => card.clientWidth - 32; // its padding
  const chart = new uPlot({
    width: inside(),
    height: 180,
    cursor: { sync: { key: "all" }, drag: { x: false, y: false } },
    scales: {
      x: { range: (_, first, now) => [Math.min(first, now - 60), now] },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] },
    },
    series: [
      { label: "time", value: (_, t) => t == null ? "now" : clock(t) },
      ...of.map(([name, tint, label = name]) => ({
        label,
        stroke: () => colour(tint),
        width: 2,
        points: { show: false },
        value: (u, n) => format(n ?? u.data[u.series.findIndex((x) => x.label === label)].at(-1) ?? 0),
      })),
    ],
    axes: [
      { ...axis, size: 32, space: 72, values: (_, times) => times.map(clock) },
      { ...axis, size: 64, gap: 8, space: 36, ...(binary && { incrs: powers }), values: (_, all) => all.map(format) },
    ],
  }, [[], ...of.map(() => [])], card);
  const size = new ResizeObserver(() => chart.setSize({ width: inside(), height: 180 }));
  size.observe(card);
  const end = () => { size.disconnect(); chart.destroy(); };
  return { chart, end, names: of.map(([name]) => name) };
}
