/**
 * Typed, resolved expressions: no names left, only column indices, and every implicit cast written out. One tree for
 * the interpreter (evaluate.ts) and the compiler (compile/). Plain data; `exprToJson` writes it as JSON.
 *
 * How special syntax becomes a call is fixed in operators.ts; `fn` is always the name of a catalogue entry.
 */
import type { DataType } from '../types/data-type.ts';
import type { Value } from '../types/value.ts';

export type Expr = InputRef | Literal | Call;

/** Column `index` (0-based) of the input row; for joins the right side's columns follow the left's. */
export interface InputRef {
  readonly kind: 'input-ref';
  readonly index: number;
  readonly type: DataType;
}

export interface Literal {
  readonly kind: 'literal';
  readonly value: Value;
  readonly type: DataType;
}

/**
 * A call of a scalar function or operator of the catalogue, by its canonical name: `+`, `AND`, `CAST`, `CASE`,
 * `UPPER`.
 */
export interface Call {
  readonly kind: 'call';
  readonly fn: string;
  readonly args: readonly Expr[];
  readonly type: DataType;
}

/** One aggregate of an aggregation: its arguments and filter are columns of the input. */
export interface AggregateCall {
  readonly fn: string;
  /** Input columns; empty for COUNT(*). */
  readonly args: readonly number[];
  readonly distinct: boolean;
  /** A BOOLEAN input column: only rows where it is true are aggregated. Null: all rows. */
  readonly filter: number | null;
  readonly type: DataType;
  /** Literal parameters that are not columns, such as the separator of LISTAGG. */
  readonly literals?: readonly Value[];
  readonly name?: string;
}

export function inputRef(index: number, type: DataType): InputRef {
  return { kind: 'input-ref', index, type };
}

export function literal(value: Value, type: DataType): Literal {
  return { kind: 'literal', value, type };
}

export function call(fn: string, args: readonly Expr[], type: DataType): Call {
  return { kind: 'call', fn, args, type };
}

/** Rebuilds the tree from the leaves up; `replace` gets each node with its arguments already replaced. */
export function mapExpr(expr: Expr, replace: (node: Expr) => Expr): Expr {
  if (expr.kind !== 'call') return replace(expr);
  const args = expr.args.map((arg) => mapExpr(arg, replace));
  const same = args.every((arg, i) => arg === expr.args[i]);
  return replace(same ? expr : { ...expr, args });
}

/** Calls `visit` on every node, parents first. */
export function visitExpr(expr: Expr, visit: (node: Expr) => void): void {
  visit(expr);
  if (expr.kind === 'call') for (const arg of expr.args) visitExpr(arg, visit);
}

/** The distinct input columns read, ascending. */
export function inputsOf(expr: Expr): readonly number[] {
  const found = new Set<number>();
  visitExpr(expr, (node) => {
    if (node.kind === 'input-ref') found.add(node.index);
  });
  return [...found].sort((a, b) => a - b);
}

/** Input column i becomes `target[i]` (a new index). */
export function remapInputs(expr: Expr, target: (index: number) => number): Expr {
  return mapExpr(expr, (node) => (node.kind === 'input-ref' ? { ...node, index: target(node.index) } : node));
}

/** Column i is replaced by `exprs[i]`: what merging two projections needs. */
export function substituteInputs(expr: Expr, exprs: readonly Expr[]): Expr {
  return mapExpr(expr, (node) => (node.kind === 'input-ref' ? exprs[node.index]! : node));
}

/** Structural equality. */
export function exprsEqual(a: Expr, b: Expr): boolean {
  if (a === b) return true;
  if (a.kind === 'input-ref') return b.kind === 'input-ref' && a.index === b.index && typesEqual(a.type, b.type);
  if (a.kind === 'literal' || b.kind !== 'call') return exprToJson(a) === exprToJson(b);
  return (
    a.fn === b.fn &&
    a.args.length === b.args.length &&
    a.args.every((arg, i) => exprsEqual(arg, b.args[i]!)) &&
    typesEqual(a.type, b.type)
  );
}

function typesEqual(a: DataType, b: DataType): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** JSON text; bigint and binary values are tagged, so that `exprFromJson` gives back an equal tree. */
export function exprToJson(expr: Expr): string {
  const type = JSON.stringify(expr.type);
  switch (expr.kind) {
    case 'input-ref':
      return `{"kind":"input-ref","index":${expr.index},"type":${type}}`;
    case 'literal':
      return `{"kind":"literal","value":${valueToJson(expr.value)},"type":${type}}`;
    case 'call': {
      const args = expr.args.map(exprToJson).join();
      return `{"kind":"call","fn":${JSON.stringify(expr.fn)},"args":[${args}],"type":${type}}`;
    }
  }
}

function valueToJson(literalValue: Value): string {
  return JSON.stringify(literalValue, (_key, value: unknown) => {
    if (typeof value === 'bigint') return { $bigint: value.toString() };
    if (value instanceof Uint8Array) return { $bytes: Array.from(value) };
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
      return { $number: Object.is(value, -0) ? '-0' : String(value) };
    }
    return value;
  });
}

export function exprFromJson(text: string): Expr {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('$bigint' in value) return BigInt(value.$bigint as string);
    if ('$bytes' in value) return Uint8Array.from(value.$bytes as number[]);
    if ('$number' in value) return Number(value.$number);
    return value;
  }) as Expr;
}
