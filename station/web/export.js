// Evidence bundles: made by a preset, with what is known of their progress.
import { ask, el, lang, moment, number, t } from "/web/base.js";
import { nameOf } from "/web/clip.js";
import { report as texts } from "/web/verify/words.js";

/** How often a bundle that is being made is asked for, ms. */
const AGAIN = 500;
const STEPS = { clips: "export.step-clips", pictures: "export.step-pictures", report: "export.step-report" };
const STATES = { waiting: "export.waiting", running: "export.running", done: "export.done", failed: "export.failed" };

const verdicts = (of) => el("ul", { class: "verdicts" }, ...of.map(({ name, verdict }) =>
  el("li", { "data-verdict": verdict }, el("code", {}, name), " ", el("b", {}, texts.verdict({ verdict })[0]))));

const fill = (box, one) => {
  const isOpen = one.state === "waiting" || one.state === "running";
  const state = one.state === "running" && one.step ? STEPS[one.step] : STATES[one.state];
  const parts = [el("p", {}, el("b", {}, one.preset), el("span", { class: "soft" }, ` · ${moment(one.begun)} · `), t(state))];
  if (isOpen) parts.push(el("progress", { max: 1000, value: one.permille, "aria-label": t("export.progress") }));
  if (one.message) parts.push(el("p", { class: one.state === "failed" ? "bad" : "soft" }, one.message));
  if (one.state === "done") {
    const size = t("size", { mb: number(one.bytes / 1e6, 1) });
    parts.push(el("p", {}, el("a", { class: "button", href: `/api/v1/exports/${one.id}/archive`, download: true }, t("export.download", { size }))));
  }
  if (one.verdicts.length > 0) parts.push(verdicts(one.verdicts));
  box.dataset.state = one.state;
  box.replaceChildren(...parts);
  return isOpen;
};

const follow = async (box, first, finished) => {
  let one = first;
  while (fill(box, one)) {
    await new Promise((done) => setTimeout(done, AGAIN));
    const said = await ask("GET", `/api/v1/exports/${first.id}`);
    // The station may only be busy.
    if (said.error && said.error !== "gone") return;
    if (!said.error) one = said;
  }
  if (one !== first) finished();
};

const fields = ({ presets, clips }) => {
  const option = (value, text) => el("option", { value }, text);
  const shown = clips.filter(({ has_file: is, state }) => is && state === "sealed");
  return [
    el("label", {}, el("span", {}, t("export.preset")), el("select", { name: "preset" }, ...presets.map((name) => option(name, name)))),
    shown.length > 1 ? el("label", {}, el("span", {}, t("export.clip")), el("select", { name: "clip" }, option("", t("export.clip-any")),
      ...shown.map((clip) => option(clip.id, `${nameOf(clip)}, ${moment(clip.first_time)}`)))) : null,
    el("label", {}, el("span", {}, t("export.from")), el("input", { name: "from", type: "number", min: 0, step: 1, placeholder: t("export.from-any") })),
    el("label", {}, el("span", {}, t("export.lang")), el("select", { name: "lang" }, ...(lang === "en" ? ["en", "zh"] : ["zh", "en"]).map((code) => option(code, t(`export.lang-${code}`))))),
    el("button", { class: "main" }, t("export.go")),
  ];
};

/** The form, and the bundles of this order that were asked for; `finished` is called when one is made. */
export const exports = (found, path, finished) => {
  const list = el("div", { class: "exports", role: "status" }), trouble = el("p", { role: "alert", hidden: true });
  const add = (one, isFirst) => {
    const box = el("div", { class: "export", "data-id": one.id });
    if (isFirst) list.prepend(box);
    else list.append(box);
    follow(box, one, finished);
  };
  const send = async (event) => {
    event.preventDefault();
    const { preset, clip, from, lang: words } = Object.fromEntries(new FormData(form));
    const said = await ask("POST", `${path}/exports`, { preset, lang: words, ...(clip && { clip }), ...(from && { from: Number(from) }) });
    trouble.hidden = !said.error;
    trouble.textContent = said.error ? said.message : "";
    if (!said.error) add(said, true);
  };
  const form = el("form", { class: "ask", submit: send }, ...fields(found));
  ask("GET", "/api/v1/exports").then((all) => {
    if (Array.isArray(all)) for (const one of all.filter(({ order }) => order === found.order)) add(one, false);
  });
  return [el("p", { class: "soft" }, t("export.hint")), form, trouble, list];
};
