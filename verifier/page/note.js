// Signed notes and key text by FORMAT.md, section 2.
"use strict";

const note = (() => {
  const { need, hex, hashOf, utf8, latin, base64, NAME } = value;
  const MAX = 16384;
  // U+2014, a character for each of its bytes.
  const DASH = "\u00e2\u0080\u0094 ";

  const parse = async (bytes) => {
    const text = bytes.length <= MAX ? latin(bytes) : "", cut = text.indexOf("\n\n");
    need(cut > 0, "note.grammar");
    need(text.slice(0, cut).split("\n").every((line) => /^[!-~]([ -~]*[!-~])?$/.test(line)), "note.grammar");
    const line = text.slice(cut + 2), found = /^(\S+) (\S+)\n$/.exec(line.slice(DASH.length));
    need(line.startsWith(DASH) && found && NAME(found[1]), "note.grammar");
    const signed = base64(found[2]);
    need(signed && signed.length === 68, "note.grammar");
    const signer = { name: found[1], id: hex(signed.subarray(0, 4)) };
    return { text: text.slice(0, cut + 1), signer, signature: signed.subarray(4), hash: await hashOf(bytes) };
  };

  const isOf = (key, signer) => key.name === signer.name && key.id === signer.id;

  // What is wrong with key text, or the key.
  const readKey = async (text) => {
    const [name, id, ...rest] = text.split("+"), bytes = base64(rest.join("+"));
    const isFormed = NAME(name) && /^[0-9a-f]{8}$/.test(id || "") && bytes && bytes.length === 33 && bytes[0] === 1;
    if (!isFormed) return { wrong: "form" };
    const raw = bytes.subarray(1);
    if ((await hashOf(raw)).slice(0, 16) !== name.split("/")[1]) return { wrong: "name" };
    if (!ed25519.isKey(raw)) return { wrong: "point" };
    if ((await hashOf(utf8(name + "\n"), bytes)).slice(0, 8) !== id) return { wrong: "id" };
    return { key: { name, id, raw, text } };
  };
  const VKEY = async (text) => (await readKey(text)).key;

  const verify = async (read, key) => {
    const isGood = isOf(key, read.signer) && await ed25519.verify(key.raw, utf8(read.text), read.signature);
    need(isGood, "note.signature");
  };

  // Whether this (a character a byte) may be the beginning of what follows the text's last LF, signed by `signer`.
  const isSignaturePrefix = (text, signer) => {
    const known = "\n" + DASH + signer.name + " ", rest = text.slice(known.length);
    return known.startsWith(text.slice(0, known.length)) && /^[A-Za-z0-9+/=]{0,92}$/.test(rest);
  };

  return { MAX, parse, isOf, readKey, VKEY, verify, isSignaturePrefix };
})();
