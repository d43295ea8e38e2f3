// The top-level boxes of a clip (FORMAT.md, section 1), read a piece at a time: however long the clip is, no more of it
// is held than a fragment and a statement.
"use strict";

const layout = (() => {
  const { need } = value;
  const HEADER = 8, UUID = 24, PIECE = 4 << 20, MAX_FRAGMENT = 64 << 20, MAX_PROOF = 4 << 20, MAX_LINKS = 100000;
  const USER_TYPES = {
    start: "8cb39b470df28682a7aff066b61ee3de",
    link: "2709ebc2723d80978c10b4e53b9a8036",
    end: "56a1f22bacf58fce9ae92649434f5c3f",
    proof: "f25b7558718e81aa834b37cbde94082c",
  };
  const KINDS = new Map(Object.entries(USER_TYPES).map(([kind, digits]) => [digits, kind]));

  class Layout {
    constructor(blob) {
      this.blob = blob;
      this.length = blob.size;
      this.from = 0;
      this.piece = new Uint8Array(0);
    }

    // So many bytes from a place on, all of which are there. Behind them as many are fetched as are asked for.
    async read(from, length, ahead = PIECE) {
      const there = from >= this.from && from + length <= this.from + this.piece.length;
      if (!there) {
        const end = Math.min(this.length, from + Math.max(length, ahead));
        this.piece = new Uint8Array(await this.blob.slice(from, end).arrayBuffer());
        this.from = from;
        if (this.piece.length < length) throw new Error("the file has become shorter");
      }
      return this.piece.subarray(from - this.from, from - this.from + length);
    }

    // Size and type of the box at a place; nothing where the file ends within its header.
    async header(at, ahead) {
      if (this.length - at < HEADER) return null;
      const bytes = await this.read(at, HEADER, ahead);
      return { size: new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0), type: value.latin(bytes.subarray(4)) };
    }

    // What stands at a place behind `ftyp` and `moov` or behind a statement: a statement with the media before it;
    // "cut" where the file ends before it is whole; nothing at the file's end.
    async next(at, isHeadersOnly = false) {
      if (at === this.length) return null;
      const ahead = isHeadersOnly ? UUID : PIECE, moof = await this.header(at, ahead);
      if (!moof) return "cut";
      if (moof.type !== "moof") return this.statement(at, null, ahead);
      bmff.samplesOf(moof.size);
      const mdat = await this.header(at + moof.size, ahead);
      if (!mdat) return "cut";
      need(mdat.type === "mdat" && mdat.size >= HEADER, "container.boxes");
      const to = at + moof.size + mdat.size;
      need(to - at <= MAX_FRAGMENT, "container.limits");
      if (to > this.length) return "cut";
      // Both in one piece.
      if (!isHeadersOnly) await this.read(at, Math.min(this.length, to + UUID + note.MAX) - at);
      return this.statement(to, { from: at, to }, ahead);
    }

    async statement(at, media, ahead) {
      const box = await this.header(at, ahead);
      if (!box) return "cut";
      need(box.type === "uuid" && box.size > UUID, "container.boxes");
      if (this.length - at < UUID) return "cut";
      const kind = KINDS.get(value.hex(await this.read(at + HEADER, UUID - HEADER, ahead)));
      need(kind, "container.boxes");
      need(box.size - UUID <= (kind === "proof" ? MAX_PROOF : note.MAX), "container.limits");
      need(!media || kind === "link", "container.boxes");
      const end = at + box.size;
      if (end > this.length) return "cut";
      // Its own bytes: what is read next may take the place of the piece.
      return { media, kind, note: (await this.read(at + UUID, box.size - UUID, ahead)).slice(), end };
    }

    // The content of the PROOF at the end of the file, looked for by the headers of the boxes behind START alone.
    async findProof(at) {
      try {
        for (let i = 0; i < MAX_LINKS + 2; i++) {
          const unit = await this.next(at, true);
          if (!unit || unit === "cut") return null;
          if (unit.kind === "proof") return unit.note;
          at = unit.end;
        }
      } catch (error) {
        if (!codes.has(error)) throw error;
      }
      return null;
    }
  }

  return { Layout, USER_TYPES };
})();
