/**
 * Connector `nexmark`: the auction site of the Nexmark benchmark, with the options and distributions of nexmark-flink.
 * Its physical columns are flat (schema.ts); a filter on `event_type` makes it leave out the events of other kinds.
 */
import { EngineError } from '../../base/errors.ts';
import type { ConnectorFactory, ConnectorSpec, Source, SourceFilter } from '../../dataflow/connector.ts';
import { type DataType, INT, nullable } from '../../types/data-type.ts';
import { printType } from '../../types/print.ts';
import { INSERT_ONLY } from '../changelog-mode.ts';
import { allLanes } from '../lanes.ts';
import { NEXMARK_OPTIONS, nexmarkConfig } from './options.ts';
import { NexmarkReader } from './reader.ts';
import { EVENT_FIELDS, EVENT_KINDS, EVENT_TYPE, type EventKind, nexmarkSchema } from './schema.ts';
import { nexmarkStatistics } from './statistics.ts';

export const nexmarkConnector: ConnectorFactory = {
  connector: 'nexmark',
  options: NEXMARK_OPTIONS,

  createSource(spec): Source {
    const config = nexmarkConfig(spec.options);
    checkTypes(spec);
    const only = wantedKind(spec);
    return {
      boundedness: Number.isFinite(config.events) && !config.keepAlive ? 'BOUNDED' : 'CONTINUOUS_UNBOUNDED',
      changelogMode: INSERT_ONLY,
      statistics: () => nexmarkStatistics(config),
      paced: config.limited,
      splits: () => allLanes(config.events),
      createReader: (context) => {
        const columns = spec.projection.map((index) => spec.schema.fields[index]!);
        return new NexmarkReader(config, columns, only, spec, context);
      },
    };
  },

  inferSchema: nexmarkSchema,
};

/** The only kind of event that passes the filters, or null. */
function wantedKind({ schema, filters }: ConnectorSpec): EventKind | null {
  for (const filter of filters) {
    const name = schema.fields[filter.column]!.name;
    if (name === 'event_type') {
      const kinds = EVENT_KINDS.filter((kind) => passes(filter, EVENT_TYPE[kind]));
      if (kinds.length === 1) return kinds[0]!;
    } else {
      // Any comparison fails for the NULLs that events of another kind have.
      const kind = EVENT_KINDS.find((candidate) => name === candidate || name.startsWith(`${candidate}.`));
      if (kind !== undefined) return kind;
    }
  }
  return null;
}

function passes({ op, values }: SourceFilter, type: number): boolean {
  const numbers = values.map(Number);
  const first = numbers[0] ?? Number.NaN;
  switch (op) {
    case '=':
    case 'IN':
      return numbers.includes(type);
    case '<':
      return type < first;
    case '<=':
      return type <= first;
    case '>':
      return type > first;
    case '>=':
      return type >= first;
    case 'IS NOT NULL':
      return true;
  }
}

/** Declared columns must be those of nexmark-flink; some may be missing. */
function checkTypes({ schema, table }: ConnectorSpec): void {
  for (const { name, type } of schema.fields) {
    const expected = typeOf(name);
    if (expected === null) {
      throw new EngineError('CONNECTOR-SCHEMA', `table ${table}: nexmark has no column '${name}'`, {
        hint: 'declare no columns, or those of nexmark-flink: event_type, person, auction, bid',
      });
    }
    const fits = type.kind === expected.kind && (type.kind !== 'TIMESTAMP' || type.precision <= 6);
    if (!fits) {
      throw new EngineError('CONNECTOR-SCHEMA', `table ${table}: column '${name}' cannot be ${printType(type)}`, {
        hint: `declare it as ${printType(expected)}`,
      });
    }
  }
}

/** The type of a flat column, or null. */
function typeOf(name: string): DataType | null {
  if (name === 'event_type') return nullable(INT);
  const dot = name.indexOf('.');
  const fields = EVENT_FIELDS[name.slice(0, dot) as EventKind] ?? [];
  return fields.find((field) => field.name === name.slice(dot + 1))?.type ?? null;
}
