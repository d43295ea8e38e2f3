// PROOF by FORMAT.md (3.4, 3.6, 3.10, rules E, L, B and N, and 7). A second reading of that page, beside the
// program's own: where the two disagree, one of them is wrong.
"use strict";

const proof = (() => {
  const { fail, need, same, hex, fromHex, sha, hashOf, utf8, latin, base64, or, list, pairOf, oneOf } = value;
  const { N, HASH, ID, NAME, TIME } = value, { isOf } = note;
  const MAX_CONTENT = 4 << 20, MAX_PROOF = 64, MAX_NOTE = note.MAX, MAX_SIZE = value.MAX_N;

  // What fails inside, whatever it is, fails as this.
  const as = async (code, work) => {
    try {
      return await work();
    } catch {
      return fail(code);
    }
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

  // ---- The ledger's texts (7).

  const ENTRY_KEYS = [
    ["kind", oneOf("start", "end", "tombstone", "export", "key", "clock", "environment", "act")],
    ["clip", or(ID)], ["sequence", or(N)],
    ["time", TIME], ["statement", HASH], ["order-tag", or(pairOf(HASH, HASH, ":"))],
  ];
  const SPAN_HASHES = or(list(HASH, MAX_PROOF));
  const SPAN_KEYS = [
    ["size", N], ["span", pairOf(N, N, " ")], ["left", SPAN_HASHES], ["right", SPAN_HASHES],
  ];

  const entry = (bytes) => {
    if (bytes.length < 1 || bytes.length > 65535) return undefined;
    const read = statement.fields(latin(bytes), "packseal/entry/v1", ENTRY_KEYS);
    if (!read) return undefined;
    const numbered = ["start", "end", "tombstone"].includes(read.kind), ofClip = numbered || read.kind === "export";
    const fits = (read.clip !== null) === ofClip && (read.sequence !== null) === numbered && read.sequence !== 0n;
    return fits && (read.orderTag === null || read.kind === "start" || read.kind === "end") ? read : undefined;
  };

  // A checkpoint: the station's own note, and lines of witnesses that are not looked at (7.3).
  const checkpoint = async (bytes) => {
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
    const signed = await note.parse(bytes.subarray(0, cut + 2 + signatures[0].length + 1));
    need(signed.signer.name === lines[0], "form");
    return { size, root, signed, bytes, hash: await sha(bytes) };
  };
  const hashes = (lines) => {
    const found = lines.map(base64);
    need(found.length <= MAX_PROOF && found.every((hash) => hash && hash.length === 32), "form");
    return found;
  };
  const inclusion = async (bytes) => {
    need(bytes.length <= MAX_PROOF * 45 + MAX_NOTE + 100, "form");
    const text = latin(bytes), cut = text.indexOf("\n\n");
    need(cut > 0, "form");
    const [head, place, ...path] = text.slice(0, cut).split("\n"), index = /^index (\d+)$/.exec(place || "");
    need(head === "c2sp.org/tlog-proof@v1" && index && N(index[1]) !== undefined, "form");
    const point = await checkpoint(bytes.subarray(cut + 2));
    need(N(index[1]) < point.size, "form");
    return { index: N(index[1]), path: hashes(path), checkpoint: point };
  };

  // Under an unknown key there is nothing to hold a signature against.
  const verified = async (ctx, signed) => {
    if (ctx.key) await note.verify(signed, ctx.key);
  };

  // ---- Rules.

  // An enrolment, and whether a trusted root signed it.
  const readEnrolment = async (bytes, trust) => {
    const signed = await note.parse(bytes), read = await statement.parse("enrolment", signed.text);
    need(read.root === signed.signer.name, "note.signature");
    const root = trust.root(signed.signer);
    if (root) await note.verify(signed, root);
    return { read, isTrusted: Boolean(root) };
  };

  // What of rule E does not hold for these statements; END may be missing.
  const misfit = ({ sources, notBefore, notAfter }, start, end) => {
    if (!sources.includes(start.source)) return "enrolment.source";
    const times = [start.openedTime, start.firstFrameTime, ...(end ? [end.time, end.recoveredTime] : [])];
    const within = (time) => time === null || (notBefore <= time && (notAfter === null || time <= notAfter));
    return times.every(within) ? null : "enrolment.period";
  };

  const enrolled = async (bytes, ctx) => {
    const { read, isTrusted } = await readEnrolment(bytes, ctx.trust), { station } = read;
    need(isOf(station, ctx.signer) && (!ctx.key || ctx.key.text === station.text), "enrolment.key");
    const wrong = misfit(read, ctx.start, ctx.end);
    need(!wrong, wrong);
    return { read, isTrusted };
  };

  const isIncluded = async (parts, ctx) => {
    const place = async (kind, statementHash) => {
      const bytes = parts.get(kind + "-entry")[0].bytes, read = entry(bytes);
      const fits = read && read.kind === kind && read.clip === ctx.start.clip && read.statement === statementHash;
      need(fits && read.sequence === ctx.start.sequence, "ledger.entry");
      return as("ledger.inclusion", async () => {
        const found = await inclusion(parts.get(kind + "-inclusion")[0].bytes), point = found.checkpoint;
        need(isOf(point.signed.signer, ctx.signer), "form");
        await verified(ctx, point.signed);
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
    const path = hashes(text.slice(0, cut).split("\n")), older = await checkpoint(bytes.subarray(cut + 2));
    need(isOf(older.signed.signer, ctx.signer), "form");
    await verified(ctx, older.signed);
    const newer = included.checkpoint;
    need(included.end < older.size && older.size < newer.size, "form");
    need(await isConsistent(older.size, older.root, newer.size, newer.root, path), "form");
    return older;
  });

  // Not before 1970, not after 9998.
  const earliest = ({ time, accuracy, authority }) =>
    ({ time: accuracy > time ? 0n : time - (accuracy || 0n), authority });
  const latest = ({ time, accuracy, authority }) => {
    const end = time + (accuracy || 0n);
    return { time: end > value.MAX_TIME ? value.MAX_TIME : end, authority };
  };

  const timesOf = async (listed, ctx, point) => {
    const { times } = nothing();
    const judge = async (bytes, imprint, code) => {
      try {
        const said = await token.judge(bytes, imprint, ctx.trust.authorities);
        if (!said.trusted) times.unknownAuthority = true;
        return said;
      } catch (error) {
        if (error.code !== "token.cannot-check") fail(code);
        times.cannotCheck = true;
        return null;
      }
    };
    for (const { kind, bytes, hash } of listed) {
      if (kind === "start-token") {
        need(ctx.start.timeToken === hash, "time.start-token");
        const said = await judge(bytes, null, "time.start-token");
        need(!said || said.time === ctx.start.timeTokenTime, "time.start-token");
        if (said && said.trusted) times.after = earliest(said);
      } else if (kind === "time-token") {
        const said = await judge(bytes, point.hash, "time.token");
        if (!said || !said.trusted) continue;
        const moment = latest(said);
        if (!times.before || moment.time < times.before.time) times.before = moment;
        times.size = point.size;
      }
    }
    return times;
  };

  const audited = async (span, salts, included, count) => {
    const bad = "ledger.audit", text = latin(span.subarray(0, MAX_NOTE)), cut = text.indexOf("\n\n");
    const head = cut > 0 ? statement.fields(text.slice(0, cut + 1), "packseal/span/v1", SPAN_KEYS) : undefined;
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
    const signed = await note.parse(parts.get("stated")[0].bytes), count = await statement.parse("count", signed.text);
    need(isOf(signed.signer, ctx.signer), "note.signer");
    await verified(ctx, signed);
    const point = included.checkpoint, code = "ledger.stated";
    need(count.station === ctx.signer.name && count.size === point.size && count.root === hex(point.root), code);
    need(ctx.end.order === count.order, code);
    const own = count.clips.findIndex(([id]) => id === ctx.start.clip);
    need(own >= 0 && count.clips[own][1] === (ctx.end.reason === "cancelled" ? "cancelled" : "sealed"), code);
    const span = parts.get("audit"), salts = parts.get("salts");
    return {
      clips: count.clips.map(([clip, state]) => ({ clip, state })),
      this: own,
      audited: span ? await audited(span[0].bytes, salts[0].bytes, included, count) : null,
    };
  };

  const taken = async (content) => {
    need(content.length <= MAX_CONTENT, "container.limits");
    need(content.length >= 4, "proof.form");
    const length = new DataView(content.buffer, content.byteOffset, 4).getUint32(0);
    need(4 + length <= content.length, "proof.form");
    const signed = await note.parse(content.subarray(4, 4 + length));
    const read = await statement.parse("proof", signed.text), parts = new Map();
    for (const part of read.parts) parts.set(part.kind, [...(parts.get(part.kind) || []), part]);
    let at = 4 + length;
    for (const part of read.parts) {
      need(BigInt(content.length - at) >= part.length, "proof.form");
      part.bytes = content.subarray(at, at + Number(part.length));
      at += Number(part.length);
      need(await hashOf(part.bytes) === part.hash, "proof.form");
    }
    need(at === content.length, "proof.form");
    return { signed, read, parts };
  };

  // The enrolment that makes START's key known (section 5, step 4). Whatever is not as it must be is found again on the
  // way there: here it only makes the key unknown.
  const enrolmentOf = async (content, trust, signer) => {
    try {
      const { parts } = await taken(content);
      const { read, isTrusted } = await readEnrolment(parts.get("enrolment")[0].bytes, trust);
      return isTrusted && isOf(read.station, signer) && !trust.lists(read.station) ? read : null;
    } catch {
      return null;
    }
  };

  // What of a PROOF holds, up to where it fails.
  const nothing = () => {
    const times = { after: null, before: null, size: null, unknownAuthority: false, cannotCheck: false };
    return { enrolment: null, unknownRoot: false, included: null, counted: null, times };
  };

  const checked = async (content, ctx, found) => {
    const { signed, read, parts } = await taken(content);
    need(isOf(signed.signer, ctx.signer), "note.signer");
    await verified(ctx, signed);
    need(read.clip === ctx.start.clip && read.end === ctx.endHash, "proof.form");
    if (parts.has("enrolment")) {
      const { read: enrolment, isTrusted } = await enrolled(parts.get("enrolment")[0].bytes, ctx);
      if (isTrusted) found.enrolment = enrolment;
      else found.unknownRoot = true;
    }
    let point = null;
    if (parts.has("start-entry")) {
      const included = await isIncluded(parts, ctx), older = parts.get("time-checkpoint");
      const count = parts.has("stated") ? await counted(parts, ctx, included) : null;
      point = older ? await olderCheckpoint(older[0].bytes, included, ctx) : included.checkpoint;
      [found.included, found.counted] = [included, count];
    }
    found.times = await timesOf(read.parts, ctx, point);
    need([...parts.keys()].every((kind) => statement.PARTS.includes(kind)), "check.newer-proof");
  };

  // How a clip's own times fit the trusted ones (rule B): `ticks` is its length, `stepped` whether it has a clock-step.
  const fit = (times, start, end, ticks, stepped) => {
    const real = start.clock !== "simulated", edge = 60000000n, { openedTime: opened, firstFrameTime: firstFrame } = start;
    const after = times.after && times.after.time, before = times.before && times.before.time;
    if (times.after && times.before) {
      const gap = opened - firstFrame, held = stepped || gap > edge ? edge : gap < 0n ? 0n : gap;
      const shortest = (ticks * 100n) / 9n - held - 10000000n;
      if (before < after || (real && before - after < shortest)) return "no-room";
    }
    const outside = [firstFrame, end.time].some((time) =>
      (times.after && time < after - edge) || (times.before && time > before + edge));
    if (!outside || !real) return "within";
    return start.clockState === "synchronised" && !stepped ? "contradicted" : "outside";
  };

  return {
    leaf, includedRoot, isConsistent, fit, enrolmentOf, misfit, nothing,
    // Fills `found` as far as the PROOF holds, and throws the code of what does not.
    check: async (content, ctx, found) => {
      try {
        await checked(content, ctx, found);
      } catch (error) {
        // A reader that fails in any other way did not understand the proof.
        throw error instanceof value.Fault && error.code.includes(".") ? error : new value.Fault("proof.form");
      }
    },
  };
})();
