/** State of one operator as a subtask finds it after a restore, read from the files of a checkpoint when asked for. */
import { checksum } from '../../base/checksum.ts';
import { EngineError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/fs.ts';
import type { StateReader } from '../../state/snapshot.ts';
import type { StateHandle } from '../task-executor-gateway.ts';

/**
 * @param sections those of the operator that concern the subtask
 * @returns null if there are none
 */
export function restoredState(
  fileSystem: FileSystem,
  sections: readonly StateHandle[],
  subtask: number,
): StateReader | null {
  if (sections.length === 0) return null;
  const whole = (name: string): readonly StateHandle[] =>
    sections.filter((section) => section.name === name && section.keyGroup < 0);
  return {
    read: (name) => {
      const found = whole(name);
      // At another parallelism: a copy of somebody's.
      const handle = found.find((section) => section.subtask === subtask) ?? found[subtask % Math.max(found.length, 1)];
      return handle === undefined ? null : readSection(fileSystem, handle);
    },
    readAll: (name) => whole(name).map((handle) => readSection(fileSystem, handle)),
    readKeyed: (name) =>
      sections
        .filter((section) => section.name === name && section.keyGroup >= 0)
        .map((handle) => ({ keyGroup: handle.keyGroup, bytes: readSection(fileSystem, handle) })),
  };
}

/** @throws EngineError STATE-DAMAGED */
function readSection(fileSystem: FileSystem, handle: StateHandle): Uint8Array {
  const { path, offset, length } = handle;
  const bytes = new Uint8Array(length);
  const file = fileSystem.open(path, 'read');
  try {
    file.readFully(bytes, offset);
  } finally {
    file.close();
  }
  if (checksum(bytes) === handle.checksum) return bytes;
  throw new EngineError('STATE-DAMAGED', `state in ${path} at byte ${offset} is not what was written`, {
    location: path,
    hint: 'restore from another checkpoint or savepoint',
  });
}
