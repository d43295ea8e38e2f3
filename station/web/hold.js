// Keeping the clips of an order beyond their time, with a reason.
import { ask, el, moment, t } from "/web/base.js";

const LONGEST = 200;

/** Says whether the order is held and why, with the form that changes it. `changed` is called when it did. */
export const holdBar = (hold, path, changed) => {
  const [does, text, wanted] = hold ? ["release", "hold.release", "hold.release-reason"] : ["hold", "hold.hold", "hold.hold-reason"];
  const trouble = el("p", { role: "alert", hidden: true });
  const reason = el("input", { name: "reason", required: true, maxlength: LONGEST, autocomplete: "off", "aria-label": t(wanted), placeholder: t(wanted) });
  const send = async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    const said = await ask("POST", `${path}/${does}`, { reason: reason.value.trim() });
    button.disabled = false;
    trouble.hidden = !said.error;
    trouble.textContent = said.message ?? "";
    if (!said.error) changed();
  };
  const form = el("form", { class: "hold", submit: send }, reason, el("button", {}, t(text)), trouble);
  if (!hold) return form;
  const since = hold.by ? t("hold.since-by", { time: moment(hold.since), by: hold.by }) : t("hold.since", { time: moment(hold.since) });
  return el("div", { class: "held" }, el("p", {}, el("strong", { class: "mark attention" }, t("mark.hold")), " ", hold.reason, el("span", { class: "soft" }, ` · ${since}`)), form);
};

const when = (time, who) => [moment(time), who].filter(Boolean).join(" · ");

/** All holds of the order so far. */
export const holdTable = (holds) => {
  if (holds.length === 0) return [];
  const head = ["since", "reason", "released", "release-reason"].map((name) => el("th", { scope: "col" }, t(`hold.column-${name}`)));
  return [el("h2", {}, t("hold.history")), el("table", {}, el("thead", {}, el("tr", {}, ...head)),
    el("tbody", {}, ...holds.map(({ since, by, reason, released, released_by: releaser, release_reason: why }) => el("tr", {},
      el("td", { class: "figure" }, when(since, by)), el("td", {}, reason),
      el("td", { class: "figure" }, released ? when(released, releaser) : t("hold.still")), el("td", {}, why ?? "–")))))];
};
