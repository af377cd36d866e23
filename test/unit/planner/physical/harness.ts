/** Plans built by hand and planned for either mode: what the tests of the physical planner share. */
import { Configuration } from '../../../../src/base/config.ts';
import type { ConnectorContext, ConnectorFactory, TableStatistics } from '../../../../src/dataflow/connector.ts';
import type { ChangelogMode, ResolvedMode } from '../../../../src/dataflow/traits.ts';
import { type AggregateCall, call, type Expr, inputRef } from '../../../../src/expr/expr.ts';
import { resolveModeProfile } from '../../../../src/graph/mode.ts';
import { type ExplainDetail, printPhysical } from '../../../../src/planner/explain.ts';
import type { LogicalPlan } from '../../../../src/planner/logical.ts';
import * as build from '../../../../src/planner/logical-build.ts';
import { type PhysicalPlan, type PlanContext, planQuery } from '../../../../src/planner/plan.ts';
import { BIGINT, BOOLEAN, type DataType, INT, nullable, STRING } from '../../../../src/types/data-type.ts';
import { RowKind } from '../../../../src/types/row-kind.ts';

export const NULLABLE_INT = nullable(INT);
export const NULLABLE_STRING = nullable(STRING);

const KINDS: Readonly<Record<string, RowKind>> = {
  I: RowKind.INSERT,
  UB: RowKind.UPDATE_BEFORE,
  UA: RowKind.UPDATE_AFTER,
  D: RowKind.DELETE,
};

export function modeOf(letters: string): ChangelogMode {
  return new Set(letters.split(',').map((letter) => KINDS[letter]!));
}

export interface TableOptions {
  readonly mode?: string;
  readonly key?: readonly number[];
  readonly statistics?: TableStatistics;
  readonly unbounded?: boolean;
}

export function table(
  name: string,
  columns: Readonly<Record<string, DataType>>,
  options: TableOptions = {},
): LogicalPlan {
  const fields = Object.entries(columns).map(([field, type]) => ({ name: field, type }));
  const schema = { fields, primaryKey: options.key ?? null, rowtime: null };
  const path = ['default_catalog', 'default_database', name] as const;
  const spec = {
    connector: 'values',
    table: path.join('.'),
    options: {},
    schema,
    projection: fields.map((_, i) => i),
    filters: [],
    limit: null,
  };
  return build.scan(
    {
      path,
      spec,
      boundedness: options.unbounded ? 'CONTINUOUS_UNBOUNDED' : 'BOUNDED',
      changelogMode: modeOf(options.mode ?? 'I'),
      statistics: options.statistics ?? { rowCount: null, columns: {} },
    },
    spec.projection,
    name,
  );
}

export function columns(plan: LogicalPlan, ...names: readonly string[]): LogicalPlan {
  return build.projectColumns(
    plan,
    names.map((name) => plan.schema.fields.findIndex((field) => field.name === name)),
  );
}

export function ref(plan: LogicalPlan, name: string): Expr {
  const index = plan.schema.fields.findIndex((field) => field.name === name);
  return inputRef(index, plan.schema.fields[index]!.type);
}

export function fn(name: string, ...args: readonly Expr[]): Expr {
  return call(
    name,
    args,
    nullable(
      BOOLEAN,
      args.some((arg) => arg.type.nullable),
    ),
  );
}

export function count(name: string): AggregateCall {
  return { fn: 'COUNT', args: [], distinct: false, filter: null, type: BIGINT, name };
}

export function sum(column: number, type: DataType, name: string): AggregateCall {
  return { fn: 'SUM', args: [column], distinct: false, filter: null, type: nullable(type), name };
}

export function contextOf(
  mode: ResolvedMode,
  settings: Readonly<Record<string, string>> = {},
  parallelism = 1,
): PlanContext {
  return {
    profile: resolveModeProfile(mode, []).profile,
    configuration: new Configuration(settings),
    parallelism,
    memory: 256 * 1024 * 1024,
    connectorFactory: (connector): ConnectorFactory => ({
      connector,
      options: [],
      createSink: (spec) => ({
        accepts: (requested) =>
          spec.options['changelog-mode'] === undefined ? requested : modeOf(spec.options['changelog-mode']),
        createWriter: () => {
          throw new Error('nothing runs here');
        },
      }),
    }),
    connectorContext: {} as ConnectorContext,
  };
}

/** As EXPLAIN plans a bare query: the consumer can do without -U. */
export function streaming(plan: LogicalPlan, settings: Readonly<Record<string, string>> = {}): PhysicalPlan {
  return planQuery([plan], contextOf('STREAMING', settings), { needsUpdateBefore: false });
}

export function batch(
  plan: LogicalPlan,
  settings: Readonly<Record<string, string>> = {},
  parallelism = 1,
): PhysicalPlan {
  return planQuery([plan], contextOf('BATCH', settings, parallelism));
}

/** The physical plan, catalog and database left out. */
export function show(plan: PhysicalPlan, ...details: readonly ExplainDetail[]): readonly string[] {
  return plan.roots.flatMap((root) =>
    printPhysical(root, new Set(details)).replaceAll('default_catalog, default_database, ', '').split('\n'),
  );
}
