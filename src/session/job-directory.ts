/** Jobs that have a name of their own, and the directory that goes with it. */

import type { Configuration } from '../base/config.ts';
import { EngineError } from '../base/errors.ts';
import type { FileSystem } from '../base/fs.ts';
import { filesOfDeadJob } from '../runtime/stage-files.ts';

/** What of a session these functions need. */
interface Jobs {
  readonly configuration: Configuration;
  readonly fileSystem: FileSystem;
  readonly jobs: readonly {
    readonly id: string;
    readonly status: string;
    readonly control: { stageFiles(vertex: string): readonly string[] };
  }[];
}

/** The next job of a session with `weir.job-id` has that name, from the second on with a number; else null. */
export function nameOfJob(session: Jobs): { readonly id: string; readonly directory: string } | null {
  const name = session.configuration.raw('weir.job-id');
  if (name === null) return null;
  if (!/^[\w.-]+$/.test(name)) {
    throw new EngineError('CONFIG-VALUE', `option 'weir.job-id' is '${name}'`, {
      hint: 'letters, digits, dots and hyphens make a name',
    });
  }
  const id = session.jobs.length === 0 ? name : `${name}-${session.jobs.length + 1}`;
  return { id, directory: directoryOf(session, id) };
}

/** @param stage `<job>/<vertex>`: of a job of this session, or one whose process has died */
export function stageFiles(session: Jobs, stage: string): readonly string[] {
  const slash = stage.indexOf('/');
  if (slash < 0) return [];
  const [job, vertex] = [stage.slice(0, slash), stage.slice(slash + 1)];
  const known = session.jobs.find(({ id }) => id === job);
  const running = known?.status === 'RUNNING' ? known.control.stageFiles(vertex) : [];
  return running.length > 0 ? running : filesOfDeadJob(session.fileSystem, directoryOf(session, job), vertex);
}

function directoryOf({ configuration, fileSystem }: Jobs, job: string): string {
  return `${configuration.raw('io.tmp.dirs') ?? fileSystem.temporaryDirectory}/weir-job-${job}`;
}
