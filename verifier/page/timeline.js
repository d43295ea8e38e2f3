// The clip's time line as a strip: what is proven, withheld, lost or was not recorded, and what happened.
"use strict";

const timeline = (() => {
  const SVG = "http://www.w3.org/2000/svg", WIDTH = 1000, TOP = 18, HEIGHT = 26, LABELS = 62;
  const shape = (name, attributes, ...inside) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, text] of Object.entries(attributes)) made.setAttribute(key, text);
    made.append(...inside);
    return made;
  };

  // Seconds that both the report and the parts know of.
  const lengthOf = ({ facts, parts }) => {
    const last = parts.fragments.at(-1), shown = last ? (last.tick + last.ticks) / 90000 : 0;
    return facts && facts.recorded ? facts.recorded.seconds : shown;
  };

  // Runs of fragments that follow each other, in seconds.
  const runs = (fragments) => {
    const found = [];
    for (const { tick, ticks } of fragments) {
      const last = found.at(-1);
      if (last && last.to === tick) last.to += ticks;
      else found.push({ from: tick, to: tick + ticks });
    }
    return found.map(({ from, to }) => ({ from: from / 90000, to: to / 90000 }));
  };

  // Round seconds between marks, so that at most ten stand there.
  const stepOf = (length) => [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600].find((step) => length / step <= 10) || 7200;

  // What can be on a strip, with a sample of each.
  const kinds = (all) => {
    const { recorded } = all.facts || {};
    return [
      ["proven", all.parts.fragments.length > 0], ["withheld", recorded && recorded.shown],
      ["gap", recorded && recorded.gap_count > 0], ["lost", recorded && recorded.losses.length > 0],
      ["event", all.parts.events.length > 0],
    ].filter(([, holds]) => holds).map(([kind]) => kind);
  };

  // `seek` is called with the second that was pointed at.
  const strip = (all, seek) => {
    const length = lengthOf(all), { recorded } = all.facts || {}, x = (second) => WIDTH * second / length;
    const bar = (kind, from, to, y = TOP, height = HEIGHT) => shape("rect", {
      class: kind, x: x(from), y, width: Math.max(1.5, x(to) - x(from)), height, rx: kind === "gap" ? 0 : 2,
    });
    const hatch = shape("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      shape("line", { class: "hatch", x1: 0, y1: 0, x2: 0, y2: 6 }));
    const drawn = shape("svg", { class: "strip", viewBox: `0 0 ${WIDTH} 72`, preserveAspectRatio: "none", role: "img", "aria-label": words.say("timeline") },
      shape("defs", {}, hatch), bar("rest", 0, length));
    if (recorded && recorded.shown) {
      for (const [from, to] of [[0, recorded.shown.from], [recorded.shown.to, length]]) if (to > from) drawn.append(bar("withheld", from, to));
    }
    for (const { from, to } of runs(all.parts.fragments)) drawn.append(bar("proven", from, to));
    for (const { from, to } of recorded ? recorded.gaps : []) drawn.append(bar("gap", from, to));
    for (const { from, to, frames } of recorded ? recorded.losses : []) {
      drawn.append(bar("lost", from, to, TOP + HEIGHT + 2, 4));
      drawn.lastChild.append(shape("title", {}, words.say("lost", frames, report.seconds(from), report.seconds(to))));
    }
    for (const event of all.parts.events.slice(0, 1000)) {
      const at = x(event.second);
      drawn.append(shape("path", { class: "event", d: `M${at - 5} 4h10l-5 10z` }, shape("title", {}, `${report.seconds(event.second)} s  ${report.event(event)}`)));
    }
    const step = stepOf(length);
    for (let second = 0; second <= length; second += step) {
      drawn.append(shape("line", { class: "axis", x1: x(second), x2: x(second), y1: TOP + HEIGHT, y2: TOP + HEIGHT + 8 }));
      const anchor = second === 0 ? "start" : second > length - step / 3 ? "end" : "middle";
      drawn.append(shape("text", { x: x(second), y: LABELS + 4, "text-anchor": anchor }, String(second)));
    }
    const now = shape("line", { class: "now", y1: TOP - 6, y2: TOP + HEIGHT + 6, x1: -9, x2: -9 });
    drawn.append(now);
    drawn.addEventListener("click", (event) => {
      const box = drawn.getBoundingClientRect();
      seek(length * (event.clientX - box.left) / box.width);
    });
    const show = (second) => ["x1", "x2"].forEach((end) => now.setAttribute(end, x(Math.min(second, length))));
    return { drawn, show };
  };

  const sample = (kind) => shape("svg", { class: "strip", viewBox: "0 0 16 11", style: "display:inline;margin-top:0" },
    kind === "event" ? shape("path", { class: kind, d: "M3 1h10l-5 9z" })
      : shape("rect", { class: kind, x: 0, y: kind === "lost" ? 4 : 0, width: 16, height: kind === "lost" ? 4 : 11, rx: 2 }));

  return { strip, kinds, sample, runs };
})();
