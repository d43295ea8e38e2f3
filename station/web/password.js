// The own password.
import { ask, begin, t } from "/web/base.js";

const form = document.getElementById("change");
const [who, trouble, done] = ["who", "trouble", "done"].map((id) => document.getElementById(id));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  trouble.textContent = done.textContent = "";
  const { old, new: next, again } = Object.fromEntries(new FormData(form));
  if (next !== again) return void (trouble.textContent = t("password.differ"));
  const said = await ask("PUT", "/api/v1/me/password", { old, new: next });
  if (said.error) return void (trouble.textContent = said.message);
  form.reset();
  done.textContent = t("password.done");
});

await begin();
const { name } = await ask("GET", "/api/v1/me");
if (name) {
  form.elements.name.value = name;
  who.textContent = t("password.of", { name });
} else location.replace("/login?to=%2Fpassword");
