// The answers of FORMAT.md, section 6, drawn from what was found, as the object of 6.2; and `parts`, for a player.
"use strict";

const answers = (() => {
  const { timeText, hex } = value;
  const STATUS = { verified: 0, rejected: 1, "could-not-check": 2, "unknown-signer": 3, partial: 4 };
  // Refusals that speak of what the statements say, not of changed bytes.
  const CONTRADICTIONS = [
    "enrolment.key", "enrolment.period", "enrolment.source", "ledger.entry", "ledger.inclusion", "ledger.stated",
    "ledger.audit", "ledger.entries", "ledger.count", "order.binding", "check.newer-proof", "time.edges", "time.frames",
    "time.media", "time.wall", "time.start-token", "time.token", "time.checkpoint",
  ];
  const TIMES = ["time.media", "time.wall", "time.edges", "time.frames", "time.bracket", "time.clock"];
  const LEDGERS = ["ledger.entries", "ledger.count"];

  const seconds = (ticks) => Number(ticks) / 90000;
  const number = (n) => (n === null ? null : Number(n));
  const time = (us) => (us === null ? null : timeText(us));

  // Of which order.
  const orderAnswer = ({ body, signer }, asked) => {
    if (asked === null) return "not-asked";
    if (signer === "unknown") return "not-proven";
    const { end, rules: { start, bound } } = body;
    // A late order is proven by END alone.
    const proven = end ? end.order : start.order;
    if (proven !== null) return asked === proven ? "matches" : "differs";
    return bound !== null && asked !== bound ? "differs" : "not-proven";
  };

  // Step 9: what the whole statements amount to.
  const conclusions = (found, order) => {
    const { body, signer, revocation, refusal, fit } = found, { rules: all, end, proof: { included, counted, times } } = body;
    const isRefused = refusal !== null && codes.of(refusal).weight === "rejected", isKnown = signer !== "unknown";
    const clips = counted ? counted.clips.length : 0, audited = counted && counted.audited;
    const isPart = audited && included && (audited.first !== 0n || audited.end !== included.checkpoint.size);
    const { clockState } = all.start;
    const list = [
      [signer === "revoked", "signer.revoked"],
      [signer === "unknown", "signer.unknown"],
      [fit === "no-room", "time.bracket"],
      [fit === "contradicted", "time.clock"],
      [order === "differs", "order.differs"],
      [all.labelConflict, "order.conflict"],
      [order === "not-proven" && !isRefused, "order.not-proven"],
      [signer === "trusted" && revocation, "signer.revoked-later"],
      [!end && !isRefused, "coverage.end-not-shown"],
      [all.gapCount > 0n || (end && !rules.isComplete(end.reason)), "coverage.interrupted"],
      [all.withheld, "coverage.excerpt"],
      [body.tail > 0, "coverage.unproven-tail"],
      [all.lost > 0n, "coverage.frames-lost"],
      [["file", "pattern"].includes(all.start.source), "source.not-live"],
      [all.start.clock === "simulated", "source.simulated-clock"],
      [["unsynchronised", "unknown"].includes(clockState), "time.unsynchronised"],
      [all.stepped, "time.stepped"],
      [body.proof.unknownRoot, "enrolment.unknown-root"],
      [fit === "outside", "time.clock-off"],
      [times.unknownAuthority, "time.unknown-authority"],
      [times.cannotCheck, "time.algorithm"],
      [!times.after && !times.before, "time.device-clock-only"],
      [!included && !LEDGERS.includes(refusal), "ledger.not-shown"],
      [included && !counted, "ledger.others-not-shown"],
      [clips > 1, "ledger.other-clips"],
      [counted && !audited, "ledger.own-count"],
      [isPart, "ledger.span-only"],
    ];
    const sayable = (code) => isKnown || code === "signer.unknown" || code === "enrolment.unknown-root";
    return list.filter(([holds]) => holds).map(([, code]) => code).filter(sayable);
  };

  // VERIFIED is a positive list.
  const verdictOf = (weights, signer, pictures, order, body) => {
    if (weights.includes("cannot-check")) return "could-not-check";
    if (weights.includes("rejected")) return "rejected";
    if (signer !== "trusted") return "unknown-signer";
    const { end, rules: all, tail } = body;
    const isComplete = end && rules.isComplete(end.reason) && end.links === all.links && all.frames > 0n &&
      !all.withheld && all.gapCount === 0n && tail === 0;
    const isOrder = order === "matches" || order === "not-asked";
    return !weights.includes("partial") && pictures === "intact" && isOrder && isComplete ? "verified" : "partial";
  };

  const coverageOf = ({ end, rules: all }) => {
    const words = [
      [!end, "end-not-shown"],
      [all.gapCount > 0n || (end && !rules.isComplete(end.reason)), "interrupted"],
      [all.withheld, "excerpt"],
    ].filter(([holds]) => holds).map(([, word]) => word);
    return words.length > 0 ? words : ["complete"];
  };

  const bracketOf = ({ after, before, size }) => {
    if (!after && !before) return null;
    const one = (moment) => moment && { time: timeText(moment.time), authority: moment.authority };
    const width = after && before ? Number(before.time - after.time) / 1e6 : null;
    return { after: one(after), before: one(before), seconds: width, size: number(size) };
  };
  const timeOf = ({ after, before }, list) => {
    if (list.some((code) => TIMES.includes(code))) return "contradicted";
    if (after && before) return "between";
    return before ? "before" : after ? "after" : "device-clock-only";
  };
  const ledgerOf = ({ included, counted }, list) => {
    if (list.some((code) => LEDGERS.includes(code))) return "contradicted";
    if (!included) return "not-shown";
    return counted ? (counted.audited ? "order-audited" : "order-stated") : "included";
  };
  const includedOf = (included) => included && {
    start: Number(included.start), end: Number(included.end),
    size: Number(included.checkpoint.size), root: hex(included.checkpoint.root),
  };
  const auditedOf = (audited) => audited && {
    first: Number(audited.first), last: Number(audited.end) - 1, from: timeText(audited.from), to: timeText(audited.to),
    first_start: Number(audited.firstStart), last_start: Number(audited.lastStart),
  };
  const countedOf = (counted) => counted && { ...counted, audited: auditedOf(counted.audited) };
  const enrolmentOf = (enrolment) => enrolment && {
    not_before: timeText(enrolment.notBefore), not_after: time(enrolment.notAfter), sources: enrolment.sources,
    certificate: enrolment.certificate,
  };

  const MAX_EVENTS = 1000;
  const recordedOf = ({ end, rules: all, tail, parts: { events }, eventsDropped }) => ({
    last_time: timeText(all.time), seconds: seconds(all.ticks), links: Number(all.links), frames: Number(all.frames),
    lost: Number(all.lost),
    losses: all.losses.map(([[from, to], frames]) => ({ from: seconds(from), to: seconds(to), frames: Number(frames) })),
    gap_count: Number(all.gapCount), gaps: all.gaps.map(([from, to]) => ({ from: seconds(from), to: seconds(to) })),
    shown: all.withheld && all.shown ? { from: seconds(all.shown[0]), to: seconds(all.shown[1]) } : null,
    event_count: events.length + eventsDropped,
    events: events.slice(0, MAX_EVENTS).map(({ second, text }) => ({ second, event: text })),
    unproven_bytes: tail,
    close: end && {
      reason: end.reason, time: timeText(end.time), recovered_time: time(end.recoveredTime),
      discarded_bytes: Number(end.discarded),
    },
  });
  const factsOf = (start, recorded) => ({
    station: start.station, clip: start.clip, sequence: Number(start.sequence), direction: start.direction,
    opened: start.opened, opened_time: timeText(start.openedTime), session: start.session, role: start.role,
    bench: start.bench, operator: start.operator, camera: start.camera, codec: start.codec, encoding: start.encoding,
    width: Number(start.size[0]), height: Number(start.size[1]), frame_rate: start.frameRate.join("/"),
    overlay: start.overlay, audio: start.audio, first_frame_time: timeText(start.firstFrameTime),
    clock_state: start.clockState, clock_offset_us: number(start.clockOffset),
    clock_uncertainty_us: number(start.clockUncertainty), clock_source: start.clockSource, software: start.software,
    program: start.program, key_protection: start.keyProtection, recorded,
  });

  // `found` is what a verification came to; `early` the code for which it did not come to the LINKs.
  const of = (found, asked, early) => {
    const body = early ? null : found.body, { refusal, revocation } = found || {}, signer = early ? "unknown" : found.signer;
    const order = body ? orderAnswer(found, asked) : asked === null ? "not-asked" : "not-proven";
    const first = early || refusal, rest = body ? conclusions(found, order) : [], list = [...(first ? [first] : []), ...rest];
    let pictures = "altered";
    if (body && !refusal) pictures = found.key ? "intact" : "not-fully-checked";
    else if (CONTRADICTIONS.includes(refusal)) pictures = "not-fully-checked";
    const verdict = verdictOf(list.map((code) => codes.of(code).weight), signer, pictures, order, body);
    // Of an unknown key's clip nothing is repeated.
    const known = body && found.key ? body : null, start = known && known.rules.start, shown = known ? known.proof : proof.nothing();
    const whole = pictures === "intact" ? known : null;
    const place = (code, i) => {
      const at = body && i === 0 && refusal ? { fragment: Number(body.rules.links), second: seconds(body.rules.ticks) } : null;
      return { code, message: codes.of(code).en, ...(at || { fragment: null, second: null }) };
    };
    const label = whole && (whole.rules.labelConflict ? "conflict" : whole.rules.labelFrames > 0n ? "read" : "not-read");
    return {
      verdict, exit_status: STATUS[verdict], pictures,
      coverage: whole ? coverageOf(whole) : [],
      source: start && start.source,
      clock: start && (start.clock === "simulated" ? "simulated" : "device"),
      signer, key: known && found.key.name,
      enrolled_by: shown.enrolment && shown.enrolment.root,
      enrolment: enrolmentOf(shown.enrolment),
      certificate: null,
      revocation: !early && revocation ? { root: revocation.root, time: timeText(revocation.time), reason: revocation.reason } : null,
      order: {
        asked, answer: order, value: whole && whole.end ? whole.end.order : start && start.order, label,
        label_frames: whole && Number(whole.rules.labelFrames),
      },
      time: start && timeOf(shown.times, list),
      bracket: bracketOf(shown.times),
      ledger: ledgerOf(shown, list),
      included: includedOf(shown.included),
      counted: countedOf(shown.counted),
      findings: list.map(place),
      facts: start && factsOf(start, whole && recordedOf(whole)),
      parts: known && known.parts,
      error: null,
    };
  };

  return { of };
})();
