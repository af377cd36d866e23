/**
 * A rolling reduction by key, which sum, min, max, minBy and maxBy are too: the result so far after every record, or,
 * where records come sorted by key, only the last one of each key. Flink: StreamGroupedReduceOperator and
 * BatchGroupedReduceOperator.
 */
import type { ReduceFunction } from '../../dataflow/functions/aggregate-functions.ts';
import type { RichFunction } from '../../dataflow/functions/lifecycle.ts';
import { NO_TIMESTAMP } from '../../dataflow/records.ts';
import type { StateInfo, ValueCell } from '../../state/keyed/backend.ts';
import type { Behaviour } from './behaviour.ts';
import type { OperatorServices } from './operator-services.ts';

const RESULT: StateInfo = { name: '_op_state', kind: 'value', timed: null };

export function rollingReduce(fn: ReduceFunction<unknown> & RichFunction, services: OperatorServices): Behaviour {
  const { collector } = services;
  let cell: ValueCell | null = null;
  const process = (value: unknown): void => {
    cell ??= services.requireBackend().valueCell(RESULT);
    const before = cell.get();
    const reduced = before === undefined ? value : fn.reduce(before, value);
    cell.set(reduced);
    collector.collect(reduced);
  };
  return { functions: [fn], process: [process] };
}

/**
 * The last result of each key has no timestamp.
 *
 * @param keepsResult as state, for a job that goes on from a savepoint
 */
export function finalReduce(
  fn: ReduceFunction<unknown> & RichFunction,
  services: OperatorServices,
  keepsResult: boolean,
): Behaviour {
  const { collector } = services;
  let cell: ValueCell | null = null;
  let reduced: unknown;
  let first = true;
  return {
    functions: [fn],
    combine: (first, second) => fn.reduce(first, second),
    process: [
      (value) => {
        reduced = first ? value : fn.reduce(reduced, value);
        first = false;
      },
    ],
    endKey: () => {
      collector.collectAt(reduced, NO_TIMESTAMP);
      if (keepsResult) {
        cell ??= services.requireBackend().valueCell(RESULT);
        cell.set(reduced);
      }
      first = true;
    },
  };
}
