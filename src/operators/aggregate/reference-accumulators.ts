/**
 * Aggregates that have no compiled form (LISTAGG, COLLECT, ARRAY_AGG, STDDEV …, and MIN and MAX over input that takes
 * rows back): the catalogue's own accumulators, one JS object per group and call, found by a handle in the group's row.
 */
import { assert } from '../../base/assert.ts';
import type { Batch } from '../../columnar/batch.ts';
import { physicalType, WIDTH } from '../../columnar/physical.ts';
import { RowReader } from '../../columnar/row-reader.ts';
import type { StringArena } from '../../columnar/string-arena.ts';
import { valueWriter, type WriteValue } from '../../columnar/value-codec.ts';
import type { AggregateCall } from '../../expr/expr.ts';
import type { AggregateFunction, Aggregation } from '../../expr/functions/define.ts';
import { functions } from '../../expr/functions/index.ts';
import type { Extern } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType } from '../../types/data-type.ts';
import type { Value } from '../../types/value.ts';

interface Entry {
  readonly call: AggregateCall;
  readonly fn: AggregateFunction;
  readonly aggregation: Aggregation;
  readonly write: WriteValue;
}

/** Scratch memory of a result: 16 bytes of value, then its validity. */
export const RESULT_VALIDITY = 16;

export class ReferenceAccumulators {
  /** Address that `reference_result` writes to. */
  readonly scratch: number;
  readonly #memory: LinearMemory;
  readonly #entries: readonly Entry[];
  readonly #reader: RowReader;
  /** By handle: one accumulator per call. Handle 0 is not used. */
  readonly #groups: (unknown[] | null)[] = [null];
  readonly #free: number[] = [];
  #batch: Batch | null = null;

  constructor(
    memory: LinearMemory,
    calls: readonly AggregateCall[],
    inputTypes: readonly DataType[],
    strings: () => StringArena,
  ) {
    this.#memory = memory;
    this.scratch = memory.allocateZeroed(32);
    this.#reader = new RowReader(memory, inputTypes);
    this.#entries = calls.map((call) => {
      const fn = functions.aggregate(call.fn);
      assert(fn !== undefined, `no aggregate ${call.fn} in the catalogue`);
      const argTypes = call.args.map((arg) => inputTypes[arg]!);
      return {
        call,
        fn,
        aggregation: { type: call.type, argTypes, literals: call.literals ?? [] },
        write: valueWriter(memory, call.type, strings),
      };
    });
  }

  /** The batch that `reference_update` reads its arguments from. */
  bind(batch: Batch): void {
    this.#batch = batch;
  }

  get externs(): Readonly<Record<string, Extern>> {
    return {
      reference_create: () => this.create(),
      reference_update: (handle: number, call: number, row: number, retract: number) =>
        this.#update(handle, call, row, retract !== 0),
      reference_result: (handle: number, call: number) => this.#result(handle, call),
      reference_drop: (handle: number) => this.drop(handle),
    };
  }

  create(): number {
    const fresh = this.#entries.map(({ fn, aggregation }) => fn.create(aggregation));
    const handle = this.#free.pop();
    if (handle === undefined) return this.#groups.push(fresh) - 1;
    this.#groups[handle] = fresh;
    return handle;
  }

  drop(handle: number): undefined {
    this.#groups[handle] = null;
    this.#free.push(handle);
    return undefined;
  }

  /** The accumulators of a group, as plain data that can be written out. */
  group(handle: number): unknown[] {
    return this.#groups[handle]!;
  }

  /** Takes a group that was written out; gives its handle. */
  adopt(group: unknown[]): number {
    const handle = this.create();
    this.#groups[handle] = group;
    return handle;
  }

  /** Groups that are there. */
  get count(): number {
    return this.#groups.length - 1 - this.#free.length;
  }

  /** Drops all groups. */
  clear(): void {
    this.#groups.length = 1;
    this.#free.length = 0;
  }

  close(): void {
    this.#memory.free(this.scratch);
    this.clear();
  }

  #update(handle: number, index: number, row: number, retract: boolean): undefined {
    const { call, fn, aggregation } = this.#entries[index]!;
    const accumulator = this.#groups[handle]![index];
    const args: Value[] = call.args.map((arg) => this.#reader.value(this.#batch!, row, arg));
    if (!retract) fn.accumulate(accumulator, args, aggregation);
    else {
      assert(fn.retract !== null, `${call.fn} cannot take rows back`);
      fn.retract(accumulator, args, aggregation);
    }
    return undefined;
  }

  #result(handle: number, index: number): undefined {
    const { fn, aggregation, write, call } = this.#entries[index]!;
    const value = fn.result(this.#groups[handle]![index], aggregation);
    this.#memory.u8[this.scratch + RESULT_VALIDITY] = value === null ? 0 : 1;
    if (value === null) this.#memory.fill(this.scratch, 0, WIDTH[physicalType(call.type)]);
    else write(this.scratch, value);
    return undefined;
  }
}
