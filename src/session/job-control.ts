/** What users can do to a job that runs: cancel it, take a savepoint of it, see what it counted. */
import { localDirectory } from '../runtime/checkpoint/checkpoint-config.ts';
import type { JobExecution } from '../runtime/execute-job.ts';
import type { VertexMetrics } from '../runtime/metrics.ts';
import type { JobControls, Session } from './session.ts';

export class JobControl implements JobControls {
  readonly #session: Session;
  readonly #id: string;
  readonly #execution: JobExecution;

  constructor(session: Session, id: string, execution: JobExecution) {
    this.#session = session;
    this.#id = id;
    this.#execution = execution;
  }

  cancel(): void {
    this.#execution.cancel();
  }

  async triggerSavepoint(directory?: string): Promise<string> {
    return this.#execution.triggerSavepoint(this.#newDirectory(directory), 'none');
  }

  async stopWithSavepoint(options: { readonly directory?: string; readonly drain?: boolean } = {}): Promise<string> {
    const stop = options.drain === true ? 'drain' : 'suspend';
    const path = await this.#execution.triggerSavepoint(this.#newDirectory(options.directory), stop);
    await this.#execution.result;
    return path;
  }

  metrics(): readonly VertexMetrics[] {
    return this.#execution.metrics();
  }

  stageFiles(vertex: string): readonly string[] {
    return this.#execution.stageFiles(vertex);
  }

  /** As Flink names them. @throws EngineError CONFIG-MISSING */
  #newDirectory(parent: string | undefined): string {
    const { configuration } = this.#session;
    const target = localDirectory(parent ?? configuration.string('execution.checkpointing.savepoint-dir'));
    return `${target}/savepoint-${this.#id.slice(0, 6)}-${this.#session.newJobId().slice(0, 12)}`;
  }
}
