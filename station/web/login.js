// Logs in, then goes where the user wanted to.
import { ask, begin } from "/web/base.js";

const form = document.getElementById("login"), trouble = document.getElementById("trouble");

// Only a path of this station: an address that names another machine is not followed.
const wanted = () => {
  const to = new URL(new URLSearchParams(location.search).get("to") || "/", location.origin);
  return to.origin === location.origin ? to.pathname + to.search : "/";
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  trouble.textContent = "";
  const button = form.querySelector("button");
  button.disabled = true;
  const { name, password } = Object.fromEntries(new FormData(form));
  const said = await ask("POST", "/api/v1/login", { name, password });
  button.disabled = false;
  if (!said.error) return location.replace(wanted());
  trouble.textContent = said.message;
  form.elements.password.select();
});

// Who came here by a link from elsewhere may be logged in: the browser kept that to itself until now.
const me = await ask("GET", "/api/v1/me");
const asked = new URLSearchParams(location.search).has("to");
if (me.name && asked) location.replace(wanted());
else await begin();
