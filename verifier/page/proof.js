// PROOF by FORMAT.md (3.4, 3.6, 3.10, rules E, L, B and N, and 7). A second reading of that page, beside the
// program's own: where the two disagree, one of them is wrong.
"use strict";

const proof = (() => {
  const MAX_CONTENT = 4 << 20, MAX_PROOF = 64, MAX_NOTE = 16384, MAX_SIZE = 9007199254740991n;

  class ProofError extends Error {
    constructor(code) {
      super(code);
      this.code = code;
    }
  }
  const fail = (code) => { throw new ProofError(code); };
  const need = (holds, code) => { if (!holds) fail(code); };
  // What fails inside, whatever it is, fails as this.
  const as = async (code, work) => {
    try {
      return await work();
    } catch {
      return fail(code);
    }
  };

  const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const fromHex = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
  const join = (...pieces) => {
    const all = new Uint8Array(pieces.reduce((n, piece) => n + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  };
  const sha = async (...pieces) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...pieces)));
  const utf8 = (text) => new TextEncoder().encode(text);
  // One character a byte, so that what is no ASCII fits no grammar.
  const latin = (bytes) => {
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return text;
  };
  const base64 = (text) => {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4) return null;
    const raw = atob(text);
    return btoa(raw) === text ? Uint8Array.from(raw, (c) => c.charCodeAt(0)) : null;
  };

  // ---- The tree (7.2): places and sizes are BigInt.

  const leaf = (entry) => sha(Uint8Array.of(0), entry);
  const node = (left, right) => sha(Uint8Array.of(1), left, right);
  const split = (size) => {
    let half = 1n;
    while (half * 2n < size) half *= 2n;
    return half;
  };

  // Top down, as RFC 6962 defines the proofs: each step takes the last hash that is left.
  const includedRoot = async (index, size, hash, path) => {
    if (index < 0n || index >= size || size > MAX_SIZE || path.length > MAX_PROOF) return null;
    const turns = [];
    for (let [at, n] = [index, size]; n > 1n;) {
      const left = split(n), isRight = at >= left;
      turns.push(isRight);
      [at, n] = isRight ? [at - left, n - left] : [at, left];
    }
    if (turns.length !== path.length) return null;
    let root = hash;
    for (const [i, isRight] of turns.reverse().entries()) {
      root = isRight ? await node(path[i], root) : await node(root, path[i]);
    }
    return root;
  };

  // SUBPROOF backwards: which side each hash is on, then both roots from the bottom.
  const isConsistent = async (oldSize, oldRoot, newSize, newRoot, path) => {
    if (oldSize < 1n || oldSize > newSize || newSize > MAX_SIZE || path.length > MAX_PROOF) return false;
    if (oldSize === newSize) return path.length === 0 && same(oldRoot, newRoot);
    const turns = [];
    let m = oldSize, n = newSize, isWhole = true;
    while (m !== n) {
      const left = split(n);
      if (m <= left) {
        turns.push(false);
        n = left;
      } else {
        turns.push(true);
        [m, n, isWhole] = [m - left, n - left, false];
      }
    }
    if (path.length !== turns.length + (isWhole ? 0 : 1)) return false;
    const rest = isWhole ? path : path.slice(1);
    let older = isWhole ? oldRoot : path[0], newer = older;
    for (const [i, isRight] of turns.reverse().entries()) {
      if (isRight) older = await node(rest[i], older);
      newer = isRight ? await node(rest[i], newer) : await node(newer, rest[i]);
    }
    return same(older, oldRoot) && same(newer, newRoot);
  };

  const spanRoot = async (size, first, leaves, left, right) => {
    const end = first + BigInt(leaves.length);
    if (!leaves.length || first < 0n || end > size || size > MAX_SIZE) return null;
    if (left.length > MAX_PROOF || right.length > MAX_PROOF) return null;
    let [l, r, e] = [0, 0, 0];
    const walk = async (from, to) => {
      if (to <= first) return left[l++];
      if (from >= end) return right[r++];
      if (to - from === 1n) return leaves[e++];
      const middle = from + split(to - from);
      const a = await walk(from, middle), b = a && await walk(middle, to);
      return b ? node(a, b) : undefined;
    };
    const root = await walk(0n, size);
    return root && l === left.length && r === right.length && e === leaves.length ? root : null;
  };

  // ---- Grammar (3): only of what PROOF alone has.

  const N = (text) => (/^(0|[1-9]\d{0,15})$/.test(text) && BigInt(text) <= MAX_SIZE ? BigInt(text) : undefined);
  const match = (pattern) => (text) => (pattern.test(text) ? text : undefined);
  const or = (read) => (text) => (text === "-" ? null : read(text));
  const HASH = match(/^[0-9a-f]{64}$/), ID = match(/^[0-9a-f]{32}$/);
  const NAME = match(/^[a-z0-9.-]{1,40}\/[0-9a-f]{16}$/);
  const ORDER = (text) => (/^[A-Za-z0-9._-]{1,64}$/.test(text) && text !== "-" ? text : undefined);
  const TIME = (text) => {
    const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{6})Z$/.exec(text);
    if (!found) return undefined;
    const [year, month, day, hour, minute, second, us] = found.slice(1).map(Number);
    const ms = Date.UTC(year, month - 1, day, hour, minute, second), back = new Date(ms);
    if (year < 1970 || year > 9998 || hour > 23 || minute > 59 || second > 59) return undefined;
    if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day) return undefined;
    return BigInt(ms) * 1000n + BigInt(us);
  };
  // A list each of whose words is read; nothing at all where one is not.
  const list = (read, most) => (text) => {
    const words = text.split(" ");
    if (words.length > most) return undefined;
    const found = words.map(read);
    return found.includes(undefined) ? undefined : found;
  };
  const pairOf = (first, second) => (text) => {
    const words = text.split(text.includes(":") ? ":" : " ");
    if (words.length !== 2) return undefined;
    const [a, b] = [first(words[0]), second(words[1])];
    return a === undefined || b === undefined ? undefined : [a, b];
  };

  const statement = (text, kind, keys) => {
    if (!text.endsWith("\n")) return undefined;
    const lines = text.slice(0, -1).split("\n"), found = {};
    if (lines.shift() !== kind || lines.length !== keys.length) return undefined;
    for (const [i, [key, read]] of keys.entries()) {
      if (!lines[i].startsWith(key + " ")) return undefined;
      const value = read(lines[i].slice(key.length + 1));
      if (value === undefined) return undefined;
      found[key.replace(/-(.)/g, (_, letter) => letter.toUpperCase())] = value;
    }
    return found;
  };

  const VKEY = async (text) => {
    const [name, id, ...rest] = text.split("+"), bytes = base64(rest.join("+"));
    if (!NAME(name) || !/^[0-9a-f]{8}$/.test(id || "") || !bytes || bytes.length !== 33 || bytes[0] !== 1) return null;
    const own = hex(await sha(utf8(name + "\n"), bytes)), digest = hex(await sha(bytes.subarray(1)));
    return own.slice(0, 8) === id && digest.slice(0, 16) === name.split("/")[1] ? { name, id, text } : null;
  };

  const PART = (text) => {
    const found = /^([a-z0-9-]{1,32}):(\d+):([0-9a-f]{64})$/.exec(text), length = found ? N(found[2]) : undefined;
    return length === undefined ? undefined : { kind: found[1], length, hash: found[3] };
  };
  const PROOF_KEYS = [["clip", ID], ["end", HASH], ["parts", list(PART, 64)]];
  const ALL_SOURCES = ["usb", "rtsp", "file", "pattern"];
  const SOURCES = (text) => {
    const words = text.split(",");
    return words.length <= 4 && ALL_SOURCES.filter((source) => words.includes(source)).join(",") === text ? words : undefined;
  };
  const ENROLMENT_KEYS = [
    ["root", NAME], ["station", match(/^[!-~]{1,200}$/)], ["not-before", TIME], ["not-after", or(TIME)],
    ["sources", SOURCES], ["certificate", or(HASH)],
  ];
  const STATE = match(/^(open|sealed|cancelled|damaged|never-written|deleted)$/);
  const COUNT_KEYS = [
    ["station", NAME], ["order", ORDER], ["size", N], ["root", HASH], ["clips", list(pairOf(ID, STATE), 256)],
  ];
  const ENTRY_KEYS = [
    ["kind", match(/^(start|end|tombstone|export|key|clock|environment)$/)], ["clip", or(ID)], ["sequence", or(N)],
    ["time", TIME], ["statement", HASH], ["order-tag", or(pairOf(HASH, HASH))],
  ];
  const SPAN_HASHES = or(list(HASH, MAX_PROOF));
  const SPAN_KEYS = [
    ["size", N], ["span", (text) => pairOf(N, N)(text)], ["left", SPAN_HASHES], ["right", SPAN_HASHES],
  ];

  const entry = (bytes) => {
    if (bytes.length < 1 || bytes.length > 65535) return undefined;
    const read = statement(latin(bytes), "packseal/entry/v1", ENTRY_KEYS);
    if (!read) return undefined;
    const numbered = ["start", "end", "tombstone"].includes(read.kind), ofClip = numbered || read.kind === "export";
    const fits = (read.clip !== null) === ofClip && (read.sequence !== null) === numbered && read.sequence !== 0n;
    return fits && (read.orderTag === null || read.kind === "start" || read.kind === "end") ? read : undefined;
  };

  // A checkpoint: the station's own note, and lines of witnesses that are not looked at (7.3).
  const checkpoint = async (bytes, ctx) => {
    need(bytes.length <= MAX_NOTE, "form");
    const text = latin(bytes), cut = text.indexOf("\n\n");
    // The one signature mark is three bytes: E2 80 94.
    need(cut > 0 && text.endsWith("\n"), "form");
    const lines = text.slice(0, cut).split("\n"), signatures = text.slice(cut + 2, -1).split("\n");
    need(lines.length === 3 && signatures.length >= 1 && signatures.length <= 17, "form");
    const size = N(lines[1]), root = base64(lines[2]);
    need(NAME(lines[0]) && size !== undefined && size >= 1n && root && root.length === 32, "form");
    for (const line of signatures.slice(1)) {
      const found = /^\u00e2\u0080\u0094 ([!-*,-~]{1,255}) (\S+)$/.exec(line), key = found && base64(found[2]);
      need(key && key.length > 4 && found[1] !== lines[0], "form");
    }
    const note = await ctx.parseNote(bytes.subarray(0, cut + 2 + signatures[0].length + 1));
    need(note.signer.name === lines[0], "form");
    return { name: lines[0], size, root, note, bytes, hash: await sha(bytes) };
  };
  const hashes = (lines) => {
    const found = lines.map(base64);
    need(found.length <= MAX_PROOF && found.every((hash) => hash && hash.length === 32), "form");
    return found;
  };
  const inclusion = async (bytes, ctx) => {
    need(bytes.length <= MAX_PROOF * 45 + MAX_NOTE + 100, "form");
    const text = latin(bytes), cut = text.indexOf("\n\n");
    need(cut > 0, "form");
    const [head, place, ...path] = text.slice(0, cut).split("\n"), index = /^index (\d+)$/.exec(place || "");
    need(head === "c2sp.org/tlog-proof@v1" && index && N(index[1]) !== undefined, "form");
    const point = await checkpoint(bytes.subarray(cut + 2), ctx);
    need(N(index[1]) < point.size, "form");
    return { index: N(index[1]), path: hashes(path), checkpoint: point };
  };

  const verified = async (ctx, note) => {
    if (ctx.key && (await ctx.verifyNote(note, ctx.key)) === false) fail("note.signature");
  };
  const isOf = (key, signer) => key.name === signer.name && key.id === signer.id;

  // ---- Rules.

  const instant = (value) => {
    if (value === null || value === undefined || value === "-") return null;
    return typeof value === "string" ? TIME(value) : BigInt(value);
  };
  const orderOf = (value) => (value === undefined || value === "-" ? null : value);

  const enrolled = async (bytes, ctx) => {
    const note = await ctx.parseNote(bytes), read = statement(note.text, "packseal/enrolment/v1", ENROLMENT_KEYS);
    need(read, "statement.grammar");
    const key = await VKEY(read.station);
    need(key && key.name !== read.root, "statement.grammar");
    need(read.notAfter === null || read.notBefore <= read.notAfter, "statement.grammar");
    need(read.root === note.signer.name, "note.signature");
    const revoked = (ctx.trust.revoked || []).some((k) => isOf(k, note.signer));
    const root = revoked ? undefined : (ctx.trust.roots || []).find((k) => isOf(k, note.signer));
    if (root && (await ctx.verifyNote(note, root)) === false) fail("note.signature");
    need(isOf(key, ctx.signer) && (!ctx.key || !ctx.key.text || ctx.key.text === key.text), "enrolment.key");
    need(read.sources.includes(ctx.start.source), "enrolment.source");
    const times = [ctx.start.openedTime, ctx.start.firstFrameTime, ctx.end.time, ctx.end.recoveredTime].map(instant);
    const within = (time) => time === null || (read.notBefore <= time && (read.notAfter === null || time <= read.notAfter));
    need(times.every(within), "enrolment.period");
    return { read, trusted: Boolean(root) };
  };

  const isIncluded = async (parts, ctx) => {
    const place = async (kind, statementHash) => {
      const bytes = parts.get(kind + "-entry")[0].bytes, read = entry(bytes);
      const fits = read && read.kind === kind && read.clip === ctx.start.clip && read.statement === statementHash;
      need(fits && read.sequence === BigInt(ctx.start.sequence), "ledger.entry");
      return as("ledger.inclusion", async () => {
        const found = await inclusion(parts.get(kind + "-inclusion")[0].bytes, ctx), point = found.checkpoint;
        need(isOf(point.note.signer, ctx.signer), "form");
        await verified(ctx, point.note);
        const root = await includedRoot(found.index, point.size, await leaf(bytes), found.path);
        need(root && same(root, point.root), "form");
        return found;
      });
    };
    const start = await place("start", ctx.startHash), end = await place("end", ctx.endHash);
    need(start.index < end.index && same(start.checkpoint.bytes, end.checkpoint.bytes), "ledger.inclusion");
    return { start: start.index, end: end.index, checkpoint: end.checkpoint };
  };

  const olderCheckpoint = (bytes, included, ctx) => as("time.checkpoint", async () => {
    need(bytes.length <= MAX_PROOF * 45 + MAX_NOTE + 1, "form");
    const text = latin(bytes), cut = text.indexOf("\n\n");
    need(cut > 0, "form");
    const path = hashes(text.slice(0, cut).split("\n")), older = await checkpoint(bytes.subarray(cut + 2), ctx);
    need(isOf(older.note.signer, ctx.signer), "form");
    await verified(ctx, older.note);
    const newer = included.checkpoint;
    need(included.end < older.size && older.size < newer.size, "form");
    need(await isConsistent(older.size, older.root, newer.size, newer.root, path), "form");
    return older;
  });

  const timesOf = async (parts, ctx, point) => {
    const times = { after: null, before: null, size: null, unknownAuthority: false, cannotCheck: false };
    const judge = async (bytes, imprint, code) => {
      try {
        const said = await token.judge(bytes, imprint, ctx.trust.authorities || []);
        if (!said.trusted) times.unknownAuthority = true;
        return said;
      } catch (error) {
        if (error.code !== "token.cannot-check") fail(code);
        times.cannotCheck = true;
        return null;
      }
    };
    for (const { bytes, hash } of parts.get("start-token") || []) {
      need(ctx.start.timeToken === hash, "time.start-token");
      const said = await judge(bytes, null, "time.start-token");
      need(!said || said.time === instant(ctx.start.timeTokenTime), "time.start-token");
      if (said && said.trusted) times.after = { time: said.time - (said.accuracy || 0n), authority: said.authority };
    }
    for (const { bytes } of parts.get("time-token") || []) {
      const said = await judge(bytes, point.hash, "time.token");
      if (!said || !said.trusted) continue;
      const time = said.time + (said.accuracy || 0n);
      if (!times.before || time < times.before.time) times.before = { time, authority: said.authority };
      times.size = point.size;
    }
    return times;
  };

  const audited = async (span, salts, included, count) => {
    const bad = "ledger.audit", text = latin(span.subarray(0, MAX_NOTE)), cut = text.indexOf("\n\n");
    const head = cut > 0 ? statement(text.slice(0, cut + 1), "packseal/span/v1", SPAN_KEYS) : undefined;
    need(head && head.size === included.checkpoint.size, bad);
    const [first, end] = head.span, entries = [];
    need(first < end && end <= head.size, bad);
    for (let at = cut + 2; at < span.length;) {
      need(at + 2 <= span.length, bad);
      const length = span[at] * 256 + span[at + 1];
      need(length > 0 && at + 2 + length <= span.length, bad);
      entries.push(span.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    need(BigInt(entries.length) === end - first, bad);
    const side = (words) => (words || []).map(fromHex), leaves = [];
    for (const bytes of entries) leaves.push(await leaf(bytes));
    const root = await spanRoot(head.size, first, leaves, side(head.left), side(head.right));
    need(root && same(root, included.checkpoint.root) && first <= included.start && included.end < end, bad);

    const days = new Map(), tags = new Map(), used = new Set();
    const lines = latin(salts).split("\n");
    need(lines.length > 1 && lines.pop() === "", bad);
    let before = "";
    for (const line of lines) {
      const found = /^(\d{4}-\d\d-\d\d) ([0-9a-f]{64})$/.exec(line);
      need(found && found[1] > before && TIME(found[1] + "T00:00:00.000000Z") !== undefined, bad);
      before = found[1];
      const salt = fromHex(found[2]);
      days.set(before, { salt: hex(await sha(salt)), tag: hex(await sha(salt, utf8(count.order))) });
    }

    const seen = new Map(), numbers = new Map();
    let from = null, to = null, firstStart = null, lastStart = null;
    for (const bytes of entries) {
      const read = entry(bytes);
      need(read, bad);
      from ??= read.time;
      to = read.time;
      if (read.clip === null || read.sequence === null) continue;
      let named = null;
      if (read.orderTag) {
        const day = new Date(Number(read.time / 1000n)).toISOString().slice(0, 10), known = days.get(day);
        need(known && known.salt === read.orderTag[0], bad);
        used.add(day);
        named = known.tag === read.orderTag[1];
      }
      const code = "ledger.entries";
      if (!numbers.has(read.sequence)) numbers.set(read.sequence, read.clip);
      if (!seen.has(read.clip)) seen.set(read.clip, { sequence: read.sequence, tombstone: false });
      const clip = seen.get(read.clip);
      need(numbers.get(read.sequence) === read.clip && clip.sequence === read.sequence, code);
      if (read.kind === "start") {
        need(lastStart === null || read.sequence === lastStart + 1n, code);
        need(clip.start === undefined && clip.end === undefined && !clip.tombstone, code);
        firstStart ??= read.sequence;
        lastStart = read.sequence;
        clip.start = named;
      } else if (read.kind === "end") {
        need(clip.end === undefined && !clip.tombstone, code);
        need(clip.start === undefined || clip.start === null || clip.start === named, code);
        clip.end = named;
      } else {
        need(!clip.tombstone, code);
        clip.tombstone = true;
      }
    }
    need(used.size === days.size && firstStart !== null, bad);
    for (const clip of seen.values()) need(clip.start !== undefined || clip.sequence < firstStart, "ledger.entries");

    const states = new Map(count.clips), reaches = end === head.size, code = "ledger.count";
    const isWhole = first === 0n && reaches && firstStart === 1n;
    for (const [id, clip] of seen) need((clip.start !== true && clip.end !== true) || states.has(id), code);
    for (const [id, state] of states) {
      const clip = seen.get(id);
      if (!clip) {
        need(!isWhole, code);
        continue;
      }
      const { start, tombstone } = clip, hasEnd = clip.end !== undefined;
      need(start !== false && clip.end !== false && clip.end !== null, code);
      let allowed;
      if (hasEnd && tombstone) allowed = state === "deleted";
      else if (tombstone) allowed = state === "never-written" || (state === "deleted" && start === undefined);
      else if (hasEnd) allowed = state === "sealed" || state === "cancelled" || (state === "deleted" && !reaches);
      else allowed = state === "open" || state === "damaged" || !reaches;
      need(allowed, code);
    }
    return { first, end, from, to, firstStart, lastStart };
  };

  const counted = async (parts, ctx, included) => {
    const note = await ctx.parseNote(parts.get("stated")[0].bytes);
    const count = statement(note.text, "packseal/count/v1", COUNT_KEYS);
    need(count && count.size >= 1n && new Set(count.clips.map(([id]) => id)).size === count.clips.length, "statement.grammar");
    need(isOf(note.signer, ctx.signer), "note.signer");
    await verified(ctx, note);
    const point = included.checkpoint, code = "ledger.stated";
    need(count.station === ctx.signer.name && count.size === point.size && count.root === hex(point.root), code);
    need(orderOf(ctx.end.order) === count.order, code);
    const own = count.clips.findIndex(([id]) => id === ctx.start.clip);
    need(own >= 0 && count.clips[own][1] === (ctx.end.reason === "cancelled" ? "cancelled" : "sealed"), code);
    const span = parts.get("audit"), salts = parts.get("salts");
    return {
      clips: count.clips.map(([clip, state]) => ({ clip, state })),
      this: own,
      audited: span ? await audited(span[0].bytes, salts[0].bytes, included, count) : null,
    };
  };

  const ONCE = ["enrolment", "start-token", "time-checkpoint", "stated", "audit", "salts"];
  const LEDGER = ["start-entry", "start-inclusion", "end-entry", "end-inclusion"];

  const taken = async (content, ctx) => {
    need(content.length <= MAX_CONTENT, "container.limits");
    need(content.length >= 4, "proof.form");
    const length = new DataView(content.buffer, content.byteOffset, 4).getUint32(0);
    need(4 + length <= content.length, "proof.form");
    const note = await ctx.parseNote(content.subarray(4, 4 + length));
    const read = statement(note.text, "packseal/proof/v1", PROOF_KEYS), parts = new Map();
    need(read, "statement.grammar");
    for (const part of read.parts) parts.set(part.kind, [...(parts.get(part.kind) || []), part]);
    const most = (kind, n) => (parts.get(kind) || []).length <= n, has = (kind) => parts.has(kind);
    const ledger = LEDGER.filter(has).length;
    const fits = [...ONCE, ...LEDGER].every((kind) => most(kind, 1)) && most("time-token", 4) &&
      (ledger === 0 || ledger === 4) && (ledger === 4 || !(has("time-token") || has("stated"))) &&
      (has("time-token") || !has("time-checkpoint")) && has("audit") === has("salts") && (has("stated") || !has("audit"));
    need(fits, "statement.grammar");
    let at = 4 + length;
    for (const part of read.parts) {
      need(BigInt(content.length - at) >= part.length, "proof.form");
      part.bytes = content.subarray(at, at + Number(part.length));
      at += Number(part.length);
      need(hex(await sha(part.bytes)) === part.hash, "proof.form");
    }
    need(at === content.length, "proof.form");
    return { note, read, parts };
  };

  const checked = async (content, ctx) => {
    const { note, read, parts } = await taken(content, ctx), notes = [];
    need(isOf(note.signer, ctx.signer), "note.signer");
    await verified(ctx, note);
    need(read.clip === ctx.start.clip && read.end === ctx.endHash, "proof.form");
    const found = { enrolment: null, unknownRoot: false, included: null, counted: null, notes };
    if (parts.has("enrolment")) {
      const { read: enrolment, trusted } = await enrolled(parts.get("enrolment")[0].bytes, ctx);
      if (trusted) found.enrolment = enrolment;
      else found.unknownRoot = true;
    }
    let point = null;
    if (parts.has("start-entry")) {
      found.included = await isIncluded(parts, ctx);
      point = found.included.checkpoint;
      if (parts.has("stated")) found.counted = await counted(parts, ctx, found.included);
      if (parts.has("time-checkpoint")) {
        point = await olderCheckpoint(parts.get("time-checkpoint")[0].bytes, found.included, ctx);
      }
    }
    found.times = await timesOf(parts, ctx, point);
    const known = new Set([...ONCE, ...LEDGER, "time-token"]);
    need([...parts.keys()].every((kind) => known.has(kind)), "check.newer-proof");
    if (found.unknownRoot) notes.push("enrolment.unknown-root");
    if (found.times.unknownAuthority) notes.push("time.unknown-authority");
    if (found.times.cannotCheck) notes.push("time.algorithm");
    return found;
  };

  // How a clip's own times fit the trusted ones (rule B): `ticks` is its length, `stepped` whether it has a clock-step.
  const fit = (times, start, end, ticks, stepped) => {
    const real = start.clock !== "simulated", edge = 60000000n, opened = instant(start.openedTime);
    const firstFrame = instant(start.firstFrameTime), after = times.after && times.after.time;
    const before = times.before && times.before.time;
    if (times.after && times.before) {
      const gap = opened - firstFrame, held = stepped || gap > edge ? edge : gap < 0n ? 0n : gap;
      const shortest = (BigInt(ticks) * 100n) / 9n - held - 10000000n;
      if (before < after || (real && before - after < shortest)) return "no-room";
    }
    const outside = [firstFrame, instant(end.time)].some((time) =>
      (times.after && time < after - edge) || (times.before && time > before + edge));
    if (!outside || !real) return "within";
    return start.clockState === "synchronised" && !stepped ? "contradicted" : "outside";
  };

  return {
    ProofError, leaf, node, split, includedRoot, isConsistent, spanRoot, fit,
    check: async (content, ctx) => {
      try {
        return await checked(content, ctx);
      } catch (error) {
        // A reader that fails in any other way did not understand the proof.
        throw error && error.code && error.code.includes?.(".") ? error : new ProofError("proof.form");
      }
    },
  };
})();
