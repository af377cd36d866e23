/**
 * Connector `values`: rows written in the DDL, of any kind of change, for tests and for trying things out; as a sink it
 * hands the changes it gets to whoever started the job.
 *
 * Several such tables can be made to arrive in one global order (arrival.ts).
 */
import { EngineError } from '../../base/errors.ts';
import { BatchBuilder } from '../../columnar/builder.ts';
import type { ConnectorFactory, ConnectorSpec, ReaderContext, Source, SourceReader } from '../../dataflow/connector.ts';
import type { ChangelogMode } from '../../dataflow/traits.ts';
import { nullable } from '../../types/data-type.ts';
import { type Json, valueFromJson } from '../../types/json.ts';
import { ROW_KIND_SHORT, RowKind, type RowKindShort, rowKindOf } from '../../types/row-kind.ts';
import type { Schema } from '../../types/schema.ts';
import type { Value } from '../../types/value.ts';
import { readChangelogMode } from '../changelog-mode.ts';
import { OptionReader } from '../options.ts';
import { RangeReader } from '../row-range.ts';
import { ARRIVAL_SCHEDULE, ArrivalSchedule } from './arrival.ts';
import { ScheduledReader } from './scheduled-reader.ts';

export const valuesConnector: ConnectorFactory = {
  connector: 'values',
  options: [
    {
      key: 'rows',
      required: false,
      doc: 'JSON: a list of [kind, {column: value}], where kind is +I, -U, +U or -D.',
    },
    { key: 'bounded', required: false, default: 'true', doc: 'Whether the table says of itself that it ends.' },
    { key: 'changelog-mode', required: false, default: 'I', doc: 'Kinds of the rows: I, UB, UA, D.' },
    { key: 'key-only-deletes', required: false, default: 'false', doc: 'Whether -D may carry the primary key alone.' },
    { key: 'lookup', required: false, default: 'false', doc: 'Whether the table can be looked up by key.' },
    { key: 'watermark-push-down', required: false, default: 'false', doc: 'Accepted: plans of Flink differ by it.' },
  ],

  createSource(spec): Source {
    const options = new OptionReader('values', spec.options);
    const changelogMode = readChangelogMode(options);
    const changes = readRows(spec, changelogMode, options.boolean('key-only-deletes', false));
    return {
      boundedness: options.boolean('bounded', true) ? 'BOUNDED' : 'CONTINUOUS_UNBOUNDED',
      changelogMode,
      statistics: () => ({ rowCount: null, columns: {} }),
      splits: () => [{ from: 0, to: changes.length }],
      createReader: (context) => createReader(spec, changelogMode, changes, context),
    };
  },

  createSink(spec) {
    const mode = readChangelogMode(new OptionReader('values', spec.options));
    const types = spec.schema.fields.map((field) => field.type);
    return {
      accepts: () => mode,
      createWriter: (context) => ({
        write: (batch) => context.deliver(spec.table, batch, types),
        finish: () => undefined,
        close: () => undefined,
      }),
    };
  },
};

/** One row of the option `rows`. */
export interface Change {
  readonly kind: RowKind;
  readonly row: readonly Value[];
}

/** The rows of a `values` table, all columns. Throws EngineError where they do not fit the schema or the mode. */
export function readRows(spec: ConnectorSpec, mode: ChangelogMode, keyOnlyDeletes: boolean): readonly Change[] {
  const text = spec.options.rows;
  if (text === undefined) return [];
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (cause) {
    throw new EngineError('CONNECTOR-OPTION-VALUE', `option 'rows' of table ${spec.table} is not JSON`, { cause });
  }
  if (!Array.isArray(json)) {
    throw new EngineError('CONNECTOR-OPTION-VALUE', `option 'rows' of table ${spec.table} is not a list`);
  }
  return (json as readonly Json[]).map((entry, i) => {
    const fail = (reason: string): EngineError =>
      new EngineError('CONNECTOR-VALUE', `row ${i + 1} of table ${spec.table}: ${reason}`, {
        hint: 'a row is written ["+I", {"column": value}]',
      });
    if (!Array.isArray(entry) || entry.length !== 2) throw fail(`${JSON.stringify(entry)} is not a kind and a row`);
    const [short, fields] = entry as unknown as readonly [Json, Json];
    if (!ROW_KIND_SHORT.includes(short as RowKindShort)) throw fail(`${JSON.stringify(short)} is not a row kind`);
    const kind = rowKindOf(short as RowKindShort);
    if (!mode.has(kind)) throw fail(`its kind ${String(short)} is not in the changelog mode`);
    const mayLack = kind === RowKind.DELETE && keyOnlyDeletes;
    return { kind, row: readFields(fields, spec.schema, mayLack, fail) };
  });
}

function readFields(
  fields: Json,
  schema: Schema,
  mayLack: boolean,
  fail: (reason: string) => EngineError,
): readonly Value[] {
  if (fields === null || typeof fields !== 'object') throw fail(`${JSON.stringify(fields)} is not an object`);
  const list = Array.isArray(fields) ? (fields as readonly Json[]) : null;
  const object = fields as { readonly [name: string]: Json };
  const unknown = list === null ? Object.keys(object).find((key) => !schema.fields.some((f) => f.name === key)) : null;
  if (unknown != null) throw fail(`there is no column '${unknown}'`);
  return schema.fields.map(({ name, type }, i) => {
    const json = (list === null ? object[name] : list[i]) ?? null;
    if (json === null && !type.nullable && !mayLack) throw fail(`column '${name}' is NOT NULL and has no value`);
    try {
      return valueFromJson(json, type);
    } catch (cause) {
      if (cause instanceof EngineError) throw fail(`column '${name}': ${cause.message}`);
      throw cause;
    }
  });
}

function createReader(
  spec: ConnectorSpec,
  mode: ChangelogMode,
  changes: readonly Change[],
  context: ReaderContext,
): SourceReader {
  const insertOnly = mode.size === 1 && mode.has(RowKind.INSERT);
  // A key-only delete leaves NOT NULL columns without a value: they are written as NULL.
  const partial = changes.some(({ row }) => row.some((value, i) => value === null && !isNullable(spec.schema, i)));
  const types = spec.projection.map((column) => {
    const { type } = spec.schema.fields[column]!;
    return partial ? nullable(type) : type;
  });
  const schedule = context.collections.get(ARRIVAL_SCHEDULE);
  const rows = schedule instanceof ArrivalSchedule ? 1 : context.batchRows;
  const builder = new BatchBuilder(context.memory, types, rows, !insertOnly);
  const reader = new RangeReader({
    limit: spec.limit,
    make: (from, to) => {
      const next = Math.min(to, from + rows);
      for (let i = from; i < next; i++) {
        const { kind, row } = changes[i]!;
        builder.append(
          spec.projection.map((column) => row[column]!),
          kind,
        );
      }
      return { batch: builder.finish(), next };
    },
    close: () => builder.close(),
  });
  return schedule instanceof ArrivalSchedule ? new ScheduledReader(reader, schedule.join(spec.table)) : reader;
}

function isNullable(schema: Schema, column: number): boolean {
  return schema.fields[column]!.type.nullable;
}
