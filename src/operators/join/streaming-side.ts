/**
 * One side of a STREAMING join: its rows by join key, in order of arrival, each with the number of rows of the other
 * side that it is joined to (what outer, semi and anti joins need to know). Flink: JoinRecordStateView.
 */
import type { CompileContext } from '../../expr/compile/context.ts';
import { asI32, type Operand, operand } from '../../expr/compile/operand.ts';
import { type I32, i32, i64, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import { type DataType, INT } from '../../types/data-type.ts';
import type { KeyedState } from '../codegen/keyed-state.ts';
import { sameKeys } from '../codegen/keys.ts';
import type { OperatorState } from '../codegen/operator-state.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import type { RowPages } from '../codegen/row-pages.ts';
import type { JoinInputSide } from '../specs.ts';

/** Reserved words of a record: the next record of the same key, and how many rows it is joined to. */
const NEXT = 0;
const ASSOCIATIONS = 4;
/** With a time to live: when the record was last written. */
const WRITTEN = 8;
const RESERVED = 8;

export class StreamingSide {
  readonly types: readonly DataType[];
  readonly layout: RowLayout;
  /** By key: key fields, first record, last record. */
  readonly #index: KeyedState;
  readonly #records: RowPages;
  readonly #state: OperatorState;
  readonly #keys: readonly number[];
  readonly #spec: JoinInputSide;

  constructor(
    state: OperatorState,
    name: string,
    types: readonly DataType[],
    keys: readonly number[],
    spec: JoinInputSide,
  ) {
    this.types = types;
    this.#keys = keys;
    this.#spec = spec;
    this.#state = state;
    this.layout = new RowLayout(types, spec.stateTtl > 0 ? RESERVED + 8 : RESERVED);
    this.#index = state.keyed({
      name,
      types: [...keys.map((key) => types[key]!), INT, INT],
      keyFields: keys.map((_, i) => i),
      chain: { layout: this.layout, first: keys.length, last: keys.length + 1 },
      ...(spec.stateTtl > 0 ? { expireChain: (f, entry) => this.#expire(f, entry) } : {}),
    });
    this.#records = this.#index.chain!.pages;
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
    this.#wrote(f, record);
  }

  /**
   * Emits the search for a key, given in this side's key types.
   *
   * @param changes whether its records are going to be changed
   * @returns the row of the key; 0: there is none
   */
  find(context: CompileContext, keys: readonly Operand[], changes: boolean): Variable<'i32'> {
    return this.#index.search(context, keys, changes).row;
  }

  /** Emits a loop over the live records of a key; `body` may end the function or loop by `continue`. */
  each(f: FunctionBuilder, entry: I32, body: (record: Variable<'i32'>) => void): void {
    const record = f.let('record', i32.const(0));
    f.if(entry, () => f.set(record, asI32(this.#index.load(entry, this.#first))));
    f.loop({
      condition: record,
      body: () => {
        if (this.#spec.stateTtl > 0) f.if(this.#isExpired(record), () => f.continue());
        body(record);
      },
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
    const found = this.#index.find(context, keys);
    const entry = found.row;
    f.if(i32.eqz(entry), () => {
      this.#index.insert(f, found);
      for (const [i, key] of keys.entries()) this.#index.store(f, entry, i, key);
      this.#setLink(f, entry, this.#first, i32.const(0));
      this.#setLink(f, entry, this.#last, i32.const(0));
    });
    this.#dropExpired(f, entry);
    const { heap } = this.#state;
    const record = f.declare('target', 'i32');
    f.set(record, i32.const(0));
    if (this.#spec.kind !== 'NoUniqueKey') {
      this.each(f, entry, (candidate) => {
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
      () => heap.releaseRow(f, this.layout, record),
      () => {
        this.#records.take(f, record);
        f.do(i32.store(record, i32.const(0), NEXT));
        const last = f.let('last', asI32(this.#index.load(entry, this.#last)));
        f.if(
          last,
          () => f.do(i32.store(last, record, NEXT)),
          () => this.#setLink(f, entry, this.#first, record),
        );
        this.#setLink(f, entry, this.#last, record);
      },
    );
    for (const i of this.types.keys()) this.layout.store(f, record, i, heap.own(row(i)));
    f.do(i32.store(record, associations, ASSOCIATIONS));
    this.#wrote(f, record);
  }

  /** Emits the taking back of one row that is equal (by its unique key, or as a whole); nothing if there is none. */
  retract(context: CompileContext, row: (column: number) => Operand): void {
    const { f } = context;
    const found = this.#index.find(context, this.#keys.map(row));
    f.if(found.row, () => {
      this.#dropExpired(f, found.row);
      context.scoped(() => {
        const previous = f.let('previous', i32.const(0));
        this.each(f, found.row, (record) => {
          context.scoped(() => {
            f.if(this.#isSame(context, record, row), () => {
              this.#unlink(f, found.row, previous, record);
              f.break();
            });
            f.set(previous, record);
          });
        });
        f.if(i32.eqz(asI32(this.#index.load(found.row, this.#first))), () => this.#index.remove(f, found));
      });
    });
  }

  #unlink(f: FunctionBuilder, entry: I32, previous: I32, record: I32): void {
    const next = f.let('next', i32.load(record, NEXT));
    f.if(
      previous,
      () => f.do(i32.store(previous, next, NEXT)),
      () => this.#setLink(f, entry, this.#first, next),
    );
    f.if(i32.eqz(next), () => this.#setLink(f, entry, this.#last, previous));
    this.#state.heap.releaseRow(f, this.layout, record);
    this.#records.free(f, record);
  }

  /** `#dropExpired`. @returns whether the key has no record left */
  #expire(f: FunctionBuilder, entry: I32): I32 {
    this.#dropExpired(f, entry);
    return i32.eqz(asI32(this.#index.load(entry, this.#first)));
  }

  /** Emits the removal of the records of a key whose time is over. */
  #dropExpired(f: FunctionBuilder, entry: I32): void {
    if (this.#spec.stateTtl === 0) return;
    const previous = f.let('kept', i32.const(0));
    const record = f.let('old', asI32(this.#index.load(entry, this.#first)));
    const next = f.declare('behind', 'i32');
    f.while(record, () => {
      f.set(next, i32.load(record, NEXT));
      f.if(
        this.#isExpired(record),
        () => this.#unlink(f, entry, previous, record),
        () => f.set(previous, record),
      );
      f.set(record, next);
    });
  }

  #isExpired(record: I32): I32 {
    const end = i64.add(i64.load(record, WRITTEN), i64.const(this.#spec.stateTtl));
    return i64.le_s(end, i64.load(i32.address(this.#state.now)));
  }

  #wrote(f: FunctionBuilder, record: I32): void {
    if (this.#spec.stateTtl === 0) return;
    f.do(i64.store(record, i64.load(i32.address(this.#state.now)), WRITTEN));
  }

  #setLink(f: FunctionBuilder, entry: I32, field: number, record: I32): void {
    this.#index.layout.store(f, entry, field, operand(INT, record, null));
  }

  #isSame(context: CompileContext, record: I32, row: (column: number) => Operand): I32 {
    const columns = this.#spec.uniqueKey ?? this.types.map((_, i) => i);
    return sameKeys(
      columns.map(row),
      columns.map((column) => context.bind(this.layout.load(record, column), 'f')),
      context,
    );
  }
}
