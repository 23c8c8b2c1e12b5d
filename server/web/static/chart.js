// A measured figure as a dot on the bar of its interval. Charts stand in tables that give the same as numbers, so
// they are hidden from readers that do not see. Positions are per cent, so a chart is as wide as its cell.

import { svg } from "./dom.js";

const HEIGHT = 22;
const STEPS = [1, 2, 2.5, 5, 10];

/** A scale for `[{ mean, low, high }]`: from 0 (or below it) up to a round number, with `ticks`. */
export function scaleOf(values) {
  const ends = values.flatMap(({ mean, low, high }) => [mean, low ?? mean, high ?? mean]).filter(Number.isFinite);
  const from = Math.min(0, ...ends);
  const to = Math.max(0, ...ends);
  const step = roundStep((to - from || 1) / 5);
  const start = Math.floor(from / step + 1e-9) * step;
  const end = Math.max(start + step, Math.ceil(to / step - 1e-9) * step);
  const ticks = Array.from({ length: Math.round((end - start) / step) + 1 }, (_, at) => Number((start + at * step).toPrecision(6)));
  return { start, end, ticks };
}

function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return STEPS.find((step) => step * power >= rough) * power;
}

const at = (value, { start, end }) => `${(3 + (94 * (value - start)) / (end - start)).toFixed(2)}%`;

/** The dot and bar of one figure; `tone` is a class, for differences "better", "worse" or "open". */
export function bar({ mean, low, high }, scale, { tone = "" } = {}) {
  const middle = HEIGHT / 2;
  const ends = typeof low === "number" && typeof high === "number";
  return frame(
    HEIGHT,
    scale.ticks.map((tick) => svg("line", { class: tick === 0 ? "zero" : "grid", x1: at(tick, scale), x2: at(tick, scale), y1: 0, y2: HEIGHT })),
    ends && svg("line", { class: `interval ${tone}`, x1: at(low, scale), x2: at(high, scale), y1: middle, y2: middle }),
    svg("circle", { class: `dot ${tone}`, cx: at(mean, scale), cy: middle, r: 4 }),
  );
}

/** The scale's numbers, to stand above its bars; every second one may be left out where space is short. */
export function axis(scale) {
  const zero = scale.ticks.indexOf(0);
  const label = (tick, place) => svg("text", { class: (place - zero) % 2 ? "between" : null, x: at(tick, scale), y: 13, "text-anchor": "middle" }, String(tick));
  return frame(18, scale.ticks.map(label));
}

const frame = (height, ...children) => svg("svg", { class: "plot-svg", width: "100%", height, "aria-hidden": "true", focusable: "false" }, ...children);
