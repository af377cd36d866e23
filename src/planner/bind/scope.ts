/**
 * Names: which column a (qualified) name means, level by level outwards. A name of an outer query becomes an outer
 * reference, a call that decorrelation (subquery.ts) replaces before a plan leaves the binder.
 */
import { EngineError, type Span } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { call, type Expr, literal, mapExpr, visitExpr } from '../../expr/expr.ts';
import { INT } from '../../types/data-type.ts';

export interface ScopeColumn {
  /** What may stand before the dot: an alias, or catalog, database and table, of which any tail will do. */
  readonly relation: readonly string[];
  readonly name: string;
  /** Over the plan of the scope: a column, or for USING of a FULL join the first that is not NULL. */
  readonly expr: Expr;
  /** false: reached only with a qualifier (the single columns behind USING). */
  readonly visible: boolean;
}

export interface Scope {
  readonly id: number;
  readonly columns: readonly ScopeColumn[];
  readonly outer: Scope | null;
}

export interface ResolvedName {
  readonly expr: Expr;
  /** Parts of the name after the column: fields of a row. */
  readonly fields: readonly string[];
}

/** @throws EngineError SQL-COLUMN-UNKNOWN, SQL-COLUMN-AMBIGUOUS */
export function resolveName(parts: readonly string[], scope: Scope, span: Span): ResolvedName {
  for (let level: Scope | null = scope; level !== null; level = level.outer) {
    const found = findIn(level, parts, span);
    if (found === null) continue;
    return level === scope ? found : { ...found, expr: outerReference(found.expr, level.id) };
  }
  throw unknownColumn(parts, scope, span);
}

/** As `resolveName`, within one scope; null if it has no such column. */
export function findIn(scope: Scope, parts: readonly string[], span: Span): ResolvedName | null {
  for (let split = parts.length - 1; split >= 1; split--) {
    const qualifier = parts.slice(0, split);
    const candidates = scope.columns.filter(
      (column) => column.name === parts[split] && endsWith(column.relation, qualifier),
    );
    const chosen = single(candidates, parts[split]!, span);
    if (chosen !== null) return { expr: chosen.expr, fields: parts.slice(split + 1) };
  }
  const candidates = scope.columns.filter((column) => column.visible && column.name === parts[0]);
  const chosen = single(candidates, parts[0]!, span);
  return chosen === null ? null : { expr: chosen.expr, fields: parts.slice(1) };
}

/** Columns of `t.*`, or of `*`. */
export function starColumns(scope: Scope, qualifier: readonly string[] | null, span: Span): readonly ScopeColumn[] {
  if (qualifier === null) return scope.columns.filter((column) => column.visible);
  const found = scope.columns.filter((column) => endsWith(column.relation, qualifier));
  if (found.length > 0) return found;
  throw new EngineError('SQL-TABLE-UNKNOWN', `table '${qualifier.join('.')}' not found in FROM`, {
    span,
    hint: didYouMean(qualifier.at(-1)!, relationNames(scope)),
  });
}

export function endsWith(path: readonly string[], tail: readonly string[]): boolean {
  const start = path.length - tail.length;
  return start >= 0 && tail.every((part, i) => part === path[start + i]);
}

function single(candidates: readonly ScopeColumn[], name: string, span: Span): ScopeColumn | null {
  if (candidates.length <= 1) return candidates[0] ?? null;
  const tables = candidates.map((column) => column.relation.at(-1)).filter((table) => table !== undefined);
  throw new EngineError('SQL-COLUMN-AMBIGUOUS', `column '${name}' is ambiguous`, {
    span,
    hint: new Set(tables).size > 1 ? `write ${tables.map((table) => `${table}.${name}`).join(' or ')}` : undefined,
  });
}

function unknownColumn(parts: readonly string[], scope: Scope, span: Span): EngineError {
  const levels: Scope[] = [];
  for (let level: Scope | null = scope; level !== null; level = level.outer) levels.push(level);
  const columns = levels.flatMap((level) => level.columns);
  if (parts.length > 1) {
    const qualifier = parts.slice(0, -1);
    const known = columns.filter((column) => endsWith(column.relation, qualifier));
    if (known.length === 0) {
      const message = `table '${qualifier.join('.')}' not found`;
      const hint = didYouMean(qualifier.at(-1)!, levels.flatMap(relationNames));
      return new EngineError('SQL-COLUMN-UNKNOWN', message, { span, hint });
    }
    const message = `column '${parts.at(-1)}' not found in table '${qualifier.join('.')}'`;
    return new EngineError('SQL-COLUMN-UNKNOWN', message, { span, hint: columnHint(parts.at(-1)!, known) });
  }
  const message = `column '${parts[0]}' not found in any table`;
  return new EngineError('SQL-COLUMN-UNKNOWN', message, { span, hint: columnHint(parts[0]!, columns) });
}

function columnHint(name: string, columns: readonly ScopeColumn[]): string | undefined {
  const names = [...new Set(columns.map((column) => column.name))];
  if (names.length === 0) return 'there is no table to take it from; a text is written in single quotes';
  const meant = didYouMean(name, names);
  return meant ?? `columns are ${names.slice(0, 16).join(', ')}${names.length > 16 ? ', …' : ''}`;
}

function relationNames(scope: Scope): readonly string[] {
  return [...new Set(scope.columns.flatMap((column) => column.relation.slice(-1)))];
}

// ── outer references ──

const OUTER = '$OUTER';

/** The expression seen from inside a subquery of scope `id`: its columns become outer references. */
export function outerReference(expr: Expr, id: number): Expr {
  return mapExpr(expr, (node) => (node.kind === 'input-ref' ? outerColumn(id, node.index, node) : node));
}

function outerColumn(id: number, index: number, column: Expr): Expr {
  return call(OUTER, [literal(id, INT), literal(index, INT)], column.type);
}

export interface OuterColumn {
  readonly scope: number;
  readonly index: number;
}

/** The column that an outer reference means; null for any other expression. */
export function asOuter(expr: Expr): OuterColumn | null {
  if (expr.kind !== 'call' || expr.fn !== OUTER) return null;
  const [scope, index] = expr.args;
  if (scope?.kind !== 'literal' || index?.kind !== 'literal') return null;
  return { scope: Number(scope.value), index: Number(index.value) };
}

/** Does the expression refer to columns of scope `id` from inside a subquery? */
export function refersTo(expr: Expr, id: number): boolean {
  let found = false;
  visitExpr(expr, (node) => {
    if (asOuter(node)?.scope === id) found = true;
  });
  return found;
}

/** Replaces the outer references to scope `id`. */
export function replaceOuter(expr: Expr, id: number, replace: (index: number, node: Expr) => Expr): Expr {
  return mapExpr(expr, (node) => {
    const outer = asOuter(node);
    return outer?.scope === id ? replace(outer.index, node) : node;
  });
}
