/** DataStream programs that are simulated: their functions fail when told to. */

import {
  type DataStream,
  type KeyedProcessFunction,
  perSubtask,
  type ValueState,
  ValueStateDescriptor,
} from '../../src/index.ts';
import type { StreamExecutionEnvironment } from '../../src/session/stream-execution-environment.ts';
import { type Part, ROWS, type Row, rowsOf } from './jobs.ts';

export interface Program {
  readonly name: string;
  /** @param call is called by every function, and may throw. */
  readonly build: (environment: StreamExecutionEnvironment, call: () => void, part: Part) => DataStream<string>;
  /** What BATCH gives of a part of the rows is as much as STREAMING does. */
  readonly goesOn: boolean;
  /** By mode; in any order. */
  readonly expected: Readonly<Record<'BATCH' | 'STREAMING', readonly string[]>>;
}

const TOTAL = new ValueStateDescriptor<number>('total');

/** After each row the sum of its key so far. */
class Sums implements KeyedProcessFunction<number, Row, string> {
  readonly #call: () => void;
  #total!: ValueState<number>;

  constructor(call: () => void) {
    this.#call = call;
  }

  open(context: Parameters<NonNullable<KeyedProcessFunction<number, Row, string>['open']>>[0]): void {
    this.#total = context.getState(TOTAL);
  }

  processElement({ g, v }: Row, _context: unknown, out: { collect(line: string): void }): void {
    this.#call();
    const total = (this.#total.value() ?? 0) + v;
    this.#total.update(total);
    out.collect(`${g}_${total}`);
  }
}

const runningSums = (): string[] => {
  const totals = new Map<number, number>();
  return ROWS.map(({ g, v }) => {
    totals.set(g, (totals.get(g) ?? 0) + v);
    return `${g}_${totals.get(g)}`;
  });
};

const finalSums = (): string[] => {
  const totals = new Map<number, number>();
  for (const { g, v } of ROWS) totals.set(g, (totals.get(g) ?? 0) + v);
  return [...totals].map(([g, total]) => `${g}_${total}`);
};

/** In order, through a function. */
const rows = (environment: StreamExecutionEnvironment, call: () => void, part: Part) =>
  environment
    .fromCollection(rowsOf(part))
    .uid(part)
    .map((row) => {
      call();
      return row;
    })
    .setParallelism(1);

export const PROGRAMS: readonly Program[] = [
  {
    name: 'keyed state',
    goesOn: true,
    build: (environment, call, part) =>
      rows(environment, call, part)
        .keyBy(({ g }) => g)
        .process(perSubtask(() => new Sums(call))),
    expected: { BATCH: runningSums(), STREAMING: runningSums() },
  },
  {
    name: 'reduce',
    goesOn: false,
    build: (environment, call, part) =>
      rows(environment, call, part)
        .keyBy(({ g }) => g)
        .reduce((a, { v }) => ({ id: a.id, g: a.g, v: a.v + v }))
        .map(({ g, v }) => {
          call();
          return `${g}_${v}`;
        }),
    expected: { BATCH: finalSums(), STREAMING: runningSums() },
  },
  {
    name: 'rebalance',
    goesOn: true,
    build: (environment, call, part) =>
      rows(environment, call, part)
        .rebalance()
        .filter(({ v }) => v > 30)
        .map(({ id }) => {
          call();
          return String(id);
        }),
    expected: {
      BATCH: ROWS.filter(({ v }) => v > 30).map(({ id }) => String(id)),
      STREAMING: ROWS.filter(({ v }) => v > 30).map(({ id }) => String(id)),
    },
  },
];
