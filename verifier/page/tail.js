// What stands behind the last whole statement of a clip without END (FORMAT.md, section 4, Tail).
"use strict";

const tail = (() => {
  const { need, latin, hex } = value;

  const sizeIn = (bytes, at) => new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0);
  const sampleCount = (moof) => {
    try {
      return bmff.samplesOf(moof);
    } catch {
      return null;
    }
  };
  // Whether a box's size is allowed; cut off within, the first bytes of a small number.
  const isSize = (bytes, isAllowed) =>
    (bytes.length >= 4 ? isAllowed(sizeIn(bytes, 0)) : bytes.subarray(0, 2).every((byte) => byte === 0));

  // Whether this (a character a byte) is the beginning of a signed note of this kind whose text begins with `known`.
  const isNote = (text, kind, known, signer) => {
    // The text ends with the first empty line, if it is there.
    const cut = text.indexOf("\n\n"), said = cut < 0 ? text : text.slice(0, cut + 1);
    return (said.startsWith(known) || known.startsWith(said)) && statement.isPrefix(kind, said) &&
      note.isSignaturePrefix(text.slice(said.length), signer);
  };

  const isBox = (bytes, kind, known, signer) => {
    // The file was cut off in this box, so it is longer than what there is of it.
    const isSized = isSize(bytes, (size) => size > Math.max(24, bytes.length) && size <= 24 + note.MAX);
    const header = hex(value.utf8("uuid")) + layout.USER_TYPES[kind];
    return isSized && header.startsWith(hex(bytes.subarray(4, 24))) &&
      isNote(latin(bytes.subarray(24)), kind, known, signer);
  };

  // The box of the LINK of this media, or, without it, of a LINK of length 0 or of END.
  const isStatement = async (bytes, media, { rules, signer }) => {
    const begin = `clip ${rules.start.clip}\n`, previous = `previous ${rules.last}\n`;
    const link = `packseal/link/v1\n${begin}index ${rules.links}\n${previous}`;
    if (media) {
      const frames = sampleCount(sizeIn(media, 0)), fragment = await value.hashOf(media);
      const known = `${link}length ${media.length}\nfragment ${fragment}\nframes ${frames}\n`;
      return isBox(bytes, "link", known, signer);
    }
    const end = `packseal/end/v1\n${begin}links ${rules.links}\n${previous}`;
    return isBox(bytes, "link", link + "length 0\nfragment -\nframes 0\n", signer) || isBox(bytes, "end", end, signer);
  };

  // Whether these bytes, to the end of the file, can be the recording going on, cut off.
  const check = async (bytes, clip) => {
    const type = latin(bytes.subarray(4, 8)), { rules, sets } = clip;
    if (type !== "moof") {
      // Not even a whole header: of a `moof`, or of a statement.
      const isMoof = "moof".startsWith(type) && isSize(bytes, (size) => sampleCount(size) !== null);
      return need(isMoof || await isStatement(bytes, null, clip), "tail.form");
    }
    const moof = sizeIn(bytes, 0), to = moof + 4 <= bytes.length ? moof + sizeIn(bytes, moof) : Infinity;
    const media = bytes.subarray(0, Math.min(to, bytes.length));
    bmff.cut(media, { index: Number(rules.links), tick: Number(rules.ticks), sets });
    if (to <= bytes.length) need(await isStatement(bytes.subarray(to), media, clip), "tail.form");
  };

  return { check };
})();
