// All that the station has of one order: its clips, what was handed out, who keeps it.
import { ask, begin, el, lang, moment, t } from "/web/base.js";
import { clipCard } from "/web/clip.js";
import { exports } from "/web/export.js";
import { holdBar, holdTable } from "/web/hold.js";
import { received } from "/web/received.js";
import { words } from "/web/verify/words.js";

const byId = (id) => document.getElementById(id);
const order = decodeURIComponent(location.pathname.slice("/order/".length));
const path = `/api/v1/orders/${encodeURIComponent(order)}`;

const custodyTable = (custody) => [
  el("h2", {}, t("order.custody")),
  custody.length === 0 ? el("p", { class: "soft" }, t("order.custody-none")) : el("table", {},
    el("thead", {}, el("tr", {}, ...["time", "who", "preset", "files", "list"].map((name) => el("th", { scope: "col" }, t(`order.custody-${name}`))))),
    el("tbody", {}, ...custody.map(({ time, who, preset, files, list }) => el("tr", {},
      el("td", { class: "figure" }, moment(time)), el("td", {}, who ?? "–"), el("td", {}, preset ?? "–"),
      el("td", {}, String(files)), el("td", {}, el("code", {}, list)))))),
];

const showRecords = ({ holds, custody }) => byId("records").replaceChildren(...custodyTable(custody), ...holdTable(holds));
const showHold = (found) => byId("hold").replaceChildren(holdBar(found.hold, path, refresh));

// What may have changed. The clips stay: somebody may be watching one.
const refresh = async () => {
  const found = await ask("GET", path);
  if (found.error) return;
  showHold(found);
  showRecords(found);
};

// Oldest first, those that went out beside those that came back.
const showClips = (clips) => {
  const sorted = [...clips].sort((a, b) => a.sequence - b.sequence), cards = sorted.map((clip) => clipCard(clip, order));
  const of = (isReturn) => cards.filter((_, i) => (sorted[i].direction === "return") === isReturn).map(({ node }) => node);
  const columns = [of(false), of(true)].filter((column) => column.length > 0);
  byId("clips").classList.toggle("two", columns.length === 2);
  byId("clips").replaceChildren(...columns.map((column) => el("div", { class: "column" }, ...column)));
  return cards;
};

await begin();
document.title = `${order} · packseal`;
byId("order").textContent = order;
byId("back").search = sessionStorage.getItem("desk") ?? "";
words.use(lang === "en" ? "en" : "zh");
const found = await ask("GET", path);
if (found.error) {
  byId("trouble").hidden = false;
  byId("trouble").textContent = found.message;
} else {
  const { clips } = found;
  byId("sum").textContent = t("order.sum", {
    outgoing: clips.filter(({ direction }) => direction !== "return").length,
    returns: clips.filter(({ direction }) => direction === "return").length,
  });
  showHold(found);
  showRecords(found);
  const cards = showClips(clips);
  byId("received").append(...received(`${path}/received`));
  byId("export").append(...exports(found, path, refresh));
  byId("jump").hidden = byId("more").hidden = false;
  // One after the other: each reads a whole clip.
  for (const card of cards) await card.verify();
}
