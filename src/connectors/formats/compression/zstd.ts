/**
 * Zstandard decompression, for frames without a dictionary. Source and target need 64 bytes of room behind their ends.
 *
 * Source: RFC 8878, "Zstandard Compression and the application/zstd Media Type".
 */
import { kernels } from '../../../kernel/text.ts';
import type { LinearMemory } from '../../../memory/arena.ts';
import { entropyLibrary } from './zstd-entropy.ts';

/** Bytes of the workspace: tables and the literals of one block. */
const WORKSPACE_BYTES = 144 * 1024;

const LITERAL_LENGTHS = 64;
const MATCH_LENGTHS = 512;
const DEFAULT_LL = 1024;
const DEFAULT_ML = 1152;
const DEFAULT_OF = 1280;

/** Base values and extra bits of the codes for lengths (RFC 8878, 3.1.1.3.2.1.1). */
const LL_BITS = [...zeros(16), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const ML_BITS = [...zeros(32), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
/** Default distributions (3.1.1.3.2.2). */
const LL_NORM = [
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
];
const ML_NORM = [1, 4, 3, 2, 2, 2, 2, 2, 2, ...ones(37), -1, -1, -1, -1, -1, -1, -1];
const OF_NORM = [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1];

function zeros(count: number): number[] {
  return new Array<number>(count).fill(0);
}

function ones(count: number): number[] {
  return new Array<number>(count).fill(1);
}

/** Tables and buffers that `zstd_decompress` works with, made on first use. */
export class ZstdWorkspace {
  readonly #memory: LinearMemory;
  #address = 0;

  constructor(memory: LinearMemory) {
    this.#memory = memory;
  }

  get address(): number {
    if (this.#address === 0) {
      this.#address = this.#memory.allocate(WORKSPACE_BYTES);
      writeConstants(this.#memory.dataView, this.#address);
    }
    return this.#address;
  }

  free(): void {
    if (this.#address !== 0) this.#memory.free(this.#address);
    this.#address = 0;
  }
}

function writeConstants(view: DataView, workspace: number): void {
  const lengths = (at: number, bits: readonly number[], first: number): void => {
    let base = first;
    bits.forEach((count, code) => {
      view.setUint32(workspace + at + code * 8, base, true);
      view.setUint32(workspace + at + code * 8 + 4, count, true);
      base += 2 ** count;
    });
  };
  lengths(LITERAL_LENGTHS, LL_BITS, 0);
  lengths(MATCH_LENGTHS, ML_BITS, 3);
  const norm = (at: number, values: readonly number[]): void => {
    values.forEach((value, i) => {
      view.setInt16(workspace + at + i * 2, value, true);
    });
  };
  norm(DEFAULT_LL, LL_NORM);
  norm(DEFAULT_ML, ML_NORM);
  norm(DEFAULT_OF, OF_NORM);
}

export const zstdLibrary = kernels('zstd', [entropyLibrary])`
  // Words of the workspace: repeated offsets, logs of the tables (-1: none), Huffman bits (0: none), results.
  const REP1 = 0;
  const REP2 = 4;
  const REP3 = 8;
  const LL_LOG = 12;
  const OF_LOG = 16;
  const ML_LOG = 20;
  const HUFFMAN_BITS = 24;
  const LOG = 32;
  const COUNT = 36;
  const LITERALS = 40;
  const LITERAL_SIZE = 44;
  const NORM = 1408;
  const LL_TABLE = 2816;
  const OF_TABLE = 4864;
  const ML_TABLE = 5888;
  const BUFFER = 12288;

  // The literals of a block: sets LITERALS and LITERAL_SIZE; returns where the section ends, or 0.
  fn read_literals(w: i32, at: i32, end: i32): i32 {
    if (gtu(5, end - at) && geu(at, end)) return 0;
    let first = load.u8(at);
    let kind = first & 3;
    let format = (first >>> 2) & 3;
    let p = at;
    let size = 0;
    let literals = w + BUFFER;
    if (kind < 2) {
      if ((format & 1) == 0) {
        size = first >>> 3;
        p += 1;
      } else if (format == 1) {
        size = load.u16(at) >>> 4;
        p += 2;
      } else {
        size = (load.i32(at) & 0xffffff) >>> 4;
        p += 3;
      }
      if (size > 131072 || gtu(p, end)) return 0;
      if (kind == 0) {
        if (gtu(size, end - p)) return 0;
        literals = p;
        p += size;
      } else {
        if (geu(p, end)) return 0;
        fill(literals, load.u8(p), size);
        p += 1;
      }
    } else {
      let header = load.i64(at);
      let width = format < 2 ? 10 : format == 2 ? 14 : 18;
      let sizes = (1 << width) - 1;
      size = i32(header >>> 4) & sizes;
      let packed = i32(header >>> u64(4 + width)) & sizes;
      p += format < 2 ? 3 : format + 2;
      if (size > 131072 || gtu(p, end)) return 0;
      if (gtu(packed, end - p)) return 0;
      let stop = p + packed;
      if (kind == 2) {
        p = read_huffman(w, p, stop);
        if (p == 0) return 0;
      }
      if (load.i32(w + HUFFMAN_BITS) == 0) return 0;
      if (format == 0) {
        if (!decode_stream(w, p, stop, literals, size)) return 0;
      } else {
        if (gtu(6, stop - p)) return 0;
        let one = p + 6 + load.u16(p);
        let two = one + load.u16(p + 2);
        let three = two + load.u16(p + 4);
        let part = (size + 3) >>> 2;
        if (gtu(three, stop) || part * 3 > size) return 0;
        if (!decode_stream(w, p + 6, one, literals, part)) return 0;
        if (!decode_stream(w, one, two, literals + part, part)) return 0;
        if (!decode_stream(w, two, three, literals + part * 2, part)) return 0;
        if (!decode_stream(w, three, stop, literals + part * 3, size - part * 3)) return 0;
      }
      p = stop;
    }
    store.i32(w + LITERALS, literals);
    store.i32(w + LITERAL_SIZE, size);
    return p;
  }

  // One of the three tables of the sequences; returns where its description ends, or 0.
  fn read_table(
    w: i32, at: i32, end: i32, mode: i32, logAt: i32, table: i32, symbols: i32, maxLog: i32, norm: i32, count: i32,
    log: i32
  ): i32 {
    if (mode == 0) {
      store.i32(w + logAt, log);
      return build_table(w, norm, count, log, table) ? at : 0;
    }
    if (mode == 1) {
      if (geu(at, end)) return 0;
      if (load.u8(at) >= symbols) return 0;
      store.i32(table, load.u8(at));
      store.i32(w + logAt, 0);
      return at + 1;
    }
    if (mode == 3) return load.i32(w + logAt) < 0 ? 0 : at;
    let p = read_norm(w, at, end, symbols, maxLog);
    if (p == 0) return 0;
    if (!build_table(w, w + NORM, load.i32(w + COUNT), load.i32(w + LOG), table)) return 0;
    store.i32(w + logAt, load.i32(w + LOG));
    return p;
  }

  fn copy_match(o: i32, distance: i32, n: i32) {
    let from = o - distance;
    let to = o;
    let stop = o + n;
    if (distance >= 16) {
      for (; ltu(to, stop); to += 16) {
        store.v128(to, load.v128(from));
        from += 16;
      }
    } else {
      for (; ltu(to, stop); to += 1) {
        store.u8(to, load.u8(from));
        from += 1;
      }
    }
  }

  // A compressed block [at, end) to "out"; "target" is the frame's start, "limit" its end. Returns the new end, or 0.
  fn read_block(w: i32, at: i32, end: i32, target: i32, out: i32, limit: i32): i32 {
    let p = read_literals(w, at, end);
    if (p == 0 || geu(p, end)) return 0;
    let literal = load.i32(w + LITERALS);
    let literalEnd = literal + load.i32(w + LITERAL_SIZE);
    let o = out;
    let count = load.u8(p);
    p += 1;
    if (count >= 128) {
      if (gtu(2, end - p)) return 0;
      if (count < 255) {
        count = ((count - 128) << 8) + load.u8(p);
        p += 1;
      } else {
        count = load.u16(p) + 0x7f00;
        p += 2;
      }
    }
    if (count > 0) {
      if (geu(p, end)) return 0;
      let modes = load.u8(p);
      if (modes & 3) return 0;
      p = read_table(w, p + 1, end, modes >>> 6, LL_LOG, w + LL_TABLE, 36, 9, w + ${DEFAULT_LL}, 36, 6);
      if (p == 0) return 0;
      p = read_table(w, p, end, (modes >>> 4) & 3, OF_LOG, w + OF_TABLE, 32, 8, w + ${DEFAULT_OF}, 29, 5);
      if (p == 0) return 0;
      p = read_table(w, p, end, (modes >>> 2) & 3, ML_LOG, w + ML_TABLE, 53, 9, w + ${DEFAULT_ML}, 53, 6);
      if (p == 0) return 0;
      let bit = back_length(p, end);
      if (bit < 0) return 0;
      let llLog = load.i32(w + LL_LOG);
      let ofLog = load.i32(w + OF_LOG);
      let mlLog = load.i32(w + ML_LOG);
      bit -= llLog;
      let ll = w + LL_TABLE + (back_bits(p, bit, llLog) << 2);
      bit -= ofLog;
      let of = w + OF_TABLE + (back_bits(p, bit, ofLog) << 2);
      bit -= mlLog;
      let ml = w + ML_TABLE + (back_bits(p, bit, mlLog) << 2);
      let rep1 = load.i32(w + REP1);
      let rep2 = load.i32(w + REP2);
      let rep3 = load.i32(w + REP3);
      while (count > 0) {
        let ofBits = load.u8(of);
        bit -= ofBits;
        let value = (1 << ofBits) + back_bits(p, bit, ofBits);
        let code = w + ${MATCH_LENGTHS} + (load.u8(ml) << 3);
        let bits = load.i32(code + 4);
        bit -= bits;
        let matchLength = load.i32(code) + back_bits(p, bit, bits);
        code = w + ${LITERAL_LENGTHS} + (load.u8(ll) << 3);
        bits = load.i32(code + 4);
        bit -= bits;
        let literals = load.i32(code) + back_bits(p, bit, bits);
        if (bit < 0) return 0;
        let distance = value - 3;
        if (gtu(value, 3)) {
          rep3 = rep2;
          rep2 = rep1;
        } else {
          let which = value - (literals != 0);
          distance = which == 0 ? rep1 : which == 1 ? rep2 : which == 2 ? rep3 : rep1 - 1;
          if (which > 1) rep3 = rep2;
          if (which > 0) rep2 = rep1;
        }
        rep1 = distance;
        count -= 1;
        if (count > 0) {
          bits = load.u8(ll + 1);
          bit -= bits;
          ll = w + LL_TABLE + ((load.u16(ll + 2) + back_bits(p, bit, bits)) << 2);
          bits = load.u8(ml + 1);
          bit -= bits;
          ml = w + ML_TABLE + ((load.u16(ml + 2) + back_bits(p, bit, bits)) << 2);
          bits = load.u8(of + 1);
          bit -= bits;
          of = w + OF_TABLE + ((load.u16(of + 2) + back_bits(p, bit, bits)) << 2);
          if (bit < 0) return 0;
        }
        if (gtu(literals, literalEnd - literal) || gtu(literals, limit - o)) return 0;
        if (leu(literals, 16)) store.v128(o, load.v128(literal));
        else copy(o, literal, literals);
        o += literals;
        literal += literals;
        if (gtu(matchLength, limit - o) || gtu(distance, o - target) || distance == 0) return 0;
        copy_match(o, distance, matchLength);
        o += matchLength;
      }
      if (bit != 0) return 0;
      store.i32(w + REP1, rep1);
      store.i32(w + REP2, rep2);
      store.i32(w + REP3, rep3);
    } else if (p != end) return 0;
    let rest = literalEnd - literal;
    if (gtu(rest, limit - o)) return 0;
    copy(o, literal, rest);
    return o + rest;
  }

  // The blocks of one frame from behind its header; returns where they end, or 0. The output ends at RESULT.
  fn read_blocks(w: i32, at: i32, end: i32, target: i32, limit: i32): i32 {
    let p = at;
    let o = target;
    store.i32(w + REP1, 1);
    store.i32(w + REP2, 4);
    store.i32(w + REP3, 8);
    store.i32(w + LL_LOG, -1);
    store.i32(w + OF_LOG, -1);
    store.i32(w + ML_LOG, -1);
    store.i32(w + HUFFMAN_BITS, 0);
    loop {
      if (gtu(3, end - p)) return 0;
      let header = load.i32(p) & 0xffffff;
      let kind = (header >>> 1) & 3;
      let size = header >>> 3;
      p += 3;
      if (kind == 1) {
        if (geu(p, end) || gtu(size, limit - o)) return 0;
        fill(o, load.u8(p), size);
        p += 1;
        o += size;
      } else {
        if (kind == 3 || gtu(size, end - p)) return 0;
        if (kind == 0) {
          if (gtu(size, limit - o)) return 0;
          copy(o, p, size);
          o += size;
        } else {
          o = read_block(w, p, p + size, target, o, limit);
          if (o == 0) return 0;
        }
        p += size;
      }
      if (header & 1) {
        store.i32(w + 48, o);
        return p;
      }
    }
    return 0;
  }

  // Decompresses [source, end) to [target, limit), which must become exactly full. 1: done, 0: the bytes are damaged.
  fn zstd_decompress(source: i32, end: i32, target: i32, limit: i32, w: i32): i32 {
    let p = source;
    let o = target;
    while (ltu(p, end)) {
      if (gtu(8, end - p)) return 0;
      let magic = load.i32(p);
      if ((magic & -16) == 0x184d2a50) {
        let size = load.i32(p + 4);
        if (gtu(size, end - p - 8)) return 0;
        p += 8 + size;
      } else {
        if (magic != 0xfd2fb528) return 0;
        let descriptor = load.u8(p + 4);
        let single = (descriptor >>> 5) & 1;
        let dictionary = descriptor & 3;
        let sizeFlag = descriptor >>> 6;
        if ((descriptor & 8) != 0 || dictionary != 0) return 0;
        p += 5 + !single;
        p += sizeFlag == 0 ? single : 1 << sizeFlag;
        if (geu(p, end)) return 0;
        p = read_blocks(w, p, end, o, limit);
        if (p == 0) return 0;
        o = load.i32(w + 48);
        if (descriptor & 4) p += 4;
      }
    }
    return o == limit && p == end;
  }
`;
