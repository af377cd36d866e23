/**
 * One side of a STREAMING join: its rows by join key, in order of arrival, each with the number of rows of the other
 * side that it is joined to (what outer, semi and anti joins need to know). Flink: JoinRecordStateView.
 */
import type { CompileContext } from '../../expr/compile/context.ts';
import { asI32, type Operand, operand } from '../../expr/compile/operand.ts';
import { type I32, i32, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { Extern } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import { type DataType, INT } from '../../types/data-type.ts';
import { hashKeys, sameKeys } from '../codegen/keys.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { RowPages } from '../codegen/row-pages.ts';
import { RowTable, type TableContext } from '../codegen/row-table.ts';
import type { StringHeap } from '../codegen/string-heap.ts';
import type { JoinInputSide } from '../specs.ts';

/** Reserved words of a record: the next record of the same key, and how many rows it is joined to. */
const NEXT = 0;
const ASSOCIATIONS = 4;
const RESERVED = 8;

/** The records of one key: where the chain begins and ends. */
export interface Chain {
  readonly hash: I32;
  readonly slot: Variable<'i32'>;
  /** Row of the key's entry; 0: there is none. */
  readonly entry: Variable<'i32'>;
}

export class StreamingSide {
  readonly types: readonly DataType[];
  readonly layout: RowLayout;
  readonly records: RowPages;
  /** By key: key fields, first record, last record. */
  readonly keyLayout: RowLayout;
  readonly index: RowTable;
  readonly #keys: readonly number[];
  readonly #spec: JoinInputSide;
  readonly #heap: StringHeap;

  constructor(
    context: TableContext,
    consumer: MemoryConsumer,
    heap: StringHeap,
    name: string,
    types: readonly DataType[],
    keys: readonly number[],
    spec: JoinInputSide,
  ) {
    this.types = types;
    this.#keys = keys;
    this.#spec = spec;
    this.#heap = heap;
    this.layout = new RowLayout(types, RESERVED);
    this.records = new RowPages(context.memory, consumer, this.layout.size, `${name}_records`);
    this.keyLayout = new RowLayout([...keys.map((key) => types[key]!), INT, INT]);
    this.index = new RowTable(context, consumer, { rowSize: this.keyLayout.size, name: `${name}_index` });
  }

  get externs(): Readonly<Record<string, Extern>> {
    return { ...this.records.externs, ...this.index.externs };
  }

  get #first(): number {
    return this.#keys.length;
  }

  get #last(): number {
    return this.#keys.length + 1;
  }

  /** The number of rows that a record is joined to. */
  associations(record: I32): I32 {
    return i32.load(record, ASSOCIATIONS);
  }

  addAssociation(f: FunctionBuilder, record: I32, by: 1 | -1): void {
    f.do(i32.store(record, i32.add(i32.load(record, ASSOCIATIONS), i32.const(by)), ASSOCIATIONS));
  }

  setAssociations(f: FunctionBuilder, record: I32, count: I32): void {
    f.do(i32.store(record, count, ASSOCIATIONS));
  }

  /** Emits the search for a key, given in this side's key types. */
  find(context: CompileContext, keys: readonly Operand[]): Chain {
    const hash = hashKeys(keys, context);
    const { row, slot } = this.index.find(context, hash, (candidate) =>
      sameKeys(
        keys,
        keys.map((_, i) => context.bind(this.keyLayout.load(candidate, i), 'k')),
        context,
      ),
    );
    return { hash, slot, entry: row };
  }

  /** Emits a loop over the records of a chain; `body` may end the function or loop by `continue`. */
  each(f: FunctionBuilder, entry: I32, body: (record: Variable<'i32'>) => void): void {
    const record = f.let('record', i32.const(0));
    f.if(entry, () => f.set(record, asI32(this.keyLayout.load(entry, this.#first))));
    f.loop({
      condition: record,
      body: () => body(record),
      step: () => f.set(record, i32.load(record, NEXT)),
    });
  }

  /** A field of a record. */
  field(record: I32, index: number): Operand {
    return this.layout.load(record, index);
  }

  /**
   * Emits the adding of a row; a row with the same unique key is replaced in place.
   *
   * @param row reads the columns of the row
   */
  add(context: CompileContext, row: (column: number) => Operand, associations: I32): void {
    const { f } = context;
    const keys = this.#keys.map(row);
    const chain = this.find(context, keys);
    f.if(i32.eqz(chain.entry), () => {
      this.index.insert(f, chain.hash, chain.slot, chain.entry);
      for (const [i, key] of keys.entries()) this.keyLayout.store(f, chain.entry, i, this.#heap.own(key));
      this.keyLayout.store(f, chain.entry, this.#first, operand(INT, i32.const(0), null));
      this.keyLayout.store(f, chain.entry, this.#last, operand(INT, i32.const(0), null));
    });
    const record = f.declare('target', 'i32');
    f.set(record, i32.const(0));
    if (this.#spec.kind !== 'NoUniqueKey') {
      this.each(f, chain.entry, (candidate) => {
        context.scoped(() => {
          f.if(this.#isSame(context, candidate, row), () => {
            f.set(record, candidate);
            f.break();
          });
        });
      });
    }
    f.if(
      record,
      () => this.#heap.releaseRow(f, this.layout, record),
      () => {
        this.records.take(f, record);
        f.do(i32.store(record, i32.const(0), NEXT));
        const last = f.let('last', asI32(this.keyLayout.load(chain.entry, this.#last)));
        f.if(
          last,
          () => f.do(i32.store(last, record, NEXT)),
          () => this.keyLayout.store(f, chain.entry, this.#first, operand(INT, record, null)),
        );
        this.keyLayout.store(f, chain.entry, this.#last, operand(INT, record, null));
      },
    );
    for (const i of this.types.keys()) this.layout.store(f, record, i, this.#heap.own(row(i)));
    this.setAssociations(f, record, associations);
  }

  /** Emits the taking back of one row that is equal (by its unique key, or as a whole); nothing if there is none. */
  retract(context: CompileContext, row: (column: number) => Operand): void {
    const { f } = context;
    const chain = this.find(context, this.#keys.map(row));
    f.if(chain.entry, () => {
      context.scoped(() => {
        const previous = f.let('previous', i32.const(0));
        this.each(f, chain.entry, (record) => {
          context.scoped(() => {
            f.if(this.#isSame(context, record, row), () => {
              this.#unlink(f, chain, previous, record);
              f.break();
            });
            f.set(previous, record);
          });
        });
      });
    });
  }

  #unlink(f: FunctionBuilder, chain: Chain, previous: I32, record: I32): void {
    const next = f.let('next', i32.load(record, NEXT));
    f.if(
      previous,
      () => f.do(i32.store(previous, next, NEXT)),
      () => this.keyLayout.store(f, chain.entry, this.#first, operand(INT, next, null)),
    );
    f.if(i32.eqz(next), () => this.keyLayout.store(f, chain.entry, this.#last, operand(INT, previous, null)));
    this.#heap.releaseRow(f, this.layout, record);
    this.records.free(f, record);
    f.if(i32.eqz(asI32(this.keyLayout.load(chain.entry, this.#first))), () => {
      this.#heap.releaseRow(f, this.keyLayout, chain.entry);
      this.index.remove(f, chain.slot, chain.entry);
    });
  }

  #isSame(context: CompileContext, record: I32, row: (column: number) => Operand): I32 {
    const columns = this.#spec.uniqueKey ?? this.types.map((_, i) => i);
    return sameKeys(
      columns.map(row),
      columns.map((column) => context.bind(this.layout.load(record, column), 'f')),
      context,
    );
  }

  close(): void {
    this.records.close();
    this.index.close();
  }
}
