/**
 * What an operator does with one record, one timer, one finished key, apart from how records reach it: as they arrive
 * or sorted by key (stream-operator.ts).
 */
import type { RichFunction } from '../../dataflow/functions/lifecycle.ts';
import type { TimeDomain } from '../../dataflow/functions/process-functions.ts';

export interface Behaviour {
  /** By number of the input; the services hold the key and the timestamp of the record. */
  readonly process: readonly ((value: unknown) => void)[];
  /** Called with the key of the timer in the services. */
  readonly onTimer?: (time: number, domain: TimeDomain) => void;
  /** Only where records come sorted by key: the last record of the current key has been processed. */
  readonly endKey?: () => void;
  /** Only where records come sorted by key: two records of a key may be processed as the one that this gives. */
  readonly combine?: (first: unknown, second: unknown) => unknown;
  /** User functions, for `open` and `close`. */
  readonly functions: readonly RichFunction[];
}
