// The screen at a bench: what it is doing, what the camera sees, what to do. It shows what the station says and for no
// longer than the station says it: without a word for a while, nothing is believed any more.
import { ask, begin, clock, el, lang, number, t } from "/web/base.js";

/** ms without an event after which the station does not answer, and after which it is asked anew. */
const SILENT = 1500, AGAIN = 2000;
/** ms after which a picture is too old to be looked at. */
const STALE = 1500;
/** ms within which the first second of a clip is sealed: until then it is starting. */
const STARTING = 1500;
/** ms for which a prompt stands, by its weight. */
const STANDS = { info: 8000, warn: 20000, alarm: 60000 };
/** Prompts that say what the remedy says as well. */
const SAID = ["camera-lost", "camera-stalled", "camera-frozen", "picture-dark", "storage-full"];
/** Faces of a bench at which nobody should pack, and which the station does not explain. */
const STILL = { gone: "bench.gone.remedy", stopped: "bench.stopped.remedy" };
const LETTERS = lang === "en" ? "en" : "zh";

const at = (id) => document.getElementById(id);
const name = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** The bench's newest event, when it came, and whether that is believed. */
let told = null, heard = -Infinity, alive = false;

/** Writes a text where it is another, so that it is not read out again and again. */
const put = (id, text) => {
  if (at(id).textContent !== text) at(id).textContent = text;
};

/** ms of the station's clock since this moment, now. */
const since = (moment) => Date.parse(told.time) - Date.parse(moment) + performance.now() - heard;

/** The one word: what is shown as what the bench is doing. */
const face = () => {
  if (!alive) return told || performance.now() > SILENT ? "gone" : "wait";
  const { state, attention, clip } = told;
  // A clip was asked for just now: nothing of it is sealed yet, so it is not called recording, and nothing is wrong.
  const begins = clip && clip.sequence === null && attention.join() === "nothing-sealed" && since(clip.since) < STARTING;
  return begins ? "starting" : state;
};

const order = (clip) => clip.order ?? t("bench.order.unknown");

const showFace = () => {
  const now = face(), clip = alive ? told.clip : null;
  if (document.body.dataset.face !== now) document.body.dataset.face = now;
  const returns = now === "recording" && clip?.direction === "return";
  put("word", t(returns ? "bench.face.return" : `bench.face.${now}`));
  const remedies = alive ? told.remedies : [];
  const words = { ready: "bench.ready", gone: "bench.gone", stopped: "bench.stopped", wait: "bench.wait" }[now];
  const line = words ? t(words) : now === "attention" ? remedies.map(({ what }) => what[LETTERS]).join(" ") : order(clip);
  put("line", line);
  at("line").classList.toggle("words", Boolean(words) || now === "attention");
  at("line").style.setProperty("--letters", line.length);
  put("since", now === "recording" ? clock(since(clip.since) / 1000) : "");
  // The remedy of the cause; that nothing is sealed comes of it.
  const remedy = now === "attention" ? remedies[0]?.remedy[LETTERS] : now in STILL ? t(STILL[now]) : "";
  put("remedy", remedy ?? "");
};

const showPrompt = () => {
  const said = alive ? told.prompts.at(-1) : undefined;
  const stands = said && since(said.time) < STANDS[said.weight] && !(told.remedies.length && SAID.includes(said.key));
  const key = stands ? `${said.time} ${said.key}` : "";
  if (at("prompt").dataset.key === key) return;
  at("prompt").dataset.key = key;
  at("prompt").dataset.weight = stands ? said.weight : "";
  const about = stands && said.weight !== "info" ? said.parameters.order : undefined;
  at("prompt").replaceChildren(...(stands ? [said.texts[LETTERS], about ? el("small", {}, about) : ""] : []));
};

/** The beginning of a hash, in fours, for people to compare. */
const short = (seal) => seal.slice(0, 16).match(/.{4}/g).join(" ");

const parcel = ({ order: number, direction, seconds, reason, time, seal }) => {
  const when = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(time));
  const what = [direction === "return" ? t("bench.return") : null, t(`bench.reason.${reason}`)].filter(Boolean).join(" · ");
  return el("li", {}, el("b", {}, number ?? t("bench.order.none")), el("span", {}, clock(seconds)), el("span", {}, when),
    el("small", { title: seal }, el("span", {}, `${what} · ${t("bench.seal")} `), el("code", {}, short(seal))));
};

/** Makes what is listed anew, but only where it changed. */
const list = (id, items, row) => {
  const key = JSON.stringify(items);
  if (at(id).dataset.key === key) return;
  at(id).dataset.key = key;
  at(id).replaceChildren(...items.map(row));
};

/** What the order should hold, while it is believed. */
const showExpected = () => {
  at("should").hidden = !alive || !told.expected?.length;
};

const showBench = () => {
  showFace();
  showPrompt();
  showExpected();
  list("parcels", told.parcels.toReversed(), parcel);
  at("none").hidden = told.parcels.length > 0;
  list("expected", told.expected ?? [], ({ code, name: what, quantity }) =>
    el("li", { title: code }, el("b", {}, t("bench.quantity", { quantity: number(quantity) })), el("span", {}, what || code)));
  put("operator", told.operator ? t("bench.operator", { operator: told.operator }) : "");
};

let source = null, asked = -Infinity;

const listen = () => {
  source?.close();
  asked = performance.now();
  source = new EventSource(`/api/v1/events?bench=${encodeURIComponent(name)}`);
  source.addEventListener("bench", (event) => {
    told = JSON.parse(event.data);
    heard = performance.now();
    alive = true;
    showBench();
  });
  const opened = source;
  source.addEventListener("error", async () => {
    if (opened.readyState !== EventSource.CLOSED) return;
    // Refused: whoever is not logged in is sent there, and where there is no such bench, there may be others.
    const said = await ask("GET", "/api/v1/status");
    if (said.benches && !said.benches.some((bench) => bench.name === name)) location.replace("/bench");
  });
};

/** The picture that is shown: its number, when its frame was taken, its address. */
let shown = { number: 0, taken: -Infinity, url: null };
/** There never is one: what the camera sends is sealed as it is. */
let sealedAsSent = false;

const showPicture = () => {
  const age = performance.now() - shown.taken, fresh = alive && age < STALE;
  at("picture").hidden = at("age").hidden = !fresh;
  if (fresh) put("age", t("bench.age", { seconds: new Intl.NumberFormat(lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(age / 1000) }));
  at("live").dataset.age = fresh ? Math.round(age) : "";
  const why = !alive ? "" : sealedAsSent ? "sealed" : told.camera.state === "live" ? "wait" : "camera";
  put("blind", fresh || !why ? "" : t(`bench.blind.${why}`));
};

/** Asks for one picture after the other, while somebody can see them. */
const look = async () => {
  for (;;) {
    if (!alive || document.hidden) {
      await wait(200);
      continue;
    }
    try {
      const answer = await fetch(`/api/v1/benches/${encodeURIComponent(name)}/picture?after=${shown.number}`, { signal: AbortSignal.timeout(3000) });
      const came = performance.now();
      sealedAsSent = answer.headers.get("X-Picture") === "none";
      if (answer.status === 200) {
        const url = URL.createObjectURL(await answer.blob()), before = shown.url;
        at("picture").src = url;
        await at("picture").decode();
        shown = { number: Number(answer.headers.get("X-Picture")), taken: came - Number(answer.headers.get("X-Picture-Age-Ms")), url };
        showPicture();
        URL.revokeObjectURL(before);
      } else if (sealedAsSent || answer.status !== 204) {
        await wait(AGAIN);
      }
    } catch {
      await wait(500);
    }
  }
};

/** What changes by itself. */
const tick = () => {
  const now = performance.now();
  alive = now - heard < SILENT;
  if (!alive && !document.hidden && now - asked > AGAIN) listen();
  showFace();
  showPrompt();
  showExpected();
  showPicture();
};

const typing = () => {
  const form = at("scan"), code = at("code");
  const open = (wanted) => {
    form.hidden = !wanted;
    at("type").setAttribute("aria-expanded", String(wanted));
    put("type", t(wanted ? "bench.scan.close" : "bench.scan.open"));
    put("trouble", "");
    if (wanted) code.focus();
  };
  at("type").addEventListener("click", () => open(form.hidden));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") open(false);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = code.value.trim();
    if (!text) return;
    code.value = "";
    const said = await ask("POST", "/api/v1/scan", { bench: name, code: text });
    put("trouble", said.error ? said.message : "");
  });
};

/** Without a name: to the only bench, or all of them to choose from. */
const choose = async () => {
  const said = await ask("GET", "/api/v1/status");
  if (said.error) {
    document.body.dataset.face = "gone";
    put("word", t("bench.face.gone"));
    put("line", t("gone"));
    at("line").classList.add("words");
    return setTimeout(choose, AGAIN);
  }
  const address = (bench) => `/bench/${encodeURIComponent(bench.name)}`;
  if (said.benches.length === 1) return location.replace(address(said.benches[0]));
  at("face").hidden = at("live").hidden = at("side").hidden = at("type").hidden = true;
  at("benches").hidden = false;
  at("benches").querySelector("ul").replaceChildren(...said.benches.map((bench) =>
    el("li", { class: "card", "data-face": bench.state }, el("a", { href: address(bench) }, bench.name, el("small", {}, t(`bench.face.${bench.state}`))))));
};

await begin();
if (name) {
  document.title = t("bench.title", { name });
  put("name", name);
  typing();
  showFace();
  listen();
  // A browser keeps few connections to one station: a page that nobody sees gives its own back.
  document.addEventListener("visibilitychange", () => document.hidden ? source.close() : listen());
  setInterval(tick, 100);
  look();
} else {
  await choose();
}
