/**
 * Enumerates the splits of the sources of a job, once, on the main thread, and deals them out to subtasks: a part to
 * each, or, where nothing depends on who reads what, all of them to whoever is ready. Flink: SplitEnumerator.
 */
import { assert } from '../base/assert.ts';
import type { ModeProfile } from '../dataflow/traits.ts';
import type { JobVertex } from '../graph/job-graph.ts';
import { SplitClaims } from './claimed-reader.ts';
import { splitsOf } from './deploy.ts';
import type { RuntimeEnvironment } from './environment.ts';
import type { ExecutionVertex } from './execution-graph.ts';
import type { SplitAssignment } from './task-executor-gateway.ts';

export class SplitEnumerator {
  readonly #environment: RuntimeEnvironment;
  readonly #claimed: boolean;
  readonly #assignments = new Map<string, readonly SplitAssignment[]>();
  readonly #claims: number[] = [];

  constructor(environment: RuntimeEnvironment, profile: ModeProfile) {
    this.#environment = environment;
    this.#claimed = mayClaim(environment, profile);
  }

  /** What the subtask is to read; null: it has no source. */
  of({ vertex, subtask }: ExecutionVertex): SplitAssignment | null {
    if (vertex.chain[0]?.kind !== 'source') return null;
    const known = this.#assignments.get(vertex.id) ?? this.#assign(vertex);
    this.#assignments.set(vertex.id, known);
    return known[subtask]!;
  }

  /** No subtask reads any more. */
  close(): void {
    for (const address of this.#claims.splice(0)) this.#environment.memory.free(address);
  }

  /** By subtask. */
  #assign({ chain, parallelism }: JobVertex): readonly SplitAssignment[] {
    const head = chain[0];
    assert(head?.kind === 'source', 'splits of a vertex without a source');
    const { fileSystem, clock, configuration, memory } = this.#environment;
    const factory = this.#environment.connector(head.spec.connector);
    const source = factory.createSource?.(head.spec, { fileSystem, clock, configuration });
    assert(source !== undefined, `connector '${head.spec.connector}' was planned as a source`);
    const splits = source.splits();
    const subtasks = Array.from({ length: parallelism }, (_, subtask) => subtask);
    // Each reader keeps to the limit by itself.
    const claimed = this.#claimed && source.paced !== true && head.spec.limit === null;
    if (!claimed || splits.length <= parallelism) {
      return subtasks.map((subtask) => ({ splits: splitsOf(splits, subtask, parallelism), claims: null }));
    }
    const claims = memory.allocateZeroed(SplitClaims.bytes(splits.length));
    this.#claims.push(claims);
    return subtasks.map(() => ({ splits, claims }));
  }
}

/** Not where two tries of a subtask may run at once, or another process goes on: both need the same splits. */
function mayClaim({ jobDirectory, configuration }: RuntimeEnvironment, { recovery }: ModeProfile): boolean {
  const speculative = configuration.boolean('execution.batch.speculative.enabled');
  return recovery === 'backtrack' && jobDirectory === undefined && !speculative;
}
