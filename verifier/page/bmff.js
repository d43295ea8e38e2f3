// The container by FORMAT.md (1.1, 1.2): the one allowed `ftyp` and `moov`, the one allowed `moof`. What is read is
// compared with what would be written.
"use strict";

const bmff = (() => {
  const FTYP = 24, MAX_INIT = 2048, SPS_AT = 515, MAX_SAMPLES = 240, MAX_DURATION = 90000, MAX_SPAN = 180000;
  const SYNC = 0x02000000, NOT_SYNC = 0x01010000;

  const { fail, need, same } = value;
  const u16 = (bytes, at) => bytes[at] << 8 | bytes[at + 1];
  const u32 = (bytes, at) => (u16(bytes, at) << 16 | u16(bytes, at + 2)) >>> 0;
  const isType = (bytes, at, type) => [...type].every((c, i) => bytes[at + i] === c.charCodeAt(0));

  // ---- Writing. Pieces are hexadecimal digits, bytes, or `zeros`.

  const hex = (digits) => (digits.replaceAll(" ", "").match(/../g) || []).map((pair) => parseInt(pair, 16));
  const ascii = (text) => [...text].map((c) => c.charCodeAt(0));
  const zeros = (n) => new Array(n).fill(0);
  const short = (n) => [n >> 8 & 255, n & 255];
  const word = (n) => [n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255];
  const box = (type, ...pieces) => {
    const content = pieces.flatMap((piece) => (typeof piece === "string" ? hex(piece) : piece));
    return [...word(content.length + 8), ...ascii(type), ...content];
  };

  const MATRIX = hex("00010000 000000000000000000000000 00010000 000000000000000000000000 40000000");

  // The one allowed `ftyp` and `moov` of a clip with these parameter sets.
  const header = ({ sps, pps, width, height, isHigh }) => {
    const avcC = box("avcC", "01", [...sps.subarray(1, 4)], "ff e1", short(sps.length), [...sps],
      "01", short(pps.length), [...pps], isHigh ? "fd f8 f8 00" : "");
    const avc1 = box("avc1", zeros(6), "0001", zeros(16), short(width), short(height),
      "00480000 00480000 00000000 0001", zeros(32), "0018 ffff", avcC);
    const stbl = box("stbl", box("stsd", zeros(4), "00000001", avc1), box("stts", zeros(8)), box("stsc", zeros(8)),
      box("stsz", zeros(12)), box("stco", zeros(8)));
    const dref = box("dref", zeros(4), "00000001", box("url ", "00000001"));
    const minf = box("minf", box("vmhd", "00000001", zeros(8)), box("dinf", dref), stbl);
    const mdia = box("mdia", box("mdhd", zeros(12), "00015f90", zeros(4), "55c4 0000"),
      box("hdlr", zeros(8), ascii("vide"), zeros(12), ascii("VideoHandler\0")), minf);
    const tkhd = box("tkhd", "00000003", zeros(8), "00000001", zeros(8), zeros(16), MATRIX,
      short(width), zeros(2), short(height), zeros(2));
    const mvhd = box("mvhd", zeros(12), "00015f90", zeros(4), "00010000 0100", zeros(10), MATRIX, zeros(24), "00000002");
    const trex = box("trex", zeros(4), "00000001 00000001", zeros(12));
    return [...box("ftyp", ascii("iso6"), "00000001", ascii("iso6mp41")),
      ...box("moov", mvhd, box("trak", tkhd, mdia), box("mvex", trex))];
  };

  // `bytes` is the beginning of the file, 2,048 bytes of it or all.
  const init = (bytes) => {
    need(bytes.length >= 8 && isType(bytes, 4, "ftyp"), "check.not-a-clip");
    need(bytes.length >= FTYP + 8, "container.truncated");
    const length = FTYP + u32(bytes, FTYP);
    need(isType(bytes, FTYP + 4, "moov") && length <= MAX_INIT, "container.init");
    need(length <= bytes.length, "container.truncated");
    const all = bytes.subarray(0, length);
    const set = (at) => {
      need(at + 2 <= length && at + 2 + u16(all, at) <= length, "container.init");
      return all.subarray(at + 2, at + 2 + u16(all, at));
    };
    // Everything before the SPS has a fixed length.
    const sps = set(SPS_AT - 2), sets = h264.sets(sps, set(SPS_AT + sps.length + 1));
    need(same(header(sets), all), "container.init");
    return { length, sets };
  };

  // ---- Fragments.

  // How many samples a `moof` of this many bytes has.
  const samplesOf = (moof) => {
    const n = (moof - 88) / 16;
    need(Number.isInteger(n) && n >= 1 && n <= MAX_SAMPLES, "fragment.moof");
    return n;
  };

  // The rows of `trun`, as many as are whole.
  const rowsOf = (bytes, count) => {
    const rows = [], view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 88; rows.length < count && at + 16 <= bytes.length; at += 16) {
      rows.push({ duration: view.getUint32(at), size: view.getUint32(at + 4), offset: view.getInt32(at + 12) });
    }
    return rows;
  };

  // The one allowed `moof`, and the header of `mdat`, of so many samples, of which these rows are known.
  const fragmentHeader = (index, tick, rows, count) => {
    const media = rows.reduce((sum, row) => sum + row.size, 0);
    const form = new Uint8Array(96 + 16 * count), view = new DataView(form.buffer);
    const table = box("trun", "01000f01", word(count), word(96 + 16 * count), zeros(16 * count));
    const tfdt = box("tfdt", "01000000", word(Math.floor(tick / 2 ** 32)), word(tick % 2 ** 32));
    const traf = box("traf", box("tfhd", "00020000 00000001"), tfdt, table);
    form.set(box("moof", box("mfhd", zeros(4), word(index + 1)), traf));
    for (let i = 0; i < count; i++) {
      const row = rows[i] || { duration: 0, size: 0, offset: 0 }, at = 88 + 16 * i;
      view.setUint32(at, row.duration);
      view.setUint32(at + 4, row.size);
      view.setUint32(at + 8, i === 0 ? SYNC : NOT_SYNC);
      view.setInt32(at + 12, row.offset);
    }
    view.setUint32(88 + 16 * count, Math.min(media + 8, 2 ** 32 - 1));
    form.set(ascii("mdat"), 92 + 16 * count);
    return form;
  };

  // Presentation times in ticks from the fragment's first; nothing where durations or times break a rule.
  const timesOf = (rows) => {
    const decoded = [], shown = [];
    let now = 0;
    for (const { duration, offset } of rows) {
      decoded.push(now);
      shown.push(now + offset);
      if (duration < 1 || duration > MAX_DURATION) return null;
      now += duration;
    }
    return now <= MAX_SPAN && shown[0] === 0 && same([...shown].sort((a, b) => a - b), decoded) ? shown : null;
  };

  const sum = (rows, key) => rows.reduce((total, row) => total + row[key], 0);

  // Samples and their presentation times, out of a whole `moof` with the header of its `mdat`.
  const samplesIn = (head, index, tick, count) => {
    const rows = rowsOf(head, count);
    need(same(fragmentHeader(index, tick, rows, count), head), "fragment.moof");
    const shown = timesOf(rows);
    need(shown, "fragment.times");
    return { rows, media: { sizes: rows.map((row) => row.size), shown } };
  };

  // `bytes` is the whole `moof` and `mdat`; index, first tick, frames and ticks are what LINK says.
  const fragment = (bytes, { index, tick, sets, frames, ticks }) => {
    need(bytes.length >= 4, "fragment.moof");
    const count = samplesOf(u32(bytes, 0)), body = 96 + 16 * count;
    need(body <= bytes.length, "fragment.moof");
    const { rows, media } = samplesIn(bytes.subarray(0, body), index, tick, count);
    need(count === frames && sum(rows, "duration") === ticks, "fragment.frames");
    need(body + sum(rows, "size") === bytes.length, "fragment.moof");
    h264.samples(bytes, body, media, sets, false);
    return { frames, ticks };
  };

  // `bytes` is a fragment cut off anywhere (rule Tail): as far as it goes, it must be able to become a good one.
  const cut = (bytes, { index, tick, sets }) => {
    need(bytes.length >= 4, "tail.form");
    const count = samplesOf(u32(bytes, 0)), table = 88 + 16 * count, body = table + 8;
    if (bytes.length >= body) {
      const { media } = samplesIn(bytes.subarray(0, body), index, tick, count);
      return h264.samples(bytes, body, media, sets, true);
    }
    const rows = rowsOf(bytes, count), form = fragmentHeader(index, tick, rows, count);
    need(rows.length < count || timesOf(rows), "tail.form");
    // Of the row that was cut only the flags, bytes 8 to 11 of 16, are known beforehand.
    const isFree = (i) => i >= 88 + 16 * rows.length && i < table && ((i - 88) % 16 < 8 || (i - 88) % 16 > 11);
    return need(bytes.every((byte, i) => isFree(i) || form[i] === byte), "tail.form");
  };

  return { init, samplesOf, fragment, cut };
})();
