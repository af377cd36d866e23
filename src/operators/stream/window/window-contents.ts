/** What a window keeps of its records: all of them, one that reduces them, or an accumulator. */
import type { WindowDefinition } from '../../../dataflow/functions/stream-operator.ts';

export interface WindowContents {
  /** @param before what the window has; undefined: nothing yet */
  add(before: unknown, value: unknown): unknown;
  /** Of sessions that become one. */
  merge(first: unknown, second: unknown): unknown;
  /** For the process function, if there is one, else what is emitted. */
  elements(contents: unknown): Iterable<unknown>;
}

export function windowContents(kind: WindowDefinition['contents']): WindowContents {
  switch (kind.kind) {
    case 'list':
      return {
        add: (before, value) => {
          if (before === undefined) return [value];
          (before as unknown[]).push(value);
          return before;
        },
        merge: (first, second) => [...(first as unknown[]), ...(second as unknown[])],
        elements: (contents) => contents as unknown[],
      };
    case 'reduce': {
      const { fn } = kind;
      return {
        add: (before, value) => (before === undefined ? value : fn.reduce(before, value)),
        merge: (first, second) => fn.reduce(first, second),
        elements: (contents) => [contents],
      };
    }
    case 'aggregate': {
      const { fn } = kind;
      return {
        add: (before, value) => fn.add(value, before === undefined ? fn.createAccumulator() : before),
        merge: (first, second) => fn.merge(first, second),
        elements: (contents) => [fn.getResult(contents)],
      };
    }
  }
}
