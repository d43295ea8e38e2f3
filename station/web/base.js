// What every page needs: its language, how it asks the station, and how it shows times and numbers.

const LANGS = { "zh-CN": "中文", en: "English" };
const chosen = () => {
  const kept = localStorage.getItem("lang");
  if (kept in LANGS) return kept;
  return navigator.languages.some((lang) => lang.toLowerCase().startsWith("zh")) ? "zh-CN" : "en";
};

export const lang = chosen();
let messages = {};

/** The text of this key, with `{name}` replaced by its value. */
export const t = (key, values = {}) =>
  (messages[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

/** Puts the texts into what has `data-t`, and into the labels of what has `data-t-label`. */
export const translate = (root = document) => {
  for (const node of root.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of root.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
  for (const node of root.querySelectorAll("[data-t-placeholder]")) node.placeholder = t(node.dataset.tPlaceholder);
};

/** Asks the station. What it refuses has `error` and `message`; a station that is gone is `{error: "gone"}`. */
export const ask = async (method, path, body) => {
  const init = { method, headers: { Accept: "application/json", "Accept-Language": lang } };
  if (body !== undefined) {
    init.headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, init);
  } catch {
    return { error: "gone", message: t("gone") };
  }
  if (answer.status === 401 && location.pathname !== "/login") {
    location.assign(`/login?to=${encodeURIComponent(location.pathname + location.search)}`);
  }
  if (answer.status === 204) return {};
  try {
    return await answer.json();
  } catch {
    return { error: "gone", message: t("gone") };
  }
};

/** An element with attributes (functions are listeners) and children. */
export const el = (name, attributes = {}, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(key, value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
};

/** A moment, in the page's language and the machine's zone. */
export const moment = (text) =>
  new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "medium" }).format(new Date(text));

/** Seconds as m:ss or h:mm:ss. */
export const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds)), pad = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
};

export const number = (value, digits = 0) =>
  new Intl.NumberFormat(lang, { maximumFractionDigits: digits }).format(value);

const choices = () => Object.entries(LANGS).map(([code, name]) => {
  const choose = () => {
    localStorage.setItem("lang", code);
    location.reload();
  };
  return el("button", { type: "button", class: "plain", lang: code, "aria-pressed": String(code === lang), click: choose }, name);
});

const leave = async () => {
  await ask("POST", "/api/v1/logout");
  location.assign("/login");
};

// One bench is a link, several are a list that opens.
const benches = (names, here) => {
  const link = (name) => el("a", { href: `/bench/${encodeURIComponent(name)}`, "aria-current": here === "bench" && names.length === 1 && "page" }, name);
  if (names.length === 0) return [];
  if (names.length === 1) {
    const only = link(names[0]);
    only.textContent = t("nav.bench");
    return [only];
  }
  const list = el("details", { class: "menu" }, el("summary", {}, t("nav.benches")), el("div", {}, ...names.map(link)));
  const shut = (event) => {
    if (event.key === "Escape" || (event.type === "click" && !list.contains(event.target))) list.open = false;
  };
  addEventListener("click", shut);
  list.addEventListener("keydown", shut);
  return [list];
};

/** Fills `<nav data-nav="PAGE">`: where this account may go, the language, and who is logged in. */
const navigate = (nav, me, status) => {
  const here = nav.dataset.nav, serves = me.role === "service" || me.role === "admin";
  const link = (page, href, key) => el("a", { href, "aria-current": here === page && "page" }, t(key));
  nav.setAttribute("aria-label", t("nav.label"));
  nav.replaceChildren(
    el("span", { class: "brand", translate: "no" }, "packseal"),
    ...(serves ? [link("overview", "/", "nav.overview"), link("desk", "/desk", "nav.desk")] : []),
    ...benches((status.benches ?? []).map(({ name }) => name), here),
    ...(me.role === "admin" ? [link("accounts", "/accounts", "nav.accounts")] : []),
    el("span", { class: "end" }, ...choices()),
    ...(me.name ? [el("a", { href: "/password", class: "who", title: t("nav.who"), "aria-current": here === "password" && "page" }, me.name),
      el("button", { type: "button", id: "leave", class: "plain", click: leave }, t("nav.leave"))]
      : [el("a", { href: "/login" }, t("login.go"))]),
  );
};

/** Loads the texts and shows them. Every page awaits it first. Answers who is logged in, where the page has a bar. */
export const begin = async () => {
  document.documentElement.lang = lang;
  const nav = document.querySelector("[data-nav]");
  const texts = fetch(`/web/messages/${lang}.json`).then((answer) => answer.json());
  const [found, me, status] = await Promise.all([texts, ...(nav ? ["me", "status"].map((what) => ask("GET", `/api/v1/${what}`)) : [])]);
  messages = found;
  translate();
  for (const place of document.querySelectorAll("[data-langs]")) place.append(...choices());
  if (nav) navigate(nav, me, status);
  document.documentElement.dataset.ready = "";
  return me;
};
