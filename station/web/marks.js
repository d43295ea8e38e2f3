// What is to be known of a clip at a glance: words in small frames, which need no colour.
import { el, t } from "/web/base.js";

const STATES = {
  open: "mark.open", damaged: "mark.damaged", "never-written": "mark.never-written", deleting: "mark.deleted", deleted: "mark.deleted",
};

/** The marks of this clip, the most pressing first. */
export const marks = (clip) => {
  const all = [
    [clip.held, "mark.hold", "attention"], [clip.direction === "return", "mark.return", "accent"],
    [clip.state !== "sealed", STATES[clip.state], clip.state === "damaged" ? "bad" : "plain"],
    [clip.gaps > 0, "mark.gap", "bad"], [clip.reason === "cancelled", "mark.cancelled", "plain"],
    [clip.label_read === false, "mark.no-label", "attention"],
  ];
  return el("span", { class: "marks" }, ...all.filter(([holds]) => holds).map(([, key, kind]) => el("span", { class: `mark ${kind}` }, t(key))));
};
