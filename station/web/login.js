// Logs in, then goes where the user wanted to.
import { ask, begin } from "/web/base.js";

const form = document.getElementById("login"), trouble = document.getElementById("trouble");

// Only a path of this station: an address that names another machine is not followed.
const wanted = () => {
  const to = new URLSearchParams(location.search).get("to") || "/";
  if (!/^\/(?!\/)/.test(to)) return "/";
  const { pathname, search } = new URL(to, location.origin);
  return pathname + search;
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  trouble.textContent = "";
  const { name, password } = Object.fromEntries(new FormData(form));
  const said = await ask("POST", "/api/v1/login", { name, password });
  if (said.error) trouble.textContent = said.message;
  else location.assign(wanted());
});

await begin();
