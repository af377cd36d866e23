/**
 * Enumerates the splits of the sources of a job, once, on the main thread, and deals them out to subtasks. Flink:
 * SplitEnumerator.
 */
import { assert } from '../base/assert.ts';
import type { AnyBatch, Source } from '../dataflow/connector.ts';
import { splitsOf } from './deploy.ts';
import type { RuntimeEnvironment } from './environment.ts';
import type { ExecutionVertex } from './execution-graph.ts';

export class SplitEnumerator {
  readonly #environment: RuntimeEnvironment;
  readonly #sources = new Map<string, Source<AnyBatch>>();

  constructor(environment: RuntimeEnvironment) {
    this.#environment = environment;
  }

  /** What the subtask is to read; null: it has no source. */
  of({ vertex, subtask }: ExecutionVertex): readonly unknown[] | null {
    const head = vertex.chain[0];
    if (head?.kind !== 'source') return null;
    let source = this.#sources.get(vertex.id);
    if (source === undefined) {
      const { fileSystem, clock, configuration } = this.#environment;
      const factory = this.#environment.connector(head.spec.connector);
      source = factory.createSource?.(head.spec, { fileSystem, clock, configuration });
      assert(source !== undefined, `connector '${head.spec.connector}' was planned as a source`);
      this.#sources.set(vertex.id, source);
    }
    return splitsOf(source, subtask, vertex.parallelism);
  }
}
