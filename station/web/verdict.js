// What packseal-verifier found, in the words that it uses itself.
import { clock, el, t } from "/web/base.js";
import { kindOf } from "/web/timeline.js";
import { report as texts, words } from "/web/verify/words.js";

/** Events that stand in the open; more of them are folded. */
const FEW = 6;
const TICKS = 90000;

const eventOf = ({ second, event }) => {
  const [kind, ...args] = event.split(":");
  return { second, kind, args };
};

/** What the report says was recorded, its events read; `null` where it does not say. */
export const recordedOf = (report) => {
  const recorded = report.facts?.recorded;
  return recorded ? { ...recorded, events: recorded.events.map(eventOf) } : null;
};

// The verifier's page keeps which fragments it checked; of a report only their end is known: where the first refusal stands.
const withParts = (report) => {
  const end = report.facts?.recorded?.seconds ?? report.findings[0]?.second ?? 0;
  return { ...report, parts: { fragments: end > 0 ? [{ tick: 0, ticks: end * TICKS }] : [] } };
};

const list = (kind, lines) => el("ul", { class: kind }, ...lines.map((line) => el("li", {}, line)));
const part = (kind, key, lines) => (lines.length === 0 ? null : el("section", { class: kind }, el("h3", {}, words.say(key)), list("", lines)));
const rows = (pairs) => el("table", {}, el("tbody", {}, ...pairs.map(([label, lines]) =>
  el("tr", {}, el("th", { scope: "row" }, label), el("td", {}, ...[lines].flat().map((line) => el("p", {}, line)))))));

/** The verdict's one word. */
export const wordOf = (report) => texts.verdict(report)[0];

/** What the verdict means, why, and what is proven, not proven and not checked. */
export const verdict = (said) => {
  const report = withParts(said);
  const reasons = report.findings.filter((finding) => !texts.isNote(finding)), notes = report.findings.filter(texts.isNote);
  const proven = texts.proven(report), facts = texts.facts(report);
  return [
    el("p", {}, texts.verdict(report)[1]),
    part("reasons", "reasons", reasons.map(texts.finding)), part("", "nextSteps", texts.advice(report)),
    part("proofs", "proven", proven.length ? proven : [words.say("provenNothing")]),
    part("", "notProvenHead", texts.limits(report)), part("", "uncheckedHead", texts.unchecked(report)),
    el("details", {}, el("summary", {}, t("clip.all-answers")),
      rows(texts.questions(report)), ...(facts ? [el("h3", {}, facts[0]), rows(facts[1])] : []),
      part("", "noted", notes.map(texts.finding)), el("p", { class: "codes" }, report.findings.map(({ code }) => code).join(" · "))),
  ].filter(Boolean);
};

/** The events as a list that goes there. */
export const eventList = (events, seek) => {
  if (events.length === 0) return [];
  const rows = el("ul", { class: "events" }, ...events.map((event) => el("li", { class: kindOf(event) },
    el("button", { type: "button", class: "plain", click: () => seek(event.second) },
      el("span", { class: "figure" }, clock(event.second)), el("span", {}, texts.event(event))))));
  const head = words.say("eventsHead", events.length);
  return events.length > FEW ? [el("details", {}, el("summary", {}, head), rows)] : [el("h3", {}, head), rows];
};
