/**
 * Rows of a layout in spill files. A writer collects records in one page of memory (the row as it is, then the bytes of
 * its strings, up to a multiple of 8) and appends full pages to a file; a reader loads a page and lets the views point
 * into it, so that its rows can be used where they are until the next page is loaded.
 */
import { assert } from '../../base/assert.ts';
import { addressOf, lengthOf, makeView } from '../../expr/compile/equality.ts';
import { call, extern, type I32, i32, i64 } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel, Extern } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { SpillDirectory, SpillFile, SpillSource } from '../../memory/spill-file.ts';
import type { RowField, RowLayout } from './row-layout.ts';

const SMALLEST_PAGE = 4096;
const LARGEST_PAGE = 1 << 16;
/** A page takes at most this part of the budget. */
const BUDGET_SHARE = 128;

/** Words of a writer: where the next record goes, end of the page, rows in the page. */
const NEXT = 0;
const END = 4;
const ROWS = 8;
const WRITER_BYTES = 16;

interface Page {
  readonly file: SpillSource;
  readonly offset: number;
  readonly bytes: number;
  readonly rows: number;
}

/** What another subtask must know to read rows. */
export interface SpilledRowsLocation {
  readonly path: string;
  /** Offset, bytes and rows of each page. */
  readonly pages: readonly (readonly [number, number, number])[];
}

/** Rows that were written, in order. */
export class SpilledRows {
  readonly pages: Page[] = [];
  /** To which all were written; null: they come from several. */
  readonly file: SpillFile | null;
  rows = 0;
  bytes = 0;

  constructor(file: SpillFile | null) {
    this.file = file;
  }

  /** Of rows in one file. */
  get location(): SpilledRowsLocation {
    return { path: this.file!.path, pages: this.pages.map(({ offset, bytes, rows }) => [offset, bytes, rows]) };
  }

  /** Of the largest page. */
  get pageBytes(): number {
    return this.pages.reduce((most, page) => Math.max(most, page.bytes), 0);
  }

  add(file: SpillSource, offset: number, bytes: number, rows: number): void {
    this.pages.push({ file, offset, bytes, rows });
    this.rows += rows;
    this.bytes += bytes;
  }
}

/** Writes and reads rows of one layout. Its functions are linked with the kernels that call them. */
export class RowSpiller {
  readonly layout: RowLayout;
  readonly pageBytes: number;
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #directory: SpillDirectory;
  readonly #name: string;
  readonly #write: KernelFunction;
  readonly #writers = new Map<number, RowWriter>();

  constructor(
    memory: LinearMemory,
    consumer: MemoryConsumer,
    directory: SpillDirectory,
    layout: RowLayout,
    name: string,
  ) {
    this.#memory = memory;
    this.#consumer = consumer;
    this.#directory = directory;
    this.layout = layout;
    this.#name = name;
    const share = consumer.budget.share(BUDGET_SHARE);
    this.pageBytes = Math.min(LARGEST_PAGE, Math.max(SMALLEST_PAGE, share & ~7));
    this.#write = this.#writeFunction();
  }

  /** Extern `<name>_page` of the kernels that write. */
  get externs(): Readonly<Record<string, Extern>> {
    return {
      [`${this.#name}_page`]: (writer: number, needed: number) => {
        this.#writers.get(writer >>> 0)!.nextPage(needed);
        return undefined;
      },
    };
  }

  get functions(): readonly KernelFunction[] {
    return [this.#write];
  }

  createFile(): SpillFile {
    return this.#directory.create(this.#name);
  }

  /** @param file where it appends; several writers may share one */
  writer(file: SpillFile): RowWriter {
    const writer = new RowWriter(this.#memory, this.#consumer, file, this.pageBytes, () =>
      this.#writers.delete(writer.address),
    );
    this.#writers.set(writer.address, writer);
    return writer;
  }

  reader(rows: SpilledRows, fix: CompiledKernel): PageReader {
    return new PageReader(this.#memory, this.#consumer, rows, fix);
  }

  /** The rows of several subtasks, which do not delete their files before. */
  gather(locations: readonly SpilledRowsLocation[]): SpilledRows {
    const gathered = new SpilledRows(null);
    for (const { path, pages } of locations) {
      const file = this.#directory.open(path);
      for (const [offset, bytes, rows] of pages) gathered.add(file, offset, bytes, rows);
    }
    return gathered;
  }

  /** Emits the writing of a row with the writer at this address. */
  write(f: FunctionBuilder, writer: I32, row: I32): void {
    f.do(call(this.#write, writer, row));
  }

  /** `<name>_fix(page, rows, addresses)`: lets views point into the page and lists the addresses of its rows. */
  fixKernel(): KernelFunction {
    const f = fn(`${this.#name}_fix`, { params: { page: i32, rows: i32, addresses: i32 } });
    const row = f.let('row', f.param.page);
    const at = f.declare('at', 'i32');
    f.for('i', i32.const(0), f.param.rows, (i) => {
      f.do(i32.store(i32.add(f.param.addresses, i32.shl(i, i32.const(2))), row));
      f.set(at, i32.add(row, i32.const(this.layout.size)));
      for (const field of this.layout.viewFields) {
        ifFilled(f, row, field, (length) => {
          f.do(i64.store(row, makeView(at, length), field.offset));
          f.set(at, i32.add(at, length));
        });
      }
      f.set(row, i32.and(i32.add(at, i32.const(7)), i32.const(-8)));
    });
    return f.finish();
  }

  close(): void {
    for (const writer of [...this.#writers.values()]) writer.close();
  }

  #writeFunction(): KernelFunction {
    const f = fn(`${this.#name}_write`, { params: { writer: i32, row: i32 } });
    const { writer, row } = f.param;
    const { layout } = this;
    const bytes = f.let('bytes', i32.const(layout.size));
    for (const field of layout.viewFields) {
      ifFilled(f, row, field, (length) => f.set(bytes, i32.add(bytes, length)));
    }
    f.set(bytes, i32.and(i32.add(bytes, i32.const(7)), i32.const(-8)));
    const to = f.let('to', i32.load(writer, NEXT));
    f.if(i32.gt_u(bytes, i32.sub(i32.load(writer, END), to)), () => {
      f.do(call(extern(`${this.#name}_page`, ['i32', 'i32'], undefined), writer, bytes));
      f.set(to, i32.load(writer, NEXT));
    });
    f.copy(to, row, i32.const(layout.size));
    const at = f.let('at', i32.add(to, i32.const(layout.size)));
    for (const field of layout.viewFields) {
      ifFilled(f, row, field, (length) => {
        f.copy(at, addressOf(i64.load(row, field.offset)), length);
        f.set(at, i32.add(at, length));
      });
    }
    f.do(i32.store(writer, i32.add(to, bytes), NEXT));
    f.do(i32.store(writer, i32.add(i32.load(writer, ROWS), i32.const(1)), ROWS));
    return f.finish();
  }
}

/** Emits `body` for a view that is valid and not empty. */
function ifFilled(f: FunctionBuilder, row: I32, field: RowField, body: (length: I32) => void): void {
  const length = f.let('length', lengthOf(i64.load(row, field.offset)));
  if (field.validity >= 0) f.if(i32.eqz(i32.load8_u(row, field.validity)), () => f.set(length, i32.const(0)));
  f.if(length, () => body(length));
}

export class RowWriter {
  /** What kernels know it by. */
  readonly address: number;
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #file: SpillFile;
  readonly #rows: SpilledRows;
  readonly #onClose: () => void;
  #page: number;
  #pageBytes: number;
  #closed = false;

  constructor(memory: LinearMemory, consumer: MemoryConsumer, file: SpillFile, pageBytes: number, onClose: () => void) {
    this.#memory = memory;
    this.#consumer = consumer;
    this.#file = file;
    this.#rows = new SpilledRows(file);
    this.#onClose = onClose;
    this.address = memory.allocateZeroed(WRITER_BYTES);
    consumer.reserve(pageBytes);
    this.#page = memory.allocate(pageBytes);
    this.#pageBytes = pageBytes;
    this.#reset();
  }

  /** Writes the page out and makes room for a record. */
  nextPage(needed: number): void {
    const { u32 } = this.#memory;
    const word = this.address >>> 2;
    const used = u32[word]! - this.#page;
    if (used > 0) this.#rows.add(this.#file, this.#file.write(this.#page, used), used, u32[word + 2]!);
    if (needed > this.#pageBytes) {
      this.#consumer.reserve(needed - this.#pageBytes);
      this.#memory.free(this.#page);
      this.#page = this.#memory.allocate(needed);
      this.#pageBytes = needed;
    }
    this.#reset();
  }

  /** All rows written; the writer is closed. */
  finish(): SpilledRows {
    this.nextPage(0);
    this.close();
    return this.#rows;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#memory.free(this.#page);
    this.#memory.free(this.address);
    this.#consumer.release(this.#pageBytes);
    this.#onClose();
  }

  #reset(): void {
    const { u32 } = this.#memory;
    const word = this.address >>> 2;
    u32[word] = this.#page;
    u32[word + 1] = this.#page + this.#pageBytes;
    u32[word + 2] = 0;
  }
}

/** Reads spilled rows page by page. */
export class PageReader {
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #rows: SpilledRows;
  readonly #fix: CompiledKernel;
  /** Room for the largest page, then for the addresses of its rows. */
  readonly #page: number;
  readonly #addresses: number;
  readonly #bytes: number;
  #next = 0;
  #closed = false;

  constructor(memory: LinearMemory, consumer: MemoryConsumer, rows: SpilledRows, fix: CompiledKernel) {
    this.#memory = memory;
    this.#consumer = consumer;
    this.#rows = rows;
    this.#fix = fix;
    const pageBytes = (rows.pageBytes + 63) & ~63;
    const most = rows.pages.reduce((rowsInPage, page) => Math.max(rowsInPage, page.rows), 0);
    this.#bytes = pageBytes + most * 4;
    consumer.reserve(this.#bytes);
    this.#page = memory.allocate(Math.max(this.#bytes, 8));
    this.#addresses = this.#page + pageBytes;
  }

  /** Number of the page that `next` will load. */
  get position(): number {
    return this.#next;
  }

  /** Loads the next page: addresses of its rows, valid until the call after. Null at the end. */
  next(): { readonly addresses: number; readonly count: number } | null {
    assert(!this.#closed, 'a closed reader is read');
    const page = this.#rows.pages[this.#next];
    if (page === undefined) return null;
    this.#next++;
    page.file.read(page.offset, this.#page, page.bytes);
    this.#fix(this.#page, page.rows, this.#addresses);
    return { addresses: this.#addresses, count: page.rows };
  }

  /** Goes on with this page. */
  skipTo(page: number): void {
    this.#next = page;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#memory.free(this.#page);
    this.#consumer.release(this.#bytes);
  }
}

/** Emits a loop over rows that are given by a list of addresses. */
export function forEachAddress(
  f: FunctionBuilder,
  addresses: I32,
  from: I32,
  to: I32,
  body: (row: I32, index: I32) => void,
): void {
  f.for('i', from, to, (i) => {
    body(f.let('row', i32.load(i32.add(addresses, i32.shl(i, i32.const(2))))), i);
  });
}
