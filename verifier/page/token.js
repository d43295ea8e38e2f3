// Time tokens (RFC 3161) by FORMAT.md, section 8. A second reading of that page, beside the program's own:
// where the two disagree, one of them is wrong.
"use strict";

const token = (() => {
  const MAX_TOKEN = 65536, MAX_CERTIFICATES = 8, MAX_CHAIN = 5, MAX_SET = 64, MAX_LEVELS = 64;

  class TokenError extends Error {
    constructor(code) {
      super(code);
      this.code = code;
    }
  }
  const fail = (what) => { throw new TokenError("token." + what); };
  const need = (holds, what = "form") => { if (!holds) fail(what); };

  const compare = (a, b) => {
    const n = Math.min(a.length, b.length);
    for (let i = 0; i < n; i++) if (a[i] !== b[i]) return a[i] - b[i];
    return a.length - b.length;
  };
  const same = (a, b) => compare(a, b) === 0;

  // One value of DER: its tag, its content, and all its bytes.
  const one = (bytes, at, what) => {
    need(at + 2 <= bytes.length, what);
    const tag = bytes[at];
    need((tag & 31) !== 31 && tag !== 0, what);
    let length = bytes[at + 1], from = at + 2;
    if (length >= 128) {
      const n = length - 128;
      need(n >= 1 && n <= 3 && from + n <= bytes.length, what);
      length = 0;
      for (let i = 0; i < n; i++) length = length * 256 + bytes[from + i];
      from += n;
      // The shortest way to write it, and no other.
      need(length >= (n === 1 ? 128 : 256 ** (n - 1)), what);
    }
    need(from + length <= bytes.length, what);
    return { tag, body: bytes.subarray(from, from + length), raw: bytes.subarray(at, from + length), end: from + length };
  };

  const whole = (bytes, what) => {
    const value = one(bytes, 0, what);
    need(value.end === bytes.length, what);
    return value;
  };

  const parts = (value, what) => {
    need(value.tag & 32, what);
    const found = [];
    for (let at = 0; at < value.body.length;) {
      const part = one(value.body, at, what);
      found.push(part);
      at = part.end;
    }
    return found;
  };

  // All levels and sets are looked at before any is used, so that nothing behind has to count.
  const bounds = (value, level) => {
    if (!(value.tag & 32)) return;
    need(level <= MAX_LEVELS, "limits");
    const inner = parts(value);
    if (value.tag !== 0x30) need(inner.length <= MAX_SET, "limits");
    for (const part of inner) bounds(part, level + 1);
  };

  const ordered = (items, what) => {
    need(items.length <= MAX_SET, "limits");
    for (let i = 1; i < items.length; i++) need(compare(items[i - 1].raw, items[i].raw) < 0, what);
    return items;
  };
  const set = (value, what, tag = 0x31) => {
    need(value && value.tag === tag, what);
    return ordered(parts(value, what), what);
  };

  // A reader of the parts of a SEQUENCE, in their order.
  const sequence = (value, what = "form") => {
    need(value && value.tag === 0x30, what);
    const items = parts(value, what);
    let at = 0;
    return {
      next: (tag) => {
        const item = items[at++];
        need(item && (tag === undefined || item.tag === tag), what);
        return item;
      },
      maybe: (tag) => (at < items.length && items[at].tag === tag ? items[at++] : null),
      end: () => need(at === items.length, what),
    };
  };

  const oid = (value, what = "form") => {
    need(value && value.tag === 6 && value.body.length > 0 && value.body.length <= 39, what);
    const arcs = [];
    let arc = 0, fresh = true;
    for (const byte of value.body) {
      need(!(fresh && byte === 0x80), what);
      arc = arc * 128 + (byte & 127);
      need(arc <= 0xffffffff, what);
      fresh = byte < 128;
      if (fresh) {
        arcs.push(arc);
        arc = 0;
      }
    }
    need(fresh, what);
    const top = Math.min(2, Math.floor(arcs[0] / 40));
    return [top, arcs[0] - top * 40, ...arcs.slice(1)].join(".");
  };

  const integer = (value, what = "form") => {
    need(value && value.tag === 2 && value.body.length > 0, what);
    const [first, second] = value.body;
    need(value.body.length === 1 || !((first === 0 && second < 128) || (first === 255 && second >= 128)), what);
    return value.body;
  };
  const small = (value, what = "form") => {
    const body = integer(value, what);
    need(body[0] < 128 && body.length <= 6, what);
    return body.reduce((n, byte) => n * 256 + byte, 0);
  };
  const bool = (value, what) => {
    need(value.tag === 1 && value.body.length === 1 && (value.body[0] === 0 || value.body[0] === 255), what);
    return value.body[0] === 255;
  };
  // A flag that is false unless it stands there: in DER false is never written.
  const flag = (value, what) => {
    if (!value) return false;
    need(bool(value, what), what);
    return true;
  };
  const bits = (value, what) => {
    need(value.tag === 3 && value.body.length >= 1, what);
    const unused = value.body[0], body = value.body.subarray(1);
    need(unused <= 7 && (body.length > 0 || unused === 0), what);
    if (body.length) need((body[body.length - 1] & ((1 << unused) - 1)) === 0, what);
    return { body, unused };
  };

  const DIGESTS = { "2.16.840.1.101.3.4.2.1": "SHA-256", "2.16.840.1.101.3.4.2.2": "SHA-384", "2.16.840.1.101.3.4.2.3": "SHA-512" };
  const RSA = "1.2.840.113549.1.1.1", PSS = "1.2.840.113549.1.1.10", EC = "1.2.840.10045.2.1";
  const WITH_RSA = { "1.2.840.113549.1.1.11": "SHA-256", "1.2.840.113549.1.1.12": "SHA-384", "1.2.840.113549.1.1.13": "SHA-512" };
  const WITH_EC = { "1.2.840.10045.4.3.2": "SHA-256", "1.2.840.10045.4.3.3": "SHA-384", "1.2.840.10045.4.3.4": "SHA-512" };
  const CURVES = { "1.2.840.10045.3.1.7": ["P-256", 32], "1.3.132.0.34": ["P-384", 48] };

  const unknown = (id, what = "algorithm") =>
    fail(/^1\.2\.156\.10197\.[16](\.|$)/.test(id) ? "cannot-check" : what);

  const identifier = (value, what) => {
    const reader = sequence(value, what), id = oid(reader.next(6), what);
    const rest = parts(value, what)[1];
    need(parts(value, what).length <= 2, what);
    return { id, parameters: rest || null };
  };
  const bare = ({ parameters }) => need(!parameters || (parameters.tag === 5 && parameters.body.length === 0), "algorithm");
  const digestOf = (value, what) => {
    const algorithm = identifier(value, what), name = DIGESTS[algorithm.id];
    if (!name) unknown(algorithm.id);
    bare(algorithm);
    return name;
  };

  const hash = async (name, bytes) => new Uint8Array(await crypto.subtle.digest(name, bytes));

  // What makes a signature: `digest` is that of the signer's attributes, where there are any.
  const scheme = (value, digest, what) => {
    const algorithm = identifier(value, what), { id } = algorithm;
    const fits = (name) => {
      need(!digest || name === digest, "algorithm");
      return name;
    };
    if (id === RSA && digest) {
      bare(algorithm);
      return { kind: "RSASSA-PKCS1-v1_5", hash: digest };
    }
    if (WITH_RSA[id]) {
      bare(algorithm);
      return { kind: "RSASSA-PKCS1-v1_5", hash: fits(WITH_RSA[id]) };
    }
    if (WITH_EC[id]) {
      bare(algorithm);
      return { kind: "ECDSA", hash: fits(WITH_EC[id]) };
    }
    if (id !== PSS) unknown(id);
    need(algorithm.parameters, "algorithm");
    const reader = sequence(algorithm.parameters, "algorithm");
    const inside = (tag) => {
      const outer = reader.maybe(tag);
      return outer && whole(outer.body, "algorithm");
    };
    const hashed = inside(0xa0), mask = inside(0xa1), salt = inside(0xa2), trailer = inside(0xa3);
    reader.end();
    // Without them it would be SHA-1.
    need(hashed && mask, "algorithm");
    const name = digestOf(hashed, "algorithm"), generator = identifier(mask, "algorithm");
    need(generator.id === "1.2.840.113549.1.1.8" && generator.parameters, "algorithm");
    need(digestOf(generator.parameters, "algorithm") === name, "algorithm");
    need(!trailer || small(trailer, "algorithm") === 1, "algorithm");
    const saltLength = salt ? small(salt, "algorithm") : 20;
    need(saltLength <= 255, "algorithm");
    return { kind: "RSA-PSS", hash: fits(name), saltLength };
  };

  const signed = async (by, spki, bytes, signature) => {
    const reader = sequence(spki, "key"), algorithm = identifier(reader.next(0x30), "key");
    const point = bits(reader.next(3), "key");
    reader.end();
    need(point.unused === 0, "key");
    let options, check = by.kind, plain = signature;
    if (algorithm.id === RSA) {
      need(by.kind !== "ECDSA", "key");
      bare(algorithm);
      const numbers = sequence(whole(point.body, "key"), "key");
      const modulus = integer(numbers.next(2), "key"), exponent = integer(numbers.next(2), "key");
      numbers.end();
      need(modulus[0] < 128 && exponent[0] < 128, "key");
      const digits = modulus[0] === 0 ? modulus.subarray(1) : modulus;
      const length = digits.length * 8 - (Math.clz32(digits[0] || 0) - 24);
      need(length >= 2048 && length <= 8192, "key");
      options = { name: by.kind, hash: by.hash };
      if (by.kind === "RSA-PSS") check = { name: by.kind, saltLength: by.saltLength };
    } else if (algorithm.id === EC) {
      need(by.kind === "ECDSA", "key");
      need(algorithm.parameters && algorithm.parameters.tag === 6, "key");
      const curve = oid(algorithm.parameters, "key");
      if (!CURVES[curve]) unknown(curve, "key");
      const [namedCurve, width] = CURVES[curve];
      options = { name: "ECDSA", namedCurve };
      check = { name: "ECDSA", hash: by.hash };
      const pair = sequence(whole(signature, "signature"), "signature");
      plain = new Uint8Array(2 * width);
      for (const end of [width, 2 * width]) {
        let number = integer(pair.next(2), "signature");
        need(number[0] < 128, "signature");
        if (number[0] === 0) number = number.subarray(1);
        need(number.length <= width, "signature");
        plain.set(number, end - number.length);
      }
      pair.end();
    } else {
      unknown(algorithm.id);
    }
    let key;
    try {
      key = await crypto.subtle.importKey("spki", spki.raw, options, false, ["verify"]);
    } catch {
      fail("key");
    }
    let good = false;
    try {
      good = await crypto.subtle.verify(check, key, plain, bytes);
    } catch {
      // What it will not even look at is no signature.
    }
    need(good, "signature");
  };

  // µs since 1970 of digits and a fraction, in the calendar of the statements' TIME.
  const moment = (text, what) => {
    const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{0,8}[1-9]))?Z$/.exec(text);
    need(match, what);
    const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
    const ms = Date.UTC(year, month - 1, day, hour, minute, second), back = new Date(ms);
    need(year >= 1970 && year <= 9998 && back.getUTCMonth() === month - 1 && back.getUTCDate() === day, what);
    need(hour < 24 && minute < 60 && second < 60, what);
    return BigInt(ms) * 1000n + BigInt(((match[7] || "") + "000000").slice(0, 6));
  };
  const ascii = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const validity = (value) => {
    const text = ascii(value.body);
    if (value.tag === 0x17) {
      need(/^\d{12}Z$/.test(text), "certificate");
      const year = (Number(text.slice(0, 2)) < 50 ? "20" : "19") + text;
      // Certificates of the years before 1970 began before any token.
      return year < "1970" ? -1n : moment(year, "certificate");
    }
    need(value.tag === 0x18 && /^\d{14}Z$/.test(text), "certificate");
    // "99991231235959Z": it never ends.
    if (text.startsWith("9999")) return moment("9998" + text.slice(4), "certificate") + 31536000000000n;
    return text < "1970" ? -1n : moment(text, "certificate");
  };

  const KNOWN = new Set(["2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.17", "2.5.29.32"]);

  // A certificate taken apart; what its extensions say is read by `usage`.
  const certificate = (value) => {
    const what = "certificate", outer = sequence(value, what);
    const tbs = outer.next(0x30), algorithm = outer.next(0x30), signature = bits(outer.next(3), what);
    outer.end();
    const reader = sequence(tbs, what);
    const version = reader.maybe(0xa0);
    const found = { raw: value.raw, tbs: tbs.raw, algorithm, signature };
    found.version = version ? small(whole(version.body, what), what) : 0;
    found.serial = integer(reader.next(2), what);
    found.inner = reader.next(0x30);
    found.issuer = reader.next(0x30).raw;
    const period = sequence(reader.next(0x30), what);
    found.notBefore = validity(period.next());
    found.notAfter = validity(period.next());
    period.end();
    found.subject = reader.next(0x30).raw;
    found.spki = reader.next(0x30);
    reader.maybe(0x81);
    reader.maybe(0x82);
    const extensions = reader.maybe(0xa3);
    reader.end();
    found.extensions = extensions ? parts(whole(extensions.body, what), what) : [];
    return found;
  };

  const usage = (cert) => {
    const what = "certificate", seen = new Map();
    need(cert.version === 2 && same(cert.inner.raw, cert.algorithm.raw), what);
    for (const extension of cert.extensions) {
      const reader = sequence(extension, what), id = oid(reader.next(6), what);
      const critical = flag(reader.maybe(1), what), body = reader.next(4).body;
      reader.end();
      need(!seen.has(id) && id !== "2.5.29.30" && (!critical || KNOWN.has(id)), what);
      seen.set(id, { critical, body });
    }
    const inside = (id) => (seen.has(id) ? whole(seen.get(id).body, what) : null);
    const found = { authority: false, pathLength: null, keyUsage: null, purposes: null, purposesCritical: false, names: [] };
    const basic = inside("2.5.29.19");
    if (basic) {
      const reader = sequence(basic, what);
      found.authority = flag(reader.maybe(1), what);
      const length = reader.maybe(2);
      if (length) found.pathLength = small(length, what);
      reader.end();
    }
    const key = inside("2.5.29.15");
    if (key) {
      const { body } = bits(key, what);
      found.keyUsage = (body[0] || 0) * 256 + (body[1] || 0);
    }
    const purposes = inside("2.5.29.37");
    if (purposes) {
      need(purposes.tag === 0x30, what);
      found.purposes = parts(purposes, what).map((purpose) => oid(purpose, what));
      found.purposesCritical = seen.get("2.5.29.37").critical;
    }
    const names = inside("2.5.29.17");
    if (names) {
      need(names.tag === 0x30, what);
      found.names = parts(names, what).map((name) => name.raw);
    }
    return found;
  };

  const STAMPING = "1.3.6.1.5.5.7.3.8", ANY_PURPOSE = "2.5.29.37.0";
  const mayIssue = (found) =>
    found.authority && found.keyUsage !== null && (found.keyUsage & 0x0400) !== 0 &&
    (found.purposes === null || found.purposes.includes(STAMPING) || found.purposes.includes(ANY_PURPOSE));
  const validAt = (cert, time) => cert.notBefore <= time && time <= cert.notAfter;

  // Follows every way up, for two certificates may have one name. At most 8 certificates and 5 steps, so it ends.
  const leads = async (own, others, roots, time) => {
    let cannot = false, best = "unknown-root";
    const step = async (below, path) => {
      for (const [issuer, isRoot] of [...roots.map((r) => [r, true]), ...others.map((o) => [o, false])]) {
        if (!same(issuer.subject, below.issuer) || path.some((p) => same(p.raw, issuer.raw))) continue;
        if (path.length + 1 > MAX_CHAIN) continue;
        try {
          const found = usage(issuer);
          need(mayIssue(found), "issuer");
          const between = path.slice(1).filter((p) => !same(p.subject, p.issuer)).length;
          need(found.pathLength === null || found.pathLength >= between, "issuer");
          need(validAt(issuer, time), "validity");
          need(below.signature.unused === 0, "certificate");
          await signed(scheme(below.algorithm, null, "certificate"), issuer.spki, below.tbs, below.signature.body);
        } catch (error) {
          if (!(error instanceof TokenError)) throw error;
          if (error.code === "token.cannot-check") cannot = true;
          best = error.code.slice(6);
          continue;
        }
        if (isRoot || await step(issuer, [...path, issuer])) return true;
      }
      return false;
    };
    if (await step(own, [own])) return;
    fail(cannot ? "cannot-check" : best);
  };

  // A root from outside: its own signature is not looked at.
  const root = (der) => {
    need(der.length <= MAX_TOKEN, "limits");
    const value = whole(der, "certificate");
    bounds(value, 1);
    const cert = certificate(value);
    need(same(cert.subject, cert.issuer), "issuer");
    need(mayIssue(usage(cert)), "issuer");
    return cert;
  };

  const info = (content) => {
    const outer = whole(content), reader = sequence(outer);
    bounds(outer, 1);
    need(small(reader.next(2)) === 1);
    const policy = oid(reader.next(6)), imprint = sequence(reader.next(0x30));
    const algorithm = imprint.next(0x30), data = imprint.next(4).body;
    imprint.end();
    const serial = integer(reader.next(2));
    need(serial[0] < 128 && serial.length <= 20);
    const time = moment(ascii(reader.next(0x18).body), "form");
    let accuracy = null;
    const stated = reader.maybe(0x30);
    if (stated) {
      const parts = sequence(stated, "time"), seconds = parts.maybe(2);
      const thousandth = (part) => {
        if (!part) return 0;
        const n = small({ tag: 2, body: part.body }, "time");
        need(n >= 1 && n <= 999, "time");
        return n;
      };
      accuracy = BigInt(seconds ? small(seconds, "time") : 0) * 1000000n;
      accuracy += BigInt(thousandth(parts.maybe(0x80))) * 1000n;
      accuracy += BigInt(thousandth(parts.maybe(0x81)));
      parts.end();
    }
    flag(reader.maybe(1), "form");
    const nonce = reader.maybe(2);
    if (nonce) integer(nonce);
    const name = reader.maybe(0xa0), extensions = reader.maybe(0xa1);
    reader.end();
    if (extensions) {
      for (const extension of parts(extensions)) {
        const inner = sequence(extension);
        oid(inner.next(6));
        need(!flag(inner.maybe(1), "form"), "info-extension");
        inner.next(4);
        inner.end();
      }
    }
    return { policy, algorithm, data, serial, time, accuracy, name: name && whole(name.body).raw };
  };

  const signedAttributes = (value) => {
    const what = "attributes", found = new Map();
    need(value, what);
    for (const attribute of set(value, what, 0xa0)) {
      const reader = sequence(attribute, what), id = oid(reader.next(6), what), values = set(reader.next(0x31), what);
      reader.end();
      found.set(id, [...(found.get(id) || []), ...values, ...(found.has(id) ? [null] : [])]);
    }
    const one = (id) => {
      const values = found.get(id) || [];
      need(values.length === 1 && values[0], what);
      return values[0];
    };
    const type = one("1.2.840.113549.1.9.3"), digest = one("1.2.840.113549.1.9.4");
    const ids = one("1.2.840.113549.1.9.16.2.47");
    need(oid(type, what) === "1.2.840.113549.1.9.16.1.4" && digest.tag === 4, what);
    const list = sequence(ids, what), first = parts(list.next(0x30), what)[0];
    need(first, what);
    const reader = sequence(first, what), algorithm = reader.maybe(0x30), certHash = reader.next(4).body;
    const name = reader.maybe(0x30);
    reader.end();
    let issuer = null, serial = null;
    if (name) {
      const inner = sequence(name, what), names = parts(inner.next(0x30), what);
      serial = integer(inner.next(2), what);
      inner.end();
      need(names.length === 1 && names[0].tag === 0xa4, "binding");
      issuer = whole(names[0].body, what).raw;
    }
    return { digest: digest.body, hash: algorithm ? digestOf(algorithm, what) : "SHA-256", certHash, issuer, serial };
  };

  const TYPES = {
    "2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "SERIALNUMBER", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
    "2.5.4.9": "STREET", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "TITLE", "2.5.4.15": "BUSINESSCATEGORY",
    "2.5.4.17": "POSTALCODE", "0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC",
  };
  // Text of a string: UTF8String, PrintableString, TeletexString, IA5String.
  const textOf = ({ tag, body }) => {
    if (tag === 0x0c) return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    const text = ascii(body), isPlain = /^[\0-\x7f]*$/.test(text);
    if (tag === 0x13) return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text) ? text : null;
    return (tag === 0x14 || tag === 0x16) && isPlain ? text : null;
  };
  const escaped = (text) => text.replace(/["+,;<>\\]/g, "\\$&").replace(/^#/, "\\#").replace(/^ | $/g, "\\ ")
    .replace(/[\0-\x1f\x7f]/g, (c) => "\\" + c.charCodeAt(0).toString(16).padStart(2, "0"));
  // A name in one line (RFC 4514), the last first, with nothing in it that could turn or hide what stands beside it.
  const subjectText = (raw) => {
    const one = (pair) => {
      const [type, value] = parts(pair), id = oid(type), text = TYPES[id] && value ? textOf(value) : null;
      if (text !== null) return TYPES[id] + "=" + escaped(text);
      return id + "=#" + Array.from(value ? value.raw : [], (byte) => byte.toString(16).padStart(2, "0")).join("");
    };
    const words = parts(whole(raw)).reverse().map((relative) => parts(relative).map(one).join("+"));
    const safe = (c) => (/[\p{Alphabetic}\p{N} !-~]/u.test(c) ? c : "?");
    return [...words.join(",")].slice(0, 200).map(safe).join("");
  };

  const read = async (der, imprint, roots) => {
    need(der.length <= MAX_TOKEN, "limits");
    const all = whole(der);
    bounds(all, 1);
    const outer = sequence(all), outerType = oid(outer.next(6));
    if (outerType !== "1.2.840.113549.1.7.2") unknown(outerType, "content-type");
    const held = outer.next(0xa0);
    outer.end();
    const data = sequence(whole(held.body)), version = small(data.next(2));
    const digests = set(data.next(0x31));
    const content = sequence(data.next(0x30)), type = oid(content.next(6)), octets = content.maybe(0xa0);
    content.end();
    const certificates = data.maybe(0xa0), revocations = data.maybe(0xa1);
    const signers = set(data.next(0x31));
    data.end();
    if (revocations) set(revocations, "form", 0xa1);
    need(type === "1.2.840.113549.1.9.16.1.4", "content-type");
    need(version === 3 && octets);
    const text = whole(octets.body);
    need(text.tag === 4);
    need(signers.length === 1, "signers");

    const signer = sequence(signers[0]), signerVersion = small(signer.next(2));
    const key = signer.maybe(0x80), pair = key ? null : sequence(signer.next(0x30));
    const sid = key ? { key: key.body } : { issuer: pair.next(0x30).raw, serial: integer(pair.next(2)) };
    if (pair) pair.end();
    need(signerVersion === (key ? 3 : 1));
    const digestAlgorithm = signer.next(0x30), attributes = signer.maybe(0xa0);
    const signatureAlgorithm = signer.next(0x30), signature = signer.next(4).body, unsigned = signer.maybe(0xa1);
    signer.end();
    if (unsigned) set(unsigned, "form", 0xa1);
    need(digests.length === 1 && same(digests[0].raw, digestAlgorithm.raw));

    const sent = certificates ? set(certificates, "form", 0xa0) : [];
    need(sent.length <= MAX_CERTIFICATES, "limits");
    const certs = sent.filter((value) => value.tag === 0x30).map(certificate);

    const said = info(text.body);
    need(digestOf(said.algorithm, "form") === "SHA-256", "algorithm");
    need(said.data.length === 32);
    need(!imprint || same(said.data, imprint), "imprint");

    const digest = digestOf(digestAlgorithm, "form"), claims = signedAttributes(attributes);
    need(same(claims.digest, await hash(digest, text.body)), "digest");

    const keyId = (cert) => {
      for (const extension of cert.extensions) {
        const inner = parts(extension, "certificate");
        if (oid(inner[0], "certificate") === "2.5.29.14") return whole(inner[inner.length - 1].body, "certificate").body;
      }
      return null;
    };
    const isNamed = (cert) => {
      if (!sid.key) return same(cert.issuer, sid.issuer) && same(cert.serial, sid.serial);
      const id = keyId(cert);
      return id !== null && same(id, sid.key);
    };
    const named = certs.filter(isNamed);
    need(named.length > 0, "no-certificate");
    let own = null;
    for (const cert of named) if (same(await hash(claims.hash, cert.raw), claims.certHash)) own = cert;
    need(own, "binding");
    if (claims.issuer) need(same(claims.issuer, own.issuer) && same(claims.serial, own.serial), "binding");

    const found = usage(own);
    need(found.purposesCritical && found.purposes.length === 1 && found.purposes[0] === STAMPING, "purpose");
    // Bits 0 and 1, one of them at least.
    if (found.keyUsage !== null) need(found.keyUsage !== 0 && (found.keyUsage & ~0xc000) === 0, "purpose");
    if (said.name) {
      const subject = said.name[0] === 0xa4 ? whole(whole(said.name).body).raw : null;
      need((subject && same(subject, own.subject)) || found.names.some((name) => same(name, said.name)), "name");
    }
    need(validAt(own, said.time), "validity");
    let chain = null;
    try {
      await leads(own, certs.filter((cert) => cert !== own), roots, said.time);
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      chain = error;
    }
    const toSign = Uint8Array.from(attributes.raw);
    toSign[0] = 0x31;
    await signed(scheme(signatureAlgorithm, digest, "form"), own.spki, toSign, signature);
    return {
      told: { time: said.time, accuracy: said.accuracy, policy: said.policy, authority: subjectText(own.subject) },
      chain,
    };
  };

  // Whatever goes wrong inside is the token's fault: nothing but a coded error comes out.
  const coded = async (work) => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof TokenError) throw error;
      throw new TokenError("token.form");
    }
  };

  return {
    TokenError,
    isRoot: (der) => {
      try {
        return Boolean(root(der));
      } catch {
        return false;
      }
    },
    // What a token proves; `imprint` is null where its data is not known.
    verify: (der, imprint, roots) => coded(async () => {
      const { told, chain } = await read(der, imprint, roots.map(root));
      if (chain) throw chain;
      return told;
    }),
    // For a token that came with a clip: by an authority that is not trusted it is no fault.
    judge: (der, imprint, roots) => coded(async () => {
      const { told, chain } = await read(der, imprint, roots.map(root));
      if (chain && chain.code === "token.cannot-check") throw chain;
      return { ...told, trusted: !chain };
    }),
  };
})();
