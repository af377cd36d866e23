/** What the parts of a column's kernel share: the parameters, and what is known per cycle and per event. */
import { type I64, i32, i64, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { NexmarkConfig } from './options.ts';
import type { EventKind } from './schema.ts';

/**
 * `write(from, count, mixed, out, data, text)`: writes the column for the events `from` to `from + count`. If mixed,
 * there is a row for every event, and those of other kinds are zero; else there are only rows of the column's kind.
 * `data` is the address of the shared strings. Composed strings are written at `text`, `longest` bytes each.
 */
export const PARAMS = { from: i64, count: i32, mixed: i32, out: i32, data: i32, text: i32 };

/** Where a column is computed: once per cycle, then for each of its events in the cycle. */
export interface CycleScope {
  readonly f: FunctionBuilder<typeof PARAMS>;
  readonly config: NexmarkConfig;
  readonly kind: EventKind;
  readonly cycle: Variable<'i64'>;
  readonly data: Variable<'i32'>;
}

export interface EventScope {
  /** Number of the event, and its place among those of its kind in the cycle. */
  readonly event: Variable<'i64'>;
  readonly index: Variable<'i64'>;
  /** Where a composed string is to be written. */
  readonly text: Variable<'i32'>;
}

/** Emits what is computed once per cycle, and gives what emits the value of an event. */
export type ColumnBody = (scope: CycleScope) => (event: EventScope) => I64;
