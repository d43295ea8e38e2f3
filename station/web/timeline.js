// A clip's time line: what is sealed, where nothing was recorded, what happened. A click goes there, dragging takes a span;
// from the keyboard it is a slider.
import { clock, el, t } from "/web/base.js";
import { report as texts, words } from "/web/verify/words.js";

const MAX_EVENTS = 1000;
/** Pixels that a pointer moves before it takes a span. */
const DRAG = 4;
/** What each key adds, seconds. */
const KEYS = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
const BAD = ["camera-lost", "camera-stalled", "capture-restarted", "frozen", "dark", "label-conflict", "clock-step"];

/** How an event is drawn: trouble, the label that was read, or any other. */
export const kindOf = ({ kind }) => (BAD.includes(kind) ? "bad" : kind === "label-read" ? "label" : "plain");

// Seconds between numbers, so that at most eight stand there.
const stepOf = (length) => [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600].find((step) => length / step <= 8) ?? 7200;

export class Timeline {
  /** Called with the second that was pointed at. */
  onSeek = () => {};
  /** Called with first and last second of the span that was dragged. */
  onSpan = () => {};

  constructor(seconds) {
    this.at = 0;
    this.track = el("div", { class: "track", role: "slider", tabindex: 0, "aria-label": t("timeline.label"), "aria-valuemin": 0 });
    this.scale = el("div", { class: "scale", "aria-hidden": "true" });
    this.legend = el("p", { class: "legend" });
    this.node = el("div", { class: "timeline" }, this.track, this.scale, this.legend);
    this.now = el("span", { class: "now" });
    this.chosen = el("span", { class: "chosen", hidden: true });
    this.track.append(this.chosen, this.now);
    this.listen();
    this.resize(seconds);
  }

  resize(seconds) {
    this.seconds = seconds;
    this.track.setAttribute("aria-valuemax", seconds.toFixed(1));
    const step = stepOf(seconds), numbers = [];
    for (let second = 0; second <= seconds && seconds > 0; second += step) {
      const mark = this.put(el("span", {}, clock(second)), second, null);
      mark.classList.toggle("last", second > 0.95 * seconds);
      numbers.push(mark);
    }
    this.scale.replaceChildren(...numbers);
    this.show(this.at);
  }

  put(node, from, to) {
    node.style.left = `${100 * from / this.seconds}%`;
    if (to !== null) node.style.width = `${100 * (to - from) / this.seconds}%`;
    return node;
  }

  /** Draws what the check found recorded; nothing where it found nothing. */
  fill(recorded) {
    if (!recorded) return;
    this.resize(recorded.seconds);
    const span = (kind, from, to, title) => this.put(el("span", { class: kind, title }), from, to);
    const { shown, gaps, losses, seconds } = recorded, within = shown ?? { from: 0, to: seconds };
    const inside = (second) => `${texts.seconds(second)} s`;
    const parts = [
      span("proven", within.from, within.to, words.say("legendProven")),
      ...gaps.map(({ from, to }) => span("gap", from, to, words.say("gap", texts.seconds(from), texts.seconds(to)))),
      ...losses.map(({ from, to, frames }) => span("lost", from, to, words.say("lost", frames, texts.seconds(from), texts.seconds(to)))),
    ];
    const events = recorded.events.slice(0, MAX_EVENTS).map((event) => this.put(el("button", {
      type: "button", class: `event ${kindOf(event)}`, tabindex: -1, title: `${inside(event.second)}: ${texts.event(event)}`,
      "aria-label": texts.event(event), click: () => this.onSeek(event.second),
    }), event.second, null));
    this.track.prepend(...parts);
    this.track.append(...events);
    const keys = [["proven", "legendProven"], gaps.length && ["gap", "legendGap"], losses.length && ["lost", "legendLost"], events.length && ["event plain", "legendEvent"]];
    this.legend.replaceChildren(...keys.filter(Boolean).map(([kind, key]) => el("span", {}, el("i", { class: kind }), words.say(key))));
  }

  /** Where the player is. */
  show(second) {
    this.at = second;
    const text = `${texts.seconds(second)} s`;
    this.now.style.left = `${this.seconds > 0 ? Math.min(100, 100 * second / this.seconds) : 0}%`;
    this.track.setAttribute("aria-valuenow", second.toFixed(1));
    this.track.setAttribute("aria-valuetext", text);
  }

  /** Shows this span as taken; `null`: none. */
  span(from, to) {
    this.chosen.hidden = from === null;
    if (from !== null) this.put(this.chosen, from, to);
  }

  secondAt({ clientX }) {
    const { left, width } = this.track.getBoundingClientRect();
    return Math.min(this.seconds, Math.max(0, this.seconds * (clientX - left) / width));
  }

  listen() {
    let began = null, isSpan = false;
    this.track.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.target.closest("button")) return;
      began = { x: event.clientX, second: this.secondAt(event) };
      isSpan = false;
      this.track.setPointerCapture(event.pointerId);
    });
    this.track.addEventListener("pointermove", (event) => {
      if (!began) return;
      isSpan ||= Math.abs(event.clientX - began.x) > DRAG;
      if (!isSpan) return;
      const [from, to] = [began.second, this.secondAt(event)].sort((a, b) => a - b);
      this.span(from, to);
      this.onSpan(from, to);
    });
    this.track.addEventListener("pointerup", (event) => {
      if (began && !isSpan) this.onSeek(this.secondAt(event));
      began = null;
    });
    this.track.addEventListener("pointercancel", () => { began = null; });
    this.track.addEventListener("keydown", (event) => {
      const to = { Home: 0, End: this.seconds }[event.key] ?? (event.key in KEYS ? this.at + KEYS[event.key] : null);
      if (to === null || event.target !== this.track) return;
      event.preventDefault();
      this.onSeek(Math.min(this.seconds, Math.max(0, to)));
    });
  }
}
