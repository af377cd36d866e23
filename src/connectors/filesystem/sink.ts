/**
 * Writes part files in two phases. They grow under a hidden name; at a checkpoint, or the end of input, they are closed
 * and lie on the disk for good; the commit gives them their names. A reader never takes a part for the whole, and a
 * commit that was cut off is done again: what has its name already stays as it is.
 */
import type { File, FileSystem } from '../../base/fs.ts';
import { systemRandom } from '../../base/random.ts';
import { Batch, type Column, columnOf } from '../../columnar/batch.ts';
import { allocateColumns } from '../../columnar/builder.ts';
import { physicalType, WIDTH } from '../../columnar/physical.ts';
import { RowReader } from '../../columnar/row-reader.ts';
import type {
  Committer,
  ConnectorContext,
  ConnectorSpec,
  ReaderContext,
  Sink,
  SinkWriter,
} from '../../dataflow/connector.ts';
import type { ChangelogMode } from '../../dataflow/traits.ts';
import type { Field } from '../../types/data-type.ts';
import type { Value } from '../../types/value.ts';
import { INSERT_ONLY } from '../changelog-mode.ts';
import type { FileFormat, FormatOptions, FormatWriter } from '../formats/index.ts';
import { parseScalar, printScalar } from '../formats/text-values.ts';
import { DEFAULT_PARTITION, findFiles, join, localPath, partitionDirectory } from './paths.ts';

/** A part that is whole, and the files that it replaces (INSERT OVERWRITE). */
interface FileCommittable {
  /** null: no part, only what is replaced. */
  readonly part: { readonly temporary: string; readonly final: string } | null;
  readonly replaced: readonly string[];
}

export class FilesystemSink implements Sink {
  readonly #spec: ConnectorSpec;
  readonly #format: FileFormat;
  readonly #options: FormatOptions;
  readonly #partitionKeys: readonly number[];
  /** What was there when the first writer began: INSERT OVERWRITE removes it. */
  #before: readonly string[] | null = null;

  constructor(spec: ConnectorSpec, format: FileFormat, options: FormatOptions, partitionKeys: readonly number[]) {
    this.#spec = spec;
    this.#format = format;
    this.#options = options;
    this.#partitionKeys = partitionKeys;
  }

  accepts(_requested: ChangelogMode): ChangelogMode {
    return INSERT_ONLY;
  }

  createWriter(context: ReaderContext): SinkWriter {
    const directory = localPath(this.#spec.options.path ?? '');
    const overwrite = this.#spec.overwrite === true;
    this.#before ??= overwrite ? findFiles(context.fileSystem, directory).map((file) => file.path) : [];
    return new FilesystemWriter(
      directory,
      this.#spec,
      this.#format,
      this.#options,
      this.#partitionKeys,
      this.#before,
      context,
    );
  }

  createCommitter({ fileSystem }: ConnectorContext): Committer {
    return new FilesystemCommitter(fileSystem);
  }
}

class FilesystemCommitter implements Committer {
  readonly lasting = true;
  readonly #fileSystem: FileSystem;

  constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  /** @throws EngineError RUN-FILE-NOT-FOUND for a part that is neither waiting nor in its place */
  commit(committables: readonly unknown[]): void {
    for (const { replaced } of committables as readonly FileCommittable[]) {
      for (const path of replaced) this.#fileSystem.remove(path);
    }
    for (const { part } of committables as readonly FileCommittable[]) {
      if (part === null) continue;
      const committed =
        this.#fileSystem.stat(part.temporary) === undefined && this.#fileSystem.stat(part.final) !== undefined;
      if (!committed) this.#fileSystem.rename(part.temporary, part.final);
    }
  }

  abort(committables: readonly unknown[]): void {
    for (const { part } of committables as readonly FileCommittable[]) {
      if (part === null) continue;
      this.#fileSystem.remove(part.temporary);
      this.#fileSystem.remove(part.final);
    }
  }
}

interface Part {
  readonly temporary: string;
  readonly final: string;
  readonly file: File;
  readonly writer: FormatWriter;
  open: boolean;
}

class FilesystemWriter implements SinkWriter {
  readonly #directory: string;
  readonly #fileSystem: FileSystem;
  readonly #format: FileFormat;
  readonly #options: FormatOptions;
  readonly #fields: readonly Field[];
  readonly #stored: readonly number[];
  readonly #partitionKeys: readonly number[];
  readonly #defaultPartition: string;
  /** Directory of the partition that PARTITION (…) names whole, or null. */
  readonly #staticPartition: string | null;
  readonly #before: readonly string[];
  readonly #context: ReaderContext;
  readonly #reader: RowReader;
  readonly #identifier: string;
  /** By the directory of the partition below ours. */
  readonly #parts = new Map<string, Part>();
  #made = 0;

  constructor(
    directory: string,
    spec: ConnectorSpec,
    format: FileFormat,
    options: FormatOptions,
    partitionKeys: readonly number[],
    before: readonly string[],
    context: ReaderContext,
  ) {
    this.#directory = directory;
    this.#fileSystem = context.fileSystem;
    this.#format = format;
    this.#options = options;
    this.#fields = spec.schema.fields;
    this.#partitionKeys = partitionKeys;
    this.#stored = this.#fields.map((_, i) => i).filter((i) => !partitionKeys.includes(i));
    this.#defaultPartition = spec.options['partition.default-name'] ?? DEFAULT_PARTITION;
    this.#staticPartition = this.#directoryOf(spec.staticPartition ?? {});
    this.#before = before;
    this.#context = context;
    this.#reader = new RowReader(
      context.memory,
      this.#fields.map((field) => field.type),
    );
    const random = systemRandom();
    this.#identifier = `${context.clock.now().toString(36)}${random.below(1 << 30).toString(36)}`;
  }

  write(batch: Batch): void {
    if (this.#partitionKeys.length === 0) {
      this.#part('').writer.write(batch);
      return;
    }
    for (const [directory, rows] of this.#rowsByPartition(batch)) {
      const part = gatherRows(this.#context, batch, this.#stored, rows);
      this.#part(directory).writer.write(part);
      part.release();
    }
  }

  /** An unpartitioned table gets a file even without rows: then its columns can be read from it. */
  finish(): void {
    if (this.#partitionKeys.length === 0 && this.#context.subtaskIndex === 0 && this.#made === 0) this.#part('');
  }

  prepareCommit(): readonly FileCommittable[] {
    for (const part of this.#parts.values()) {
      part.writer.finish();
      part.file.sync();
      closePart(part);
    }
    const replaced = this.#replaced();
    const whole = [...this.#parts.values()].map(({ temporary, final }): FileCommittable => {
      return { part: { temporary, final }, replaced: [] };
    });
    this.#parts.clear();
    return replaced.length === 0 ? whole : [{ part: null, replaced }, ...whole];
  }

  close(): void {
    for (const part of this.#parts.values()) {
      closePart(part);
      this.#fileSystem.remove(part.temporary);
    }
    this.#parts.clear();
  }

  /** INSERT OVERWRITE replaces the table, or the partitions that get rows, and the one that PARTITION (…) names. */
  #replaced(): readonly string[] {
    if (this.#partitionKeys.length === 0) return this.#before;
    const partitions = new Set(this.#parts.keys());
    if (this.#staticPartition !== null) partitions.add(this.#staticPartition);
    const directories = [...partitions].map((partition) => `${join(this.#directory, partition)}/`);
    return this.#before.filter((path) => directories.some((directory) => path.startsWith(directory)));
  }

  #part(partition: string): Part {
    const known = this.#parts.get(partition);
    if (known !== undefined) return known;
    const directory = partition === '' ? this.#directory : join(this.#directory, partition);
    this.#fileSystem.makeDirectory(directory);
    const name = `part-${this.#identifier}-${this.#context.subtaskIndex}-${this.#made++}`;
    const extension = this.#format.extensions[0] ?? '';
    const temporary = join(directory, `.${name}.inprogress`);
    const file = this.#fileSystem.open(temporary, 'write');
    const fields = this.#stored.map((index) => this.#fields[index]!);
    let writer: FormatWriter;
    try {
      writer = this.#format.createWriter!(file, fields, this.#options, this.#context);
    } catch (error) {
      file.close();
      this.#fileSystem.remove(temporary);
      throw error;
    }
    const part = { temporary, final: join(directory, name + extension), file, writer, open: true };
    this.#parts.set(partition, part);
    return part;
  }

  #rowsByPartition(batch: Batch): ReadonlyMap<string, number[]> {
    const rows = new Map<string, number[]>();
    for (let row = 0; row < batch.rowCount; row++) {
      const directory = this.#partitionKeys
        .map((key) => {
          const field = this.#fields[key]!;
          return partitionDirectory(
            field.name,
            this.#keyText(this.#reader.value(batch, row, key), field),
            this.#defaultPartition,
          );
        })
        .join('/');
      const known = rows.get(directory);
      if (known === undefined) rows.set(directory, [row]);
      else known.push(row);
    }
    return rows;
  }

  #keyText(value: Value, field: Field): string | null {
    return value === null ? null : printScalar(value, field.type);
  }

  /** null unless every key is there. */
  #directoryOf(partition: Readonly<Record<string, string | null>>): string | null {
    const fields = this.#partitionKeys.map((key) => this.#fields[key]!);
    if (fields.length === 0 || fields.some(({ name }) => partition[name] === undefined)) return null;
    return fields
      .map((field) => {
        const text = partition[field.name] ?? null;
        const value = text === null ? null : (parseScalar(text, field.type, 'SQL') ?? text);
        return partitionDirectory(field.name, this.#keyText(value, field), this.#defaultPartition);
      })
      .join('/');
  }
}

function closePart(part: Part): void {
  if (!part.open) return;
  part.open = false;
  part.writer.close();
  part.file.close();
}

/** The rows of some columns as a batch of their own; strings stay where they are. */
function gatherRows(context: ReaderContext, batch: Batch, columns: readonly number[], rows: readonly number[]): Batch {
  const { memory } = context;
  const types = columns.map((index) => batch.columns[index]!.type);
  const layout = allocateColumns(memory, types, rows.length, false);
  const { u8 } = memory;
  const gathered = columns.map((index, i): Column => {
    const column = batch.columns[index]!;
    const width = WIDTH[physicalType(column.type)];
    const [values, validity] = [layout.values[i]!, layout.validity[i]!];
    rows.forEach((row, at) => {
      memory.copy(values + at * width, column.values + row * width, width);
      if (column.validity !== 0) u8[validity + at] = u8[column.validity + row]!;
    });
    return columnOf(column.type, values, column.validity === 0 ? 0 : validity);
  });
  return new Batch(rows.length, gathered, 0, () => memory.free(layout.block), [batch]);
}
