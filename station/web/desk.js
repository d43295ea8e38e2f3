// Finds the clips of an order while its number is typed.
import { ask, begin, clock, el, moment, t } from "/web/base.js";
import { marks } from "/web/marks.js";

/** How long the keys must rest, ms. */
const REST = 50;
const LIMIT = 50;
const byId = (id) => document.getElementById(id);
const form = byId("search"), query = byId("q"), table = byId("found"), more = byId("more"), empty = byId("empty");

// What was asked last: answers to anything before it are dropped.
let asked = 0, timer = 0, next = null, shown = 0;
const fields = [...form.elements].filter((field) => field.name);
const wanted = () => new URLSearchParams(fields.filter((field) => field.value.trim()).map((field) => [field.name, field.value.trim()]));

const href = ({ order, id }) => (order ? `/order/${encodeURIComponent(order)}` : `/api/v1/clips/${id}/file`);

const row = (clip, head) => el("tr", {}, head,
  el("td", { class: "figure" }, moment(clip.first_time)),
  el("td", {}, clip.bench ?? "–"),
  el("td", {}, clip.operator ?? el("span", { class: "soft" }, "–")),
  el("td", { class: "figure" }, clip.seconds === null ? "–" : clock(clip.seconds)),
  el("td", {}, marks(clip)));

// Neighbours of one order stand together, under its number.
const groups = (clips) => {
  const found = [];
  for (const clip of clips) {
    const last = found.at(-1);
    if (last && clip.order !== null && last[0].order === clip.order) last.push(clip);
    else found.push([clip]);
  }
  return found;
};

const group = (clips) => {
  const [first] = clips, name = first.order ?? t("desk.no-order");
  const link = el("a", { href: href(first), class: first.order ? "order" : "soft" }, name);
  const head = el("th", { scope: "rowgroup", rowspan: clips.length }, link);
  const body = el("tbody", { "data-order": first.order ?? "" }, ...clips.map((clip, i) => row(clip, i === 0 ? head : null)));
  body.addEventListener("click", (event) => {
    if (!event.target.closest("a") && !getSelection().toString()) location.assign(link.href);
  });
  return body;
};

const say = (text) => { byId("said").textContent = text; };

const options = (name, values) => {
  const field = form.elements[name], kept = field.value;
  const all = kept && !values.includes(kept) ? [kept, ...values] : values;
  field.replaceChildren(field.options[0], ...all.map((value) => el("option", { value }, value)));
  field.value = kept;
};

// What to do where nothing is found.
const nothing = (isAll) => {
  const again = el("button", { type: "button", click: clear }, t("desk.clear"));
  empty.replaceChildren(
    el("h2", {}, t(isAll ? "desk.none-yet" : "desk.none")),
    el("p", { class: "soft" }, t(isAll ? "desk.none-yet-next" : "desk.none-next")), ...(isAll ? [] : [again]));
};

const show = (answer, isMore) => {
  if (answer.error) {
    say(answer.message);
    return;
  }
  const { clips, complete, benches, operators } = answer;
  if (!isMore) {
    for (const body of [...table.tBodies]) body.remove();
    shown = 0;
    options("bench", benches);
    options("operator", operators);
  }
  shown += clips.length;
  next = answer.next;
  const bodies = groups(clips).map(group), last = table.tBodies[table.tBodies.length - 1];
  table.append(...bodies);
  // What "more" brought goes on with the order that stood last.
  if (isMore && last && bodies[0] && last.dataset.order && last.dataset.order === bodies[0].dataset.order) {
    bodies[0].rows[0].cells[0].remove();
    last.append(...bodies[0].rows);
    last.rows[0].cells[0].rowSpan = last.rows.length;
    bodies[0].remove();
  }
  table.hidden = shown === 0;
  empty.hidden = shown > 0 || !complete;
  if (shown === 0) nothing(wanted().size === 0);
  more.hidden = next === null;
  say(complete ? "" : t("desk.incomplete"));
};

const search = async () => {
  const mine = ++asked, filters = wanted();
  history.replaceState(null, "", filters.size ? `?${filters}` : location.pathname);
  sessionStorage.setItem("desk", location.search);
  byId("clear").hidden = filters.size === 0;
  filters.set("limit", LIMIT);
  const answer = await ask("GET", `/api/v1/orders?${filters}`);
  if (mine === asked) show(answer, false);
  return mine === asked;
};

more.addEventListener("click", async () => {
  const mine = ++asked, filters = wanted();
  filters.set("limit", LIMIT);
  filters.set("before", next);
  more.disabled = true;
  const answer = await ask("GET", `/api/v1/orders?${filters}`);
  more.disabled = false;
  if (mine === asked) show(answer, true);
});

const soon = () => {
  clearTimeout(timer);
  timer = setTimeout(search, REST);
};
form.addEventListener("input", soon);
const clear = () => {
  for (const field of fields) field.value = "";
  query.focus();
  search();
};
byId("clear").addEventListener("click", clear);

// Enter opens what stands first, as soon as it is the answer to what was typed: a scanner types faster than that.
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  clearTimeout(timer);
  if (await search()) table.querySelector("tbody a")?.click();
});

// Arrows go from the number to the orders and back.
addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], links = [...table.querySelectorAll("tbody a")];
  const at = links.indexOf(document.activeElement), isQuery = document.activeElement === query;
  if (event.key === "Escape" && at >= 0) query.focus();
  if (!step || (at < 0 && !isQuery)) return;
  event.preventDefault();
  if (at + step < 0) query.focus();
  else links[Math.min(at + step, links.length - 1)]?.focus();
});

await begin();
document.title = `${t("desk.title")} · packseal`;
const given = new URLSearchParams(location.search);
for (const field of fields) {
  const value = given.get(field.name) ?? "";
  // A bench that is not listed yet is listed with the answer.
  if (field.tagName === "SELECT" && value && ![...field.options].some((option) => option.value === value)) field.append(el("option", { value }, value));
  field.value = value;
}
await search();
