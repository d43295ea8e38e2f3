// Shows the interface's description. What it says stands as it is written there; only the frame is translated.
import { begin, el, t } from "/web/base.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const about = document.getElementById("about"), contents = document.getElementById("contents");
const list = document.getElementById("operations"), find = document.getElementById("find");
let schemas = {};

/** Text with `code` in it. */
const prose = (text) =>
  (text ?? "").split("`").map((part, at) => (at % 2 ? el("code", {}, part) : document.createTextNode(part)));

const named = (schema) => schema?.$ref?.split("/").pop();
const resolved = (schema) => (schema?.$ref ? schemas[named(schema)] ?? {} : schema ?? {});

/** The alternatives of a schema but `null`, and whether there is that. */
const choices = (schema) => {
  const all = schema.oneOf ?? schema.anyOf ?? (schema.allOf?.length === 1 ? schema.allOf : [schema]);
  const some = all.filter((one) => one.type !== "null");
  const types = [schema.type].flat();
  return { some, nothing: some.length < all.length || types.includes("null") };
};

/** What a value is, in a few words. */
const kind = (schema) => {
  const { some, nothing } = choices(schema ?? {});
  const words = some.map((one) => {
    if (named(one)) return resolved(one).enum ? resolved(one).enum.map((v) => JSON.stringify(v)).join(" | ") : named(one);
    if (one.enum) return one.enum.map((value) => JSON.stringify(value)).join(" | ");
    const type = [one.type].flat().filter((word) => word && word !== "null").join(" | ") || t("docs.anything");
    if (type === "array") return t("docs.list", { of: kind(one.items) });
    if (type === "object" && typeof one.additionalProperties === "object") {
      return t("docs.map", { of: kind(one.additionalProperties) });
    }
    return one.format ? `${type} (${one.format})` : type;
  });
  return [...new Set(words), ...(nothing ? ["null"] : [])].join(" | ");
};

/** The object that is in a value, however it is wrapped: what there is to unfold. */
const inner = (schema) => {
  for (const one of choices(schema ?? {}).some) {
    const whole = resolved(one);
    if (whole.properties) return { name: named(one), whole };
    const within = whole.items ?? (typeof whole.additionalProperties === "object" ? whole.additionalProperties : null);
    if (within) return inner(within);
  }
  return null;
};

/** The fields of an object; those that hold others unfold. `above`: names that are open already. `sent`: it is told which
 * of them a request needs. */
const fields = (whole, above = [], sent = false) => {
  const rows = Object.entries(whole.properties).map(([name, schema]) => {
    const deeper = inner(schema), again = deeper && above.includes(deeper.name);
    const need = sent && (whole.required ?? []).includes(name);
    const first = choices(schema).some[0];
    const said = schema.description ?? resolved(first).description;
    return el("div", { class: "field" },
      el("dt", {}, el("code", {}, name), need ? el("span", { class: "need" }, t("docs.required")) : null),
      el("dd", {}, el("span", { class: "type" }, kind(schema)), said ? el("div", {}, ...prose(said)) : null,
        deeper && !again ? unfold(deeper, above, sent) : null));
  });
  return el("dl", { class: "fields" }, ...rows);
};

/** Made when it is opened: descriptions are deep. */
const unfold = ({ name, whole }, above, sent) => {
  const node = el("details", {}, el("summary", {}, el("code", {}, name ?? t("docs.object"))));
  node.addEventListener("toggle", () => node.append(fields(whole, [...above, name], sent)), { once: true });
  return node;
};

const block = (title, ...nodes) => [el("h4", {}, t(title)), ...nodes];

const shape = (content) => {
  const [type, media] = Object.entries(content ?? {})[0] ?? [];
  return type ? { type, schema: media?.schema ?? {}, deep: inner(media?.schema) } : null;
};

const answer = ([status, said]) => {
  const found = shape(said.content);
  const head = [
    el("span", { class: status.startsWith("2") ? "status good" : "status" }, status), " ", ...prose(said.description),
    found ? el("span", { class: "type" }, ` ${found.type === "application/json" ? kind(found.schema) : found.type}`) : null,
  ];
  if (!found?.deep) return el("div", { class: "plainly" }, ...head);
  const node = el("details", {}, el("summary", {}, ...head));
  node.addEventListener("toggle", () => node.append(fields(found.deep.whole, [found.deep.name])), { once: true });
  return node;
};

/** Refusals all look the same: one fold for them. */
const answers = (operation) => {
  const all = Object.entries(operation.responses), refused = ([status]) => /^[45]/.test(status);
  const refusals = all.filter(refused);
  const deep = inner(shape(refusals[0]?.[1].content)?.schema);
  const fold = refusals.length === 0 ? null : el("details", {},
    el("summary", {}, t("docs.refusals"), el("span", { class: "type" }, ` ${refusals.map(([status]) => status).join(" · ")}`)),
    el("div", { class: "refusals" },
      ...refusals.map(([status, said]) => el("div", {}, el("span", { class: "status" }, status), " ", ...prose(said.description))),
      deep ? fields(deep.whole, [deep.name]) : null));
  return el("div", { class: "answers" }, ...all.filter((one) => !refused(one)).map(answer), fold);
};

const parameters = (operation) => {
  const all = operation.parameters ?? [];
  const rows = all.map((one) => el("div", { class: "field" },
    el("dt", {}, el("code", {}, one.name), one.required ? el("span", { class: "need" }, t("docs.required")) : null),
    el("dd", {}, el("span", { class: "type" }, `${t(`docs.in.${one.in}`)} · ${kind(one.schema)}`),
      one.description ? el("div", {}, ...prose(one.description)) : null)));
  return rows.length ? block("docs.parameters", el("dl", { class: "fields" }, ...rows)) : [];
};

/** Who may use it, from what it asks for. */
const may = (operation) => {
  const asks = operation.security;
  if (!asks?.length) return t("docs.may.all");
  return asks.some((one) => Object.keys(one).length === 0) ? t("docs.may.bench") : t("docs.may.log-in");
};

/** Fields for a request, and its answer. Only what changes nothing can be tried. */
const trial = (path, operation) => {
  const inputs = (operation.parameters ?? []).map((one) => ({ one, input: el("input", { required: one.required, name: one.name }) }));
  const out = el("pre", { hidden: true, tabindex: "0", "aria-live": "polite" });
  const send = async (event) => {
    event.preventDefault();
    const query = new URLSearchParams();
    let to = path;
    for (const { one, input } of inputs) {
      if (one.in === "path") to = to.replace(`{${one.name}}`, encodeURIComponent(input.value));
      else if (input.value) query.set(one.name, input.value);
    }
    out.hidden = false;
    out.textContent = "…";
    try {
      const said = await fetch(query.size ? `${to}?${query}` : to, { headers: { Accept: "application/json" } });
      const type = said.headers.get("content-type") ?? "";
      let body = /json|text/.test(type) ? await said.text() : t("docs.bytes", { type });
      if (type.includes("json")) body = JSON.stringify(JSON.parse(body), null, 2);
      out.textContent = `${said.status}\n${body}`;
    } catch {
      out.textContent = t("gone");
    }
  };
  const form = el("form", { submit: send },
    ...inputs.map(({ one, input }) => el("label", {}, el("span", {}, one.name), input)),
    el("button", {}, t("docs.try")));
  return el("div", { class: "try" }, form, out);
};

const card = ({ method, path, operation }) => {
  const id = operation.operationId;
  const body = shape(operation.requestBody?.content);
  const rest = (operation.description ?? "").trim();
  const streams = Object.values(operation.responses).some((said) => "text/event-stream" in (said.content ?? {}));
  return el("section", { class: "card operation", id },
    el("h3", {}, el("span", { class: "method" }, method.toUpperCase()),
      el("a", { href: `#${id}` }, el("code", { class: "path" }, path))),
    el("p", { class: "summary" }, ...prose(operation.summary)),
    rest ? el("p", {}, ...prose(rest)) : null,
    el("p", { class: "may" }, may(operation)),
    ...parameters(operation),
    ...(body ? block("docs.body", body.deep ? fields(body.deep.whole, [body.deep.name], true) : el("p", { class: "type" }, `${body.type} · ${kind(body.schema)}`)) : []),
    ...block("docs.answers", answers(operation)),
    method === "get" && !streams ? trial(path, operation) : null);
};

const link = ({ method, path, operation }) => el("li", {}, el("a", { href: `#${operation.operationId}` },
  el("span", { class: "method" }, method.toUpperCase()), el("span", {}, operation.summary ?? path)));

const show = (whole) => {
  schemas = whole.components?.schemas ?? {};
  about.append(el("h1", {}, t("docs.title")),
    el("p", { class: "soft" }, t("docs.version", { version: whole.info.version }), " · ",
      el("a", { href: "/api/v1/openapi.json" }, "openapi.json")),
    el("p", {}, ...prose(whole.info.description)));
  const all = Object.entries(whole.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method] })));
  for (const { name, description } of whole.tags ?? []) {
    const own = all.filter(({ operation }) => operation.tags?.includes(name));
    if (!own.length) continue;
    const head = el("h2", {}, description ?? name);
    list.append(el("div", { class: "tag" }, head, ...own.map(card)));
    contents.append(el("div", { class: "group" }, el("h2", {}, description ?? name), el("ol", {}, ...own.map(link))));
  }
};

/** Leaves what has the words in it. */
const narrow = () => {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (node) => words.every((word) => node.textContent.toLowerCase().includes(word));
  for (const group of document.querySelectorAll(".tag, .group")) {
    const parts = [...group.querySelectorAll(".operation, li")];
    for (const part of parts) {
      const own = part.matches("li") ? document.getElementById(part.firstChild.hash.slice(1)) : part;
      part.hidden = !fits(own);
    }
    group.hidden = parts.every((part) => part.hidden);
  }
};

await begin();
document.title = `${t("docs.title")} · packseal`;
find.addEventListener("input", narrow);
try {
  show(await (await fetch("/api/v1/openapi.json")).json());
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch {
  document.getElementById("trouble").textContent = t("gone");
}
