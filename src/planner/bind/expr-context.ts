/** Where an expression stands: what it may name and what it may hold. */
import type { Expr } from '../../expr/expr.ts';
import type { NamedWindow } from '../../sql/ast.ts';
import type { Binder, Environment } from './binder.ts';
import type { Collected } from './collect.ts';
import type { Scope } from './scope.ts';

export interface ExprContext {
  readonly binder: Binder;
  readonly env: Environment;
  readonly scope: Scope;
  /** `WHERE`, `GROUP BY`, …: for messages. */
  readonly clause: string;
  /** What was put aside; null: the clause allows none. */
  readonly collected: Collected | null;
  readonly allows: { readonly aggregates: boolean; readonly windows: boolean };
  /** The aggregate whose argument this is. */
  readonly inside: 'aggregate' | 'over' | null;
  /** There is a GROUP BY and every grouping set has a key: no group is empty. */
  readonly neverEmpty: boolean;
  readonly windows: readonly NamedWindow[];
  /** What an unqualified name means before (`first`) or after columns are asked. */
  readonly alias: ((name: string) => Expr | null) | null;
  readonly aliasFirst: boolean;
  /** Names of the SELECT list, which the clause cannot use: for a better message. */
  readonly itemNames: ReadonlySet<string>;
  /** The value is used as a filter and not negated: UNKNOWN and FALSE are one. */
  readonly asFilter: boolean;
}

/** Plain columns only: no aggregates, no OVER, no subqueries. */
export function plainContext(binder: Binder, env: Environment, scope: Scope, clause: string): ExprContext {
  return {
    binder,
    env,
    scope,
    clause,
    collected: null,
    allows: { aggregates: false, windows: false },
    inside: null,
    neverEmpty: false,
    windows: [],
    alias: null,
    aliasFirst: false,
    itemNames: new Set(),
    asFilter: false,
  };
}
