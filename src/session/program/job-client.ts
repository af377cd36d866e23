/** The handle of a running job. Flink: JobClient. */
import type { JobResult } from '../../runtime/job-master.ts';
import type { VertexMetrics } from '../../runtime/metrics.ts';
import type { JobStatus } from '../session.ts';
import type { RunningJob } from '../table-result.ts';

export class JobClient {
  readonly #job: RunningJob;
  readonly #status: () => JobStatus['status'];

  constructor(job: RunningJob, status: () => JobStatus['status']) {
    this.#job = job;
    this.#status = status;
  }

  get jobId(): string {
    return this.#job.id;
  }

  getJobStatus(): JobStatus['status'] {
    return this.#status();
  }

  /** Stops the job; what it had not committed is lost. Settled when nothing of it runs any more. */
  async cancel(): Promise<void> {
    this.#job.cancel();
    await this.#job.result.catch(() => undefined);
  }

  /**
   * @param directory default: `execution.checkpointing.savepoint-dir`
   * @returns the path of the savepoint, when it is whole; the job goes on
   */
  triggerSavepoint(directory?: string): Promise<string> {
    return this.#job.control.triggerSavepoint(directory);
  }

  /**
   * The same, and the job ends.
   *
   * @param advanceToEndOfEventTime inputs are ended first, timers fire and windows close (WITH DRAIN)
   */
  stopWithSavepoint(advanceToEndOfEventTime: boolean, directory?: string): Promise<string> {
    const drain = advanceToEndOfEventTime;
    return this.#job.control.stopWithSavepoint({ drain, ...(directory === undefined ? {} : { directory }) });
  }

  /** What tasks have counted, by vertex. */
  metrics(): readonly VertexMetrics[] {
    return this.#job.control.metrics();
  }

  /** When the job has ended: what its tasks counted. @throws EngineError what the job failed with */
  getJobExecutionResult(): Promise<JobResult> {
    return this.#job.result;
  }
}

/** Of a program that is only looked at: a job that counts as run. */
export function skippedJob(name: string): JobClient {
  const unused = (): never => {
    throw new TypeError(`job ${name} was skipped`);
  };
  const control = {
    cancel: () => undefined,
    triggerSavepoint: unused,
    stopWithSavepoint: unused,
    metrics: () => [],
    stageFiles: () => [],
  };
  const result = Promise.resolve({ job: '', duration: 0, vertices: [], shuffleBytes: 0, restarts: 0, speculations: 0 });
  return new JobClient({ id: '', result, cancel: () => undefined, control }, () => 'FINISHED');
}
