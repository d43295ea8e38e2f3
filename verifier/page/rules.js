// What must hold between the statements of a clip: rules O, T and X of FORMAT.md, section 4, LINK by LINK.
"use strict";

const rules = (() => {
  const { need } = value;
  const MEDIA = 10000n, WALL = 100000n, EDGE = 60000000n, MAX_LINKS = 100000n, MAX_LISTED = 100;
  const ENDED = ["next-scan", "end-code", "same-code", "cancelled", "timeout", "stopped", "source-end"];

  const apart = (a, b) => (a > b ? a - b : b - a);
  const isComplete = (reason) => ENDED.includes(reason);

  // What the statements up to some place amount to. It is never changed: `link` and `end` make the next one.
  class Rules {
    constructor(start, hash) {
      Object.assign(this, { start, startHash: hash, last: hash, links: 0n, ticks: 0n, frames: 0n, lost: 0n });
      Object.assign(this, { first: null, nextFrame: null, monotonic: null, time: start.firstFrameTime });
      Object.assign(this, { steps: 0n, stepped: false, recorded: 0n, bound: start.order });
      Object.assign(this, { labelFrames: 0n, labelConflict: false, run: "before", withheld: false, shown: null });
      // The first hundred of each.
      Object.assign(this, { gaps: [], gapCount: 0n, losses: [] });
    }

    with(changes) {
      return Object.assign(Object.create(Rules.prototype), this, changes);
    }

    link(link, hash, hasMedia) {
      const { start } = this;
      need(this.links < MAX_LINKS, "container.limits");
      const follows = link.clip === start.clip && link.index === this.links && link.previous === this.last;
      need(follows, "link.chain");
      const first = this.first ?? { monotonic: link.monotonic[0], time: link.time[0] };
      need(first.time === start.firstFrameTime, "time.edges");
      const continues = link.ticks[0] === this.ticks && link.monotonic[0] === (this.monotonic ?? first.monotonic) &&
        link.time[0] === this.time && link.firstFrame === (this.nextFrame ?? link.firstFrame);
      need(continues, "link.continuity");
      const events = this.eventsOf(link);
      this.checkTimes(link, first, events.steps);
      const shown = this.excerptOf(link, hasMedia), isGap = link.length === 0n;
      const listed = (list, holds, one) => (holds && list.length < MAX_LISTED ? [...list, one] : list);
      return this.with({
        ...events, ...shown, first, last: hash, links: this.links + 1n,
        ticks: link.ticks[1], monotonic: link.monotonic[1], time: link.time[1],
        recorded: this.recorded + (isGap ? 0n : link.ticks[1] - link.ticks[0]),
        gaps: listed(this.gaps, isGap, link.ticks), gapCount: this.gapCount + (isGap ? 1n : 0n),
        losses: listed(this.losses, link.lost > 0n, [link.ticks, link.lost]),
        frames: this.frames + link.frames, lost: this.lost + link.lost,
        nextFrame: link.firstFrame + link.frames + link.lost,
      });
    }

    // Rule O, and what the events add up to.
    eventsOf(link) {
      let { bound, labelFrames, labelConflict, steps, stepped } = this;
      for (const { kind, args } of link.events) {
        if (["order-scan", "order-api", "label-read"].includes(kind)) {
          bound ??= args[0];
          need(bound === args[0], "order.binding");
        }
        if (kind === "label-read") labelFrames += args[1];
        if (kind === "label-conflict") labelConflict = true;
        if (kind === "clock-step") [steps, stepped] = [steps + args[0], true];
      }
      return { bound, labelFrames, labelConflict, steps, stepped };
    }

    // T1, T2 and the first half of T4.
    checkTimes(link, first, steps) {
      const monotonic = link.monotonic[1] - first.monotonic, [num, den] = this.start.frameRate;
      need(apart(link.ticks[1] * 100n / 9n, monotonic) <= MEDIA, "time.media");
      need(apart(link.time[1] - first.time - steps, monotonic) <= WALL, "time.wall");
      const most = 2n * num * (link.ticks[1] - link.ticks[0]);
      need(link.length === 0n || (link.frames - 2n) * den * 90000n <= most, "time.frames");
    }

    // Rule X.
    excerptOf(link, hasMedia) {
      if (link.length === 0n) {
        need(!hasMedia, "fragment.length");
        return {};
      }
      if (!hasMedia) return { withheld: true, run: this.run === "before" ? "before" : "after" };
      need(this.run !== "after", "excerpt.run");
      return { run: "within", shown: [this.shown ? this.shown[0] : link.ticks[0], link.ticks[1]] };
    }

    end(end, hash) {
      const { start } = this;
      need(end.clip === start.clip && end.previous === this.last, "link.chain");
      const totals = end.links === this.links && end.frames === this.frames && end.lost === this.lost;
      need(totals && end.ticks === this.ticks, "end.totals");
      need(end.order === this.bound, "order.binding");
      const after = end.time - this.time, isRecovered = end.reason === "recovered";
      const closes = isRecovered ? after === 0n && end.lastFrameTime === this.time : after >= 0n && after <= EDGE;
      // What interrupted the clip may have taken the frames of its opening: only those before it are proven then.
      const latest = isRecovered ? end.time + EDGE : end.time;
      const opens = start.firstFrameTime - start.openedTime <= EDGE && start.openedTime <= latest;
      need(closes && (opens || this.stepped), "time.edges");
      this.checkFrames();
      need(!this.withheld || this.shown, "excerpt.run");
      return this.with({ last: hash });
    }

    noEnd() {
      need(!this.withheld, "excerpt.run");
      this.checkFrames();
    }

    // The second half of T4.
    checkFrames() {
      const [num, den] = this.start.frameRate;
      need(8n * (this.frames + this.lost + 2n) * den * 90000n >= num * this.recorded, "time.frames");
    }
  }

  return { Rules, isComplete };
})();
