// How the day goes, and how the station is. Looks again every ten seconds.
import { ask, begin, clock, el, lang, moment, number, t } from "/web/base.js";
import { plot } from "/web/bars.js";

/** How often it looks, ms. */
const AGAIN = 10_000;
const byId = (id) => document.getElementById(id);
const STATES = { ready: "state.ready", recording: "state.recording", attention: "state.attention", stopped: "state.stopped" };
const CLOCKS = { synchronised: "clock.synchronised", unsynchronised: "clock.unsynchronised", unknown: "clock.unknown", simulated: "clock.simulated" };
const LEVELS = { low: "level.low", full: "level.full" };

// The day that was picked; `null`: today, also after midnight. And today, as the station knows it.
let picked = null, today = null, asked = 0;

const dayText = (day, style) => new Intl.DateTimeFormat(lang, { timeZone: "UTC", ...style }).format(new Date(`${day}T00:00:00Z`));
const unknown = () => "–";

const benchCard = ({ name, state, parcels }) => el("a", { class: "card bench", href: `/bench/${encodeURIComponent(name)}`, "data-state": state },
  el("b", {}, name), el("span", { class: "state" }, t(STATES[state])), el("span", { class: "soft" }, t("overview.bench-parcels", { count: number(parcels) })));

const figure = (key, value, isBad = false) => el("div", { class: isBad ? "bad" : null }, el("dt", {}, t(key)), el("dd", {}, value));
const figures = (all) => [
  figure("overview.parcels", number(all.parcels)),
  figure("overview.median", all.median_seconds === null ? unknown() : clock(all.median_seconds)),
  figure("overview.label-rate", all.label_read_rate === null ? unknown() : new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 1 }).format(all.label_read_rate)),
  figure("overview.returns", number(all.returns)),
  figure("overview.cancelled", number(all.cancelled)),
  figure("overview.gaps", number(all.gaps), all.gaps > 0),
  figure("overview.lost", number(all.lost_frames), all.lost_frames > 0),
];

const hours = ({ by_hour: counts, parcels }) => {
  const hour = (i) => String(i).padStart(2, "0"), most = Math.max(...counts);
  const sum = parcels === 0 ? t("overview.no-parcels") : t("overview.hours-sum", { count: number(parcels), most: number(most), hour: `${hour(counts.indexOf(most))}:00` });
  const bars = counts.map((value, i) => ({ label: i % 3 === 0 ? hour(i) : "", value, title: `${hour(i)}:00–${hour(i)}:59` }));
  return plot(t("overview.hours"), sum, bars, 720, [t("overview.hour"), t("overview.parcels")]);
};

const fortnight = ({ days, day }) => {
  const all = days.reduce((sum, { parcels }) => sum + parcels, 0);
  const bars = days.map((one) => ({
    label: String(Number(one.day.slice(8))), value: one.parcels, isMarked: one.day === day,
    title: dayText(one.day, { weekday: "short", month: "short", day: "numeric" }),
  }));
  return plot(t("overview.fortnight"), t("overview.fortnight-sum", { count: number(all) }), bars, 468, [t("overview.day"), t("overview.parcels")]);
};

const storageText = ({ level, days_left: left, free_mib: free }) => [
  left === null ? t("overview.days-unknown") : t("overview.days", { days: number(left, left < 10 ? 1 : 0) }),
  free === null ? null : t("overview.free", { gb: number(free * 1.048576 / 1000, 1) }), level === "ok" ? null : t(LEVELS[level]),
].filter(Boolean).join(" · ");

const tokenText = ({ authorities, newest_token: newest }) =>
  (newest ? moment(newest) : t(authorities > 0 ? "overview.token-none" : "overview.token-off"));

const station = ({ storage, time, clock: state, ledger, archive, holds }) => [
  ["overview.storage", storageText(storage), storage.level !== "ok"],
  ["overview.clock", t(CLOCKS[state] ?? CLOCKS.unknown), state === "unsynchronised"],
  ["overview.token", tokenText(time), time.authorities > 0 && !time.newest_token],
  ["overview.ledger", t("overview.ledger-is", { entries: number(ledger.entries), published: number(ledger.published), behind: number(ledger.behind) }), false],
  ["overview.archive", archive === null ? t("overview.archive-off") : unknown(), false],
  ["overview.holds", number(holds), false],
];

const show = (all) => {
  byId("benches").replaceChildren(...all.benches.map(benchCard));
  byId("figures").replaceChildren(...figures(all));
  byId("hours").replaceChildren(...hours(all));
  byId("fortnight").replaceChildren(...fortnight(all));
  const rows = station(all).map(([key, value, isBad]) => el("div", { class: isBad ? "bad" : null }, el("dt", {}, t(key)), el("dd", {}, value)));
  byId("station").replaceChildren(el("h2", {}, t("overview.station")), el("dl", { class: "rows" }, ...rows));
};

// An open table stays open when it is drawn anew.
const keepOpen = (draw) => {
  const open = ["hours", "fortnight"].filter((id) => byId(id).querySelector("details")?.open);
  draw();
  for (const id of open) byId(id).querySelector("details").open = true;
};

const look = async () => {
  const mine = ++asked, all = await ask("GET", `/api/v1/overview${picked ? `?day=${picked}` : ""}`);
  if (mine !== asked) return;
  byId("said").textContent = all.error ? all.message : "";
  if (all.error) return;
  if (!picked) today = all.day;
  byId("day").value = all.day;
  byId("day").max = today ?? "";
  byId("after").disabled = byId("today").disabled = !picked;
  keepOpen(() => show(all));
};

const pick = (day) => {
  picked = day && (today === null || day < today) ? day : null;
  history.replaceState(null, "", picked ? `?day=${picked}` : location.pathname);
  look();
};
const move = (days) => {
  const at = new Date(`${byId("day").value}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  pick(at.toISOString().slice(0, 10));
};
byId("day").addEventListener("change", ({ target }) => pick(target.value));
byId("before").addEventListener("click", () => move(-1));
byId("after").addEventListener("click", () => move(1));
byId("today").addEventListener("click", () => pick(null));
byId("days").addEventListener("submit", (event) => event.preventDefault());

await begin();
document.title = `${t("overview.title")} · packseal`;
const given = new URLSearchParams(location.search).get("day");
if (/^\d{4}-\d\d-\d\d$/.test(given ?? "")) picked = given;
await look();
setInterval(() => document.visibilityState === "visible" && look(), AGAIN);
