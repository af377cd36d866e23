/** What the connector tests share: a reader context over a fresh memory, and sources read as rows. */
import { Configuration } from '../../../src/base/config.ts';
import { nodeFileSystem } from '../../../src/base/fs.ts';
import type { Batch } from '../../../src/columnar/batch.ts';
import { RowReader } from '../../../src/columnar/row-reader.ts';
import type {
  ConnectorContext,
  ConnectorFactory,
  ConnectorSpec,
  ReaderContext,
  Source,
  SourceReader,
} from '../../../src/dataflow/connector.ts';
import { ModuleCache } from '../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../src/kernel/program.ts';
import { LinearMemory } from '../../../src/memory/arena.ts';
import { MemoryBudget } from '../../../src/memory/budget.ts';
import type { DataType } from '../../../src/types/data-type.ts';
import { valueToJson } from '../../../src/types/json.ts';
import { ROW_KIND_SHORT } from '../../../src/types/row-kind.ts';
import type { Schema } from '../../../src/types/schema.ts';

export function connectorContext(now: () => number = () => 1_700_000_000_000): ConnectorContext {
  return {
    fileSystem: nodeFileSystem,
    clock: { now, monotonic: now },
    configuration: new Configuration(),
  };
}

export interface Delivered {
  readonly channel: string;
  readonly rows: readonly string[];
}

export interface TestContext extends ReaderContext {
  readonly delivered: Delivered[];
}

export function readerContext(overrides: Partial<ReaderContext> = {}): TestContext {
  const memory = overrides.memory ?? new LinearMemory();
  const delivered: Delivered[] = [];
  return {
    ...connectorContext(),
    memory,
    budget: new MemoryBudget(Number.POSITIVE_INFINITY),
    compiler: kernelCompiler(memory, new ModuleCache()),
    subtaskIndex: 0,
    parallelism: 1,
    batchRows: 100,
    collections: new Map(),
    deliver: (channel, batch, types) => {
      delivered.push({ channel, rows: rowsOf(memory, batch, types) });
    },
    ...overrides,
    delivered,
  };
}

export function spec(
  factory: ConnectorFactory,
  options: Readonly<Record<string, string>>,
  schema: Schema,
  overrides: Partial<ConnectorSpec> = {},
): ConnectorSpec {
  return {
    connector: factory.connector,
    table: 'cat.db.t',
    options,
    schema,
    projection: schema.fields.map((_, i) => i),
    filters: [],
    limit: null,
    ...overrides,
  };
}

/** Rows as text: the kind and the values as JSON. */
export function rowsOf(memory: LinearMemory, batch: Batch, types: readonly DataType[]): string[] {
  const reader = new RowReader(memory, types);
  return Array.from({ length: batch.rowCount }, (_, i) => {
    const values = reader.row(batch, i).map((value, column) => valueToJson(value, types[column]!));
    return `${ROW_KIND_SHORT[reader.kind(batch, i)]} ${JSON.stringify(values)}`;
  });
}

export function projectedTypes({ schema, projection }: ConnectorSpec): DataType[] {
  return projection.map((column) => schema.fields[column]!.type);
}

/** Polls until the end; `nothing-yet` calls `idle`. */
export async function drain(
  reader: SourceReader,
  context: ReaderContext,
  types: readonly DataType[],
  idle: () => void = () => {
    throw new Error('the source has nothing yet');
  },
): Promise<string[]> {
  const rows: string[] = [];
  for (;;) {
    const batch = await reader.poll();
    if (batch === 'end-of-input') break;
    if (batch === 'nothing-yet') {
      idle();
      continue;
    }
    rows.push(...rowsOf(context.memory, batch, types));
    batch.release();
  }
  await reader.close();
  return rows;
}

/** All rows of all splits by one reader. */
export async function readAll(
  source: Source,
  connectorSpec: ConnectorSpec,
  context = readerContext(),
): Promise<string[]> {
  const reader = source.createReader(context);
  reader.addSplits(source.splits());
  return drain(reader, context, projectedTypes(connectorSpec));
}

/**
 * The contract of sources: read whole, by several subtasks, and with a snapshot restored after every poll, a source
 * gives the same rows; and nothing stays allocated.
 */
export async function checkSourceContract(
  source: Source,
  connectorSpec: ConnectorSpec,
  overrides: Partial<ReaderContext> = {},
): Promise<string[]> {
  const types = projectedTypes(connectorSpec);
  const context = readerContext(overrides);
  const { memory } = context;
  const before = memory.statistics.used;
  const whole = await readAll(source, connectorSpec, context);

  const parallelism = 3;
  const pieces: string[] = [];
  for (let subtaskIndex = 0; subtaskIndex < parallelism; subtaskIndex++) {
    const reader = source.createReader({ ...context, subtaskIndex, parallelism });
    reader.addSplits(source.splits().filter((_, i) => i % parallelism === subtaskIndex));
    pieces.push(...(await drain(reader, context, types)));
  }
  expectSame([...pieces].sort(), [...whole].sort(), 'read by three subtasks');

  const resumed: string[] = [];
  let splits: readonly unknown[] = source.splits();
  for (;;) {
    const reader = source.createReader(context);
    reader.addSplits(splits);
    const batch = await reader.poll();
    splits = JSON.parse(JSON.stringify(reader.snapshot())) as readonly unknown[];
    if (typeof batch !== 'string') {
      resumed.push(...rowsOf(memory, batch, types));
      batch.release();
    }
    await reader.close();
    if (batch === 'end-of-input') break;
  }
  expectSame(resumed, whole, 'restored after every poll');
  if (memory.statistics.used !== before) throw new Error(`${memory.statistics.used - before} bytes stay allocated`);
  return whole;
}

function expectSame(actual: readonly string[], expected: readonly string[], how: string): void {
  const at = expected.findIndex((row, i) => actual[i] !== row);
  if (at >= 0 || actual.length !== expected.length) {
    const place = at >= 0 ? at : expected.length;
    throw new Error(`${how}: row ${place} is ${actual[place]}, not ${expected[place]}`);
  }
}
