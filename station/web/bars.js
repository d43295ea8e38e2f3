// A plot of bars with the numbers at them, and the same as a table for who would rather read.
import { el, number, t } from "/web/base.js";

const SVG = "http://www.w3.org/2000/svg";
const [HEIGHT, TOP, BOTTOM] = [180, 22, 24];

const draw = (name, attributes, text = "") => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  return node;
};

/**
 * `bars` is `[{label, value, title, isMarked, isQuiet}]`: `label` stands below where it is not empty, `title` names the bar in full.
 * `width` is that of the drawing, in its own units, as high as 180.
 */
export const plot = (heading, sum, bars, width, names) => {
  const most = Math.max(1, ...bars.map(({ value }) => value)), step = width / bars.length, base = HEIGHT - BOTTOM;
  const svg = draw("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": `${heading}: ${sum}` });
  svg.append(draw("line", { x1: 0, x2: width, y1: base + 0.5, y2: base + 0.5, class: "base" }));
  for (const [i, { label, value, title, isMarked, isQuiet }] of bars.entries()) {
    const x = (i + 0.5) * step, height = value === 0 ? 0 : Math.max(2, (base - TOP) * value / most);
    const bar = draw("rect", { x: x - step * 0.36, y: base - height, width: step * 0.72, height, rx: 2, class: isMarked ? "bar now" : "bar" });
    bar.append(draw("title", {}, `${title}: ${number(value)}`));
    svg.append(bar);
    if (value > 0) svg.append(draw("text", { x, y: base - height - 5, class: "value" }, number(value)));
    if (label) svg.append(draw("text", { x, y: HEIGHT - 7, class: isQuiet ? "label quiet" : "label" }, label));
  }
  const table = el("details", {}, el("summary", {}, t("overview.as-table")), el("table", {},
    el("thead", {}, el("tr", {}, ...names.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, ...bars.map(({ title, value }) => el("tr", {}, el("th", { scope: "row" }, title), el("td", {}, number(value)))))));
  return [el("h2", {}, heading), el("p", { class: "soft" }, sum), svg, table];
};
