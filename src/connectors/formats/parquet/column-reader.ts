/**
 * One column of one row group, page by page, into the columns of batches. Strings stay where the page has them: batches
 * keep the memory of the pages and of the dictionary that their views point into.
 */
import type { EngineError } from '../../../base/errors.ts';
import type { Retained } from '../../../columnar/batch.ts';
import type { CompiledKernel } from '../../../kernel/program.ts';
import type { LinearMemory } from '../../../memory/arena.ts';
import { decompress } from '../compression/decompress.ts';
import type { ZstdWorkspace } from '../compression/zstd.ts';
import { PageMemory } from '../page-memory.ts';
import type { Conversion } from './conversion.ts';
import { CURSOR_BYTES } from './kernels.ts';
import {
  BOOLEAN,
  BYTE_ARRAY,
  CODEC_NAMES,
  type ColumnChunk,
  FIXED_LEN_BYTE_ARRAY,
  INT32,
  type ParquetColumn,
} from './metadata.ts';
import { ThriftError, ThriftReader, type ThriftStruct } from './thrift.ts';

export type ParquetKernels = Readonly<Record<string, CompiledKernel>>;

/** Where values go: addresses of a column of the batch being built. */
export interface Target {
  readonly values: number;
  /** 0 where the type is NOT NULL. */
  readonly validity: number;
  /** Whether a row before was NULL: only then do the validity bytes of the rows before have a meaning. */
  hasNulls: boolean;
}

/** Room behind buffers that kernels may read or write beyond the end. */
const SLACK = 64;
const LARGEST_PAGE = 1 << 27;
const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;
const DATA_PAGE_V2 = 3;
const PLAIN = 0;
const PLAIN_DICTIONARY = 2;
const RLE = 3;
const DELTA_BINARY_PACKED = 5;
const DELTA_LENGTH_BYTE_ARRAY = 6;
const DELTA_BYTE_ARRAY = 7;
const RLE_DICTIONARY = 8;
const BYTE_STREAM_SPLIT = 9;

/** How the values that are left in the page are read. */
type PageState =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; at: number }
  | { readonly kind: 'strings'; at: number }
  | { readonly kind: 'bits'; readonly base: number; bit: number }
  | { readonly kind: 'levels' }
  | { readonly kind: 'dictionary' };

interface Dictionary {
  readonly memory: PageMemory;
  /** What views of strings point into. */
  readonly page: PageMemory;
  readonly count: number;
  /** Values that there is room for: a power of two. */
  readonly capacity: number;
}

export class ColumnReader {
  readonly #memory: LinearMemory;
  readonly #kernels: ParquetKernels;
  readonly #column: ParquetColumn;
  readonly #chunk: ColumnChunk;
  readonly #conversion: Conversion;
  readonly #width: number;
  readonly #zstd: ZstdWorkspace;
  readonly #fail: (problem: string) => EngineError;
  readonly #cursors: number;
  #compressed: PageMemory | null;
  readonly #end: number;
  #at: number;
  #valuesLeft: number;
  #dictionary: Dictionary | null = null;
  #page: PageMemory | null = null;
  #pageEnd = 0;
  #pageRows = 0;
  #pageHasLevels = false;
  #state: PageState = { kind: 'none' };
  #scratch = 0;
  #scratchBytes = 0;

  /**
   * @param compressed the bytes of the chunk; owned by the reader from now on.
   * @param zstd shared by the columns of a file.
   * @param width bytes of a value of the batch's column.
   * @param fail makes the error that names file, row group and column.
   */
  constructor(
    memory: LinearMemory,
    kernels: ParquetKernels,
    column: ParquetColumn,
    chunk: ColumnChunk,
    conversion: Conversion,
    width: number,
    compressed: PageMemory,
    zstd: ZstdWorkspace,
    fail: (problem: string) => EngineError,
  ) {
    this.#memory = memory;
    this.#kernels = kernels;
    this.#column = column;
    this.#chunk = chunk;
    this.#conversion = conversion;
    this.#width = width;
    this.#zstd = zstd;
    this.#fail = fail;
    this.#compressed = compressed;
    this.#at = compressed.address;
    this.#end = compressed.address + chunk.compressedBytes;
    this.#valuesLeft = chunk.valueCount;
    this.#cursors = memory.allocate(2 * CURSOR_BYTES);
  }

  /** Reads the next `rows` rows to the target, and adds what its views point into to `keep`, retained. */
  read(target: Target, rows: number, keep: Set<Retained>): void {
    let at = 0;
    let left = rows;
    while (left > 0) {
      while (this.#pageRows === 0) this.#nextPage();
      const take = Math.min(left, this.#pageRows);
      const valid = this.#readValidity(target, at, take);
      const values = target.values + at * this.#width;
      if (valid > 0) this.#readValues(values, valid);
      if (valid < take) this.#call('spread', values, target.validity + at, take, valid, this.#width);
      this.#keep(keep);
      this.#pageRows -= take;
      at += take;
      left -= take;
    }
  }

  close(): void {
    this.#compressed?.release();
    this.#compressed = null;
    this.#releasePage();
    this.#dictionary?.memory.release();
    this.#dictionary?.page.release();
    this.#dictionary = null;
    this.#memory.free(this.#cursors);
    if (this.#scratch !== 0) this.#memory.free(this.#scratch);
    this.#scratch = 0;
  }

  get #indices(): number {
    return this.#cursors + CURSOR_BYTES;
  }

  /** Number of valid rows among the next `take`; fills in validity as soon as there is a NULL in the batch. */
  #readValidity(target: Target, at: number, take: number): number {
    const allValid = !this.#pageHasLevels || this.#call('levels_all_valid', this.#cursors, take) !== 0;
    if (allValid) {
      if (target.hasNulls) this.#memory.fill(target.validity + at, 1, take);
      return take;
    }
    if (target.validity === 0) {
      const scratch = this.#room(take);
      const valid = this.#call('levels_read', this.#cursors, scratch, take);
      if (valid === take) return take;
      throw this.#fail(valid < 0 ? 'its definition levels end early' : 'it holds NULL, but is declared NOT NULL');
    }
    const valid = this.#call('levels_read', this.#cursors, target.validity + at, take);
    if (valid < 0) throw this.#fail('its definition levels end early');
    if (valid < take && !target.hasNulls) {
      target.hasNulls = true;
      this.#memory.fill(target.validity, 1, at);
    }
    return valid;
  }

  #readValues(target: number, count: number): void {
    const state = this.#state;
    const { storedWidth } = this.#conversion;
    switch (state.kind) {
      case 'fixed': {
        if (count * storedWidth > this.#pageEnd - state.at) throw this.#fail('a page has too few values');
        this.#convert(state.at, target, count);
        state.at += count * storedWidth;
        return;
      }
      case 'strings': {
        const direct = this.#conversion.kernel === null;
        const views = direct ? target : this.#room(count * 8);
        const next = this.#call('plain_views', state.at, this.#pageEnd, views, count) >>> 0;
        if (next === 0) throw this.#fail('a string lies outside its page');
        state.at = next;
        if (!direct) this.#convert(views, target, count);
        return;
      }
      case 'bits': {
        if (state.bit + count > (this.#pageEnd - state.base) * 8) throw this.#fail('a page has too few values');
        this.#call('plain_booleans', state.base, state.bit, target, count);
        state.bit += count;
        return;
      }
      case 'levels':
        if (this.#call('levels_read', this.#indices, target, count) < 0) throw this.#fail('a page has too few values');
        return;
      case 'dictionary':
        this.#gather(target, count);
        return;
      case 'none':
        throw this.#fail('a page has no values');
    }
  }

  #gather(target: number, count: number): void {
    const dictionary = this.#dictionary;
    if (dictionary === null) throw this.#fail('a page refers to a dictionary that is missing');
    const width = this.#width;
    let whole: number;
    if (width === 4 || width === 8) {
      const { memory, count: limit, capacity } = dictionary;
      whole = this.#call(`gather${width}`, this.#indices, memory.address, limit, capacity, target, count);
    } else {
      const indices = this.#room(count * 4);
      whole = this.#call('indices_read', this.#indices, indices, count, dictionary.count);
      if (whole !== 0) this.#call('gather_wide', indices, dictionary.memory.address, target, count, width);
    }
    if (whole === 0)
      throw this.#fail(`a page refers beyond its dictionary of ${dictionary.count} values or ends early`);
  }

  #convert(source: number, target: number, count: number): void {
    const { kernel, storedWidth, parameter } = this.#conversion;
    if (kernel === null) this.#memory.copy(target, source, count * storedWidth);
    else this.#kernels[kernel]!(source, target, count, parameter);
  }

  /** Views point into the page, into the dictionary's page, or nowhere. */
  #keep(keep: Set<Retained>): void {
    const isView = this.#column.physical === BYTE_ARRAY || this.#column.physical === FIXED_LEN_BYTE_ARRAY;
    if (!isView || (this.#conversion.kernel !== null && this.#conversion.kernel !== 'fixed_to_views')) return;
    const source = this.#state.kind === 'dictionary' ? this.#dictionary?.page : this.#page;
    if (source === null || source === undefined || keep.has(source)) return;
    source.retain();
    keep.add(source);
  }

  /** Fields of headers are looked up where they are needed: one that is missing is found there. */
  #nextPage(): void {
    try {
      this.#openNextPage();
    } catch (error) {
      if (error instanceof ThriftError) throw this.#fail(`a page header is damaged: ${error.message}`);
      throw error;
    }
  }

  #openNextPage(): void {
    this.#releasePage();
    if (this.#valuesLeft <= 0) throw this.#fail('it has fewer values than its row group has rows');
    const header = this.#readHeader();
    const kind = header.required(1);
    const uncompressed = header.required(2);
    const compressed = header.required(3);
    if (compressed < 0 || compressed > this.#end - this.#at) {
      throw this.#fail(`a page of ${compressed} bytes exceeds its column`);
    }
    if (uncompressed < 0 || uncompressed > LARGEST_PAGE || uncompressed > this.#chunk.uncompressedBytes) {
      throw this.#fail(`a page of ${uncompressed} bytes uncompressed`);
    }
    const start = this.#at;
    this.#at += compressed;
    if (kind === DICTIONARY_PAGE) {
      const info = header.struct(7);
      if (info === undefined || this.#dictionary !== null) throw this.#fail('it has a second or headless dictionary');
      const page = this.#decompress(start, compressed, uncompressed);
      this.#loadDictionary(page, uncompressed, info.required(1), info.required(2));
    } else if (kind === DATA_PAGE) {
      const info = header.struct(5);
      if (info === undefined) throw this.#fail('a page has no header');
      const page = this.#decompress(start, compressed, uncompressed);
      this.#page = page;
      this.#openV1(page.address, page.address + uncompressed, info);
    } else if (kind === DATA_PAGE_V2) {
      const info = header.struct(8);
      if (info === undefined) throw this.#fail('a page has no header');
      this.#openV2(start, compressed, uncompressed, info);
    }
    if (this.#at >= this.#end) this.#releaseChunk();
  }

  #readHeader(): ThriftStruct {
    const reader = new ThriftReader(this.#memory.bytes(this.#at, this.#end - this.#at));
    const header = reader.struct();
    this.#at += reader.position;
    return header;
  }

  #openV1(start: number, end: number, info: ThriftStruct): void {
    let at = start;
    if (this.#column.maxDefinition > 0) {
      if (info.required(3) !== RLE) throw this.#fail('its definition levels are not encoded as RLE');
      if (end - at < 4) throw this.#fail('a page ends within its definition levels');
      const length = this.#memory.dataView.getUint32(at, true);
      if (length > end - at - 4) throw this.#fail('its definition levels exceed the page');
      this.#call('hybrid_open', this.#cursors, at + 4, at + 4 + length, 1);
      at += 4 + length;
    }
    this.#beginPage(this.#column.maxDefinition > 0, this.#countOf(info), info.required(2), at, end);
  }

  #openV2(start: number, compressed: number, uncompressed: number, info: ThriftStruct): void {
    const levels = info.required(5);
    if ((info.number(6) ?? 0) !== 0) throw this.#fail('it has repetition levels, but is not a list');
    if (levels < 0 || levels > compressed || levels > uncompressed) {
      throw this.#fail('its definition levels exceed the page');
    }
    const count = this.#countOf(info);
    const hasLevels = this.#column.maxDefinition > 0;
    const plain = info.boolean(7) === false;
    const valueBytes = uncompressed - levels;
    let page: PageMemory;
    let at: number;
    if (plain || this.#chunk.codec === 0) {
      if (compressed !== uncompressed) throw this.#fail('an uncompressed page has two sizes');
      page = this.#compressed!;
      page.retain();
      at = start;
      this.#call('hybrid_open', this.#cursors, at, at + levels, 1);
      at += levels;
    } else {
      page = PageMemory.allocate(this.#memory, uncompressed + SLACK);
      this.#page = page;
      this.#memory.copy(page.address, start, levels);
      this.#call('hybrid_open', this.#cursors, page.address, page.address + levels, 1);
      at = page.address + levels;
      if (valueBytes > 0) this.#decompressInto(start + levels, compressed - levels, at, valueBytes);
    }
    this.#page = page;
    this.#beginPage(hasLevels, count, info.required(4), at, at + valueBytes);
  }

  #countOf(info: ThriftStruct): number {
    const count = info.required(1);
    if (count < 0 || count > this.#valuesLeft) throw this.#fail(`a page of ${count} values exceeds its row group`);
    return count;
  }

  /** Sets up the values of a page that lie at `at`. */
  #beginPage(hasLevels: boolean, count: number, encoding: number, at: number, end: number): void {
    this.#valuesLeft -= count;
    this.#pageRows = count;
    this.#pageHasLevels = hasLevels;
    this.#pageEnd = end;
    const { physical } = this.#column;
    switch (encoding) {
      case PLAIN:
        if (physical === BOOLEAN) this.#state = { kind: 'bits', base: at, bit: 0 };
        else this.#state = { kind: physical === BYTE_ARRAY ? 'strings' : 'fixed', at };
        return;
      case PLAIN_DICTIONARY:
      case RLE_DICTIONARY: {
        const bits = end > at ? this.#memory.u8[at]! : 0;
        if (bits > 32) throw this.#fail(`dictionary indices of ${bits} bits`);
        this.#call('hybrid_open', this.#indices, at + 1, Math.max(at + 1, end), bits);
        this.#state = { kind: 'dictionary' };
        return;
      }
      case RLE: {
        if (physical !== BOOLEAN || end - at < 4) throw this.#fail('RLE is for booleans');
        const length = this.#memory.dataView.getUint32(at, true);
        if (length > end - at - 4) throw this.#fail('runs exceed the page');
        this.#call('hybrid_open', this.#indices, at + 4, at + 4 + length, 1);
        this.#state = { kind: 'levels' };
        return;
      }
      default:
        this.#expand(encoding, at, end);
    }
  }

  /** Encodings without a random access: the whole page becomes an array of stored values. */
  #expand(encoding: number, at: number, end: number): void {
    const { physical } = this.#column;
    const count = this.#hasOnlyValues(end - at);
    const isText = encoding === DELTA_LENGTH_BYTE_ARRAY || encoding === DELTA_BYTE_ARRAY;
    if (count > LARGEST_PAGE >> 1 || (isText && physical !== BYTE_ARRAY)) {
      throw this.#fail(`a page of ${count} values with encoding ${encoding}`);
    }
    const width = this.#conversion.storedWidth;
    const expanded = PageMemory.allocate(this.#memory, count * width + SLACK, this.#page);
    this.#page?.release();
    this.#page = expanded;
    const out = expanded.address;
    const short = (): EngineError => this.#fail('a page has too few values');
    switch (encoding) {
      case DELTA_BINARY_PACKED: {
        if (physical !== INT32 && physical !== INT32 + 1) throw this.#fail('DELTA_BINARY_PACKED is for integers');
        if (this.#deltas(at, end, out, count, width) === 0) throw short();
        break;
      }
      case DELTA_LENGTH_BYTE_ARRAY: {
        const lengths = this.#room(count * 4);
        const bytes = this.#deltas(at, end, lengths, count, 4);
        if (bytes === 0 || this.#call('views_of_lengths', lengths, bytes, end, out, count) === 0) throw short();
        break;
      }
      case DELTA_BYTE_ARRAY:
        this.#joinPrefixes(at, end, expanded, count);
        break;
      case BYTE_STREAM_SPLIT:
        if (count * width > end - at) throw short();
        this.#call('join_streams', at, count, width, out);
        break;
      default:
        throw this.#fail(`encoding ${encoding} is not known`);
    }
    this.#pageEnd = out + count * width;
    this.#state = { kind: 'fixed', at: out };
  }

  #joinPrefixes(at: number, end: number, expanded: PageMemory, count: number): void {
    const prefixes = this.#room(count * 16);
    const lengths = prefixes + count * 4;
    const views = (prefixes + count * 8 + 7) & ~7;
    const second = this.#deltas(at, end, prefixes, count, 4);
    const bytes = second === 0 ? 0 : this.#deltas(second, end, lengths, count, 4);
    if (bytes === 0 || this.#call('views_of_lengths', lengths, bytes, end, views, count) === 0) {
      throw this.#fail('a page has too few values');
    }
    const total = this.#kernels.prefixed_bytes!(prefixes, views, count) as bigint;
    if (total < 0n || total > BigInt(LARGEST_PAGE)) throw this.#fail('a string repeats more than there is');
    const joined = expanded.addBlock(Number(total) + SLACK);
    this.#call('join_prefixes', prefixes, views, count, joined, expanded.address);
  }

  #deltas(at: number, end: number, out: number, count: number, width: number): number {
    return this.#call('delta_binary', at, end, out, count, width) >>> 0;
  }

  /** Valid values in the page: counted by a second look at the levels. */
  #hasOnlyValues(bytes: number): number {
    if (!this.#pageHasLevels) return this.#pageRows;
    if (this.#pageRows > Math.max(1 << 24, bytes * 64)) throw this.#fail(`a page of ${this.#pageRows} values`);
    const saved = this.#memory.bytes(this.#cursors, CURSOR_BYTES).slice();
    const scratch = this.#room(this.#pageRows);
    const valid = this.#call('levels_read', this.#cursors, scratch, this.#pageRows);
    this.#memory.u8.set(saved, this.#cursors);
    if (valid < 0) throw this.#fail('its definition levels end early');
    return valid;
  }

  #loadDictionary(page: PageMemory, bytes: number, count: number, encoding: number): void {
    const { physical } = this.#column;
    const { storedWidth } = this.#conversion;
    try {
      if (encoding !== PLAIN && encoding !== PLAIN_DICTIONARY)
        throw this.#fail(`a dictionary with encoding ${encoding}`);
      const least = physical === BYTE_ARRAY ? 4 : storedWidth;
      if (count < 0 || count * least > bytes || physical === BOOLEAN) {
        throw this.#fail(`a dictionary of ${count} values in ${bytes} bytes`);
      }
      const capacity = 1 << Math.max(0, 32 - Math.clz32(count - 1));
      const memory = PageMemory.allocate(this.#memory, capacity * this.#width + SLACK);
      this.#dictionary = { memory, page, count, capacity };
      if (physical === BYTE_ARRAY) {
        this.#state = { kind: 'strings', at: page.address };
        this.#pageEnd = page.address + bytes;
        this.#readValues(memory.address, count);
      } else {
        this.#convert(page.address, memory.address, count);
      }
      this.#state = { kind: 'none' };
    } catch (error) {
      if (this.#dictionary === null) page.release();
      throw error;
    }
  }

  /** The bytes of a page: the chunk itself where nothing is compressed. The caller releases them. */
  #decompress(start: number, compressed: number, uncompressed: number): PageMemory {
    if (this.#chunk.codec === 0) {
      if (compressed !== uncompressed) throw this.#fail('an uncompressed page has two sizes');
      this.#compressed!.retain();
      return this.#compressed!.at(start);
    }
    const page = PageMemory.allocate(this.#memory, uncompressed + SLACK);
    try {
      if (uncompressed > 0) this.#decompressInto(start, compressed, page.address, uncompressed);
      return page;
    } catch (error) {
      page.release();
      throw error;
    }
  }

  #decompressInto(start: number, compressed: number, target: number, length: number): void {
    const name = CODEC_NAMES[this.#chunk.codec];
    if (name === 'SNAPPY' || name === 'LZ4_RAW') {
      const kernel = name === 'SNAPPY' ? 'snappy_decompress' : 'lz4_decompress';
      if (this.#call(kernel, start, start + compressed, target, target + length) !== 0) return;
      throw this.#fail(`a page cannot be decompressed (${name})`);
    }
    if (name === 'ZSTD') {
      const done = this.#call(
        'zstd_decompress',
        start,
        start + compressed,
        target,
        target + length,
        this.#zstd.address,
      );
      if (done === 0) throw this.#fail('a page cannot be decompressed (ZSTD)');
      return;
    }
    const input = Buffer.from(this.#memory.bytes(start, compressed));
    const output = decompress(name ?? String(this.#chunk.codec), input, length);
    if (output === null) throw this.#fail(`its compression ${name ?? this.#chunk.codec} is not supported`);
    if (output.length !== length) throw this.#fail(`a page cannot be decompressed (${name})`);
    this.#memory.u8.set(output, target);
  }

  #releasePage(): void {
    this.#page?.release();
    this.#page = null;
    this.#state = { kind: 'none' };
  }

  #releaseChunk(): void {
    this.#compressed?.release();
    this.#compressed = null;
  }

  /** Scratch for the time of one call. */
  #room(bytes: number): number {
    if (bytes + SLACK > this.#scratchBytes) {
      if (this.#scratch !== 0) this.#memory.free(this.#scratch);
      this.#scratchBytes = (bytes + SLACK) * 2;
      this.#scratch = 0;
      this.#scratch = this.#memory.allocate(this.#scratchBytes);
    }
    return this.#scratch;
  }

  #call(name: string, ...args: number[]): number {
    return this.#kernels[name]!(...args) as number;
  }
}
