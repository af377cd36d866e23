import { describe, expect, test } from 'vitest';
import type { Distribution, ModeProfile } from '../../../src/dataflow/traits.ts';
import { buildJobGraph, type JobGraphOptions } from '../../../src/graph/build.ts';
import { resolveModeProfile } from '../../../src/graph/mode.ts';

import type { Transformation, TransformationInput } from '../../../src/graph/transformation.ts';
import { INT } from '../../../src/types/data-type.ts';
import { schemaOf } from '../../../src/types/schema.ts';
import { printJobGraph } from './print-job-graph.ts';

const schema = schemaOf([{ name: 'a', type: INT }]);
const connector = { connector: 'x', table: 't', options: {}, schema, projection: [0], filters: [], limit: null };
const hash: Distribution = { kind: 'hash', keys: [0] };

const base = (name: string, inputs: readonly TransformationInput[]) => ({
  uid: name,
  name,
  schema,
  parallelism: null,
  inputs,
});
const source = (name: string): Transformation => ({
  ...base(name, []),
  kind: 'source',
  spec: connector,
  boundedness: 'BOUNDED',
});
const from = (
  input: Transformation,
  distribution: Distribution = { kind: 'any' },
  priority = 0,
): TransformationInput => ({ from: input, distribution, priority });
const operator = (name: string, ...inputs: readonly TransformationInput[]): Transformation => ({
  ...base(name, inputs),
  kind: 'operator',
  spec: { kind: name, name, params: {}, inputs: inputs.map(() => schema), output: schema },
});
const union = (...inputs: readonly Transformation[]): Transformation => ({
  ...base(
    'union',
    inputs.map((input) => from(input)),
  ),
  kind: 'union',
});
const sink = (name: string, input: Transformation): Transformation => ({
  ...base(name, [from(input)]),
  kind: 'sink',
  spec: connector,
});

const profile = (mode: 'BATCH' | 'STREAMING'): ModeProfile => resolveModeProfile(mode, []).profile;
const options = (parallelism: number, more: Partial<JobGraphOptions> = {}): JobGraphOptions => ({
  name: 'job',
  parallelism,
  maxParallelism: 128,
  pipelinedExchanges: false,
  ...more,
});
const print = (roots: readonly Transformation[], mode: 'BATCH' | 'STREAMING', parallelism: number): string =>
  printJobGraph(buildJobGraph(roots, profile(mode), options(parallelism)));

describe('buildJobGraph', () => {
  /** The example of Flink's Execution Mode page: three tasks, two shuffles, in BATCH three stages. */
  const page = () => {
    const mapped = operator('map2', from(operator('map1', from(source('source')))));
    const balanced = operator('map4', from(operator('map3', from(mapped, { kind: 'rebalance' }))));
    return sink('sink', operator('map6', from(operator('map5', from(balanced, hash)))));
  };

  test('chains one-to-one operators and cuts stages where rows are shuffled', () => {
    expect(print([page()], 'BATCH', 2)).toBe(
      [
        '1: stage 0, parallelism 2: source -> map1 -> map2',
        '2: stage 1, parallelism 2: map3 -> map4',
        '   <- 1 (rebalance, BLOCKING) as input 0 of map3',
        '3: stage 2, parallelism 2: map5 -> map6 -> sink',
        '   <- 2 (hash[0], BLOCKING) as input 0 of map5',
      ].join('\n'),
    );
    expect(print([page()], 'STREAMING', 2)).toContain(
      '2: stage 0, parallelism 2: map3 -> map4\n   <- 1 (rebalance, PIP',
    );
  });

  test('at parallelism 1 nothing is shuffled', () => {
    expect(print([page()], 'BATCH', 1)).toBe(
      '1: stage 0, parallelism 1: source -> map1 -> map2 -> map3 -> map4 -> map5 -> map6 -> sink',
    );
  });

  test('a join joins the chain of the side that is read last; the other comes through a gate', () => {
    const join = operator('join', from(source('build'), hash, 0), from(source('probe'), hash, 1));
    expect(print([sink('sink', join)], 'BATCH', 1)).toBe(
      [
        '1: stage 0, parallelism 1: build',
        '2: stage 0, parallelism 1: probe -> join -> sink',
        '   <- 1 (forward, PIPELINED_BOUNDED) as input 0 of join',
      ].join('\n'),
    );
    expect(print([sink('sink', join)], 'BATCH', 2)).toBe(
      [
        '1: stage 0, parallelism 2: build',
        '2: stage 0, parallelism 2: probe',
        '3: stage 1, parallelism 2: join -> sink',
        '   <- 1 (hash[0], BLOCKING) as input 0 of join',
        '   <- 2 (hash[0], BLOCKING) as input 1 of join',
      ].join('\n'),
    );
  });

  test('the two ways of a diamond cannot lock each other up', () => {
    const shared = operator('shared', from(source('s')));
    const join = operator('join', from(operator('agg', from(shared)), hash, 0), from(shared, hash, 1));
    expect(print([sink('sink', join)], 'BATCH', 1)).toBe(
      [
        '1: stage 0, parallelism 1: s -> shared',
        '2: stage 0, parallelism 1: agg',
        '   <- 1 (forward, PIPELINED_BOUNDED) as input 0 of agg',
        '3: stage 0, parallelism 1: join -> sink',
        '   <- 2 (forward, PIPELINED_BOUNDED) as input 0 of join',
        '   <- 1 (forward, BLOCKING) as input 1 of join',
      ].join('\n'),
    );
  });

  test('a union becomes edges into one input; a shared node is one vertex of two sinks', () => {
    const both = union(source('a'), union(source('b'), source('c')));
    const sorted = operator('sort', from(both, { kind: 'singleton' }));
    expect(print([sink('x', sorted), sink('y', sorted)], 'BATCH', 2)).toBe(
      [
        '1: stage 0, parallelism 2: a',
        '2: stage 0, parallelism 2: b',
        '3: stage 0, parallelism 2: c',
        '4: stage 1, parallelism 1: sort',
        '   <- 1 (singleton, BLOCKING) as input 0 of sort',
        '   <- 2 (singleton, BLOCKING) as input 0 of sort',
        '   <- 3 (singleton, BLOCKING) as input 0 of sort',
        '5: stage 1, parallelism 1: x',
        '   <- 4 (forward, PIPELINED_BOUNDED) as input 0 of x',
        '6: stage 1, parallelism 1: y',
        '   <- 4 (forward, PIPELINED_BOUNDED) as input 0 of y',
      ].join('\n'),
    );
  });

  test('refuses a parallelism that key groups cannot serve', () => {
    expect(() => buildJobGraph([page()], profile('BATCH'), options(200))).toThrow('not between 1 and 128');
  });
});
