// What the buyer sent: taken in as it is, and what each file says about itself, in the verifier's own words.
import { ask, el, lang, moment, number, t } from "/web/base.js";

/** Bytes that the station takes of one file. */
const MOST = 512 * 1024 * 1024;
const HOW = ["received.how-chat", "received.how-form", "received.how-messenger", "received.how-mail"];
const words = lang === "en" ? "en" : "zh";

// The file as it is: `ask` sends JSON.
const send = async (path, file, how) => {
  const query = new URLSearchParams({ name: file.name, ...(how && { received: how }) });
  const headers = { Accept: "application/json", "Accept-Language": lang, "Content-Type": "application/octet-stream" };
  try {
    const answer = await fetch(`${path}?${query}`, { method: "POST", headers, body: file });
    return await answer.json();
  } catch {
    return { error: "gone", message: t("gone") };
  }
};

const rows = (all) => {
  const alone = all.filter(({ label }) => label === "").flatMap(({ lines }) => lines), beside = all.filter(({ label }) => label !== "");
  return [
    alone.length > 0 ? el("ul", {}, ...alone.map((line) => el("li", {}, line.replace(/^- /, "")))) : null,
    beside.length > 0 ? el("table", {}, el("tbody", {}, ...beside.map(({ label, lines }) =>
      el("tr", {}, el("th", { scope: "row" }, label), el("td", {}, ...lines.map((line) => el("p", {}, line))))))) : null,
  ].filter(Boolean);
};
const part = ({ head, rows: all }) => el("section", {}, head === "" ? null : el("h4", {}, head), ...rows(all));

// Only what was chosen here a moment ago is shown as a picture: it never left the browser for that.
const preview = (file) => {
  if (!file?.type.startsWith("image/")) return null;
  const url = URL.createObjectURL(file), forget = () => URL.revokeObjectURL(url);
  const picture = el("img", { alt: "", src: url, load: forget, error: () => {
    forget();
    picture.remove();
  } });
  return picture;
};

/** The form, and the files of this order so far. */
export const received = (path) => {
  const list = el("div", { class: "files" }), trouble = el("p", { role: "alert", hidden: true }), said = el("p", { class: "soft", role: "status" });
  const tell = (text) => {
    trouble.hidden = !text;
    trouble.textContent = text ?? "";
  };
  const show = (one, file) => {
    const known = list.querySelector(`[data-id="${one.id}"]`);
    if (known) return known.scrollIntoView({ block: "nearest" });
    // A second press removes it; anything else first, and it stays.
    const remove = el("button", { type: "button", class: "plain", click: async () => {
      if (!remove.dataset.sure) {
        remove.dataset.sure = "yes";
        remove.textContent = t("received.remove-sure");
        return;
      }
      const answer = await ask("DELETE", `${path}/${one.id}`);
      tell(answer.error && answer.message);
      if (!answer.error || answer.error === "unknown-file") card.remove();
    }, blur: () => {
      delete remove.dataset.sure;
      remove.textContent = t("received.remove");
    } }, t("received.remove"));
    const [first, ...rest] = one.sections[words];
    const taken = t("received.taken", { time: moment(one.time), by: one.by ?? "–", until: moment(one.until) });
    const card = el("article", { class: "file", "data-id": one.id },
      el("header", {}, el("h3", { translate: "no" }, one.name), remove, el("p", { class: "said-of" }, one.head[words]), el("p", { class: "soft" }, taken)),
      el("div", { class: "parts" }, el("div", {}, preview(file), part(first)), ...rest.map(part)));
    list.prepend(card);
  };
  const take = async (files) => {
    tell();
    for (const file of files) {
      said.textContent = t("received.sending", { name: file.name, size: t("size", { mb: number(file.size / 1e6, 1) }) });
      const answer = file.size > MOST ? { error: "too-large", message: t("received.too-large") } : await send(path, file, how.value.trim());
      if (answer.error) {
        tell(`${file.name}: ${answer.message}`);
        break;
      }
      show(answer, file);
    }
    said.textContent = "";
  };

  const how = el("input", { name: "received", list: "how", maxlength: 255, autocomplete: "off", placeholder: t("received.how-hint") });
  const choose = el("input", { type: "file", multiple: true, change: async () => {
    const files = [...choose.files];
    // The same one may be chosen again.
    choose.value = "";
    await take(files);
  } });
  const zone = el("label", { class: "drop" }, el("span", {}, t("received.choose")), choose);
  for (const kind of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", kind === "dragover");
    });
  }
  zone.addEventListener("drop", ({ dataTransfer }) => take([...dataTransfer.files]));
  ask("GET", path).then((all) => {
    if (Array.isArray(all)) for (const one of all) show(one);
  });
  return [
    el("p", { class: "soft" }, t("received.hint")),
    el("div", { class: "take" },
      el("label", {}, el("span", {}, t("received.how")), how), el("datalist", { id: "how" }, ...HOW.map((key) => el("option", { value: t(key) }))), zone),
    said, trouble, list,
  ];
};
