// The clip's time line as a strip: what is proven, withheld, lost or was not recorded, and what happened.
"use strict";

const timeline = (() => {
  const { say } = words, { seconds } = report;
  const MAX_EVENTS = 1000, TICKS = 90000;

  // Runs of fragments that follow each other, in seconds.
  const runs = (fragments) => {
    const found = [];
    for (const { tick, ticks } of fragments) {
      const last = found.at(-1);
      if (last && last.to === tick) last.to += ticks;
      else found.push({ from: tick, to: tick + ticks });
    }
    return found.map(({ from, to }) => ({ from: from / TICKS, to: to / TICKS }));
  };

  // Seconds between marks, so that at most ten stand there.
  const stepOf = (length) => [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600].find((step) => length / step <= 10) || 7200;

  const bit = (className, title = "") => {
    const made = document.createElement("span");
    Object.assign(made, { className, title });
    return made;
  };

  // Answers the strip and its legend, and a way to show where the player is. `seek` is called with the second that was
  // pointed at.
  const strip = ({ facts, parts }, seek) => {
    const recorded = facts && facts.recorded, proven = runs(parts.fragments);
    // Where checking stopped, or the file is cut off, more stands in the file; how long it is, nobody knows.
    const end = recorded ? recorded.seconds : proven.at(-1).to, isMore = !recorded || recorded.unproven_bytes > 0;
    const length = isMore ? end / 0.8 : end;
    const drawn = document.createElement("div"), kinds = new Set();
    drawn.className = "strip";
    const put = (kind, from, to, title) => {
      const made = bit(kind, title);
      made.style.left = `${100 * from / length}%`;
      if (to !== null) made.style.width = `${100 * (to - from) / length}%`;
      drawn.append(made);
      kinds.add(kind);
      return made;
    };
    for (const { from, to } of proven) put("proven", from, to, `${seconds(from)} – ${seconds(to)} s`);
    if (recorded && recorded.shown) {
      const { from, to } = recorded.shown;
      if (from > 0) put("withheld", 0, from, say("legendWithheld"));
      if (to < end) put("withheld", to, end, say("legendWithheld"));
    }
    for (const { from, to } of recorded ? recorded.gaps : []) put("gap", from, to, say("gap", seconds(from), seconds(to)));
    for (const { from, to, frames } of recorded ? recorded.losses : []) {
      put("lost", from, to, say("lost", frames, seconds(from), seconds(to)));
    }
    if (isMore) put("unproven", end, length, say("legendUnproven"));
    for (const event of parts.events.slice(0, MAX_EVENTS)) {
      put("event", event.second, null, `${seconds(event.second)} s: ${report.event(event)}`);
    }
    const legend = document.createElement("div");
    legend.className = "legend";
    for (const kind of kinds) {
      const entry = bit("");
      entry.append(bit("sample " + kind), say("legend" + kind[0].toUpperCase() + kind.slice(1)));
      legend.append(entry);
    }
    for (let second = 0, step = stepOf(end); second <= end; second += step) {
      const mark = put("mark", second, null);
      mark.textContent = second;
      // Its number would stand outside.
      mark.classList.toggle("last", second > 0.97 * length);
    }
    const now = put("now", 0, null);
    drawn.addEventListener("click", ({ clientX }) => {
      const { left, width } = drawn.getBoundingClientRect();
      seek(length * (clientX - left) / width);
    });
    drawn.setAttribute("role", "img");
    drawn.setAttribute("aria-label", say("timeline"));
    const show = (second) => { now.style.left = `${100 * Math.min(second / length, 1)}%`; };
    return { drawn, legend, show };
  };

  return { strip, runs };
})();
