/**
 * Connector `datagen`: rows of random values or of sequences, with Flink's options. A value depends on the seed, its
 * column and its row's number alone, except that timestamps are counted back from now, as in Flink.
 */
import { EngineError } from '../../base/errors.ts';
import type { Batch } from '../../columnar/batch.ts';
import { BatchBuilder } from '../../columnar/builder.ts';
import { type PhysicalType, physicalType, WIDTH } from '../../columnar/physical.ts';
import { valueWriter, type WriteValue } from '../../columnar/value-codec.ts';
import type { ConnectorFactory, ConnectorSpec, ReaderContext, Source, SourceReader } from '../../dataflow/connector.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import { INSERT_ONLY } from '../changelog-mode.ts';
import { allLanes, type Lane, LaneCursor } from '../lanes.ts';
import { OptionReader } from '../options.ts';
import { type FieldGenerator, fieldGenerator } from './generators.ts';

export const datagenConnector: ConnectorFactory = {
  connector: 'datagen',
  options: [
    { key: 'rows-per-second', required: false, default: '10000', doc: 'How fast rows come.' },
    { key: 'number-of-rows', required: false, doc: 'How many rows; default: without end.' },
    { key: 'seed', required: false, default: '0', doc: 'Another seed gives other values. Weir only.' },
    { key: 'fields.*.kind', prefix: true, required: false, default: 'random', doc: 'random or sequence.' },
    { key: 'fields.*.min', prefix: true, required: false, doc: 'Smallest random number.' },
    { key: 'fields.*.max', prefix: true, required: false, doc: 'Largest random number.' },
    { key: 'fields.*.max-past', prefix: true, required: false, default: '0', doc: 'How far back timestamps go.' },
    { key: 'fields.*.length', prefix: true, required: false, doc: 'Length of strings (100) and collections (3).' },
    { key: 'fields.*.var-len', prefix: true, required: false, default: 'false', doc: 'Lengths from 1 to `length`.' },
    { key: 'fields.*.null-rate', prefix: true, required: false, default: '0', doc: 'Share of NULLs, 0 to 1.' },
    { key: 'fields.*.start', prefix: true, required: false, doc: 'First number of a sequence.' },
    { key: 'fields.*.end', prefix: true, required: false, doc: 'Last number of a sequence, where the table ends.' },
  ],

  createSource(spec, context): Source {
    const options = new OptionReader('datagen', spec.options);
    checkFieldNames(spec);
    const seed = options.integer('seed', 0, 0);
    const generators = spec.schema.fields.map((field) => fieldGenerator(field, options, seed, context.clock));
    const number = options.integer('number-of-rows', Number.MAX_SAFE_INTEGER, 0);
    const total = Math.min(number, ...generators.map(({ length }) => length));
    const bounded = total < Number.MAX_SAFE_INTEGER;
    const rate = options.integer('rows-per-second', 10_000, 1);
    return {
      boundedness: bounded ? 'BOUNDED' : 'CONTINUOUS_UNBOUNDED',
      paced: true,
      changelogMode: INSERT_ONLY,
      statistics: () => ({ rowCount: bounded ? total : null, columns: {} }),
      splits: () => allLanes(total),
      createReader: (readerContext) => new DatagenReader(spec, generators, total, rate, readerContext),
    };
  },
};

function checkFieldNames({ options, schema }: ConnectorSpec): void {
  for (const key of Object.keys(options)) {
    const known = schema.fields.some(({ name }) => key.startsWith(`fields.${name}.`));
    if (key.startsWith('fields.') && !known) {
      throw new EngineError('CONNECTOR-OPTION-UNKNOWN', `option '${key}' of connector 'datagen' names no column`, {
        hint: `columns are ${schema.fields.map(({ name }) => name).join(', ')}`,
      });
    }
  }
}

/** Rows that are there at once: the rate is kept over times longer than this, in milliseconds. */
const BURST = 100;

class DatagenReader implements SourceReader {
  readonly #generators: readonly FieldGenerator[];
  readonly #memory: LinearMemory;
  readonly #builder: BatchBuilder;
  readonly #writers: readonly WriteValue[];
  readonly #cursor: LaneCursor;
  readonly #now: () => number;
  /** Rows per millisecond of this subtask. */
  readonly #rate: number;
  #left: number;
  #started: number | null = null;
  #made = 0;

  constructor(
    spec: ConnectorSpec,
    generators: readonly FieldGenerator[],
    total: number,
    rate: number,
    { memory, batchRows, clock, parallelism }: ReaderContext,
  ) {
    this.#generators = spec.projection.map((column) => generators[column]!);
    const types = spec.projection.map((column) => spec.schema.fields[column]!.type);
    const builder = new BatchBuilder(memory, types, batchRows);
    this.#memory = memory;
    this.#builder = builder;
    this.#writers = types.map((type) => valueWriter(memory, type, () => builder.strings));
    this.#cursor = new LaneCursor(total);
    this.#now = () => clock.monotonic();
    this.#rate = rate / parallelism / 1000;
    this.#left = spec.limit ?? Number.POSITIVE_INFINITY;
  }

  addSplits(splits: readonly unknown[]): void {
    this.#cursor.add(splits as readonly Lane[]);
  }

  poll(): Batch | 'nothing-yet' | 'end-of-input' {
    const from = this.#left > 0 ? this.#cursor.position : null;
    if (from === null) return 'end-of-input';
    this.#started ??= this.#now();
    const allowed = Math.ceil((this.#now() - this.#started + BURST) * this.#rate) - this.#made;
    const rows = this.#cursor.take(from, Math.max(0, Math.min(this.#builder.capacity, allowed, this.#left)));
    if (rows === 0) return 'nothing-yet';
    this.#made += rows;
    this.#left -= rows;
    this.#builder.rowCount = rows;
    for (let column = 0; column < this.#generators.length; column++) this.#writeColumn(column, from, rows);
    return this.#builder.finish();
  }

  #writeColumn(column: number, from: number, rows: number): void {
    const builder = this.#builder;
    const { number, value } = this.#generators[column]!;
    const physical = physicalType(builder.types[column]!);
    const at = builder.values(column);
    const validity = builder.validity(column);
    if (number !== undefined && writeNumbers(this.#memory, physical, at, from, rows, number)) {
      if (validity !== 0) this.#memory.fill(validity, 1, rows);
      return;
    }
    const width = WIDTH[physical];
    const write = this.#writers[column]!;
    for (let i = 0; i < rows; i++) {
      const made = value(from + i);
      if (validity !== 0) this.#memory.u8[validity + i] = made === null ? 0 : 1;
      if (made !== null) write(at + i * width, made);
      else this.#memory.fill(at + i * width, 0, width);
    }
  }

  snapshot(): readonly Lane[] {
    return this.#cursor.lanes();
  }

  close(): void {
    this.#builder.close();
  }
}

/** @returns false for physical types that are written value by value */
function writeNumbers(
  memory: LinearMemory,
  physical: PhysicalType,
  address: number,
  from: number,
  rows: number,
  number: (row: number) => number,
): boolean {
  switch (physical) {
    case 'i32': {
      const { i32 } = memory;
      const at = address >>> 2;
      for (let i = 0; i < rows; i++) i32[at + i] = number(from + i);
      return true;
    }
    case 'i64': {
      const { i32 } = memory;
      const at = address >>> 2;
      for (let i = 0; i < rows; i++) {
        const value = number(from + i);
        i32[at + 2 * i] = value;
        i32[at + 2 * i + 1] = Math.floor(value / 4294967296);
      }
      return true;
    }
    case 'f64': {
      const { f64 } = memory;
      const at = address >>> 3;
      for (let i = 0; i < rows; i++) f64[at + i] = number(from + i);
      return true;
    }
    default:
      return false;
  }
}
