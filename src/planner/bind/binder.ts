/** What the parts of the binder share while one statement is bound. */
import type { Span } from '../../base/errors.ts';
import type { Expr } from '../../expr/expr.ts';
import type { Query } from '../../sql/ast.ts';
import type { LogicalPlan } from '../logical.ts';
import type { BindContext } from './context.ts';
import type { Scope } from './scope.ts';

/** Names that a query may use besides the columns of its own FROM. */
export interface Environment {
  /** WITH queries, innermost first; a name hides tables. Bound once: two uses share one plan. */
  readonly ctes: ReadonlyMap<string, LogicalPlan>;
  /** Columns of the query around a correlated subquery. */
  readonly outer: Scope | null;
  /** Catalog and database where unqualified tables are looked up. */
  readonly namespace: readonly [string, string];
}

export interface Binder {
  readonly context: BindContext;
  /** Where an expression was written, for errors found after it was bound. */
  readonly spans: WeakMap<Expr, Span>;
  /** Plans of views by path: two uses share one plan. */
  readonly views: Map<string, LogicalPlan>;
  /** Views being expanded, outermost first, to refuse a cycle. */
  readonly expanding: string[];
  /** A fresh number for a scope. */
  nextScope(): number;
  /** Query → plan whose fields carry the names of the select items, perhaps twice the same. */
  bindQuery(query: Query, env: Environment): LogicalPlan;
}
