/** The handle of a running job. Flink: JobClient. */
import type { JobResult } from '../../runtime/job-master.ts';
import type { VertexMetrics } from '../../runtime/metrics.ts';
import type { JobStatus } from '../session.ts';
import type { RunningJob } from '../table-result.ts';

export class JobClient {
  readonly #job: RunningJob;
  readonly #status: JobStatus;

  constructor(job: RunningJob, status: JobStatus) {
    this.#job = job;
    this.#status = status;
  }

  get jobId(): string {
    return this.#job.id;
  }

  getJobStatus(): JobStatus['status'] {
    return this.#status.status;
  }

  /** Stops the job; what it had not committed is lost. Settled when nothing of it runs any more. */
  async cancel(): Promise<void> {
    this.#job.cancel();
    await this.#job.result.catch(() => undefined);
  }

  /** @returns the path of the savepoint, when it is whole */
  async triggerSavepoint(directory?: string): Promise<string> {
    return this.#job.control.triggerSavepoint(directory);
  }

  /** The same, and the job ends. `drain`: its inputs are ended first, and everything is worked off. */
  async stopWithSavepoint(options: { readonly directory?: string; readonly drain?: boolean } = {}): Promise<string> {
    return this.#job.control.stopWithSavepoint(options);
  }

  /** What tasks that have ended have counted, by vertex. */
  metrics(): readonly VertexMetrics[] {
    return this.#job.control.metrics();
  }

  /** When the job has ended: what its tasks counted. @throws EngineError what the job failed with */
  async getJobExecutionResult(): Promise<JobResult> {
    return this.#job.result;
  }
}
