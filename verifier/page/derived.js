// A derived file with its note (FORMAT.md, section 9): which clip it was made from, by whose word.
"use strict";

const derived = (() => {
  const { need } = value;
  // Its SHA-256 is taken in one piece.
  const MAX = 512 << 20;

  const judge = async (blob, bytes, given, original, said) => {
    const signed = await note.parse(bytes), told = await statement.parse("derivation", signed.text);
    need(told.station === signed.signer.name, "note.signer");
    need(told.length === BigInt(blob.size), "derived.file");
    need(told.file === await value.hashOf(new Uint8Array(await blob.arrayBuffer())), "derived.file");
    const { word, key } = given.standing(signed.signer), sealed = original && original.parts && original.parts.sealed;
    if (word === "revoked") {
      await note.verify(signed, key);
      said.signer = "revoked";
      // The note has no trusted time, so nothing shows that it was signed before.
      value.fail("signer.revoked");
    }
    const through = sealed && original.signer === "trusted" && note.isOf(sealed.key, signed.signer) ? sealed.key : null;
    const known = key || through;
    need(known, "signer.unknown");
    await note.verify(signed, known);
    said.signer = "trusted";
    if (original) {
      const isOfIt = sealed && original.facts && original.facts.clip === told.clip && sealed.end === told.end;
      need(isOfIt && told.links[1] <= sealed.links && told.ticks[1] <= sealed.ticks, "derived.original");
    }
    return told;
  };
  const plain = (told) => Object.fromEntries(Object.entries(told).map(([key, one]) => {
    const text = key === "time" ? value.timeText(one) : key === "size" ? one.join("x") : one;
    const numbers = Array.isArray(text) ? text.map(Number) : typeof text === "bigint" ? Number(text) : text;
    return [key, numbers];
  }));

  // Never throws: where the file cannot be read, nothing can be said (`error`). `original` is the report of the clip that
  // it should be made from, if it is there.
  const check = async (blob, bytes, { trust: given, original = null }) => {
    const said = { verdict: "rejected", exit_status: 1, signer: "unknown", findings: [], derivation: null, original };
    try {
      if (blob.size > MAX) throw new Error(`larger than ${MAX} bytes`);
      const told = await judge(blob, bytes, given, original, said);
      return { ...said, verdict: "derived", exit_status: 4, derivation: plain(told) };
    } catch (error) {
      if (!codes.has(error)) return { ...said, verdict: "could-not-check", exit_status: 2, error };
      const findings = [{ code: error.code, fragment: null, second: null }];
      return error.code === "signer.unknown"
        ? { ...said, verdict: "unknown-signer", exit_status: 3, findings } : { ...said, findings };
    }
  };

  return { check };
})();
