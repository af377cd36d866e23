// EM-06: bounded input is for BATCH, with two exceptions: tests of programs for unbounded input, and this one, the state of
// an unbounded job that is built from history. A bounded run in STREAMING ends with a savepoint; the job for live input
// goes on from it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataStream, DiscardingSink, type StreamExecutionEnvironment } from 'weir';
import { environment } from './in-both-modes.ts';

type Order = readonly [customer: string, amount: number];

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The state of `totals` is matched by its uid, whatever its input is; the two sources are not the same. */
const totals = (env: StreamExecutionEnvironment, source: string, orders: AsyncIterable<Order>): DataStream<Order> =>
  env
    .fromCollection(orders)
    .uid(source)
    .keyBy(([customer]) => customer)
    .reduce(([customer, sum], [, amount]) => [customer, sum + amount] as const)
    .uid('totals');

async function* history(): AsyncGenerator<Order> {
  yield ['ada', 10];
  yield ['bob', 5];
  yield ['ada', 20];
  // The input must not end before the savepoint is taken.
  await pause(300);
}

async function* live(): AsyncGenerator<Order> {
  yield ['ada', 1];
  yield ['cid', 2];
  yield ['bob', 3];
}

const directory = mkdtempSync(join(tmpdir(), 'weir-seed-'));
const past = environment('STREAMING');
totals(past, 'history', history()).sinkTo(new DiscardingSink());
const job = await past.executeAsync('history');
await pause(100);
const savepoint = await job.stopWithSavepoint(false, directory);
console.log('history: three orders, a savepoint');

const present = environment('STREAMING', {
  'execution.state-recovery.path': savepoint,
  'execution.state-recovery.ignore-unclaimed-state': 'true',
});
const results = await totals(present, 'live', live()).executeAndCollect().toArray();
console.log(`live: ${results.map(([customer, sum]) => `${customer} ${sum}`).join(', ')}`);
rmSync(directory, { recursive: true });
