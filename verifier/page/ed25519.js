// Ed25519 as FORMAT.md, section 2, demands it: [S]B - [k]A, encoded, is R; no key and no R that is not canonical or of
// small order, and S < L. Browsers differ in what else they take, so this is looked at before them.
"use strict";

const ed25519 = (() => {
  const P = 2n ** 255n - 19n, L = 2n ** 252n + 27742317777372353535851937790883648493n;
  // y of the points of order 1, 2, 4 and 8; each belongs to a point and its negative.
  const EIGHTH = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
  const WEAK = [0n, 1n, P - 1n, EIGHTH, P - EIGHTH];

  const number = (bytes) => BigInt("0x" + value.hex(Uint8Array.from(bytes).reverse()));
  // Where x is 0, y is 1 or -1: a sign that is not canonical is refused with them.
  const isStrong = (point) => {
    const y = number(point) & (2n ** 255n - 1n);
    return y < P && !WEAK.includes(y);
  };
  const pointOf = (bytes) => {
    try {
      return noble.Point.fromBytes(bytes);
    } catch {
      return null;
    }
  };

  const isKey = (raw) => raw.length === 32 && isStrong(raw) && pointOf(raw) !== null;

  const slowly = async (raw, message, signature) => {
    const point = pointOf(raw), r = signature.subarray(0, 32), s = number(signature.subarray(32));
    if (!point) return false;
    const digest = await crypto.subtle.digest("SHA-512", value.join(r, raw, message));
    const k = number(new Uint8Array(digest)) % L, { BASE } = noble.Point;
    const found = BASE.multiply(s, false).add(point.negate().multiply(k, false));
    return value.same(found.toBytes(), r);
  };

  // The browser's own, of one key: nothing where it does not know Ed25519.
  const held = new Map();
  const native = (raw) => {
    const name = value.hex(raw);
    if (!held.has(name)) {
      held.clear();
      held.set(name, crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]).catch(() => null));
    }
    return held.get(name);
  };

  const verify = async (raw, message, signature) => {
    if (signature.length !== 64 || !isStrong(raw) || !isStrong(signature.subarray(0, 32))) return false;
    if (number(signature.subarray(32)) >= L) return false;
    const key = api.isSlow ? null : await native(raw);
    return key ? crypto.subtle.verify("Ed25519", key, signature, message) : slowly(raw, message, signature);
  };

  // `isSlow` has it done without the browser's own.
  const api = { isSlow: false, isKey, verify };
  return api;
})();
