import { expect, test } from 'vitest';
import type { ChainLink, JobEdge, JobVertex } from '../../../src/graph/job-graph.ts';
import { assignStages, resolveConflicts } from '../../../src/graph/stages.ts';
import { schemaOf } from '../../../src/types/schema.ts';

const schema = schemaOf([]);

function vertex(id: string): JobVertex {
  const spec = { kind: 'toy', name: id, params: {}, inputs: [schema, schema], output: schema };
  const link: ChainLink = { uid: id, name: id, schema, kind: 'operator', spec, chainedInput: -1, chainedPriority: 0 };
  return { id, name: id, chain: [link], parallelism: 2, maxParallelism: 128, stage: 0, slotSharingGroup: 'default' };
}

function edge(from: string, to: string, priority: number, partitionType: JobEdge['partitionType']): JobEdge {
  return {
    id: `${from}->${to}`,
    from,
    to,
    link: 0,
    input: 1 - priority,
    priority,
    distribution: { kind: partitionType === 'BLOCKING' ? 'rebalance' : 'forward' },
    partitionType,
    schema,
    records: false,
    sideOutput: null,
  };
}

const vertices = ['source', 'sum', 'join'].map(vertex);
const blocking = (edges: readonly JobEdge[]): string[] =>
  resolveConflicts(vertices, edges).flatMap(({ id, partitionType }) => (partitionType === 'BLOCKING' ? [id] : []));

// The join reads the sums of all rows before it reads the rows themselves.
test.each(['PIPELINED_BOUNDED', 'BLOCKING'] as const)(
  'rows that wait for what they are summed up to (%s)',
  (exchange) => {
    const edges = [
      edge('source', 'sum', 0, exchange),
      edge('sum', 'join', 0, 'PIPELINED_BOUNDED'),
      edge('source', 'join', 1, 'PIPELINED_BOUNDED'),
    ];
    expect(blocking(edges)).toContain('source->join');
    const stages = assignStages(vertices, resolveConflicts(vertices, edges));
    if (exchange === 'BLOCKING') expect([...stages.values()]).toEqual([0, 1, 1]);
  },
);

test('inputs that do not wait for each other stay as they are', () => {
  const edges = [
    edge('source', 'sum', 0, 'PIPELINED_BOUNDED'),
    edge('sum', 'join', 0, 'PIPELINED_BOUNDED'),
    edge('source', 'join', 0, 'PIPELINED_BOUNDED'),
  ];
  expect(blocking(edges)).toEqual([]);
});

test('a result that is dealt out does not come back to the region of its producer', () => {
  // The keys of `dim` filter the facts, whose sums meet the rows of `dim` again.
  const all = ['dim', 'facts', 'sum', 'join'].map(vertex);
  const edges = [
    edge('dim', 'facts', 0, 'BLOCKING'),
    edge('facts', 'sum', 0, 'PIPELINED_BOUNDED'),
    edge('sum', 'join', 1, 'BLOCKING'),
    edge('dim', 'join', 0, 'PIPELINED_BOUNDED'),
  ];
  const resolved = resolveConflicts(all, edges);
  expect(resolved.filter(({ partitionType }) => partitionType !== 'BLOCKING').map(({ id }) => id)).toEqual([
    'facts->sum',
  ]);
  expect([...assignStages(all, resolved).values()]).toEqual([0, 1, 1, 2]);
});

test('what stays in a subtask may come back: it is waited for while the region runs', () => {
  const edges = [
    edge('source', 'sum', 0, 'PIPELINED_BOUNDED'),
    edge('sum', 'join', 0, 'PIPELINED_BOUNDED'),
    { ...edge('source', 'join', 1, 'BLOCKING'), distribution: { kind: 'forward' } as const },
  ];
  expect(blocking(edges)).toEqual(['source->join']);
});
