// What people are told of a report (FORMAT.md, 6.2): the same rows that packseal-verifier prints.
"use strict";

const report = (() => {
  const { say } = words;

  // To a tenth, as the program rounds: what lies in the middle goes to the even one.
  const seconds = (n) => {
    const tenths = n * 10, below = Math.floor(tenths);
    return tenths - below === 0.5 && Number.isInteger(n * 4) ? ((below + below % 2) / 10).toFixed(1) : n.toFixed(1);
  };
  // `packed-key` of the report is `packedKey` among the words.
  const key = (prefix, word) => (prefix + "-" + word).replace(/[-_](.)/g, (_, letter) => letter.toUpperCase());
  // With its date, always, to the millisecond.
  const moment = (time) => `${time.slice(0, 10)} ${time.slice(11, 23)} UTC`;
  const has = ({ findings }, code) => findings.some((finding) => finding.code === code);
  const whole = ({ facts }) => facts && facts.recorded;

  const REASONS = {
    "next-scan": "nextScan", "end-code": "endCode", "same-code": "sameCode", cancelled: "cancelled", timeout: "timeout",
    stopped: "stopped", "source-end": "sourceEnd", "format-changed": "formatChanged", "camera-lost": "cameraLost",
    "disk-full": "diskFull", damaged: "damaged", shutdown: "shutdown", recovered: "recovered",
  };
  const INTERRUPTED = ["format-changed", "camera-lost", "disk-full", "damaged", "shutdown", "recovered"];
  const reason = (close) => say(REASONS[close.reason]);

  // ---- The table of answers.

  const picturesOf = ({ pictures, findings, facts }) => {
    if (pictures === "intact") return say("intact");
    if (pictures === "not-fully-checked") return say(facts ? "contradictory" : "noKeyPictures");
    const first = findings.find((finding) => codes.of(finding.code).weight === "rejected");
    const isPlaced = first && first.fragment !== null && first.second !== null;
    return isPlaced ? say("alteredAt", seconds(first.second), first.fragment) : say("altered");
  };

  const unanswered = (all) => say(all.signer === "unknown" && all.pictures !== "altered" ? "noKey" : "notDetermined");

  const coverageOf = (all) => {
    const recorded = whole(all);
    if (!recorded) return [unanswered(all)];
    const { coverage } = all, { close, shown, gaps, gap_count: gapCount, losses, lost } = recorded, lines = [];
    if (coverage.includes("complete")) lines.push(say("complete"));
    if (coverage.includes("end-not-shown")) lines.push(say("endNotShown"));
    if (close && INTERRUPTED.includes(close.reason)) lines.push(say("interruptedBy", reason(close)));
    if (gapCount > 0) lines.push(say("interruptedGaps", gapCount));
    if (shown) lines.push(say("excerpt", seconds(shown.from), seconds(shown.to), seconds(recorded.seconds)));
    lines.push(...gaps.map(({ from, to }) => say("gap", seconds(from), seconds(to))));
    if (gapCount > gaps.length) lines.push(say("moreGaps", gapCount - gaps.length));
    if (lost > 0) lines.push(say("lostInAll", lost));
    lines.push(...losses.map(({ from, to, frames }) => say("lost", frames, seconds(from), seconds(to))));
    if (recorded.unproven_bytes > 0) lines.push(say("tail", recorded.unproven_bytes));
    return lines;
  };

  const sourceOf = (all) => {
    if (!all.source) return [unanswered(all)];
    const lines = [say(["usb", "rtsp"].includes(all.source) ? "liveCamera" : "notLive", all.source)];
    return all.clock === "simulated" ? [...lines, say("simulatedClock")] : lines;
  };

  const signerOf = ({ signer, key: name, revocation, enrolment, enrolled_by: root }) => {
    const lines = [], revoked = revocation && [revocation.root, moment(revocation.time), say(key("key", revocation.reason))];
    if (signer === "trusted") lines.push(say("trusted", name));
    if (signer === "not-enrolled") lines.push(say("notEnrolled", name));
    if (signer === "unknown") lines.push(say("unknownKey"));
    if (signer === "revoked") lines.push(revoked ? say("revokedBy", name, ...revoked) : say("revoked", name));
    if (signer === "trusted" && revoked) lines.push(say("revokedLater", ...revoked));
    if (enrolment) {
      lines.push(say("enrolledBy", root, enrolment.sources.join(",")));
      const from = moment(enrolment.not_before), to = enrolment.not_after;
      lines.push(to ? say("enrolledUntil", from, moment(to)) : say("enrolledSince", from));
      if (enrolment.certificate) lines.push(say("certificate", enrolment.certificate));
    }
    return lines;
  };

  const orderOf = ({ order: { asked, answer, value: stated, label, label_frames: frames } }) => {
    const lines = [];
    if (answer === "matches") lines.push(say("matches", asked));
    if (answer === "differs") lines.push(stated ? say("differsStated", asked, stated) : say("differs", asked));
    if (answer === "not-proven") lines.push(say("notProven", asked));
    if (answer === "not-asked") lines.push(say("notAsked"));
    if (label === "read") lines.push(say("labelRead", frames));
    if (label === "conflict") lines.push(say("labelConflict"));
    if (label === "not-read") lines.push(say("labelNotRead"));
    return lines;
  };

  const timeOf = (all) => {
    if (!all.facts) return [unanswered(all)];
    const { after, before, seconds: width, size } = all.bracket || {};
    const lines = [{
      contradicted: () => say("timeContradicted"),
      between: () => say("sealedBetween", moment(after.time), moment(before.time), seconds(width)),
      before: () => say("sealedBefore", moment(before.time)),
      after: () => say("begunAfter", moment(after.time)),
      "device-clock-only": () => say("deviceClock"),
    }[all.time]()];
    if (after) lines.push(say("afterBy", moment(after.time), after.authority));
    if (before && size) lines.push(say("beforeBy", moment(before.time), before.authority, size));
    if (whole(all) && has(all, "time.stepped")) lines.push(say("clockStepped"));
    if (has(all, "time.clock") || has(all, "time.clock-off")) lines.push(say("clockOff"));
    if (has(all, "time.unknown-authority")) lines.push(say("unknownAuthority"));
    if (has(all, "time.algorithm")) lines.push(say("timeAlgorithm"));
    return lines;
  };

  // Entries are counted from 1 for people.
  const ledgerOf = ({ ledger, included, counted }) => {
    if (ledger === "contradicted") return [say("ledgerContradicted")];
    if (!included) return [say("notShown")];
    const lines = [say("included", included.start + 1, included.end + 1, included.size)];
    if (!counted) return lines;
    const { clips, this: own, audited } = counted;
    lines.push(say("orderStated", own + 1, clips.length));
    for (const [i, { clip, state }] of clips.entries()) {
      if (i !== own) lines.push(say("otherClip", i + 1, clip, say(key("state", state))));
    }
    if (audited) {
      const { first, last, from, to } = audited;
      lines.push(say("orderAudited", first + 1, last + 1, moment(from), moment(to), included.size));
      lines.push(say("auditedStarts", audited.first_start, audited.last_start));
    }
    return lines;
  };

  const questions = (all) => [
    ["pictures", [picturesOf(all)]], ["coverage", coverageOf(all)], ["sourceLabel", sourceOf(all)],
    ["signer", signerOf(all)], ["order", orderOf(all)], ["time", timeOf(all)], ["ledger", ledgerOf(all)],
  ].map(([label, lines]) => [say(label), lines]);

  // ---- What the statements say.

  const rate = (text) => {
    const [num, den] = text.split("/").map(Number);
    return den === 1 ? String(num) : (num / den).toFixed(2);
  };

  // Heading and rows; nothing where no statement was checked.
  const facts = (all) => {
    const { facts: of, order } = all, recorded = whole(all);
    if (!of) return null;
    const head = all.signer === "revoked" ? "factsRevokedHead" : recorded ? "factsHead" : "factsStartHead";
    const opened = say(key("by", of.opened)), parcel = of.direction === "return" ? "return" : "outgoing";
    const rows = [
      ["station", of.station],
      ["clip", say("clipNumber", of.clip, of.sequence)],
      ["order", order.value ?? say("noOrder")],
      ["parcel", say(parcel, opened, of.bench)],
      ["from", moment(of.first_frame_time)],
      recorded && ["to", moment(recorded.last_time)],
      recorded && ["frames", say("framesIn", recorded.frames, seconds(recorded.seconds))],
      recorded && recorded.close && ["closed", reason(recorded.close)],
      ["camera", of.camera],
      ["picture", say("pictureIs", `${of.width}x${of.height}`, rate(of.frame_rate))],
      ["encoding", say(of.encoding === "re-encoded" ? "reEncoded" : "passedThrough")],
      ["overlay", say(of.overlay ? "overlayDrawn" : "overlayNone")],
      ["clock", say(key("clock", of.clock_state))],
      ["software", of.software],
    ];
    return [say(head), rows.filter(Boolean).map(([label, text]) => [say(label), text])];
  };

  // ---- What is proven, what is not, what was not checked, and what to do next.

  const proven = (all) => {
    const { pictures, coverage, signer, order, bracket, included } = all;
    if (!all.facts || signer === "revoked") return [];
    const last = all.parts.fragments.at(-1), upTo = last && seconds((last.tick + last.ticks) / 90000);
    const bytes = pictures === "intact" ? say("provenBytes", all.key)
      : upTo ? say("provenUpTo", upTo, all.key) : say("provenStart", all.key);
    return [
      bytes, coverage.includes("complete") && say("provenWhole"),
      pictures !== "not-fully-checked" && order.value && say("provenOrder", order.value),
      bracket && all.time !== "contradicted" && say("provenTime"),
      included && say("provenLedger"),
    ].filter(Boolean);
  };
  const unchecked = ({ facts, order, bracket, included, signer }) => [
    signer === "unknown" && say("uncheckedKey"), order.answer === "not-asked" && say("uncheckedOrder"),
    facts && !bracket && say("uncheckedTime"), facts && !included && say("uncheckedLedger"),
  ].filter(Boolean);
  const limits = (all) => {
    if (!all.facts) return ["limitNoKey", "limitTransport"].map((limit) => say(limit));
    const { order, clock, bracket, counted } = all, isSimulated = clock === "simulated";
    const audited = counted && counted.audited;
    return [
      [!whole(all), "limitAltered"], [true, "limitTransport"],
      [order.value && order.label !== "read", "limitScan"], [order.value, "limitNumber"],
      [isSimulated, "limitSimulated"], [!isSimulated && !bracket, "limitTime"], [bracket, "limitBracket"],
      [!audited, "limitOthers"], [audited, "limitAudited"], [true, "limitProgram"], [true, "limitOwner"],
    ].filter(([holds]) => holds).map(([, limit]) => say(limit));
  };

  const ADVICE = {
    "check.not-a-clip": "adviceNotAClip", "check.newer-proof": "adviceNewer", "signer.unknown": "adviceKey",
    "signer.revoked": "adviceRevoked", "time.bracket": "adviceTime", "time.clock": "adviceTime",
    "enrolment.key": "adviceEnrolment", "enrolment.period": "adviceEnrolment", "enrolment.source": "adviceEnrolment",
    "order.differs": "adviceOrder", "order.not-proven": "adviceOrder", "order.conflict": "adviceConflict",
    "ledger.entries": "adviceAllClips", "ledger.count": "adviceAllClips", "coverage.end-not-shown": "adviceRest",
    "derived.file": "adviceDerived", "derived.original": "adviceDerived", "coverage.excerpt": "adviceRest", "coverage.interrupted": "adviceGap",
  };
  const isNote = ({ code }) => codes.of(code).weight === "note";
  const advice = ({ findings }) => {
    const all = findings.filter((finding) => !isNote(finding)).map(({ code }) => ADVICE[code] || "adviceOriginal");
    return [...new Set(all)].map((text) => say(text));
  };

  // A finding with its place.
  const finding = ({ code, fragment, second }) => {
    const place = fragment === null || second === null ? "" : ` (${say("atPlace", seconds(second), fragment)})`;
    return words.message(code) + place;
  };

  const WORDS = {
    verified: "verified", rejected: "rejected", "could-not-check": "couldNotCheck", "unknown-signer": "unknownSigner",
    partial: "partial", derived: "derived",
  };
  // The one word, and its sentence.
  const verdict = (all) => {
    const text = say(WORDS[all.verdict]), cut = text.search(/[:：]/), rest = text.slice(cut + 1).trim();
    return [text.slice(0, cut), rest.charAt(0).toUpperCase() + rest.slice(1)];
  };

  // What a derivation note says; nothing where it is not accepted.
  const derivation = ({ derivation: told, original }) => told && [
    ["derivedKind", say(told.kind)], ["madeFrom", say("ofClip", told.clip, told.end)], ["order", told.order ?? say("noOrder")],
    ["shows", say("showsSpan", ...told.ticks.map((tick) => seconds(tick / 90000)), told.links[0], told.links[1] - 1)],
    ["made", say("madeAt", moment(told.time), told.how, told.software)], ["signer", say("trusted", told.station)],
    ["originalLabel", original ? say(WORDS[original.verdict]) : say("originalNotGiven")],
  ].map(([label, line]) => [say(label), [line]]);

  const event = ({ kind, args }) => {
    if (kind === "weight") return say(kind, args[0] / 1000, say(key("state", args[1])));
    if (kind === "other-code") return say(kind, say("class_" + args[0]), args[1]);
    return kind === "clock-step" ? say(kind, args[0] / 1e6) : say(kind, ...args);
  };

  return { seconds, verdict, questions, derivation, facts, proven, unchecked, limits, advice, finding, isNote, event };
})();
