// Bytes, digests and the values of FORMAT.md, section 3. N, ±N and TIME (µs since 1970) are BigInt. A reader gives
// `undefined` for what it does not take.
"use strict";

const value = (() => {
  const MAX_N = 9007199254740991n, MAX_TIME = 253370764799999999n;

  // What is wrong with a clip, by its code of section 6.1.
  class Fault extends Error {
    constructor(code) {
      super(code);
      this.code = code;
    }
  }
  const fail = (code) => { throw new Fault(code); };
  const need = (holds, code) => { if (!holds) fail(code); };

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
  const sha = async (...pieces) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", pieces.length === 1 ? pieces[0] : join(...pieces)));
  const hashOf = async (...pieces) => hex(await sha(...pieces));
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

  const match = (pattern) => (text) => (pattern.test(text) ? text : undefined);
  const but = (read) => (text) => (text === "-" ? undefined : read(text));
  const or = (read) => (text) => (text === "-" ? null : read(text));
  const oneOf = (...words) => (text) => (words.includes(text) ? text : undefined);

  const N = (text) => (/^(0|[1-9]\d{0,15})$/.test(text) && BigInt(text) <= MAX_N ? BigInt(text) : undefined);
  const SIGNED = (text) => {
    if (!text.startsWith("-")) return N(text);
    const n = N(text.slice(1));
    return n ? -n : undefined;
  };
  const HASH = match(/^[0-9a-f]{64}$/), ID = match(/^[0-9a-f]{32}$/);
  const NAME = match(/^[a-z0-9.-]{1,40}\/[0-9a-f]{16}$/);
  const ORDER = but(match(/^[A-Za-z0-9._-]{1,64}$/)), TOKEN = but(match(/^[A-Za-z0-9._+-]{1,64}$/));
  const VISIBLE = but(match(/^[!-~]{1,200}$/));
  const TIME = (text) => {
    const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{6})Z$/.exec(text);
    if (!found) return undefined;
    const [year, month, day, hour, minute, second, us] = found.slice(1).map(Number);
    const ms = Date.UTC(year, month - 1, day, hour, minute, second), back = new Date(ms);
    if (year < 1970 || year > 9998 || hour > 23 || minute > 59 || second > 59) return undefined;
    if (back.getUTCMonth() !== month - 1 || back.getUTCDate() !== day) return undefined;
    return BigInt(ms) * 1000n + BigInt(us);
  };
  const timeText = (us) =>
    new Date(Number(us / 1000000n) * 1000).toISOString().slice(0, 20) + String(us % 1000000n).padStart(6, "0") + "Z";

  // A list each of whose words is read; nothing at all where one is not.
  const list = (read, most) => (text) => {
    const words = text.split(" ");
    if (words.length > most) return undefined;
    const found = words.map(read);
    return found.includes(undefined) ? undefined : found;
  };
  const pairOf = (first, second, mark) => (text) => {
    const words = text.split(mark);
    if (words.length !== 2) return undefined;
    const [a, b] = [first(words[0]), second(words[1])];
    return a === undefined || b === undefined ? undefined : [a, b];
  };

  return {
    Fault, fail, need, same, hex, fromHex, join, sha, hashOf, utf8, latin, base64, MAX_N, MAX_TIME,
    match, or, oneOf, list, pairOf, N, SIGNED, HASH, ID, NAME, ORDER, TOKEN, VISIBLE, TIME, timeText,
  };
})();
