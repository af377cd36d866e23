/**
 * What has happened in a BATCH job, on disk, so that the job goes on where it was when the process has died. One event
 * per line, each with its checksum: what was torn off at the end did not happen. Flink: JobEventStore.
 */
import { checksum } from '../base/checksum.ts';
import type { File, FileSystem } from '../base/fs.ts';
import type { ResultFile } from '../shuffle/shuffle-environment.ts';
import type {
  Committables,
  ExecutionAttemptId,
  PartitionDescriptor,
  TaskStateSnapshot,
} from './task-executor-gateway.ts';

/** A result as the log has it. */
export interface LoggedPartition extends Omit<PartitionDescriptor, 'file'> {
  readonly file: Omit<ResultFile, 'index'> | null;
}

export type JobEvent =
  /** The first: which plan the others are about. */
  | { readonly kind: 'begun'; readonly fingerprint: number }
  | {
      readonly kind: 'finished';
      readonly id: ExecutionAttemptId;
      /** Their indexes are in the files. */
      readonly partitions: readonly LoggedPartition[];
      readonly committables: Committables;
      /** Its part of the savepoint that the job leaves; null: it leaves none. */
      readonly snapshot: TaskStateSnapshot | null;
    }
  /** What the subtask made no longer counts. */
  | { readonly kind: 'reset'; readonly vertex: string; readonly subtask: number }
  /** From here on output becomes visible. */
  | { readonly kind: 'committing' };

/** What the log needs of a result. */
export function logged({ file, ...partition }: PartitionDescriptor): LoggedPartition {
  return { ...partition, file: file === null ? null : { path: file.path, bytes: file.bytes } };
}

export class JobEventLog {
  readonly #path: string;
  readonly #fileSystem: FileSystem;
  #file: File | null = null;
  #length = 0;

  /** @param directory of the job; made when the first event is written */
  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.#path = `${directory}/events`;
  }

  /** The events of earlier runs; further ones are appended. */
  read(): readonly JobEvent[] {
    if (this.#fileSystem.stat(this.#path) === undefined) return [];
    const events: JobEvent[] = [];
    const bytes = this.#fileSystem.readFile(this.#path);
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, end + 1)) {
      const event = parse(bytes.subarray(this.#length, end));
      if (event === null) break;
      events.push(event);
      this.#length = end + 1;
    }
    return events;
  }

  /** Forgets the earlier runs. */
  clear(): void {
    this.#fileSystem.remove(this.#path);
    this.#length = 0;
  }

  append(event: JobEvent): void {
    if (this.#file === null) {
      this.#fileSystem.makeDirectory(this.#path.slice(0, this.#path.lastIndexOf('/')));
      this.#file = this.#fileSystem.open(this.#path, 'append');
    }
    const text = JSON.stringify(event);
    const line = new TextEncoder().encode(`${sumOf(new TextEncoder().encode(text))} ${text}\n`);
    this.#file.write(line, this.#length);
    this.#length += line.length;
    // Nothing may be visible of which the log does not know.
    if (event.kind === 'committing') this.#file.sync();
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }
}

const NEWLINE = 0x0a;
const SUM_LENGTH = 8;

function sumOf(bytes: Uint8Array): string {
  return checksum(bytes).toString(16).padStart(SUM_LENGTH, '0');
}

function parse(line: Uint8Array): JobEvent | null {
  const text = line.subarray(SUM_LENGTH + 1);
  const sum = new TextDecoder().decode(line.subarray(0, SUM_LENGTH));
  return sum === sumOf(text) ? (JSON.parse(new TextDecoder().decode(text)) as JobEvent) : null;
}
