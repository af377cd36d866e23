/** Scalar expressions as users write them: bound by the planner's binder, as the one item of a SELECT. */
import { Configuration } from '../../../../src/base/config.ts';
import { CatalogManager } from '../../../../src/catalog/catalog-manager.ts';
import { ConnectorRegistry } from '../../../../src/connectors/index.ts';
import type { ConnectorContext } from '../../../../src/dataflow/connector.ts';
import type { Expr } from '../../../../src/expr/expr.ts';
import type { EvaluationContext } from '../../../../src/expr/functions/define.ts';
import type { BindContext } from '../../../../src/planner/bind/context.ts';
import { bindStatement } from '../../../../src/planner/bind/index.ts';
import { columnOf } from '../../../../src/planner/logical-build.ts';
import type * as ast from '../../../../src/sql/ast.ts';
import { parse } from '../../../../src/sql/parse.ts';
import type { Field } from '../../../../src/types/data-type.ts';

const connectors = new ConnectorRegistry();

export const CONTEXT: EvaluationContext = {
  timeZone: 'UTC',
  now: 1_700_000_000_123_456_789n,
  random: () => 0.5,
  currentDatabase: 'default_database',
};

const configuration = new Configuration();

/** A subquery, or an aggregate: not a function of one row. */
export class NotScalar extends Error {}

export class Scope {
  readonly #context: BindContext;
  readonly #template: ast.Select;

  /** @param name the table that the columns belong to; without columns there is none */
  constructor(fields: readonly Field[], timeZone = 'UTC', name = 't') {
    const catalogs = new CatalogManager();
    if (fields.length > 0) {
      const columns = fields.map((field) => ({ kind: 'physical' as const, ...field, comment: null }));
      const options = { connector: 'values', rows: '[]' };
      const parts = { watermark: null, primaryKey: null, partitionKeys: [], distribution: null, comment: null };
      const path = [catalogs.currentCatalog, catalogs.currentDatabase, name] as const;
      const table = { kind: 'table' as const, columns, options, ...parts };
      catalogs.createTable(path, table, { isTemporary: true, ignoreIfExists: false });
    }
    this.#context = {
      catalogs,
      configuration,
      text: '',
      connectorFactory: (name) => connectors.find(name),
      connectorContext: { configuration } as ConnectorContext,
      evaluation: { ...CONTEXT, timeZone },
    };
    this.#template = selectOf(fields.length > 0 ? `SELECT 1 FROM ${name}` : 'SELECT 1');
  }

  /** @throws NotScalar, EngineError */
  bind(node: ast.Expr): Expr {
    const [item] = this.#template.items;
    const body = { ...this.#template, items: [{ ...item!, expr: node }] };
    const query = { kind: 'query' as const, span: node.span, body };
    const bound = bindStatement(
      { kind: 'query-statement', span: node.span, query } as ast.QueryStatement,
      this.#context,
    );
    if (bound.kind !== 'query') throw new TypeError(bound.kind);
    const { plan } = bound;
    const input = plan.kind === 'project' ? plan.input : plan;
    if (input.kind !== 'scan' && input.kind !== 'values') throw new NotScalar(input.kind);
    return plan.kind === 'project' ? plan.exprs[0]! : columnOf(plan, 0);
  }
}

function selectOf(text: string): ast.Select {
  const [statement] = parse(text).statements;
  if (statement?.kind !== 'query-statement' || statement.query.body.kind !== 'select') throw new TypeError(text);
  return statement.query.body;
}
