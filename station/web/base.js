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
    location.assign(`/login?to=${encodeURIComponent(location.pathname)}`);
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

/** Loads the texts and shows them. Every page awaits it first. */
export const begin = async () => {
  document.documentElement.lang = lang;
  messages = await (await fetch(`/web/messages/${lang}.json`)).json();
  translate();
  for (const place of document.querySelectorAll("[data-langs]")) {
    for (const [code, name] of Object.entries(LANGS)) {
      const choose = () => {
        localStorage.setItem("lang", code);
        location.reload();
      };
      place.append(el("button", { type: "button", class: "plain", lang: code, "aria-pressed": code === lang, click: choose }, name));
    }
  }
  document.documentElement.dataset.ready = "";
};
