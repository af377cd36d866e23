/** Temporary directories of processes that have died: whoever starts next removes them. */
import type { FileSystem } from './fs.ts';

/** As makeTemporaryDirectory names those of Weir: what for, and the process. */
const NAME = /^weir-(?:shuffle|spill|checkpoints)-(\d+)-/;

/** @param parent where temporary directories are made */
export function removeLeftovers(fileSystem: FileSystem, parent: string): void {
  if (fileSystem.stat(parent)?.kind !== 'directory') return;
  for (const name of fileSystem.list(parent)) {
    const process = NAME.exec(name)?.[1];
    if (process === undefined || isRunning(Number(process))) continue;
    try {
      fileSystem.remove(`${parent}/${name}`);
    } catch {
      // Somebody else's, or gone already.
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
