/**
 * The file that makes a checkpoint whole: written last, under another name, and renamed. Whoever finds it finds all
 * that it names. Paths in it are relative, so that the directory of a savepoint can be moved.
 */
import { checksum } from '../../base/checksum.ts';
import { EngineError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/fs.ts';
import type { ConnectorSpec } from '../../dataflow/connector.ts';
import type { Committables, StateHandle } from '../task-executor-gateway.ts';
import { groupSections, type SectionGroup, ungroupSections } from './section-groups.ts';

/** Flink's name. */
export const METADATA_FILE = '_metadata';
const VERSION = 2;

export interface CheckpointMetadata {
  readonly job: string;
  readonly checkpointId: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly kind: 'checkpoint' | 'savepoint';
  readonly operators: readonly OperatorCheckpoint[];
  /** What has to become visible, and may be already. */
  readonly committables: readonly Committables[];
}

/** The state of one source, operator or sink. */
export interface OperatorCheckpoint {
  readonly uid: string;
  /** For messages. */
  readonly name: string;
  readonly maxParallelism: number;
  readonly subtasks: readonly SubtaskCheckpoint[];
  /** Of sources: `identityOf` what they read. */
  readonly source?: number | null;
  readonly sections: readonly StateHandle[];
}

export interface SubtaskCheckpoint {
  readonly finished: boolean;
  /** Of sources: what is left to read. */
  readonly splits: readonly unknown[] | null;
}

/** Two sources with the same number read the same. */
export function identityOf({ connector, options }: ConnectorSpec): number {
  const sorted = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return checksum(new TextEncoder().encode(JSON.stringify([connector, sorted])));
}

/** The form that metadata has in its file. */
interface WrittenMetadata extends Omit<CheckpointMetadata, 'operators'> {
  readonly version: number;
  readonly operators: readonly (Omit<OperatorCheckpoint, 'sections'> & {
    readonly sections: readonly SectionGroup[];
  })[];
}

export interface CompletedCheckpoint extends CheckpointMetadata {
  readonly directory: string;
}

/** Makes the checkpoint whole, and lasting. */
export function writeMetadata(fileSystem: FileSystem, checkpoint: CompletedCheckpoint): void {
  const { directory, ...metadata } = checkpoint;
  const operators = metadata.operators.map((operator) => ({
    ...operator,
    sections: groupSections(operator.sections).map((group) => ({ ...group, path: relative(directory, group.path) })),
  }));
  const text = new TextEncoder().encode(JSON.stringify({ version: VERSION, ...metadata, operators }));
  const trailer = new TextEncoder().encode(`\n${checksum(text).toString(16)}\n`);
  const temporary = `${directory}/.${METADATA_FILE}.inprogress`;
  const file = fileSystem.open(temporary, 'write');
  try {
    file.writeAll([text, trailer], 0);
    file.sync();
  } finally {
    file.close();
  }
  fileSystem.rename(temporary, `${directory}/${METADATA_FILE}`);
}

/**
 * @param path the directory of a checkpoint or savepoint, or the file in it
 * @throws EngineError STATE-NOT-FOUND, STATE-DAMAGED
 */
export function readMetadata(fileSystem: FileSystem, path: string): CompletedCheckpoint {
  const directory = path.replace(new RegExp(`/+(${METADATA_FILE})?$`), '');
  const file = `${directory}/${METADATA_FILE}`;
  if (fileSystem.stat(file)?.kind !== 'file') {
    throw new EngineError('STATE-NOT-FOUND', `no checkpoint or savepoint is at '${path}'`, {
      location: path,
      hint: `name a directory that holds the file ${METADATA_FILE}`,
    });
  }
  const [text = '', sum = ''] = fileSystem.readText(file).split('\n');
  if (checksum(new TextEncoder().encode(text)).toString(16) !== sum) {
    throw new EngineError('STATE-DAMAGED', `${file} is not what was written`, {
      location: file,
      hint: 'restore from another checkpoint or savepoint',
    });
  }
  const { version, ...metadata } = JSON.parse(text) as WrittenMetadata;
  if (version !== VERSION) {
    throw new EngineError('STATE-DAMAGED', `${file} has version ${version}, which this version of Weir cannot read`);
  }
  const operators = metadata.operators.map((operator) => ({
    ...operator,
    sections: ungroupSections(operator.sections.map((group) => ({ ...group, path: absolute(directory, group.path) }))),
  }));
  return { ...metadata, operators, directory };
}

function parentOf(directory: string): string {
  return directory.slice(0, Math.max(directory.lastIndexOf('/'), 0));
}

/** Files of a checkpoint lie in its directory, or beside it in that of an earlier one. */
function relative(directory: string, path: string): string {
  if (path.startsWith(`${directory}/`)) return path.slice(directory.length + 1);
  const parent = parentOf(directory);
  return path.startsWith(`${parent}/`) ? `../${path.slice(parent.length + 1)}` : path;
}

function absolute(directory: string, path: string): string {
  if (path.startsWith('/')) return path;
  return path.startsWith('../') ? `${parentOf(directory)}/${path.slice(3)}` : `${directory}/${path}`;
}
