/**
 * Whether a job in BATCH ran again only what it had to, by its log: a subtask that has finished runs again if its result
 * is gone, or if it reads what one that runs again had made. Only where every result is kept.
 */
import type { JobGraph } from '../../src/graph/job-graph.ts';
import { JobEventLog } from '../../src/runtime/job-event-log.ts';
import { subtasksMeet } from '../../src/runtime/regions.ts';
import type { SimulatedDisk } from './simulated-disk.ts';

/**
 * @param directory of the job
 * @param lost paths of results that were removed or damaged
 * @param graph of the job, where it is known
 * @returns null: nothing more than that
 */
export function ranInVain(
  disk: SimulatedDisk,
  directory: string,
  lost: readonly string[],
  graph: JobGraph | null,
): string | null {
  const events = new JobEventLog(disk, directory).read();
  const finished = events.flatMap((event) => (event.kind === 'finished' ? [event] : []));
  const edges = finished.flatMap(({ partitions }) => partitions.map(({ edge }) => edge));
  const readersOf = (vertex: string): readonly string[] =>
    edges.filter((edge) => edge.startsWith(`${vertex}->`)).map((edge) => edge.slice(vertex.length + 2).split('[')[0]!);
  const after = (vertex: string): readonly string[] =>
    readersOf(vertex).flatMap((reader) => [reader, ...after(reader)]);
  const producers = finished.filter(({ partitions }) => partitions.some(({ file }) => lost.includes(file?.path ?? '')));
  // What was handed on in memory is gone with its reader, and what subtasks share with one of them.
  const edgesInMemory = graph?.edges.filter(({ partitionType }) => partitionType !== 'BLOCKING') ?? [];
  const handingOn = [...edgesInMemory.map(({ from }) => from), ...meeting(graph)];
  const inMemory = finished.filter(({ id, partitions, committables }) => {
    if (handingOn.includes(id.vertex)) return true;
    return partitions.length === 0 && Object.keys(committables).length === 0;
  });
  const excused = new Set([...producers, ...inMemory].map(({ id }) => `${id.vertex}/${id.subtask}`));
  const affected = new Set(producers.flatMap(({ id }) => after(id.vertex)));
  const done = new Set<string>();
  for (const event of events) {
    if (event.kind === 'finished') {
      const name = `${event.id.vertex}/${event.id.subtask}`;
      if (done.has(name)) return `${name} has finished twice`;
      done.add(name);
    }
    if (event.kind !== 'reset') continue;
    const name = `${event.vertex}/${event.subtask}`;
    done.delete(name);
    if (!excused.has(name) && !affected.has(event.vertex)) return `${name} ran again though its result was there`;
  }
  return finished.length === 0 ? 'the job has no log' : null;
}

function meeting(graph: JobGraph | null): readonly string[] {
  return graph?.vertices.filter(subtasksMeet).map(({ id }) => id) ?? [];
}
