/**
 * Connector `tpch`: the tables of the TPC-H benchmark at any scale factor, row for row those of the standard dbgen,
 * made while they are read. Columns that a query does not read are not made.
 *
 * Source: TPC Benchmark H, Standard Specification, clause 4.2.
 */
import { EngineError } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { ConnectorFactory, ConnectorSpec, ReaderContext, SourceReader } from '../../dataflow/connector.ts';
import { fieldIndex, type Schema } from '../../types/schema.ts';
import { INSERT_ONLY } from '../changelog-mode.ts';
import { OptionReader, type Options } from '../options.ts';
import { cutIntoRanges, RangeReader } from '../row-range.ts';
import { ColumnWriter } from './column-writer.ts';
import { LINEITEM, ORDERS } from './orders.ts';
import { CUSTOMER, NATION, REGION, SUPPLIER } from './parties.ts';
import { PART, PARTSUPP } from './parts.ts';
import { type Chunk, type ColumnDefinition, MONEY, type TableDefinition } from './table.ts';
import { TextPool } from './text-pool.ts';

/** Where the columns of a table are written, its chunks are its own business. */
type AnyTable = TableDefinition<Chunk>;

const TABLES: ReadonlyMap<string, AnyTable> = new Map(
  [CUSTOMER, LINEITEM, NATION, ORDERS, PART, PARTSUPP, REGION, SUPPLIER].map((table) => [
    table.name,
    table as unknown as AnyTable,
  ]),
);

/** Beyond this dbgen draws keys from another generator. */
const LARGEST_SCALE = 10_000;

const UNITS_PER_SPLIT = 16_384;

/** Units per batch while the pool of text is still being made, so that a poll stays short. */
const COLD_UNITS = 16;

export const tpchConnector: ConnectorFactory = {
  connector: 'tpch',
  options: [
    { key: 'table', required: true, doc: `Which table: ${[...TABLES.keys()].join(', ')}.` },
    { key: 'scale-factor', required: false, default: '0.01', doc: 'Size: 1 is about a gigabyte; fractions are fine.' },
  ],

  createSource(spec) {
    const table = tableOf(spec.options);
    const scale = scaleOf(spec.options);
    return {
      boundedness: 'BOUNDED',
      changelogMode: INSERT_ONLY,
      statistics: () => ({
        rowCount: table.rowCount(scale),
        columns: Object.fromEntries(table.columns.map(({ name, statistics }) => [name, statistics(scale)])),
      }),
      splits: () => cutIntoRanges(table.units(scale), UNITS_PER_SPLIT),
      createReader: (context) => createReader(spec, table, scale, context),
    };
  },

  inferSchema(options): Schema {
    return schemaOfTable(tableOf(options));
  },
};

export function schemaOfTable({ columns, primaryKey }: AnyTable): Schema {
  const schema: Schema = {
    fields: columns.map(({ name, type }) => ({ name, type })),
    primaryKey: null,
    rowtime: null,
  };
  return { ...schema, primaryKey: primaryKey.map((name) => fieldIndex(schema, name)) };
}

function tableOf(options: Options): AnyTable {
  const name = options.table ?? '';
  const table = TABLES.get(name.toLowerCase());
  if (table !== undefined) return table;
  const names = [...TABLES.keys()];
  throw new EngineError('CONNECTOR-OPTION-VALUE', `connector 'tpch' has no table '${name}'`, {
    hint: didYouMean(name, names) ?? `its tables are ${names.join(', ')}`,
  });
}

function scaleOf(options: Options): number {
  const reader = new OptionReader('tpch', options);
  const scale = reader.number('scale-factor', 0.01);
  // Line items need parts with suppliers: at least four.
  if (scale < 0.0004 || scale > LARGEST_SCALE) throw reader.invalid('scale-factor', 'a number from 0.0004 to 10000');
  return scale;
}

function createReader(spec: ConnectorSpec, table: AnyTable, scale: number, context: ReaderContext): SourceReader {
  const columns = spec.projection.map((index) => columnOf(table, spec, index));
  const pool = columns.some(({ comment }) => comment === true) ? TextPool.of(context.memory, context.compiler) : null;
  const writer = new ColumnWriter(
    context.memory,
    columns.map(({ type }) => type),
    pool,
  );
  const units = Math.max(1, Math.floor(context.batchRows / table.rowsPerUnit));
  return new RangeReader({
    limit: spec.limit,
    make: (from, to) => {
      const next = Math.min(to, from + (pool?.cold === true ? Math.min(units, COLD_UNITS) : units));
      const chunk = table.chunk(scale, from, next - from);
      writer.begin(chunk.rows);
      for (let i = 0; i < columns.length; i++) columns[i]!.write(writer, i, chunk);
      return { batch: writer.finish(), next };
    },
    close: () => {
      writer.close();
      pool?.release();
    },
  });
}

function columnOf(table: AnyTable, spec: ConnectorSpec, index: number): ColumnDefinition<Chunk> {
  const { name, type } = spec.schema.fields[index]!;
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) {
    const names = table.columns.map((candidate) => candidate.name);
    throw new EngineError(
      'CONNECTOR-SCHEMA',
      `table ${spec.table}: tpch table '${table.name}' has no column '${name}'`,
      {
        hint: didYouMean(name, names) ?? `its columns are ${names.join(', ')}`,
      },
    );
  }
  const fits =
    type.kind === column.type.kind &&
    (type.kind !== 'DECIMAL' || (type.scale === MONEY.scale && type.precision >= 10 && type.precision <= 18));
  if (!fits && !(type.kind === 'CHAR' && column.type.kind === 'VARCHAR')) {
    throw new EngineError('CONNECTOR-SCHEMA', `table ${spec.table}: column '${name}' cannot be ${type.kind}`, {
      hint: `declare it as ${column.type.kind}, or declare no columns`,
    });
  }
  return { ...column, type };
}
