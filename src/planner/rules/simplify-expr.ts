/**
 * Makes one expression simpler without changing its value: folds what is constant (with the interpreter, so the fold
 * is the run), drops what decides nothing, and brings comparisons into the form `column ∘ literal`. What fails when it
 * is folded is left, to fail at run time or never.
 */
import { EngineError } from '../../base/errors.ts';
import { evaluate } from '../../expr/evaluate.ts';
import { type Call, type Expr, exprsEqual, exprToJson, type Literal, literal } from '../../expr/expr.ts';
import type { EvaluationContext } from '../../expr/functions/define.ts';
import { functions } from '../../expr/functions/index.ts';
import { type DataType, isApproximate, isInteger, sameType } from '../../types/data-type.ts';
import { combined, conjunctsOf, disjunctsOf } from '../logical-predicate.ts';

export function simplify(expr: Expr, context: EvaluationContext): Expr {
  if (expr.kind !== 'call') return expr;
  if (expr.fn === 'AND' || expr.fn === 'OR') {
    const operands = expr.fn === 'AND' ? conjunctsOf(expr) : disjunctsOf(expr);
    return logical(
      expr,
      operands.map((operand) => simplify(operand, context)),
      operands,
    );
  }
  const args = expr.args.map((arg) => simplify(arg, context));
  const same = args.every((arg, i) => arg === expr.args[i]);
  return simplifyCall(same ? expr : { ...expr, args }, context);
}

/** A condition of which only TRUE counts: NULL is FALSE. */
export function simplifyCondition(expr: Expr, context: EvaluationContext): Expr {
  return asCondition(simplify(expr, context));
}

function asCondition(expr: Expr): Expr {
  if (expr.kind === 'literal') return expr.value === true ? expr : falseLiteral();
  if (expr.kind !== 'call') return expr;
  if (expr.fn === 'IS TRUE') return asCondition(expr.args[0]!);
  if (expr.fn !== 'AND' && expr.fn !== 'OR') return expr;
  const operands = expr.fn === 'AND' ? conjunctsOf(expr) : disjunctsOf(expr);
  return logical(expr, operands.map(asCondition), operands);
}

function falseLiteral(): Literal {
  return literal(false, { kind: 'BOOLEAN', nullable: false });
}

function simplifyCall(call: Call, context: EvaluationContext): Expr {
  const special = simplifySpecial(call);
  if (special !== call) return special;
  const fn = functions.scalar(call.fn);
  if (fn === undefined || !fn.deterministic || fn.dynamic) return call;
  if (fn.strict && call.args.some(isNull)) return literal(null, { ...call.type, nullable: true });
  return fold(call, context);
}

const NOT_FOLDED: ReadonlySet<string> = new Set(['ROW', 'ARRAY', 'MAP', 'MULTISET']);

function fold(call: Call, context: EvaluationContext): Expr {
  if (!call.args.every((arg) => arg.kind === 'literal') || NOT_FOLDED.has(call.type.kind)) return call;
  try {
    const value = evaluate(call, [], context);
    // NULL where the type allows none fails, as it does for values from columns.
    return value === null && !call.type.nullable ? call : literal(value, call.type);
  } catch (error) {
    if (error instanceof EngineError) return call;
    throw error;
  }
}

function isNull(expr: Expr): boolean {
  return expr.kind === 'literal' && expr.value === null;
}

function isBoolean(expr: Expr, value: boolean): boolean {
  return expr.kind === 'literal' && expr.value === value;
}

function simplifySpecial(call: Call): Expr {
  switch (call.fn) {
    case 'NOT':
      return not(call);
    case 'IS NULL':
    case 'IS NOT NULL':
      return nullTest(call);
    case 'IS TRUE':
      return call.args[0]!.type.nullable ? call : call.args[0]!;
    case 'CASE':
      return caseOf(call);
    case 'COALESCE':
      return coalesce(call);
    case 'CAST':
      return cast(call);
    case 'GET':
      return get(call);
    case 'IN':
      return call.args.length === 2 ? { ...call, fn: '=' } : call;
    case '=':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(call);
    default:
      return call;
  }
}

/**
 * AND or OR of the operands: what decides nothing or repeats is dropped, one that decides all is the result.
 *
 * @param before the operands of `call`: if they are all there unchanged, so is the call
 */
function logical(call: Call, operands: readonly Expr[], before: readonly Expr[]): Expr {
  const fn = call.fn as 'AND' | 'OR';
  const isAnd = fn === 'AND';
  const all = operands.flatMap((operand) => (isAnd ? conjunctsOf(operand) : disjunctsOf(operand)));
  const kept = new Map<string, Expr>();
  for (const operand of all) {
    if (isBoolean(operand, !isAnd)) return literal(!isAnd, { kind: 'BOOLEAN', nullable: false });
    const digest = exprToJson(operand);
    if (!isBoolean(operand, isAnd) && !kept.has(digest)) kept.set(digest, operand);
  }
  const left = [...kept.values()];
  if (left.length === 0) return literal(isAnd, { kind: 'BOOLEAN', nullable: false });
  const same = left.length === before.length && left.every((operand, i) => operand === before[i]);
  return same ? call : combined(fn, left);
}

const OPPOSITE: Readonly<Record<string, string>> = { '=': '<>', '<>': '=', '<': '>=', '<=': '>', '>': '<=', '>=': '<' };
const NEGATED_TEST: Readonly<Record<string, string>> = {
  'IS NULL': 'IS NOT NULL',
  'IS NOT NULL': 'IS NULL',
  'IS DISTINCT FROM': 'IS NOT DISTINCT FROM',
  'IS NOT DISTINCT FROM': 'IS DISTINCT FROM',
  'IS TRUE': 'IS NOT TRUE',
  'IS NOT TRUE': 'IS TRUE',
  'IS FALSE': 'IS NOT FALSE',
  'IS NOT FALSE': 'IS FALSE',
  'IS UNKNOWN': 'IS NOT UNKNOWN',
  'IS NOT UNKNOWN': 'IS UNKNOWN',
};

function not(call: Call): Expr {
  const operand = call.args[0]!;
  if (operand.kind !== 'call') return call;
  if (operand.fn === 'NOT') return operand.args[0]!;
  const test = NEGATED_TEST[operand.fn];
  if (test !== undefined) return { ...operand, fn: test };
  const opposite = OPPOSITE[operand.fn];
  // NaN is neither less nor greater.
  const ordered = operand.fn === '=' || operand.fn === '<>' || !operand.args.some((arg) => isApproximate(arg.type));
  return opposite !== undefined && ordered ? { ...operand, fn: opposite } : call;
}

function nullTest(call: Call): Expr {
  const operand = call.args[0]!;
  if (operand.type.nullable) return call;
  return literal(call.fn === 'IS NOT NULL', { kind: 'BOOLEAN', nullable: false });
}

function caseOf(call: Call): Expr {
  const branches: Expr[] = [];
  for (let i = 0; i + 1 < call.args.length; i += 2) {
    const condition = call.args[i]!;
    if (isBoolean(condition, false) || isNull(condition)) continue;
    if (isBoolean(condition, true)) return finishCase(call, branches, call.args[i + 1]!);
    branches.push(condition, call.args[i + 1]!);
  }
  return finishCase(call, branches, call.args.at(-1)!);
}

function finishCase(call: Call, branches: readonly Expr[], otherwise: Expr): Expr {
  if (branches.length === 0) return otherwise;
  if (branches.length + 1 === call.args.length && otherwise === call.args.at(-1)) return call;
  return { ...call, args: [...branches, otherwise] };
}

function coalesce(call: Call): Expr {
  const args: Expr[] = [];
  for (const arg of call.args) {
    if (isNull(arg)) continue;
    args.push(arg);
    if (!arg.type.nullable) break;
  }
  if (args.length === 0) return call;
  if (args.length === 1 && sameType(args[0]!.type, call.type)) return args[0]!;
  return args.length === call.args.length || args.length === 1 ? call : { ...call, args };
}

/** To the type that the operand has already; other casts stay. */
function cast(call: Call): Expr {
  const operand = call.args[0]!;
  return sameType(operand.type, call.type) && !hasTime(operand.type) ? operand : call;
}

function hasTime(type: DataType): boolean {
  return 'time' in type && type.time !== undefined;
}

/**
 * The field of a row that was just made. `CASE WHEN f0 IS NOT NULL OR … THEN ROW(f0, …) ELSE NULL END` is how rows of
 * flat columns are made (bind/table.ts): where all fields are NULL, so is the one that is taken.
 */
function get(call: Call): Expr {
  const [row, index] = call.args as readonly [Expr, Expr];
  if (row.kind !== 'call' || index.kind !== 'literal') return call;
  const field = Number(index.value);
  if (row.fn === 'ROW') return row.args[field] ?? call;
  if (row.fn !== 'CASE' || row.args.length !== 3 || !isNull(row.args[2]!)) return call;
  const [condition, whole] = row.args as readonly [Expr, Expr];
  if (whole.kind !== 'call' || whole.fn !== 'ROW') return call;
  const tested = disjunctsOf(condition).map((test) =>
    test.kind === 'call' && test.fn === 'IS NOT NULL' ? test.args[0]! : null,
  );
  const all = whole.args.every((arg) => tested.some((other) => other !== null && exprsEqual(other, arg)));
  return all && tested.length === whole.args.length ? whole.args[field]! : call;
}

const FLIPPED: Readonly<Record<string, string>> = { '=': '=', '<>': '<>', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

function comparison(call: Call): Expr {
  const [left, right] = call.args as readonly [Expr, Expr];
  if (left.kind === 'literal' && right.kind !== 'literal') {
    return comparison({ ...call, fn: FLIPPED[call.fn]!, args: [right, left] });
  }
  return withoutWidening(call, left, right);
}

const RANGE: Readonly<Record<string, bigint>> = { TINYINT: 7n, SMALLINT: 15n, INT: 31n, BIGINT: 63n };

/** `CAST(small AS BIGINT) = 5` is `small = 5` if 5 is a value of the small type. */
function withoutWidening(call: Call, left: Expr, right: Expr): Expr {
  if (left.kind !== 'call' || left.fn !== 'CAST' || right.kind !== 'literal' || right.value === null) return call;
  const operand = left.args[0]!;
  if (!isInteger(operand.type) || !isInteger(left.type) || !isInteger(right.type)) return call;
  const bits = RANGE[operand.type.kind]!;
  if (bits > RANGE[left.type.kind]!) return call;
  const value = BigInt(right.value as number | bigint);
  if (value >= 1n << bits || value < -(1n << bits)) return call;
  const narrow = operand.type.kind === 'BIGINT' ? value : Number(value);
  return { ...call, args: [operand, literal(narrow, { ...operand.type, nullable: false })] };
}

/** Gives the same value for the same row, in both modes. */
export function isDeterministic(expr: Expr): boolean {
  if (expr.kind !== 'call') return true;
  const fn = functions.scalar(expr.fn);
  return fn?.deterministic === true && expr.args.every(isDeterministic);
}
