/** The last step of the sinks of a job: what their writers prepared becomes visible, or is thrown away. */
import { assert } from '../base/assert.ts';
import type { Committer } from '../dataflow/connector.ts';
import type { ChainLink, JobGraph } from '../graph/job-graph.ts';
import type { RuntimeEnvironment } from './environment.ts';
import type { Committables } from './task-executor-gateway.ts';

export class Committers {
  readonly #environment: RuntimeEnvironment;
  readonly #sinks: ReadonlyMap<string, Extract<ChainLink, { readonly kind: 'sink' }>>;
  readonly #committers = new Map<string, Committer>();

  constructor(graph: JobGraph, environment: RuntimeEnvironment) {
    this.#environment = environment;
    const links = graph.vertices.flatMap(({ chain }) => chain);
    this.#sinks = new Map(links.flatMap((link) => (link.kind === 'sink' ? [[link.uid, link]] : [])));
  }

  /** @param prepared of all subtasks; may have been committed before, wholly or in part */
  async commit(prepared: readonly Committables[]): Promise<void> {
    for (const [uid, committables] of bySink(prepared)) {
      // A savepoint may come from a job with other sinks.
      if (this.#sinks.has(uid)) await this.#committer(uid).commit(committables);
    }
  }

  /** What will never become visible is removed. */
  abort(prepared: readonly Committables[]): void {
    for (const [uid, committables] of bySink(prepared)) this.#committer(uid).abort(committables);
  }

  /** What the sinks of the chain have prepared or committed outlives the process; true if there are none. */
  lasting(chain: readonly ChainLink[]): boolean {
    return chain.every(({ kind, uid }) => kind !== 'sink' || this.#find(uid)?.lasting === true);
  }

  #committer(uid: string): Committer {
    const committer = this.#find(uid);
    assert(committer !== null, `sink '${uid}' prepares commits and has no committer`);
    return committer;
  }

  #find(uid: string): Committer | null {
    const known = this.#committers.get(uid);
    if (known !== undefined) return known;
    const { spec } = this.#sinks.get(uid)!;
    const { fileSystem, clock, configuration } = this.#environment;
    const context = { fileSystem, clock, configuration };
    const sink = this.#environment.connector(spec.connector).createSink?.(spec, context);
    const made = sink?.createCommitter?.(context) ?? null;
    if (made !== null) this.#committers.set(uid, made);
    return made;
  }
}

function bySink(prepared: readonly Committables[]): ReadonlyMap<string, readonly unknown[]> {
  const merged = new Map<string, unknown[]>();
  for (const [uid, committables] of prepared.flatMap((of) => Object.entries(of))) {
    if (committables.length > 0) merged.set(uid, [...(merged.get(uid) ?? []), ...committables]);
  }
  return merged;
}
