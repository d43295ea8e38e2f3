// Keys given from outside: the trust file of FORMAT.md, 5.1.
"use strict";

const trust = (() => {
  const ROLES = ["station", "root", "witness", "revoked"];

  // What is wrong with a trust file, and in which line, from 1.
  class TrustError extends Error {
    constructor(code, line) {
      super(code);
      this.code = code;
      this.line = line;
    }
  }

  class Trust {
    constructor() {
      this.keys = [];
      this.revocations = [];
      this.authorities = [];
    }

    listed(role, signer) {
      const found = this.keys.find((one) => one.role === role && note.isOf(one.key, signer));
      return found ? found.key : null;
    }

    // What is known of this signer: of several revocations the earliest counts, and none beats a line that says revoked.
    standing(signer) {
      const listed = this.listed("revoked", signer);
      if (listed) return { word: "revoked", key: listed, revocation: null };
      const of = this.revocations.filter((one) => note.isOf(one.station, signer));
      if (of.length > 0) {
        const revocation = of.reduce((a, b) => (b.time < a.time ? b : a));
        return { word: "revoked", key: revocation.station, revocation };
      }
      const key = this.station(signer);
      return key ? { word: "trusted", key } : { word: "unknown", key: null };
    }

    station(signer) {
      return this.listed("station", signer);
    }

    hasRoot() {
      return this.keys.some((one) => one.role === "root");
    }

    // Unless it is revoked.
    root(signer) {
      return this.standing(signer).word === "revoked" ? null : this.listed("root", signer);
    }

    lists(key) {
      return this.keys.some((one) => one.key.text === key.text);
    }
  }

  const addKey = async (to, role, text, line) => {
    const { key, wrong } = await note.readKey(text);
    if (!key) throw new TrustError("key-" + wrong, line);
    const isClash = (other) => note.isOf(other, key) && other.text !== key.text;
    if (to.revocations.some((one) => isClash(one.station))) throw new TrustError("clash", line);
    for (const other of to.keys) {
      if (isClash(other.key)) throw new TrustError("clash", line);
      const isRevoked = role === "revoked" || other.role === "revoked";
      if (other.key.text === key.text && other.role !== role && !isRevoked) throw new TrustError("two-roles", line);
    }
    if (!to.keys.some((other) => other.role === role && other.key.text === key.text)) to.keys.push({ role, key });
  };

  const addRevocation = async (to, text, line) => {
    let signed, read;
    try {
      signed = await note.parse(value.base64(text));
      read = await statement.parse("revocation", signed.text);
    } catch {
      throw new TrustError("revocation", line);
    }
    // A root that is itself revoked may still take trust away; it gives none.
    const root = to.listed("root", signed.signer);
    const isGood = root && read.root === signed.signer.name && await note.verify(signed, root).then(() => true, () => false);
    if (!isGood) throw new TrustError("revocation-root", line);
    const known = [...to.keys.map((one) => one.key), ...to.revocations.map((one) => one.station)];
    const isClash = known.some((key) => note.isOf(key, read.station) && key.text !== read.station.text);
    if (isClash) throw new TrustError("clash", line);
    to.revocations.push(read);
  };

  const addAuthority = (to, der) => {
    if (!to.authorities.some((other) => value.same(other, der))) to.authorities.push(der);
  };

  const addFile = async (to, text) => {
    const lines = text.split("\n").map((content, i) => ({ line: i + 1, content: content.trimEnd() }))
      .filter(({ content }) => content !== "" && !content.startsWith("#"));
    if (lines.length === 0) throw new TrustError("empty", null);
    const revocations = [], authorities = [];
    for (const { line, content } of lines) {
      const cut = content.indexOf(" "), role = cut < 0 ? "" : content.slice(0, cut), rest = content.slice(cut + 1);
      if (role === "revocation") {
        // Its root may stand behind it.
        revocations.push([rest, line]);
      } else if (role === "tsa") {
        const der = value.base64(rest);
        if (!der || !token.isRoot(der)) throw new TrustError("authority", line);
        if (authorities.some((other) => value.same(other, der))) throw new TrustError("authority-twice", line);
        authorities.push(der);
      } else if (ROLES.includes(role)) {
        await addKey(to, role, rest, line);
      } else if (cut < 0 && lines.length === 1) {
        await addKey(to, "station", content, line);
      } else {
        throw new TrustError("role", line);
      }
    }
    for (const der of authorities) addAuthority(to, der);
    for (const [rest, line] of revocations) await addRevocation(to, rest, line);
  };

  return {
    // The keys of these files, one after the other. Nothing of them may be used where it throws.
    parse: async (texts) => {
      const all = new Trust();
      for (const text of texts) await addFile(all, text);
      return all;
    },
  };
})();
