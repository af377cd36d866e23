/**
 * Tells sources which rows are wanted: conjuncts `column ∘ literal` of the filter over a scan go into its
 * specification, where a source may use them to skip files, row groups or pages. The filter stays; a source need not
 * be exact.
 */
import type { SourceFilter } from '../../dataflow/connector.ts';
import type { Expr } from '../../expr/expr.ts';
import { sameType } from '../../types/data-type.ts';
import type { Value } from '../../types/value.ts';
import type { Filter, LogicalPlan, Scan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunctsOf } from '../logical-predicate.ts';
import { rewriteAll } from '../logical-visit.ts';
import type { Rule } from './rule.ts';

export const pushSourceFilters: Rule = {
  name: 'push-source-filters',
  reason: 'after predicates have reached the scans and their columns are final',
  apply: (roots) =>
    rewriteAll(roots, (node) => (node.kind === 'filter' && node.input.kind === 'scan' ? push(node, node.input) : node)),
};

function push(node: Filter, scan: Scan): LogicalPlan {
  const found = conjunctsOf(node.predicate).flatMap((conjunct) => {
    const filter = sourceFilter(conjunct, scan);
    return filter === null ? [] : [{ conjunct, filter }];
  });
  if (found.length === 0) return node;
  const filters = found.map(({ filter }) => filter);
  if (sameFilters(filters, scan.table.spec.filters)) return node;
  const table = { ...scan.table, spec: { ...scan.table.spec, filters } };
  const told: Scan = { ...scan, table, filters: found.map(({ conjunct }) => conjunct) };
  return build.filter(told, node.predicate);
}

function sameFilters(a: readonly SourceFilter[], b: readonly SourceFilter[]): boolean {
  const digest = (filters: readonly SourceFilter[]): string =>
    filters.map(({ column, op, values }) => [column, op, ...values.map(String)].join('\u0000')).join('\u0001');
  return digest(a) === digest(b);
}

const OPERATORS: ReadonlySet<string> = new Set(['=', '<', '<=', '>', '>=']);

function sourceFilter(conjunct: Expr, scan: Scan): SourceFilter | null {
  if (conjunct.kind !== 'call') return null;
  const [operand, ...others] = conjunct.args;
  if (operand?.kind !== 'input-ref') return null;
  const column = scan.projection[operand.index]!;
  if (conjunct.fn === 'IS NOT NULL') return { column, op: 'IS NOT NULL', values: [] };
  const values = others.map((other): Value => {
    const fits = other.kind === 'literal' && (sameType(other.type, operand.type) || bothText(other, operand));
    return fits ? other.value : null;
  });
  if (values.length === 0 || values.includes(null)) return null;
  if (conjunct.fn === 'IN') return { column, op: 'IN', values };
  return OPERATORS.has(conjunct.fn) && values.length === 1
    ? { column, op: conjunct.fn as SourceFilter['op'], values }
    : null;
}

/** CHAR and VARCHAR of any length hold the same values. */
function bothText(a: Expr, b: Expr): boolean {
  return [a, b].every(({ type }) => type.kind === 'VARCHAR' || type.kind === 'CHAR');
}
