// Who has an account, and what was done with them.
import { ask, begin, el, moment, t } from "/web/base.js";

const at = (id) => document.getElementById(id);
const dialog = at("ask"), box = dialog.querySelector("form"), older = at("older");
let me = null, next = null;

/** Asks in the dialog; `act` does it and says what was refused, and then it stays open. */
const confirm = (title, rule, go, wantsPassword, act) => {
  at("ask-title").textContent = title;
  at("ask-rule").textContent = rule;
  at("ask-yes").textContent = go;
  at("ask-trouble").textContent = "";
  at("ask-password").hidden = !wantsPassword;
  box.elements.password.required = wantsPassword;
  box.reset();
  box.onsubmit = async (event) => {
    event.preventDefault();
    const said = await act(box.elements.password.value);
    if (said.error) return void (at("ask-trouble").textContent = said.message);
    dialog.close();
    await show();
  };
  dialog.showModal();
};

const path = (name) => `/api/v1/accounts/${encodeURIComponent(name)}`;
const setPassword = (name) =>
  confirm(t("accounts.password-of", { name }), t("accounts.password-rule"), t("accounts.password-go"), true,
    (password) => ask("PUT", `${path(name)}/password`, { password }));
const remove = (name) =>
  confirm(t("accounts.remove-of", { name }), t("accounts.remove-why"), t("accounts.remove"), false,
    () => ask("DELETE", path(name)));

const row = ({ name, role, made }) =>
  el("tr", {},
    el("th", { scope: "row" }, name),
    el("td", {}, t(`accounts.is.${role}`)),
    el("td", { class: "when" }, moment(made)),
    el("td", { class: "do" },
      el("button", { type: "button", class: "plain", click: () => setPassword(name) }, t("accounts.password-set")),
      el("button", { type: "button", class: "plain", disabled: name === me, click: () => remove(name) }, t("accounts.remove"))));

const act = ({ time, who, act, about }) =>
  el("tr", {},
    el("td", { class: "when" }, moment(time)),
    el("td", {}, who ?? el("span", { class: "soft" }, t(act === "log-in-refused" ? "accounts.unknown" : "accounts.nobody"))),
    el("td", act === "log-in-refused" ? { class: "refused" } : {}, t(`accounts.act.${act}`)),
    el("td", { class: "about" }, about ?? ""));

const showActs = async (before) => {
  const said = await ask("GET", `/api/v1/acts?limit=25${before === null ? "" : `&before=${before}`}`);
  if (said.error) return void (at("trouble").textContent = said.message);
  const rows = said.acts.map(act);
  if (before === null) at("acts").replaceChildren(...rows);
  else at("acts").append(...rows);
  next = said.next;
  older.hidden = next === null;
};

const show = async () => {
  const said = await ask("GET", "/api/v1/accounts");
  at("trouble").textContent = said.error ? said.message : "";
  if (!said.error) at("accounts").replaceChildren(...said.map(row));
  await showActs(null);
};

at("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  at("add-trouble").textContent = "";
  const said = await ask("POST", "/api/v1/accounts", Object.fromEntries(new FormData(form)));
  if (said.error) return void (at("add-trouble").textContent = said.message);
  form.reset();
  form.elements.name.focus();
  await show();
});
older.addEventListener("click", () => showActs(next));
at("ask-no").addEventListener("click", () => dialog.close());

me = (await begin()).name;
await show();
