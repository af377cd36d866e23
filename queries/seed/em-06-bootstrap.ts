// EM-06: bounded input is for BATCH, with two exceptions: tests of programs for unbounded input, and this one, the state
// of an unbounded job that is built from history. A bounded run in STREAMING stops with a savepoint when it has read its
// input; the job for live input goes on from it. In Weir the bounded run may be one in BATCH, too: then history is
// sorted by customer, each gives one total, and the savepoint serves as well.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataStream, StreamExecutionEnvironment } from 'weir';
import { environment } from './in-both-modes.ts';

type Order = readonly [customer: string, amount: number];

/** The state of `totals` is matched by its uid, whatever its input is; the two sources are not the same. */
const totals = (orders: DataStream<Order>): DataStream<Order> =>
  orders
    .keyBy(([customer]) => customer)
    .reduce(([customer, sum], [, amount]) => [customer, sum + amount] as const)
    .uid('totals');

const history = (env: StreamExecutionEnvironment): DataStream<Order> => {
  const past: readonly Order[] = [
    ['bob', 5],
    ['ada', 10],
    ['ada', 20],
  ];
  return env.fromCollection(past).uid('history');
};

const live = (env: StreamExecutionEnvironment): DataStream<Order> => {
  async function* orders(): AsyncGenerator<Order> {
    yield ['ada', 1];
    yield ['cid', 2];
    yield ['bob', 3];
  }
  return env.fromCollection(orders()).uid('live');
};

const print = (what: string, results: readonly Order[]): void =>
  console.log(`${what}: ${results.map(([customer, sum]) => `${customer} ${sum}`).join(', ')}`);

const directory = mkdtempSync(join(tmpdir(), 'weir-seed-'));
for (const mode of ['STREAMING', 'BATCH'] as const) {
  const savepoint = join(directory, mode);
  const past = environment(mode, { 'weir.savepoint-at-end': savepoint });
  print(`history, ${mode}`, await totals(history(past)).executeAndCollect().toArray());
  const present = environment('STREAMING', { 'execution.state-recovery.path': savepoint });
  print('live', await totals(live(present)).executeAndCollect().toArray());
}
rmSync(directory, { recursive: true });
