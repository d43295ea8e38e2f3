// The statements of FORMAT.md, section 3: their keys in order, and what must hold between their values.
"use strict";

const statement = (() => {
  const { match, or, oneOf, list, pairOf, N, SIGNED, HASH, ID, NAME, ORDER, TOKEN, VISIBLE, TIME, need } = value;

  // Values by key, written `likeThis`; `undefined` where the text is not of this form.
  const fields = (text, kind, keys) => {
    if (!text.endsWith("\n")) return undefined;
    const lines = text.slice(0, -1).split("\n"), found = {};
    if (lines.shift() !== kind || lines.length !== keys.length) return undefined;
    for (const [i, [key, read]] of keys.entries()) {
      if (!lines[i].startsWith(key + " ")) return undefined;
      const one = read(lines[i].slice(key.length + 1));
      if (one === undefined) return undefined;
      found[key.replace(/-(.)/g, (_, letter) => letter.toUpperCase())] = one;
    }
    return found;
  };

  const within = (read, least, most) => (text) => {
    const n = read(text);
    return n !== undefined && n >= least && n <= most ? n : undefined;
  };
  const SPAN = pairOf(N, N, " "), SOURCE = oneOf("usb", "rtsp", "file", "pattern");
  const CLOCK_STATE = oneOf("synchronised", "unsynchronised", "unknown", "simulated");
  const SIDE = within(N, 0n, 65535n), SIZE = pairOf(SIDE, SIDE, "x");
  const gcd = (a, b) => (b ? gcd(b, a % b) : a);
  const RATE = (text) => {
    const part = within(N, 1n, 4294967295n), found = pairOf(part, part, "/")(text);
    return found && gcd(...found) === 1n && found[0] >= found[1] && found[0] <= 120n * found[1] ? found : undefined;
  };

  const LENGTH = within(N, 1n, 4096n), FRAMES = within(N, 1n, value.MAX_N);
  const STEP = (text) => SIGNED(text) || undefined;
  const EVENTS_OF = {
    "order-scan": [ORDER], "order-api": [ORDER], "next-scan": [],
    "other-code": [oneOf("order", "item", "control", "ignored", "unknown"), LENGTH],
    "control": [oneOf("start", "end", "cancel", "return", "hold", "shift")],
    "operator": [TOKEN], "operator-off": [],
    "label-read": [ORDER, FRAMES], "label-conflict": [LENGTH, FRAMES],
    "weight": [SIGNED, oneOf("stable", "moving")],
    "frozen": [], "unfrozen": [], "dark": [], "lit": [], "still": [], "moving": [],
    "camera-lost": [], "camera-stalled": [], "camera-back": [], "capture-restarted": [],
    "clock-step": [STEP],
  };
  const EVENT = (text) => {
    const [offset, kind, ...words] = text.split(":"), at = N(offset);
    const reads = Object.hasOwn(EVENTS_OF, kind ?? "") ? EVENTS_OF[kind] : null;
    if (at === undefined || !reads || reads.length !== words.length) return undefined;
    const args = words.map((word, i) => reads[i](word));
    return args.includes(undefined) ? undefined : { offset: at, kind, args };
  };
  const EVENTS = (text) => {
    const events = text === "-" ? [] : list(EVENT, 64)(text);
    return events && events.every((event, i) => i === 0 || events[i - 1].offset <= event.offset) ? events : undefined;
  };

  const SOURCES = (text) => {
    const words = text.split(","), all = ["usb", "rtsp", "file", "pattern"];
    return text && all.filter((source) => words.includes(source)).join(",") === text ? words : undefined;
  };
  const PART = (text) => {
    const words = text.split(":"), length = N(words[1] ?? "");
    const fits = words.length === 3 && /^[a-z0-9-]{1,32}$/.test(words[0]) && length !== undefined && HASH(words[2]);
    return fits ? { kind: words[0], length, hash: words[2] } : undefined;
  };
  const COUNTED = pairOf(ID, oneOf("open", "sealed", "cancelled", "damaged", "never-written", "deleted"), ":");
  const CAMERAS = (text) => {
    const words = text.split(" "), reads = [TOKEN, VISIBLE, or(VISIBLE)];
    if (words.length > 48 || words.length % 3) return undefined;
    const found = words.map((word, i) => reads[i % 3](word));
    return found.includes(undefined) ? undefined : found;
  };
  const TESTS = (text) => {
    const tests = list(pairOf(match(/^[a-z0-9-]{1,32}$/), oneOf("ok", "failed"), ":"), 16)(text);
    return tests && new Set(tests.map(([name]) => name)).size === tests.length ? tests : undefined;
  };

  // What a PROOF may have of each kind of part (3.4).
  const LEDGER = ["start-entry", "start-inclusion", "end-entry", "end-inclusion"];
  const ONCE = [...LEDGER, "enrolment", "start-token", "time-checkpoint", "stated", "audit", "salts"];
  const fitTogether = ({ parts }) => {
    const count = (kind) => parts.filter((part) => part.kind === kind).length, has = (kind) => count(kind) > 0;
    const ledger = LEDGER.filter(has).length;
    return ONCE.every((kind) => count(kind) <= 1) && count("time-token") <= 4 &&
      (ledger === 0 || ledger === 4) && (ledger === 4 || !(has("time-token") || has("stated"))) &&
      (has("time-token") || !has("time-checkpoint")) && has("audit") === has("salts") && (has("stated") || !has("audit"));
  };

  const isLink = (link) => {
    const { length, frames, fragment, ticks, monotonic, events, eventsDropped } = link;
    const isGap = length === 0n, span = monotonic[1] - monotonic[0], last = events[events.length - 1];
    const possible = isGap ? span <= 3600000000n :
      frames <= 240n && length >= 97n + 16n * frames && length <= 67108864n && ticks[1] - ticks[0] <= 180000n;
    return isGap === (frames === 0n) && isGap === (fragment === null) && possible && ticks[0] < ticks[1] && span > 0n &&
      (!last || last.offset <= span) && (eventsDropped === 0n || events.length === 64);
  };
  const isEnd = (end) => {
    const isRecovered = end.reason === "recovered", times = [end.lastFrameTime, end.recoveredTime];
    return end.links >= 1n && end.frames >= 1n && times.every((time) => (time !== null) === isRecovered) &&
      (isRecovered || end.discarded === 0n);
  };
  const isAct = ({ act, who, about }) =>
    (about === null) === ["log-in", "log-in-refused"].includes(act) && (who !== null || act !== "log-in");
  const isStart = (start) => {
    const isSimulated = start.clock === "simulated";
    return start.sequence >= 1n && (start.sequence === 1n) === (start.previousStart === null) &&
      (!isSimulated || ["file", "pattern"].includes(start.source)) &&
      isSimulated === (start.clockState === "simulated") &&
      (start.encoding === "re-encoded" || start.overlay === null) &&
      (start.timeToken === null) === (start.timeTokenTime === null);
  };

  // VKEY is looked at behind the grammar, for that takes digests.
  const KEY = match(/^[!-~]+$/);
  const KINDS = {
    start: ["packseal/start/v1", isStart, [
      ["station", NAME], ["clip", ID], ["sequence", N], ["previous-start", or(HASH)], ["environment", or(HASH)],
      ["order", or(ORDER)], ["opened", oneOf("scan", "control", "api")], ["opened-time", TIME],
      ["direction", oneOf("outgoing", "return")], ["session", or(ID)], ["role", TOKEN], ["bench", TOKEN],
      ["operator", or(TOKEN)], ["source", SOURCE], ["clock", oneOf("real", "simulated")], ["camera", VISIBLE],
      ["codec", oneOf("h264")], ["encoding", oneOf("re-encoded", "passed-through")], ["size", SIZE],
      ["frame-rate", RATE], ["overlay", or(oneOf("order-station-time"))], ["audio", oneOf("none", "dropped")],
      ["init-length", N], ["init", HASH], ["first-frame-time", TIME], ["clock-state", CLOCK_STATE],
      ["clock-offset", or(SIGNED)], ["clock-uncertainty", or(N)], ["clock-source", or(TOKEN)],
      ["time-token", or(HASH)], ["time-token-time", or(TIME)], ["software", TOKEN], ["program", HASH],
      ["key-protection", oneOf("file", "credential", "tpm-sealed", "tpm-certified")],
    ]],
    link: ["packseal/link/v1", isLink, [
      ["clip", ID], ["index", N], ["previous", HASH], ["length", N], ["fragment", or(HASH)], ["frames", N],
      ["first-frame", N], ["lost", N], ["ticks", SPAN], ["monotonic", SPAN], ["time", pairOf(TIME, TIME, " ")],
      ["events", EVENTS], ["events-dropped", N],
    ]],
    end: ["packseal/end/v1", isEnd, [
      ["clip", ID], ["links", N], ["previous", HASH], ["order", or(ORDER)],
      ["reason", oneOf("next-scan", "end-code", "same-code", "cancelled", "timeout", "stopped", "source-end",
        "format-changed", "camera-lost", "disk-full", "damaged", "shutdown", "recovered")],
      ["frames", N], ["lost", N], ["ticks", N], ["time", TIME], ["last-frame-time", or(TIME)],
      ["recovered-time", or(TIME)], ["discarded", N],
    ]],
    proof: ["packseal/proof/v1", fitTogether, [["clip", ID], ["end", HASH], ["parts", list(PART, 64)]]],
    tombstone: ["packseal/tombstone/v1", (stone) => stone.sequence >= 1n, [
      ["station", NAME], ["clip", ID], ["sequence", N], ["start", HASH],
      ["reason", oneOf("never-written", "retention", "withdrawn")], ["time", TIME],
    ]],
    enrolment: ["packseal/enrolment/v1", (e) => e.notAfter === null || e.notBefore <= e.notAfter, [
      ["root", NAME], ["station", KEY], ["not-before", TIME], ["not-after", or(TIME)], ["sources", SOURCES],
      ["certificate", or(HASH)],
    ]],
    revocation: ["packseal/revocation/v1", () => true, [
      ["root", NAME], ["station", KEY], ["time", TIME], ["reason", oneOf("lost", "stolen", "retired", "compromised")],
    ]],
    environment: ["packseal/environment/v1", () => true, [
      ["station", NAME], ["time", TIME], ["software", TOKEN], ["program", HASH], ["os", or(VISIBLE)],
      ["kernel", or(VISIBLE)], ["cameras", or(CAMERAS)], ["disk-free", or(N)], ["file-system", or(TOKEN)],
      ["disk-access", or(oneOf("read-write", "read-only"))], ["disk-errors", or(N)],
      ["disk-health", oneOf("passed", "failed", "unknown")], ["clock-state", CLOCK_STATE], ["clock-offset", or(SIGNED)],
      ["clock-uncertainty", or(N)], ["clock-source", or(TOKEN)], ["self-test", TESTS],
    ]],
    renewal: ["packseal/key/v1", (r) => r.previous !== r.station && (r.previousSize === 0n) === (r.previousRoot === null), [
      ["station", NAME], ["previous", NAME], ["previous-size", N], ["previous-root", or(HASH)],
      ["reason", oneOf("restored", "requested")], ["time", TIME],
    ]],
    derivation: ["packseal/derivation/v1", (d) => d.links[0] < d.links[1] && d.ticks[0] <= d.ticks[1] && d.length >= 1n, [
      ["station", NAME], ["clip", ID], ["end", HASH], ["order", or(ORDER)], ["kind", oneOf("share", "still", "sheet")],
      ["links", SPAN], ["ticks", SPAN], ["size", SIZE], ["how", VISIBLE], ["software", TOKEN], ["program", HASH],
      ["time", TIME], ["length", N], ["file", HASH],
    ]],
    export: ["packseal/export/v1", (e) => e.files >= 1n, [
      ["station", NAME], ["order", ORDER], ["clip", ID], ["end", HASH], ["preset", TOKEN], ["by", or(TOKEN)],
      ["time", TIME], ["files", N], ["list", HASH],
    ]],
    act: ["packseal/act/v1", isAct, [
      ["station", NAME], ["time", TIME], ["who", or(TOKEN)],
      ["act", oneOf("log-in", "log-in-refused", "account-made", "account-removed", "password-set", "hold", "release",
        "export", "clip", "excerpt")],
      ["about", or(TOKEN)],
    ]],
    count: ["packseal/count/v1", (c) => c.size >= 1n && new Set(c.clips.map(([id]) => id)).size === c.clips.length, [
      ["station", NAME], ["order", ORDER], ["size", N], ["root", HASH], ["clips", list(COUNTED, 256)],
    ]],
  };

  const parse = async (kind, text) => {
    const [line, holds, keys] = KINDS[kind], found = fields(text, line, keys);
    need(found && holds(found), "statement.grammar");
    if (kind === "enrolment" || kind === "revocation") {
      found.station = await note.VKEY(found.station);
      need(found.station && found.station.name !== found.root, "statement.grammar");
    }
    return found;
  };

  // Whether a text cut off anywhere may be the beginning of such a statement: its whole lines are good, the cut one has
  // the key and a printable value.
  const isPrefix = (kind, text) => {
    const [line, , keys] = KINDS[kind], lines = text.split("\n"), last = lines.pop();
    const isGood = (one, i) => {
      if (i === 0) return one === line;
      const [key, read] = keys[i - 1] || [];
      return key !== undefined && one.startsWith(key + " ") && read(one.slice(key.length + 1)) !== undefined;
    };
    if (!lines.every(isGood)) return false;
    if (lines.length === 0) return line.startsWith(last);
    if (lines.length > keys.length) return last === "";
    const key = keys[lines.length - 1][0] + " ", rest = last.slice(key.length);
    return key.startsWith(last) || (last.startsWith(key) && !rest.startsWith(" ") && /^[ -~]*$/.test(rest));
  };

  // The kinds of parts that this version knows.
  return { fields, parse, isPrefix, PARTS: [...ONCE, "time-token"] };
})();
