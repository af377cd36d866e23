/**
 * Prints a logical plan as a tree in the words of Flink's `== Abstract Syntax Tree ==`. Columns are `$0`, `$1`, …; of a
 * join the right side's follow the left's.
 */
import { unreachable } from '../base/assert.ts';
import type { SortField } from '../dataflow/traits.ts';
import type { AggregateCall, Expr } from '../expr/expr.ts';
import { type DataType, isCharacter, isNumeric, isTimestamp } from '../types/data-type.ts';
import { formatDecimal } from '../types/decimal.ts';
import { printKind } from '../types/print.ts';
import { formatDate, formatTime, formatTimestamp } from '../types/temporal.ts';
import { hex, type Value } from '../types/value.ts';
import type { LogicalPlan, Project, WindowCall, WindowNode } from './logical.ts';
import { namesOf } from './logical-build.ts';
import { inputsOf } from './logical-visit.ts';

/** One line per node, without a line break at the end. */
export function printLogical(plan: LogicalPlan): string {
  const lines: string[] = [];
  printNode(plan, '', '', lines);
  return lines.join('\n');
}

function printNode(plan: LogicalPlan, first: string, rest: string, lines: string[]): void {
  lines.push(first + describe(plan));
  // OVER calls stand in the projection above them.
  const inputs = plan.kind === 'project' && plan.input.kind === 'window' ? inputsOf(plan.input) : inputsOf(plan);
  inputs.forEach((input, i) => {
    const isLast = i === inputs.length - 1;
    printNode(input, `${rest}${isLast ? '+- ' : ':- '}`, `${rest}${isLast ? '   ' : ':  '}`, lines);
  });
}

const SET_OPERATIONS = { UNION: 'LogicalUnion', INTERSECT: 'LogicalIntersect', EXCEPT: 'LogicalMinus' } as const;

function describe(plan: LogicalPlan): string {
  const fields = plan.schema.fields;
  switch (plan.kind) {
    case 'scan': {
      const all = plan.table.spec.schema.fields.length;
      const pruned = plan.projection.length === all ? '' : `, project=[${fields.map((f) => f.name).join(', ')}]`;
      const filters =
        plan.filters.length === 0 ? '' : `, filter=[${plan.filters.map((filter) => printExpr(filter)).join(', ')}]`;
      const limit = plan.table.spec.limit === null ? '' : `, limit=[${plan.table.spec.limit}]`;
      return `LogicalTableScan(table=[[${plan.table.path.join(', ')}${pruned}${filters}${limit}]])`;
    }
    case 'values': {
      const rows = plan.rows.map(
        (row) => `{ ${row.map((value, i) => printValue(value, fields[i]!.type)).join(', ')} }`,
      );
      return `LogicalValues(tuples=[[${rows.join(', ')}]])`;
    }
    case 'project':
      if (plan.input.kind === 'window') return describeOver(plan, plan.input);
      return `LogicalProject(${plan.exprs.map((expr, i) => `${fields[i]!.name}=[${printExpr(expr)}]`).join(', ')})`;
    case 'filter':
      return `LogicalFilter(condition=[${printExpr(plan.predicate)}])`;
    case 'join': {
      const aware = plan.nullAware ? ', nullAware=[true]' : '';
      return `LogicalJoin(condition=[${printExpr(plan.condition)}], joinType=[${plan.type.toLowerCase()}]${aware})`;
    }
    case 'aggregate': {
      const calls = plan.calls.map((call, i) => `, ${fields[plan.keys.length + i]!.name}=[${printCall(call)}]`);
      return `LogicalAggregate(group=[{${plan.keys.join(', ')}}]${calls.join('')})`;
    }
    case 'window':
      return `LogicalWindow(${plan.calls.map(printWindow).join(', ')})`;
    case 'sort': {
      const order = plan.order.map((field, i) => `sort${i}=[$${field.index}]`);
      const directions = plan.order.map((field, i) => `dir${i}=[${direction(field)}]`);
      const offset = plan.offset > 0 ? [`offset=[${plan.offset}]`] : [];
      const fetch = plan.fetch === null ? [] : [`fetch=[${plan.fetch}]`];
      return `LogicalSort(${[...order, ...directions, ...offset, ...fetch].join(', ')})`;
    }
    case 'set-operation':
      return `${SET_OPERATIONS[plan.op]}(all=[${plan.all}])`;
    case 'expand': {
      const projections = plan.projections.map((list) => `{${list.map((expr) => printExpr(expr)).join(', ')}}`);
      return `LogicalExpand(projects=[${projections.join(', ')}])`;
    }
    case 'unnest': {
      const type = plan.outer ? 'left' : 'inner';
      const ordinality = plan.withOrdinality ? ', withOrdinality=[true]' : '';
      return `LogicalCorrelate(unnest=[${printExpr(plan.collection)}], joinType=[${type}]${ordinality})`;
    }
    case 'watermark': {
      const name = fields[plan.rowtime]!.name;
      return `LogicalWatermarkAssigner(rowtime=[${name}], watermark=[${printExpr(plan.watermark)}])`;
    }
    case 'sink':
      return `LogicalSink(table=[${plan.path.join('.')}], fields=[${namesOf(plan.input).join(', ')}])`;
    default:
      return unreachable(plan);
  }
}

function describeOver(plan: Project, window: WindowNode): string {
  const width = window.input.schema.fields.length;
  const shown = (index: number): string => (index < width ? `$${index}` : printWindow(window.calls[index - width]!));
  const fields = plan.exprs.map((expr, i) => `${plan.schema.fields[i]!.name}=[${printExpr(expr, shown)}]`);
  return `LogicalProject(${fields.join(', ')})`;
}

function direction(field: SortField): string {
  const nulls = field.nulls === 'FIRST' ? 'nulls-first' : 'nulls-last';
  return `${field.direction}-${nulls}`;
}

function printWindow({ call, partition, order, frame }: WindowCall): string {
  const parts: string[] = [];
  if (partition.length > 0) parts.push(`PARTITION BY ${partition.map((i) => `$${i}`).join(', ')}`);
  if (order.length > 0) {
    const fields = order.map((o) => `$${o.index}${o.direction === 'DESC' ? ' DESC' : ''} NULLS ${o.nulls}`);
    parts.push(`ORDER BY ${fields.join(', ')}`);
  }
  if (frame !== null) {
    const bound = (expr: Expr | null, unbounded: string): string => (expr === null ? unbounded : printExpr(expr));
    const start = bound(frame.start, 'UNBOUNDED PRECEDING');
    parts.push(`${frame.unit} BETWEEN ${start} AND ${bound(frame.end, 'UNBOUNDED FOLLOWING')}`);
  }
  return `${printCall(call)} OVER (${parts.join(' ')})`;
}

function printCall(call: AggregateCall): string {
  const args = call.args.map((arg) => `$${arg}`);
  const literals = (call.literals ?? []).map((value) => (typeof value === 'string' ? quote(value) : String(value)));
  const inside = `${call.distinct ? 'DISTINCT ' : ''}${[...args, ...literals].join(', ')}`;
  return `${call.fn}(${inside})${call.filter === null ? '' : ` FILTER $${call.filter}`}`;
}

/**
 * `=($0, 1)`: prefix notation, as Calcite prints it.
 *
 * @param column how a column is shown
 */
export function printExpr(expr: Expr, column: (index: number) => string = (index) => `$${index}`): string {
  const print = (child: Expr): string => printExpr(child, column);
  switch (expr.kind) {
    case 'input-ref':
      return column(expr.index);
    case 'literal':
      return printLiteral(expr.value, expr.type);
    case 'call': {
      const [operand, second] = expr.args;
      if (expr.fn === 'CAST' || expr.fn === 'TRY_CAST') {
        return implicitCast(operand!, expr.type) ?? `${expr.fn}(${print(operand!)}):${printTarget(expr.type)}`;
      }
      if (expr.fn === 'GET' && operand!.type.kind === 'ROW' && second?.kind === 'literal') {
        return `${print(operand!)}.${operand!.type.fields[Number(second.value)]?.name ?? '?'}`;
      }
      if (expr.fn === 'IN') {
        return `OR(${expr.args
          .slice(1)
          .map((item) => `=(${print(operand!)}, ${print(item)})`)
          .join(', ')})`;
      }
      return `${expr.fn}(${flatten(expr.fn, expr.args).map(print).join(', ')})`;
    }
    default:
      return unreachable(expr);
  }
}

/** Literals that were only widened are shown as they were written. */
function implicitCast(operand: Expr, type: DataType): string | null {
  if (operand.kind !== 'literal' || operand.value === null) return null;
  if (isNumeric(operand.type) && isNumeric(type)) return printValue(operand.value, operand.type);
  return operand.type.kind === 'CHAR' && type.kind === 'VARCHAR' ? printValue(operand.value, operand.type) : null;
}

/** AND and OR are printed with all their operands at once. */
function flatten(fn: string, args: readonly Expr[]): readonly Expr[] {
  if (fn !== 'AND' && fn !== 'OR') return args;
  return args.flatMap((arg) => (arg.kind === 'call' && arg.fn === fn ? flatten(fn, arg.args) : [arg]));
}

function printLiteral(value: Value, type: DataType): string {
  if (value === null) return type.kind === 'NULL' ? 'null' : `null:${printSqlType(type)}`;
  const text = printValue(value, type);
  switch (type.kind) {
    case 'BIGINT':
    case 'TINYINT':
    case 'SMALLINT':
      return `${text}:${type.kind}`;
    case 'VARCHAR':
      return `${text}:${printSqlType(type)} CHARACTER SET "UTF-16LE"`;
    case 'INTERVAL_DAY_TIME':
      return `${text}:INTERVAL SECOND`;
    case 'INTERVAL_YEAR_MONTH':
      return `${text}:INTERVAL MONTH`;
    default:
      return text;
  }
}

function printValue(value: Value, type: DataType): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quote(value);
  if (value instanceof Uint8Array) return `X'${hex(value)}'`;
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${value.length} elements]`;
  if (type.kind === 'DATE') return formatDate(value as number);
  if (type.kind === 'TIME') return formatTime(value as number, type.precision);
  if (isTimestamp(type)) return formatTimestamp(value as bigint, type.precision);
  if (type.kind === 'DECIMAL') return formatDecimal(value as bigint, type.scale);
  return String(value);
}

function quote(text: string): string {
  return `_UTF-16LE'${text.replaceAll("'", "''")}'`;
}

/** The type of a CAST, in full. */
function printTarget(type: DataType): string {
  const charset = isCharacter(type) ? ' CHARACTER SET "UTF-16LE"' : '';
  return `${printSqlType(type)}${charset}${type.nullable ? '' : ' NOT NULL'}`;
}

/** Calcite's names of types: INTEGER, VARCHAR(2147483647). */
function printSqlType(type: DataType): string {
  if (type.kind === 'INT') return 'INTEGER';
  if (type.kind === 'VARCHAR') return `VARCHAR(${type.length})`;
  return printKind(type);
}
