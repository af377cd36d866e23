/**
 * The JSON functions with their clauses as calls. What a clause says is a symbol, what is not said the default:
 *
 * | syntax | call |
 * |---|---|
 * | JSON_EXISTS(t, p … ON ERROR) | `JSON_EXISTS`(t, p, onError) |
 * | JSON_VALUE(t, p RETURNING type … ON …) | `JSON_VALUE`(t, p, onEmpty, default, onError, default) of the type |
 * | JSON_QUERY(t, p … WRAPPER … ON EMPTY … ON ERROR) | `JSON_QUERY`(t, p, wrapper, onEmpty, onError) |
 * | JSON_OBJECT(k VALUE v, … ON NULL) | `JSON_OBJECT`(onNull, marks, k, v, …) |
 * | JSON_ARRAY(v, … ON NULL) | `JSON_ARRAY`(onNull, marks, v, …) |
 *
 * `marks` has a letter for each value: J if it is JSON text itself (a nested constructor), V if it is a value.
 */
import { EngineError, type Span } from '../base/errors.ts';
import { type DataType, isCharacter, nullable, STRING } from '../types/data-type.ts';
import { printType } from '../types/print.ts';
import { type Expr, literal } from './expr.ts';
import { symbol } from './operators.ts';
import { castTo, resolveCall, resolveNamed } from './resolve.ts';

export interface JsonClauses {
  readonly returning?: DataType | undefined;
  readonly wrapper?: string | undefined;
  readonly onEmpty?: string | undefined;
  readonly onEmptyDefault?: Expr | undefined;
  readonly onError?: string | undefined;
  readonly onErrorDefault?: Expr | undefined;
  readonly onNull?: string | undefined;
}

const WITH_CLAUSES: ReadonlySet<string> = new Set([
  'JSON_EXISTS',
  'JSON_VALUE',
  'JSON_QUERY',
  'JSON_OBJECT',
  'JSON_ARRAY',
]);

/** Has the function clauses of its own, so that `resolveJson` must be called for it? */
export function isJsonFunction(name: string): boolean {
  return WITH_CLAUSES.has(name.toUpperCase());
}

/**
 * @param name JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT (pairs flat in `args`) or JSON_ARRAY
 * @throws EngineError SQL-FUNCTION-UNKNOWN, SQL-ARGUMENT-TYPE, SQL-TYPE
 */
export function resolveJson(name: string, args: readonly Expr[], clauses: JsonClauses, span?: Span): Expr {
  switch (name.toUpperCase()) {
    case 'JSON_EXISTS':
      return resolveCall('JSON_EXISTS', [...args, symbol(clauses.onError ?? 'FALSE')], span);
    case 'JSON_QUERY': {
      const wrapper = symbol(clauses.wrapper ?? 'WITHOUT');
      const behaviours = [symbol(clauses.onEmpty ?? 'NULL'), symbol(clauses.onError ?? 'NULL')];
      return { ...resolveCall('JSON_QUERY', [...args, wrapper, ...behaviours], span), type: queryType(clauses, span) };
    }
    case 'JSON_VALUE':
      return resolveValue(args, clauses, span);
    case 'JSON_OBJECT':
      return resolveConstructor('JSON_OBJECT', args, clauses.onNull ?? 'NULL', 2, span);
    case 'JSON_ARRAY':
      return resolveConstructor('JSON_ARRAY', args, clauses.onNull ?? 'ABSENT', 1, span);
    default:
      return resolveNamed(name, args, span);
  }
}

/** STRING or ARRAY<STRING>. */
function queryType(clauses: JsonClauses, span: Span | undefined): DataType {
  const type = clauses.returning ?? STRING;
  if (isCharacter(type) || (type.kind === 'ARRAY' && isCharacter(type.element))) return nullable(type);
  throw new EngineError('SQL-TYPE', `JSON_QUERY cannot return ${printType(type)}`, {
    span,
    hint: 'it returns STRING or ARRAY<STRING>',
  });
}

const RETURNABLE: ReadonlySet<string> = new Set(['BOOLEAN', 'INT', 'DOUBLE', 'VARCHAR', 'CHAR']);

function resolveValue(args: readonly Expr[], clauses: JsonClauses, span: Span | undefined): Expr {
  const type = nullable(clauses.returning ?? STRING);
  if (!RETURNABLE.has(type.kind)) {
    throw new EngineError('SQL-TYPE', `JSON_VALUE cannot return ${printType(type)}`, {
      span,
      hint: 'it returns STRING, BOOLEAN, INTEGER or DOUBLE; CAST the result',
    });
  }
  const otherwise = (value: Expr | undefined): Expr =>
    value === undefined ? literal(null, type) : castTo(value, type);
  const resolved = resolveCall(
    'JSON_VALUE',
    [
      ...args,
      symbol(clauses.onEmpty ?? 'NULL'),
      otherwise(clauses.onEmptyDefault),
      symbol(clauses.onError ?? 'NULL'),
      otherwise(clauses.onErrorDefault),
    ],
    span,
  );
  return { ...resolved, type };
}

function resolveConstructor(
  name: string,
  args: readonly Expr[],
  onNull: string,
  step: 1 | 2,
  span: Span | undefined,
): Expr {
  const marks = args.filter((_, i) => step === 1 || i % 2 === 1).map((arg) => (isJson(arg) ? 'J' : 'V'));
  const marksLiteral = literal(marks.join(''), { kind: 'CHAR', length: marks.length, nullable: false });
  return resolveCall(name, [symbol(onNull), marksLiteral, ...args], span);
}

function isJson(expr: Expr): boolean {
  const constructors = ['JSON_OBJECT', 'JSON_ARRAY', 'JSON'];
  return expr.kind === 'call' && constructors.includes(expr.fn) && isCharacter(expr.type);
}
