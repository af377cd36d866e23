/**
 * Where the checkpoints of one job are: `<directory>/chk-<n>/`, each with the files of its tasks and, once it is whole,
 * its metadata. Files that a later checkpoint refers to stay when an earlier one goes.
 */
import type { FileSystem } from '../../base/fs.ts';
import { type CompletedCheckpoint, METADATA_FILE, readMetadata } from './metadata.ts';

const PREFIX = 'chk-';

export class CheckpointStorage {
  readonly #fileSystem: FileSystem;
  readonly #parent: string | null;
  readonly #job: string;
  #directory: string | null = null;

  /** @param parent `execution.checkpointing.dir`; null: a temporary directory, which goes with the job */
  constructor(fileSystem: FileSystem, parent: string | null, job: string) {
    this.#fileSystem = fileSystem;
    this.#parent = parent;
    this.#job = job;
  }

  /** Makes the directory of a checkpoint. */
  begin(checkpointId: number): string {
    const directory = `${this.#root()}/${PREFIX}${checkpointId}`;
    this.#fileSystem.makeDirectory(directory);
    return directory;
  }

  /** The latest whole checkpoint of an earlier run of the job, or null. */
  latest(): CompletedCheckpoint | null {
    if (this.#parent === null) return null;
    const whole = this.#ids().filter(
      (id) => this.#fileSystem.stat(`${this.#root()}/${PREFIX}${id}/${METADATA_FILE}`) !== undefined,
    );
    return whole.length === 0 ? null : readMetadata(this.#fileSystem, `${this.#root()}/${PREFIX}${Math.max(...whole)}`);
  }

  /** Removes what none of the retained checkpoints needs. */
  prune(retained: readonly CompletedCheckpoint[]): void {
    const needed = new Set(retained.flatMap(({ operators }) => operators.flatMap(({ sections }) => sections)));
    const files = new Set([...needed].map(({ path }) => path));
    const ids = new Set(retained.map(({ checkpointId }) => checkpointId));
    for (const id of this.#ids()) {
      const directory = `${this.#root()}/${PREFIX}${id}`;
      if (ids.has(id)) continue;
      // A checkpoint without its metadata is none: what is cut off here is left over, not wrong.
      this.#fileSystem.remove(`${directory}/${METADATA_FILE}`);
      const names = this.#fileSystem.list(directory).filter((name) => !files.has(`${directory}/${name}`));
      for (const name of names) this.#fileSystem.remove(`${directory}/${name}`);
      if (this.#fileSystem.list(directory).length === 0) this.#fileSystem.remove(directory);
    }
  }

  /** Removes everything of the job. */
  discard(): void {
    if (this.#directory !== null) this.#fileSystem.remove(this.#directory);
    this.#directory = null;
  }

  /** @param keep what is in a directory of the user's stays */
  close(keep: boolean): void {
    if (!keep || this.#parent === null) this.discard();
  }

  #ids(): readonly number[] {
    if (this.#fileSystem.stat(this.#root()) === undefined) return [];
    return this.#fileSystem
      .list(this.#root())
      .filter((name) => name.startsWith(PREFIX))
      .map((name) => Number(name.slice(PREFIX.length)));
  }

  #root(): string {
    this.#directory ??=
      this.#parent === null
        ? this.#fileSystem.makeTemporaryDirectory('weir-checkpoints-')
        : `${this.#parent}/${this.#job}`;
    return this.#directory;
  }
}
