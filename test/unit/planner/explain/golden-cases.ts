/**
 * The cases of test/golden/changelogs, planned the way a session plans them: parse, bind, optimise, choose algorithms.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Configuration } from '../../../../src/base/config.ts';
import { CatalogManager } from '../../../../src/catalog/catalog-manager.ts';
import { valuesConnector } from '../../../../src/connectors/values/values.ts';
import type { ConnectorContext, ConnectorFactory } from '../../../../src/dataflow/connector.ts';
import type { ResolvedMode } from '../../../../src/dataflow/traits.ts';
import { resolveModeProfile } from '../../../../src/graph/mode.ts';
import { type BindContext, bindStatement } from '../../../../src/planner/bind/index.ts';
import { type ExplainDetail, explainPlan, printPhysical } from '../../../../src/planner/explain.ts';
import type { LogicalPlan, Scan } from '../../../../src/planner/logical.ts';
import * as build from '../../../../src/planner/logical-build.ts';
import { printLogical } from '../../../../src/planner/logical-print.ts';
import { rewriteAll } from '../../../../src/planner/logical-visit.ts';
import { type PhysicalPlan, planQuery } from '../../../../src/planner/plan.ts';
import { optimizeAll } from '../../../../src/planner/rules/index.ts';
import { parse } from '../../../../src/sql/parse.ts';

export interface GoldenCase {
  readonly name: string;
  readonly feature: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly tables?: readonly { readonly ddl: string }[];
  /** Of cases of `explain/`. */
  readonly ddl?: readonly string[];
  readonly setup?: readonly string[];
  readonly statistics?: Readonly<Record<string, GoldenStatistics>>;
  readonly sql: string;
  readonly explain?: { readonly streaming?: string; readonly batch?: string };
  /** In `explain/` the text, elsewhere the result. */
  readonly streaming?: unknown;
  readonly batch?: unknown;
}

interface GoldenStatistics {
  readonly rowCount: number;
  readonly columns: Readonly<Record<string, { readonly ndv?: number; readonly avgLen?: number }>>;
}

const GOLDEN = join(import.meta.dirname, '../../../golden/changelogs');

export function goldenCases(feature: string): readonly GoldenCase[] {
  return readdirSync(join(GOLDEN, feature))
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(GOLDEN, feature, file), 'utf8')) as GoldenCase);
}

/** The lines of `== Optimized Physical Plan ==` that Flink printed. */
export function goldenPlan(text: string): readonly string[] {
  const physical = text.split('== Optimized Execution Plan ==')[0]!;
  return tidy(physical.slice(physical.indexOf('\n') + 1));
}

/** The same section of our plan. */
export function printedPlan(plan: PhysicalPlan): readonly string[] {
  const details = new Set(plan.context.profile.watermarks === 'generated' ? (['CHANGELOG_MODE'] as const) : []);
  return tidy(plan.roots.map((root) => printPhysical(root, details)).join('\n\n'));
}

function tidy(text: string): readonly string[] {
  return text
    .trim()
    .replaceAll('default_catalog, default_database, ', '')
    .replaceAll(' CHARACTER SET "UTF-16LE"', '')
    .split('\n');
}

interface Planned {
  readonly plan: PhysicalPlan;
  readonly logicals: readonly LogicalPlan[];
  readonly details: ReadonlySet<ExplainDetail>;
}

/** As EXPLAIN plans: the consumer of a query can do without -U. */
export function planCase(golden: GoldenCase, mode: ResolvedMode = 'STREAMING', parallelism = 1): PhysicalPlan {
  return planned(golden, mode, parallelism).plan;
}

/** The whole text of an EXPLAIN statement, without the section that Flink does not have. */
export function explainCase(golden: GoldenCase, mode: ResolvedMode = 'STREAMING', parallelism = 1): string {
  const { plan, logicals, details } = planned(golden, mode, parallelism);
  const text = explainPlan(plan, { details, syntaxTrees: logicals.map(printLogical), modeReason: '' });
  return text.split('== Decisions ==')[0]!;
}

function planned(golden: GoldenCase, mode: ResolvedMode, parallelism: number): Planned {
  const connectorFactory = (): ConnectorFactory => withStatistics(golden);
  const configuration = new Configuration({ 'table.local-time-zone': 'UTC', ...golden.settings });
  const catalogs = new CatalogManager();
  const tables = golden.tables?.map(({ ddl }) => ddl) ?? golden.ddl ?? [];
  for (const statement of [...tables, ...(golden.setup ?? [])]) define(statement, catalogs, configuration);
  const [statement] = parse(golden.sql).statements;
  const outer = bindStatement(statement!, bindContext(catalogs, configuration, golden.sql, connectorFactory));
  const bound = outer.kind === 'explain' ? outer.statement : outer;
  if (bound.kind !== 'query' && bound.kind !== 'insert') throw new Error(`${bound.kind} has no plan`);
  const logicals: readonly LogicalPlan[] = bound.kind === 'query' ? [bound.plan] : bound.sinks;
  const { profile } = resolveModeProfile(mode, []);
  const optimized = optimizeAll(logicals, { configuration, profile, evaluation: EVALUATION });
  const plans = rewriteAll(optimized, (node) => (node.kind === 'scan' ? withoutPushDown(node) : node));
  const context = {
    profile,
    configuration,
    parallelism,
    memory: 2 ** 31,
    connectorFactory,
    connectorContext: CONNECTOR_CONTEXT,
  };
  const details = new Set((outer.kind === 'explain' ? outer.details : []) as readonly ExplainDetail[]);
  return { plan: planQuery(plans, context, { needsUpdateBefore: false }), logicals, details };
}

/**
 * The sources of the golden cases take no projection, filter or limit: they read whole rows, and a Calc drops columns.
 */
function withoutPushDown(node: Scan): LogicalPlan {
  const { spec } = node.table;
  const all = spec.schema.fields.map((_, i) => i);
  const table = { ...node.table, spec: { ...spec, projection: all, filters: [], limit: null } };
  return build.projectColumns(build.scan(table, all, node.alias), node.projection);
}

const CONNECTOR_CONTEXT = {} as ConnectorContext;
const EVALUATION = { timeZone: 'UTC', now: 0n, random: () => 0.5 };

/** The connector `values`, its tables having the statistics that the case gives them: numbers are from 0 to 1000000. */
function withStatistics(golden: GoldenCase): ConnectorFactory {
  return {
    ...valuesConnector,
    createSource(spec, context) {
      const source = valuesConnector.createSource!(spec, context);
      const given = golden.statistics?.[spec.table.split('.').at(-1)!];
      const columns = Object.entries(given?.columns ?? {}).map(([name, { ndv, avgLen }]) => {
        const bounds = avgLen === undefined ? { min: 0, max: 1_000_000 } : { averageLength: avgLen };
        return [name, { ...bounds, ...(ndv === undefined ? {} : { distinctCount: ndv }) }] as const;
      });
      return {
        ...source,
        statistics: () => ({ rowCount: given?.rowCount ?? null, columns: Object.fromEntries(columns) }),
      };
    },
  };
}

function bindContext(
  catalogs: CatalogManager,
  configuration: Configuration,
  text: string,
  connectorFactory: () => ConnectorFactory,
): BindContext {
  return {
    catalogs,
    configuration,
    text,
    connectorFactory,
    connectorContext: CONNECTOR_CONTEXT,
    evaluation: EVALUATION,
  };
}

function define(sql: string, catalogs: CatalogManager, configuration: Configuration): void {
  const [statement] = parse(sql).statements;
  const bound = bindStatement(
    statement!,
    bindContext(catalogs, configuration, sql, () => valuesConnector),
  );
  if (bound.kind !== 'operation') throw new Error(`${bound.kind} defines nothing`);
  const { operation } = bound;
  if (operation.kind === 'create-table') catalogs.createTable(operation.path, operation.table, operation);
  else if (operation.kind === 'create-view') catalogs.createTable(operation.path, operation.view, operation);
  else throw new Error(`${operation.kind} in a setup`);
}
