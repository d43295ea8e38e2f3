// H.264 by FORMAT.md (1.3). A second reading of that page, beside the program's own: where the two disagree, one of
// them is wrong.
"use strict";

const h264 = (() => {
  const MAX_SET = 512, MAX_SEI = 4096, HEAD = 1024;
  const SLICE = 1, IDR = 5, SEI = 6, SPS = 7, PPS = 8, DELIMITER = 9;

  const { fail, need, same } = value;

  // Whether these bytes of a unit are free of start codes. Of two zeros in a row one stands at every second place.
  const isFree = (bytes, from, to) => {
    for (let i = from + 1; i < to; i += 2) {
      if (bytes[i] !== 0) continue;
      const at = bytes[i - 1] === 0 ? i - 1 : i;
      if (at + 2 >= to || bytes[at + 1] !== 0) continue;
      if (bytes[at + 2] < 3 || bytes[at + 2] === 3 && at + 3 < to && bytes[at + 3] > 3) return false;
    }
    return true;
  };

  // The bits behind a unit's first byte, without emulation prevention. Every read throws behind the end.
  class Bits {
    constructor(nal, code) {
      const bytes = new Uint8Array(nal.length);
      let length = 0;
      for (let i = 1, zeros = 0; i < nal.length; i++) {
        if (zeros >= 2 && nal[i] === 3) {
          zeros = 0;
          continue;
        }
        zeros = nal[i] === 0 ? zeros + 1 : 0;
        bytes[length++] = nal[i];
      }
      [this.bytes, this.code, this.at] = [bytes.subarray(0, length), code, 0];
    }

    must(holds) {
      need(holds, this.code);
    }

    bit() {
      this.must(this.at < this.bytes.length * 8);
      const bit = this.bytes[this.at >> 3] >> (7 - this.at % 8) & 1;
      this.at++;
      return bit;
    }

    // Not by shifts: these are of 32 bits with a sign.
    bits(n) {
      let value = 0;
      for (let i = 0; i < n; i++) value = value * 2 + this.bit();
      return value;
    }

    ue(most = Infinity) {
      let zeros = 0;
      while (this.bit() === 0) this.must(++zeros <= 31);
      const value = 2 ** zeros - 1 + this.bits(zeros);
      this.must(value <= most);
      return value;
    }

    se(least = -Infinity, most = Infinity) {
      const code = this.ue(), value = code % 2 ? (code + 1) / 2 : -code / 2;
      this.must(value >= least && value <= most);
      return value;
    }

    // Whether more stands before the stop bit.
    more() {
      let last = this.bytes.length - 1;
      while (last >= 0 && this.bytes[last] === 0) last--;
      return last >= 0 && this.at < last * 8 + 7 - Math.log2(this.bytes[last] & -this.bytes[last]);
    }

    // The stop bit, and zeros to the end of the last byte.
    ends() {
      this.must(this.bit() === 1);
      while (this.at % 8) this.must(this.bit() === 0);
      this.must(this.at === this.bytes.length * 8);
    }
  }

  // ---- Parameter sets.

  const openSet = (nal, type, code) => {
    need(nal.length >= 1 && nal.length <= MAX_SET && (nal[0] & 0x9f) === type && (nal[0] & 0x60) !== 0, code);
    need(isFree(nal, 0, nal.length) && nal[nal.length - 1] !== 0, code);
    return new Bits(nal, code);
  };

  const scalingLists = (b, lists) => {
    if (b.bit() === 0) return;
    for (let i = 0; i < lists; i++) {
      if (b.bit() === 0) continue;
      let last = 8, next = 8;
      for (let j = 0; j < (i < 6 ? 16 : 64); j++) {
        if (next !== 0) next = (last + b.se(-128, 127) + 256) % 256;
        if (next !== 0) last = next;
      }
    }
  };

  const hrd = (b) => {
    const count = b.ue(31) + 1;
    b.bits(8);
    for (let i = 0; i < count; i++) {
      b.ue();
      b.ue();
      b.bit();
    }
    b.bits(20);
  };

  // Answers max_num_reorder_frames.
  const vui = (b, references) => {
    if (b.bit()) b.must(b.bits(8) <= 1); // aspect_ratio_idc
    if (b.bit()) b.must(b.bit() === 0); // overscan_appropriate
    if (b.bit()) {
      b.bits(4); // video_format, video_full_range
      if (b.bit()) {
        b.must([1, 2, 5, 6].includes(b.bits(8)));
        b.must([1, 2, 4, 5, 6, 13].includes(b.bits(8)));
        b.must([1, 2, 5, 6].includes(b.bits(8)));
      }
    }
    if (b.bit()) {
      b.ue(5); // chroma_sample_loc_type of both fields
      b.ue(5);
    }
    if (b.bit()) b.bits(65); // timing
    const nal = b.bit();
    if (nal) hrd(b);
    const vcl = b.bit();
    if (vcl) hrd(b);
    if (nal || vcl) b.bit(); // low_delay_hrd
    b.bit(); // pic_struct_present
    if (b.bit() === 0) return 0;
    b.bit(); // motion_vectors_over_pic_boundaries
    for (let i = 0; i < 4; i++) b.ue(16);
    const reorder = b.ue(), buffering = b.ue(16);
    b.must(reorder <= buffering && references <= buffering);
    return reorder;
  };

  const sps = (nal) => {
    const b = openSet(nal, SPS, "h264.sps"), profile = b.bits(8);
    b.must([66, 77, 100].includes(profile));
    b.must((b.bits(8) & 3) === 0); // the last two bits are reserved
    b.bits(8); // level
    b.ue(0); // seq_parameter_set_id
    if (profile === 100) {
      b.must(b.ue() === 1); // 4:2:0
      b.ue(0); // bit depths, less 8
      b.ue(0);
      b.must(b.bit() === 0); // lossless bypass
      scalingLists(b, 8);
    }
    const frameNumBits = b.ue(12) + 4, orderType = b.ue(2);
    b.must(orderType !== 1);
    const orderBits = orderType === 0 ? b.ue(12) + 4 : 0, references = b.ue(16);
    b.must(b.bit() === 0); // gaps_in_frame_num_value_allowed
    const columns = b.ue(255) + 1, rows = b.ue(143) + 1;
    b.must(b.bit() === 1); // frame_mbs_only
    b.bit(); // direct_8x8_inference
    let right = 0, bottom = 0;
    if (b.bit()) {
      b.ue(0); // left
      right = b.ue(7);
      b.ue(0); // top
      bottom = b.ue(7);
    }
    const reorder = b.bit() ? vui(b, references) : 0;
    b.ends();
    const width = 16 * columns - 2 * right, height = 16 * rows - 2 * bottom;
    b.must(width >= 16 && height >= 16);
    return { isHigh: profile === 100, width, height, frameNumBits, orderBits, reorder, macroblocks: columns * rows };
  };

  const pps = (nal, isHigh) => {
    const b = openSet(nal, PPS, "h264.pps");
    b.ue(0); // pic_parameter_set_id
    b.ue(0); // seq_parameter_set_id
    b.bit(); // entropy_coding_mode
    b.must(b.bit() === 0); // bottom_field_pic_order_in_frame_present
    b.ue(0); // slice groups, less 1
    const references = [b.ue(31) + 1, b.ue(31) + 1], weightedP = b.bit() === 1, weightedB = b.bits(2);
    b.must(weightedB <= 2);
    b.se(-26, 25); // pic_init_qp
    b.se(-26, 25); // pic_init_qs
    b.se(-12, 12); // chroma_qp_index_offset
    b.bits(2); // deblocking_filter_control_present, constrained_intra_pred
    b.must(b.bit() === 0); // redundant_pic_cnt_present
    if (b.more()) {
      b.must(isHigh);
      scalingLists(b, 6 + 2 * b.bit());
      b.se(-12, 12); // second_chroma_qp_index_offset
    }
    b.ends();
    return { references, weightedP, weightedB: weightedB === 1 };
  };

  // What both sets say, and their bytes.
  const sets = (spsNal, ppsNal) => {
    const said = sps(spsNal);
    return { ...said, ...pps(ppsNal, said.isHigh), sps: spsNal.slice(), pps: ppsNal.slice() };
  };

  // ---- Slices.

  const modification = (b) => {
    if (b.bit() === 0) return;
    for (let operation; (operation = b.ue()) !== 3;) {
      b.must(operation <= 1);
      b.ue();
    }
  };

  const weights = (b, counts) => {
    b.ue(7);
    b.ue(7);
    for (const count of counts) {
      for (let i = 0; i < count; i++) {
        for (const values of [2, 4]) {
          if (b.bit()) for (let j = 0; j < values; j++) b.se();
        }
      }
    }
  };

  const marking = (b) => {
    const released = [];
    if (b.bit() === 0) return released;
    while (b.ue(1) === 1) released.push(b.ue());
    return released;
  };

  // The head of a slice, to the end of reference picture marking. `nal` is the beginning of its unit.
  const head = (nal, of) => {
    const b = new Bits(nal, "h264.slice"), isIdr = (nal[0] & 0x1f) === IDR, isReference = (nal[0] & 0x60) !== 0;
    const first = b.ue(of.macroblocks - 1), type = b.ue(9) % 5, isB = type === 1, isI = type === 2;
    b.must(type <= 2);
    b.ue(0); // pic_parameter_set_id
    const frameNum = b.bits(of.frameNumBits), idr = isIdr ? b.ue() : -1, low = b.bits(of.orderBits);
    b.must(!isIdr || isI && isReference && frameNum === 0);
    if (isB) b.bit(); // direct_spatial_mv_pred
    const counts = isI ? [] : of.references.slice(0, isB ? 2 : 1);
    if (!isI && b.bit()) for (let i = 0; i < counts.length; i++) counts[i] = b.ue(31) + 1;
    for (let i = 0; i < counts.length; i++) modification(b);
    if (isB ? of.weightedB : !isI && of.weightedP) weights(b, counts);
    let released = [];
    if (isReference && isIdr) b.must(b.bits(2) === 0); // no_output_of_prior_pics, long_term_reference
    else if (isReference) released = marking(b);
    return { first, isReference, frameNum, idr, low, released };
  };

  const isSamePicture = (a, b) => a.isReference === b.isReference && a.frameNum === b.frameNum && a.idr === b.idr
    && a.low === b.low && same(a.released, b.released);

  // ---- Other units.

  const X264 = [0xdc, 0x45, 0xe9, 0xbd, 0xe6, 0xd9, 0x48, 0xb7, 0x96, 0x2c, 0xd8, 0x20, 0xd9, 0x23, 0xee, 0xef];

  // One message of x264's version text: no zero stands in it but the last, so no emulation prevention.
  const isX264 = (unit) => {
    if (unit[1] !== 5) return false;
    let at = 2, size = 0;
    for (; unit[at] === 255; at++) size += 255;
    size += unit[at++];
    const end = at + size;
    if (end + 1 !== unit.length || size < 17 || unit[end] !== 0x80 || unit[end - 1] !== 0) return false;
    if (!same(unit.subarray(at, at + 16), X264)) return false;
    const text = String.fromCharCode(...unit.subarray(at + 16, end - 1));
    const found = /^x264 - core (\d+)( [ -~]*)?$/.exec(text);
    return found !== null && Number(found[1]) >= 151 && Number(found[1]) < 2 ** 32;
  };

  // Whether a unit other than a slice may stand in a sample. `isFirst`: nothing of the sample is before it.
  const isAllowed = (unit, of, isFirst) => {
    const type = unit[0] & 0x1f, isReference = (unit[0] & 0x60) !== 0;
    switch (type) {
      case SEI: return !isReference && isX264(unit);
      case SPS: return same(unit, of.sps);
      case PPS: return same(unit, of.pps);
      default: return isFirst && !isReference && unit.length === 2 && (unit[1] & 0x1f) === 0x10;
    }
  };

  // How long a unit of this type may be; 0: there is none.
  const longest = (type, of) => {
    switch (type) {
      case SLICE: case IDR: return Infinity;
      case SEI: return MAX_SEI;
      case SPS: return of.sps.length;
      case PPS: return of.pps.length;
      case DELIMITER: return 2;
      default: return 0;
    }
  };

  // ---- Samples.

  // One sample, its units from `at` to `end`; the bytes are there up to `there`. Answers its picture, or nothing where
  // the bytes end before it.
  const picture = (bytes, at, end, there, isFirstSample, of) => {
    let isFirst = true, found = null;
    while (at < end) {
      need(end - at >= 4 || there < end, "h264.sample");
      if (there - at < 4) return null;
      const length = ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
      at += 4;
      need(length >= 1 && length <= end - at, "h264.sample");
      const last = at + length, until = Math.min(last, there);
      if (at === there) return null;
      const type = bytes[at] & 0x1f, isSlice = type === SLICE || type === IDR;
      need(length <= longest(type, of) && isFree(bytes, at, until), "h264.nal");
      if (until < last) return null;
      const unit = bytes.subarray(at, last);
      need(bytes[last - 1] !== 0 && (bytes[at] & 0x80) === 0, "h264.nal");
      if (isSlice) {
        need(type === (isFirstSample ? IDR : SLICE), "h264.nal");
        const now = head(unit.subarray(0, HEAD), of);
        need(found ? now.first > found.first && isSamePicture(now, found) : now.first === 0, "h264.slice");
        found = now;
      } else {
        need(!found && isAllowed(unit, of, isFirst), "h264.nal");
      }
      isFirst = false;
      at = last;
    }
    need(found, "h264.sample");
    return found;
  };

  // Picture order count (ITU-T H.264, 8.2.1.1 and 8.2.1.3). `state` is of the pictures before.
  const orderOf = (now, state, of) => {
    if (of.orderBits === 0) return 2 * state.references - (now.isReference ? 0 : 1);
    const range = 2 ** of.orderBits;
    let high = state.high;
    if (now.low < state.low && state.low - now.low >= range / 2) high += range;
    else if (now.low > state.low && now.low - state.low > range / 2) high -= range;
    if (now.isReference) [state.high, state.low] = [high, now.low];
    return high + now.low;
  };

  // The samples of a fragment, of which sizes and presentation times are given, in `bytes` from `at` on. Where
  // `isCut`, the bytes may end anywhere. Throws the code of the first rule that does not hold.
  const samples = (bytes, at, { sizes, shown }, of, isCut) => {
    const orders = [], state = { references: 0, high: 0, low: 0 }, there = bytes.length;
    for (const [i, size] of sizes.entries()) {
      // Samples of no bytes at the end of all bytes are none: these are not for a tail to bring.
      if (isCut && at === there && sizes.slice(i).some((size) => size > 0)) return;
      need(size > 0 && (isCut || size <= there - at), "h264.sample");
      const now = picture(bytes, at, at + size, there, i === 0, of);
      if (!now) return;
      at += size;
      const order = orderOf(now, state, of);
      need(now.frameNum === state.references % 2 ** of.frameNumBits && (i > 0 || order === 0), "h264.order");
      if (now.isReference) state.references++;
      orders.push(order);
    }
    need(at === there, "h264.sample");
    const rank = (values) => [...values.keys()].sort((a, b) => values[a] - values[b]);
    need(new Set(orders).size === orders.length && same(rank(orders), rank(shown)), "h264.order");
    for (const [i, order] of orders.entries()) {
      const later = orders.slice(0, i).filter((before) => before > order);
      need(later.length <= of.reorder, "h264.order");
    }
  };

  return { sets, samples };
})();
