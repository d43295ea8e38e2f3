// Verification of a clip, step by step as FORMAT.md, section 5, numbers them. A second reading of that page, beside the
// program's own: where the two disagree, one of them is wrong.
"use strict";

const verify = (() => {
  const { need, fail } = value;
  const INIT = 2048;

  // Steps 1 to 3 and 5, which need no key.
  const open = async (source) => {
    const { length, sets } = bmff.init(await source.read(0, Math.min(INIT, source.length)));
    const unit = await source.next(length);
    need(unit && unit !== "cut", "container.truncated");
    need(unit.kind === "start", "container.boxes");
    const signed = await note.parse(unit.note), start = await statement.parse("start", signed.text);
    need(start.station === signed.signer.name, "note.signer");
    const init = await source.read(0, length);
    need(start.initLength === BigInt(length) && start.init === await value.hashOf(init), "start.init");
    need(start.size[0] === BigInt(sets.width) && start.size[1] === BigInt(sets.height), "start.size");
    return { sets, signed, start, length, end: unit.end };
  };

  // Step 4: what is known of START's key, and the enrolment that makes it known.
  const keyOf = async (source, { signed, end }, given) => {
    const standing = given.standing(signed.signer), isListed = given.station(signed.signer) !== null;
    // A key that was revoked at a time may be good for what was sealed before; then it needs to be trusted as well.
    const needsRoot = standing.word === "unknown" || (standing.word === "revoked" && standing.revocation && !isListed);
    const content = needsRoot && given.hasRoot() ? await source.findProof(end) : null;
    const enrolment = content && await proof.enrolmentOf(content, given, signed.signer);
    const revocation = standing.revocation || null, isGiven = isListed || Boolean(enrolment);
    if (standing.key) return { key: standing.key, signer: standing.word, revocation, enrolment, isGiven };
    return { key: enrolment && enrolment.station, signer: enrolment ? "trusted" : "unknown", revocation, enrolment, isGiven };
  };

  // Steps 6 to 8 of one clip.
  class Body {
    constructor(source, { sets, signed, start, length }, key, given) {
      Object.assign(this, { source, sets, key, given, signer: signed.signer, end: null, tail: 0, eventsDropped: 0 });
      this.rules = new rules.Rules(start, signed.hash);
      this.proof = proof.nothing();
      this.parts = { init: { from: 0, to: length }, fragments: [], events: [] };
    }

    async check(from, progress) {
      const { source } = this;
      for (let at = from; ;) {
        progress(at, source.length);
        const unit = await source.next(at);
        if (!unit) break;
        need(unit !== "cut" || !this.end, "container.trailing");
        if (unit === "cut") {
          await tail.check(await source.read(at, source.length - at), this);
          this.tail = source.length - at;
          break;
        }
        at = unit.end;
        if (this.end) {
          need(unit.kind === "proof" && at === source.length, "container.trailing");
          await this.takeProof(unit.note);
        } else if (unit.kind === "link") {
          await this.takeLink(unit);
        } else if (unit.kind === "end") {
          await this.takeEnd(unit.note);
        } else {
          fail("container.boxes");
        }
      }
      if (!this.end) this.rules.noEnd();
      progress(source.length, source.length);
    }

    async noteOf(bytes) {
      const signed = await note.parse(bytes);
      need(note.isOf(this.signer, signed.signer), "note.signer");
      return signed;
    }

    async verified(signed) {
      if (this.key) await note.verify(signed, this.key);
    }

    async takeLink({ note: bytes, media }) {
      const signed = await this.noteOf(bytes), link = await statement.parse("link", signed.text);
      let behind, wrong = null;
      try {
        behind = this.rules.link(link, signed.hash, media !== null);
      } catch (error) {
        wrong = error;
      }
      // Only what the station signed can contradict it; anything else was changed.
      await this.verified(signed);
      if (wrong) throw wrong;
      if (media) await this.takeMedia(link, media);
      this.rules = behind;
      const tick = Number(link.ticks[0]);
      if (media) this.parts.fragments.push({ index: Number(link.index), ...media, tick, ticks: Number(link.ticks[1]) - tick });
      for (const { offset, kind, args } of link.events) {
        const second = Number(link.ticks[0] + offset * 9n / 100n) / 90000, text = [kind, ...args].join(":");
        const plain = args.map((arg) => (typeof arg === "bigint" ? Number(arg) : arg));
        this.parts.events.push({ second, text, kind, args: plain });
      }
      this.eventsDropped += Number(link.eventsDropped);
    }

    async takeMedia(link, { from, to }) {
      need(BigInt(to - from) === link.length, "fragment.length");
      const bytes = await this.source.read(from, to - from), digest = value.hashOf(bytes), tick = Number(link.ticks[0]);
      let wrong = null;
      try {
        const said = { frames: Number(link.frames), ticks: Number(link.ticks[1]) - tick };
        bmff.fragment(bytes, { index: Number(link.index), tick, sets: this.sets, ...said });
      } catch (error) {
        wrong = error;
      }
      // Bytes that were not signed so are the first thing to say, whatever they look like.
      need(await digest === link.fragment, "fragment.digest");
      if (wrong) throw wrong;
    }

    async takeEnd(bytes) {
      const signed = await this.noteOf(bytes), end = await statement.parse("end", signed.text);
      await this.verified(signed);
      this.rules = this.rules.end(end, signed.hash);
      this.end = end;
    }

    async takeProof(content) {
      const { rules: { start, startHash, last }, end, signer, key, given } = this;
      await proof.check(content, { start, startHash, end, endHash: last, signer, key, trust: given }, this.proof);
    }
  }

  const judge = async (source, given, order, progress) => {
    const found = { signer: "unknown", key: null, revocation: null, body: null, refusal: null, fit: "within" };
    const isRefused = (error) => {
      if (!codes.has(error)) throw error;
      return error.code;
    };
    let opening, known;
    try {
      opening = await open(source);
      known = await keyOf(source, opening, given);
      // Where this fails the key did not write this START: nothing of it may be repeated.
      if (known.key) await note.verify(opening.signed, known.key);
    } catch (error) {
      return answers.of(found, order, isRefused(error));
    }
    const body = new Body(source, opening, known.key, given);
    Object.assign(found, { body, signer: known.signer, key: known.key, revocation: known.revocation });
    try {
      await body.check(opening.end, progress);
    } catch (error) {
      found.refusal = isRefused(error);
    }
    const { end, proof: { times }, rules: { start, last, links, ticks, stepped } } = body;
    // What a derived file must be of.
    body.parts.sealed = end && !found.refusal && known.key ? { end: last, links, ticks, key: known.key } : null;
    if (end) found.fit = proof.fit(times, start, end, ticks, stepped);
    const sealedBefore = known.revocation && times.before && times.before.time < known.revocation.time;
    if (sealedBefore && !found.refusal && found.fit !== "no-room" && known.isGiven) found.signer = "trusted";
    const misfit = known.enrolment && proof.misfit(known.enrolment, start, end);
    if (misfit && found.signer === "trusted") found.signer = "not-enrolled";
    return answers.of(found, order, null);
  };

  // Never throws: where the clip cannot be read, or something else goes wrong, nothing can be said (`error`).
  return async (blob, { trust: given, order = null, progress = () => {} }) => {
    try {
      return await judge(new layout.Layout(blob), given, order, progress);
    } catch (error) {
      return { ...answers.of(null, order, "check.not-a-clip"), findings: [], error };
    }
  };
})();
