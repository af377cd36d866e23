import { expect, test } from 'vitest';
import type { JobGraph } from '../../../src/graph/job-graph.ts';
import { fingerprintOf } from '../../../src/runtime/replay.ts';
import { graphOf, sink, source } from './toys.ts';

class Bound {
  at: number;

  constructor(at: number) {
    this.at = at;
  }
}

/** V8 holds the number of such an object as a double, though it is a whole one. */
function boxed(at: number): Bound {
  const bound = new Bound(0.5);
  bound.at = at;
  return bound;
}

function graphWith(params: unknown): JobGraph {
  const graph = graphOf('BATCH', 1, [sink('t', source('s', {}))]);
  return { ...graph, vertices: graph.vertices.map((vertex) => ({ ...vertex, params })) } as JobGraph;
}

test('a plan has one fingerprint, however its numbers are held', () => {
  expect(fingerprintOf(graphWith(boxed(1)))).toBe(fingerprintOf(graphWith({ at: 1 })));
  expect(fingerprintOf(graphWith({ at: 2 }))).not.toBe(fingerprintOf(graphWith({ at: 1 })));
});

test('what JSON does not have counts too', () => {
  const different = [1n, 2n, new Set([1]), new Set([2]), new Map([[1, 2]]), Number.NaN, Infinity, null].map((value) =>
    fingerprintOf(graphWith({ value })),
  );
  expect(new Set(different).size).toBe(different.length);
});
