/** The coordinator by itself, its tasks played by the test. */
import { expect, test } from 'vitest';
import { Configuration } from '../../../src/base/config.ts';
import { checkpointConfig } from '../../../src/runtime/checkpoint/checkpoint-config.ts';
import { CheckpointCoordinator } from '../../../src/runtime/checkpoint/checkpoint-coordinator.ts';
import { CheckpointStorage } from '../../../src/runtime/checkpoint/checkpoint-storage.ts';
import { readMetadata } from '../../../src/runtime/checkpoint/metadata.ts';
import type { Committers } from '../../../src/runtime/committers.ts';
import { ExecutionGraph } from '../../../src/runtime/execution-graph.ts';
import type { Committables, TaskExecutorGateway } from '../../../src/runtime/task-executor-gateway.ts';
import { SimulatedDisk } from '../../sim/simulated-disk.ts';
import { from, graphOf, ledger, operator, source } from './toys.ts';

test('what a task gives after it has handed in its state belongs to the next checkpoint', async () => {
  const disk = new SimulatedDisk();
  const root = ledger('t', operator('pass', [from(source('s', { rows: '4' }), 'hash')]));
  const graph = new ExecutionGraph(graphOf('STREAMING', 1, [root], false));
  const committed: unknown[] = [];
  let trigger = (): void => undefined;
  const coordinator = new CheckpointCoordinator({
    job: 'j',
    graph,
    config: checkpointConfig(new Configuration({ 'execution.checkpointing.interval': '1 ms' })),
    storage: new CheckpointStorage(disk, '/checkpoints', 'j'),
    committers: {
      commit: async (prepared: readonly Committables[]) => {
        committed.push(...prepared.flatMap((of) => of['sink'] ?? []));
      },
    } as unknown as Committers,
    fileSystem: disk,
    clock: { now: () => 0, monotonic: () => 0 },
    timers: {
      after: (_milliseconds, run) => {
        trigger = run;
        return () => undefined;
      },
      turn: async () => undefined,
    },
    executor: () => ({ triggerCheckpoint: () => undefined }) as unknown as TaskExecutorGateway,
    onFailure: (error) => {
      throw error;
    },
    onSuspended: () => undefined,
  });
  const running = graph.vertices.map((member) => member.begin(0));
  for (const execution of running) execution.state = 'running';
  coordinator.start();
  trigger();
  const [early, ...others] = running;
  const handIn = (execution: (typeof running)[number], rows: readonly string[]): void =>
    coordinator.acknowledge(execution, {
      checkpointId: 1,
      state: { checkpointId: 1, finished: false, splits: {}, sections: [] },
      kept: [],
      committables: { sink: rows },
    });
  handIn(early!, ['before']);
  early!.state = 'finished';
  coordinator.taskFinished(early!.id, { sink: ['after'] });
  for (const execution of others) handIn(execution, []);
  const listed = readMetadata(disk, '/checkpoints/j/chk-1').committables.flatMap((of) => of['sink'] ?? []);
  expect(listed).toEqual(['before']);
  for (const execution of others) execution.state = 'finished';
  await coordinator.finish(false);
  expect(committed).toEqual(['before', 'after']);
});
