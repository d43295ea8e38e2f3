// One clip: its player with the time line, what a check says of it now, and what can be taken out of it.
import { ask, clock, el, lang, moment, number, t } from "/web/base.js";
import { marks } from "/web/marks.js";
import { Timeline } from "/web/timeline.js";
import { eventList, recordedOf, verdict, wordOf } from "/web/verdict.js";

// Why there is nothing to play.
const MISSING = { open: "clip.open", damaged: "clip.damaged", "never-written": "clip.never-written", deleting: "clip.gone", deleted: "clip.gone" };
const HEADS = { outgoing: "clip.outgoing", return: "clip.return" };
/** How a clip is called: by where its parcel went. */
export const nameOf = ({ direction }) => t(HEADS[direction] ?? "clip.clip");

const path = (clip, what) => `/api/v1/clips/${clip.id}/${what}`;

const player = (clip, timeline) => {
  const video = el("video", {
    controls: true, playsinline: true, preload: "metadata", "aria-label": t("clip.video", { sequence: clip.sequence }), src: path(clip, "file"),
  });
  const said = el("p", { class: "soft", role: "status" });
  video.addEventListener("timeupdate", () => timeline.show(video.currentTime));
  video.addEventListener("error", () => { said.textContent = t("clip.cannot-play"); });
  return { video, said };
};

// Saves what a link leads to; a refusal is told here, and not saved in its place.
const fetched = async (event, link, trouble) => {
  event.preventDefault();
  if (!link.href || link.getAttribute("aria-busy")) return;
  link.setAttribute("aria-busy", "true");
  const answer = await fetch(link.href).catch(() => null), said = answer?.ok ? null : await answer?.json().catch(() => null);
  trouble.hidden = Boolean(answer?.ok);
  trouble.textContent = said?.message ?? t("gone");
  if (answer?.ok) {
    const url = URL.createObjectURL(await answer.blob());
    el("a", { href: url, download: link.download }).click();
    // The browser has taken it by then.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
  link.removeAttribute("aria-busy");
};

// A span by its two seconds, and the file that it makes.
const excerpt = (clip, timeline) => {
  const field = (name) => el("input", { name, type: "number", min: 0, max: clip.seconds, step: "any", inputmode: "decimal" });
  const from = field("from"), to = field("to"), trouble = el("p", { role: "alert", hidden: true });
  const save = el("a", { class: "button", click: (event) => fetched(event, save, trouble) }, t("clip.excerpt"));
  const span = () => [from, to].map((input) => (input.value === "" ? NaN : Number(input.value)));
  const show = () => {
    const [a, b] = span(), isGood = a >= 0 && a < b && b <= clip.seconds;
    save.toggleAttribute("aria-disabled", !isGood);
    if (isGood) {
      save.href = `${path(clip, "excerpt")}?from=${a}&to=${b}`;
      save.download = `${clip.order}-${a}-${b}.mp4`;
    } else save.removeAttribute("href");
    return isGood;
  };
  timeline.onSpan = (a, b) => {
    // Rounded down: no end lies behind the clip's.
    [from.value, to.value] = [a, b].map((second) => Math.floor(second * 10) / 10);
    show();
  };
  const form = el("form", { class: "excerpt", submit: (event) => event.preventDefault(), input: () => (show() ? timeline.span(...span()) : timeline.span(null)) },
    el("label", {}, el("span", {}, t("clip.from")), from), el("label", {}, el("span", {}, t("clip.to")), to), save, trouble,
    el("p", { class: "soft" }, t("clip.excerpt-hint")));
  show();
  return form;
};

const facts = (clip) => [
  moment(clip.first_time), clip.bench, clip.operator, clip.seconds !== null && clock(clip.seconds),
].filter(Boolean).join(" · ");

/** The card of this clip, and what checks it. */
export const clipCard = (clip, order) => {
  const word = el("p", { class: "word", role: "status" });
  const head = el("header", {}, el("h2", {}, nameOf(clip)),
    el("p", { class: "figure" }, facts(clip)), marks(clip), word);
  if (!clip.has_file || clip.state !== "sealed") {
    const gone = el("p", { class: "soft gone" }, t(MISSING[clip.state] ?? "clip.gone"));
    return { node: el("article", { class: "card clip", "data-id": clip.id }, head, gone), verify: async () => {} };
  }
  const timeline = new Timeline(clip.seconds ?? 0), { video, said } = player(clip, timeline);
  const seek = (second) => {
    video.currentTime = second;
    timeline.show(second);
  };
  timeline.onSeek = seek;
  const events = el("div", { class: "events-of" }), verdictBox = el("div", { class: "verdict" });
  const size = clip.bytes === null ? "" : ` (${t("size", { mb: number(clip.bytes / 1e6, 1) })})`;
  const node = el("article", { class: "card clip", "data-id": clip.id }, head,
    el("div", { class: "see" }, video, timeline.node, said, clip.seconds > 0 ? excerpt(clip, timeline) : null, events),
    el("div", { class: "judge" }, verdictBox, el("p", { class: "links" },
      el("a", { href: `${path(clip, "file")}?download`, download: true }, t("clip.original") + size),
      el("a", { href: `/web/verify.html#${lang === "en" ? "en" : "zh"}`, target: "_blank" }, t("clip.verify-elsewhere")))));

  const verify = async () => {
    word.textContent = "";
    verdictBox.replaceChildren(el("p", { class: "soft" }, t("clip.checking")));
    const report = await ask("GET", `${path(clip, "verify")}?order=${encodeURIComponent(order)}`);
    if (report.error) {
      const again = el("button", { type: "button", click: verify }, t("clip.again"));
      verdictBox.replaceChildren(el("p", { role: "alert" }, report.message), again);
      return;
    }
    const recorded = recordedOf(report);
    timeline.fill(recorded);
    if (recorded) events.replaceChildren(...eventList(recorded.events, seek));
    node.dataset.verdict = report.verdict;
    word.textContent = wordOf(report);
    verdictBox.replaceChildren(...verdict(report));
  };
  return { node, verify };
};
