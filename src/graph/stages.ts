/**
 * Cuts a job into stages: vertices joined by pipelined edges run together; a blocking edge lets its consumer begin
 * when its producer has ended.
 *
 * An edge that must wait for another input of the same task may not be pipelined if both come from one ancestor, the
 * first pipelined: the ancestor would wait for the reader of the first, which waits for the second, which waits for
 * the ancestor. Such an edge is made blocking (Flink: InputPriorityConflictResolver).
 *
 * A blocking result that is dealt out to several subtasks and comes back to the region of its producer could only be
 * waited for while the region runs, on one thread; a pipelined edge of such a region is made blocking instead.
 */
import { assert } from '../base/assert.ts';
import type { ChainLink, JobEdge, JobVertex } from './job-graph.ts';

/** Do batches of `edge` have to wait until `other`, an edge into the same vertex, has ended? */
export function waitsFor(edge: JobEdge, other: JobEdge, chain: readonly ChainLink[]): boolean {
  if (edge.to !== other.to || other.link < edge.link) return false;
  if (other.link === edge.link) return other.priority < edge.priority;
  const link = chain[other.link];
  return link?.kind === 'operator' && other.priority < link.chainedPriority;
}

/** The same edges, those that could lock the job up made blocking. */
export function resolveConflicts(vertices: readonly JobVertex[], edges: readonly JobEdge[]): readonly JobEdge[] {
  const chains = new Map(vertices.map((vertex) => [vertex.id, vertex.chain]));
  let resolved = [...edges];
  for (let i = 0; i < resolved.length; i++) {
    const edge = resolved[i] as JobEdge;
    if (edge.partitionType === 'BLOCKING') continue;
    const ancestors = ancestorsOf(edge.from, resolved.filter(isPipelined));
    const conflict = resolved.some(
      (other) =>
        other !== edge &&
        waitsFor(edge, other, chains.get(edge.to) ?? []) &&
        [...ancestorsOf(other.from, resolved)].some((ancestor) => ancestors.has(ancestor)),
    );
    if (conflict) resolved = resolved.with(i, materialised(edge));
  }
  return divideRegions(vertices, resolved, chains);
}

function materialised(edge: JobEdge): JobEdge {
  return { ...edge, partitionType: 'BLOCKING' };
}

/** Cuts regions until no result that is dealt out comes back to the region of its producer. */
function divideRegions(
  vertices: readonly JobVertex[],
  edges: readonly JobEdge[],
  chains: ReadonlyMap<string, readonly ChainLink[]>,
): readonly JobEdge[] {
  const regionOf = mergeRegions(vertices, edges);
  const returning = edges.find(
    ({ from, to, partitionType, distribution }) =>
      partitionType === 'BLOCKING' && distribution.kind !== 'forward' && regionOf(from) === regionOf(to),
  );
  if (returning === undefined) return edges;
  const { from, to } = returning;
  const within = edges.filter((edge) => isPipelined(edge) && regionOf(edge.from) === regionOf(from));
  // What is read to its end before another input begins is the smaller one, as a rule.
  const isAwaited = (edge: JobEdge): boolean => edges.some((other) => waitsFor(other, edge, chains.get(edge.to) ?? []));
  const candidates = [...within.filter(isAwaited), ...within.filter((edge) => !isAwaited(edge))];
  const cut = (edge: JobEdge): readonly JobEdge[] => edges.with(edges.indexOf(edge), materialised(edge));
  const divides = (edge: JobEdge): boolean => {
    const after = mergeRegions(vertices, cut(edge));
    return after(from) !== after(to);
  };
  const chosen = candidates.find(divides) ?? candidates[0];
  assert(chosen !== undefined, 'a region that hangs together without a pipelined edge');
  return divideRegions(vertices, cut(chosen), chains);
}

function isPipelined({ partitionType }: JobEdge): boolean {
  return partitionType !== 'BLOCKING';
}

/** The vertex and all above it that the edges reach. */
function ancestorsOf(vertex: string, edges: readonly JobEdge[]): ReadonlySet<string> {
  const found = new Set([vertex]);
  const open = [vertex];
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    for (const edge of edges) {
      if (edge.to !== current || found.has(edge.from)) continue;
      found.add(edge.from);
      open.push(edge.from);
    }
  }
  return found;
}

/**
 * The stage of every vertex, from 0: one more than the latest stage that it reads a blocking result of. A region whose
 * blocking results come back to itself, which only those do that stay in their subtask, is one stage; the readers wait
 * for them while it runs.
 */
export function assignStages(vertices: readonly JobVertex[], edges: readonly JobEdge[]): ReadonlyMap<string, number> {
  const regionOf = mergeRegions(vertices, edges);
  const stages = new Map<string, number>(vertices.map(({ id }) => [regionOf(id), 0]));
  for (let changed = true; changed; ) {
    changed = false;
    for (const { from, to } of edges) {
      const [producer, consumer] = [regionOf(from), regionOf(to)];
      const least = producer === consumer ? 0 : (stages.get(producer) ?? 0) + 1;
      if ((stages.get(consumer) ?? 0) >= least) continue;
      stages.set(consumer, least);
      changed = true;
    }
  }
  return new Map(vertices.map(({ id }) => [id, stages.get(regionOf(id)) ?? 0]));
}

function mergeRegions(vertices: readonly JobVertex[], edges: readonly JobEdge[]): (vertex: string) => string {
  const parent = new Map(vertices.map(({ id }) => [id, id]));
  const find = (vertex: string): string => {
    let root = vertex;
    for (let up = parent.get(root); up !== undefined && up !== root; up = parent.get(root)) root = up;
    return root;
  };
  for (const { from, to, partitionType } of edges) {
    if (partitionType !== 'BLOCKING') parent.set(find(from), find(to));
  }
  for (let merged = true; merged; ) {
    merged = false;
    for (const { from, to } of edges) {
      if (find(from) === find(to) || !reaches(find(to), find(from), edges, find)) continue;
      parent.set(find(from), find(to));
      merged = true;
    }
  }
  return find;
}

/** Is there a path between the regions? */
function reaches(
  start: string,
  goal: string,
  edges: readonly JobEdge[],
  regionOf: (vertex: string) => string,
): boolean {
  const seen = new Set([start]);
  const open = [start];
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    if (current === goal) return true;
    for (const { from, to } of edges) {
      const next = regionOf(to);
      if (regionOf(from) !== current || seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return false;
}
