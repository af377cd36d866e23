/** A catalog in memory and a binder over it: what tests of the binder and the rules begin with. */
import { Configuration } from '../../../src/base/config.ts';
import { EngineError } from '../../../src/base/errors.ts';
import { CatalogManager } from '../../../src/catalog/catalog-manager.ts';
import { ConnectorRegistry } from '../../../src/connectors/index.ts';
import type { ConnectorContext } from '../../../src/dataflow/connector.ts';
import type { EvaluationContext } from '../../../src/expr/functions/define.ts';
import { resolveModeProfile } from '../../../src/graph/mode.ts';
import { type BoundStatement, bindStatement } from '../../../src/planner/bind/index.ts';
import type { LogicalPlan } from '../../../src/planner/logical.ts';
import { printLogical } from '../../../src/planner/logical-print.ts';
import { type OptimizeContext, optimizeAll } from '../../../src/planner/rules/index.ts';
import { parse } from '../../../src/sql/parse.ts';

const connectors = new ConnectorRegistry();
const connectorFactory = connectors.find.bind(connectors);
export const EVALUATION: EvaluationContext = { timeZone: 'UTC', now: 0n, random: () => 0.5 };

export class Fixture {
  readonly catalogs = new CatalogManager();
  readonly configuration = new Configuration();

  constructor(ddl: readonly string[] = []) {
    for (const text of ddl) this.run(text);
  }

  bindAll(text: string): readonly BoundStatement[] {
    const { catalogs, configuration } = this;
    const connectorContext = { configuration } as ConnectorContext;
    return parse(text).statements.map((statement) => {
      const context = { catalogs, configuration, text, connectorFactory, connectorContext, evaluation: EVALUATION };
      const bound = bindStatement(statement, context);
      this.#carryOut(bound);
      return bound;
    });
  }

  /** Runs DDL; queries are only bound. */
  run(text: string): void {
    this.bindAll(text);
  }

  #carryOut(bound: BoundStatement): void {
    if (bound.kind !== 'operation') return;
    const { operation } = bound;
    if (operation.kind === 'create-table') this.catalogs.createTable(operation.path, operation.table, operation);
    if (operation.kind === 'create-view') this.catalogs.createTable(operation.path, operation.view, operation);
    if (operation.kind === 'alter-table') this.catalogs.alterTable(operation.path, operation.table);
  }

  /** The plans of the last statement: a query's, or one per sink. */
  plans(text: string): readonly LogicalPlan[] {
    let bound = this.bindAll(text).at(-1)!;
    while (bound.kind === 'explain') bound = bound.statement;
    if (bound.kind === 'query') return [bound.plan];
    if (bound.kind === 'insert') return bound.sinks;
    throw new Error(`a ${bound.kind} has no plan`);
  }

  /** The tree of a query as bound. */
  bound(text: string): string {
    return this.plans(text).map(printLogical).join('\n\n');
  }

  /** The tree of a query after the rules. */
  optimized(text: string, mode: 'BATCH' | 'STREAMING' = 'BATCH', disabled: readonly string[] = []): string {
    return optimizeAll(this.plans(text), this.context(mode, disabled)).map(printLogical).join('\n\n');
  }

  context(mode: 'BATCH' | 'STREAMING', disabled: readonly string[] = []): OptimizeContext {
    const { profile } = resolveModeProfile(mode, []);
    return { configuration: this.configuration, profile, evaluation: EVALUATION, disabled: new Set(disabled) };
  }

  columns(text: string): readonly string[] {
    return this.plans(text)[0]!.schema.fields.map((field) => field.name);
  }

  /** The error of a statement that must be refused. */
  error(text: string): {
    readonly code: string;
    readonly message: string;
    readonly hint: string | undefined;
    readonly at: string;
  } {
    try {
      this.bindAll(text);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const { span, hint } = error.detail;
      const at = span === undefined ? '' : text.slice(span.offset, span.offset + span.length);
      return { code: error.code, message: error.message, hint, at };
    }
    throw new Error(`accepted: ${text}`);
  }
}

/** A table of the `values` connector. */
export function table(name: string, columns: string): string {
  return `CREATE TABLE ${name} (${columns}) WITH ('connector' = 'values', 'bounded' = 'true')`;
}

/** A tree as a test writes it: the common indentation taken away. */
export function tree(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const indent = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(indent)).join('\n');
}
