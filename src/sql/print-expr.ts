/** Prints expressions, with parentheses only where the precedence of operators asks for them. */
import type {
  AstNode,
  BinaryExpr,
  CallExpr,
  CaseExpr,
  CastExpr,
  DescriptorArgument,
  Expr,
  IntervalQualifier,
  JsonOnClause,
  QualifiedName,
  TableArgument,
} from './ast.ts';
import { ADDITIVE_LEVEL, COMPARISON_PRECEDENCE, PRECEDENCE, SIGN_PRECEDENCE } from './precedence.ts';

/** What expressions need of the printer of everything else. */
export interface ExprHost {
  node(node: AstNode): string;
  override(node: AstNode): string | undefined;
  string(value: string): string;
  list(nodes: readonly AstNode[]): string;
  functionName(name: QualifiedName): string;
}

const PRIMARY = 100;

/**
 * The text of an expression, or undefined if the node is none. It is put in parentheses when an operator outside binds
 * at least as tightly as `level`.
 */
export function printExpr(node: AstNode, host: ExprHost, level = 0): string | undefined {
  const expr = node as Expr;
  if (level > 0) {
    const text = host.node(expr);
    return precedenceOf(expr) < level ? `(${text})` : text;
  }
  const at = (child: Expr, childLevel: number): string => printExpr(child, host, childLevel) ?? '';
  switch (expr.kind) {
    case 'number':
      return expr.text;
    case 'string':
      return `${expr.charset === undefined ? '' : `_${expr.charset}`}${host.string(expr.value)}`;
    case 'binary-string':
      return `X'${expr.hex}'`;
    case 'boolean':
      return expr.value ? 'TRUE' : 'FALSE';
    case 'null':
      return 'NULL';
    case 'datetime': {
      const type = expr.type === 'TIMESTAMP_LTZ' ? 'TIMESTAMP WITH LOCAL TIME ZONE' : expr.type;
      return `${type} ${host.string(expr.text)}`;
    }
    case 'interval':
      return `INTERVAL ${expr.sign < 0 ? '-' : ''}${host.string(expr.text)} ${printQualifier(expr.qualifier)}`;
    case 'interval-of':
      return `INTERVAL (${host.node(expr.value)}) ${printQualifier(expr.qualifier)}`;
    case 'datetime-difference': {
      const difference = `${at(expr.left, PRECEDENCE['-']!)} - ${at(expr.right, PRECEDENCE['-']! + 1)}`;
      return `(${difference}) ${printQualifier(expr.qualifier)}`;
    }
    case 'column-ref':
      return host.node(expr.name);
    case 'star':
      return expr.qualifier === undefined ? '*' : `${host.node(expr.qualifier)}.*`;
    case 'symbol':
      return expr.value;
    case 'default':
      return 'DEFAULT';
    case 'parameter':
      return '?';
    case 'unary': {
      if (expr.op === 'NOT') return `NOT ${at(expr.operand, PRECEDENCE.NOT!)}`;
      const operand = at(expr.operand, SIGN_PRECEDENCE);
      return /^[-+]/.test(operand) ? `${expr.op} ${operand}` : `${expr.op}${operand}`;
    }
    case 'binary':
      return printBinary(expr, host);
    case 'is': {
      const other = expr.other === undefined ? '' : ` ${at(expr.other, COMPARISON_PRECEDENCE + 1)}`;
      const level = expr.other === undefined ? PRECEDENCE.is! : COMPARISON_PRECEDENCE;
      return `${at(expr.operand, level)} IS ${not(expr.negated)}${expr.test}${other}`;
    }
    case 'between': {
      const low = at(expr.low, ADDITIVE_LEVEL);
      const high = at(expr.high, ADDITIVE_LEVEL);
      const symmetric = expr.symmetric ? 'SYMMETRIC ' : '';
      return `${at(expr.operand, PRECEDENCE.between!)} ${not(expr.negated)}BETWEEN ${symmetric}${low} AND ${high}`;
    }
    case 'in-list':
      return `${at(expr.operand, PRECEDENCE['in-list']!)} ${not(expr.negated)}IN (${host.list(expr.list)})`;
    case 'in-query':
      return `${at(expr.operand, PRECEDENCE['in-query']!)} ${not(expr.negated)}IN (${host.node(expr.query)})`;
    case 'like': {
      const escaped = expr.escape === undefined ? '' : ` ESCAPE ${at(expr.escape, ADDITIVE_LEVEL)}`;
      const pattern = at(expr.pattern, ADDITIVE_LEVEL);
      return `${at(expr.operand, PRECEDENCE.like!)} ${not(expr.negated)}${expr.op} ${pattern}${escaped}`;
    }
    case 'exists':
      return `${expr.op} (${host.node(expr.query)})`;
    case 'quantified': {
      const set = expr.query === undefined ? host.list(expr.list ?? []) : host.node(expr.query);
      return `${at(expr.operand, COMPARISON_PRECEDENCE)} ${expr.op} ${expr.quantifier} (${set})`;
    }
    case 'case':
      return printCase(expr, host);
    case 'cast':
      return `${expr.op}(${host.node(expr.operand)} AS ${printCastType(expr, host)})`;
    case 'call':
      return printCall(expr, host);
    case 'row':
      return `${expr.explicit ? 'ROW' : ''}(${host.list(expr.items)})`;
    case 'collection':
      return `${expr.type}[${host.list(expr.items)}]`;
    case 'collection-query':
      return `${expr.type}(${host.node(expr.query)})`;
    case 'element-access':
      return `${at(expr.operand, PRIMARY)}[${host.node(expr.index)}]`;
    case 'field-access': {
      const operand = host.node(expr.operand);
      return `${canHaveField(expr.operand) ? operand : `(${operand})`}.${host.node(expr.field)}`;
    }
    case 'subquery':
      return `(${host.node(expr.query)})`;
    case 'named-argument':
      return `${host.node(expr.name)} => ${host.node(expr.value)}`;
    case 'table-argument':
      return printTableArgument(expr, host);
    case 'model-argument':
      return `MODEL ${host.node(expr.name)}`;
    case 'descriptor':
      return printDescriptor(expr, host);
    default:
      return undefined;
  }
}

function printQualifier({ from, to, leadingPrecision, fractionalPrecision }: IntervalQualifier): string {
  const seconds = fractionalPrecision === undefined ? '' : `(${fractionalPrecision})`;
  if (to !== undefined)
    return `${from}${leadingPrecision === undefined ? '' : `(${leadingPrecision})`} TO ${to}${seconds}`;
  const precisions = [leadingPrecision, fractionalPrecision].filter((each) => each !== undefined);
  return precisions.length === 0 ? from : `${from}(${precisions.join(', ')})`;
}

function precedenceOf(expr: Expr): number {
  switch (expr.kind) {
    case 'binary':
      return PRECEDENCE[expr.op] ?? COMPARISON_PRECEDENCE;
    case 'unary':
      return expr.op === 'NOT' ? PRECEDENCE.NOT! : SIGN_PRECEDENCE;
    case 'is':
      return expr.test === 'DISTINCT FROM' ? COMPARISON_PRECEDENCE : PRECEDENCE.is!;
    case 'between':
    case 'in-list':
    case 'in-query':
    case 'like':
      return PRECEDENCE[expr.kind]!;
    case 'quantified':
      return COMPARISON_PRECEDENCE;
    default:
      return PRIMARY;
  }
}

/** Goes down the left side in a loop: a chain of ANDs may be thousands long. */
function printBinary(expr: BinaryExpr, host: ExprHost): string {
  const parts: string[] = [];
  let node = expr;
  for (;;) {
    const level = precedenceOf(node);
    parts.push(printExpr(node.right, host, level + 1) ?? '', node.op);
    const { left } = node;
    const bare = left.kind === 'binary' && precedenceOf(left) >= level;
    const overridden = bare ? host.override(left) : undefined;
    if (!bare || overridden !== undefined) {
      parts.push(overridden ?? printExpr(left, host, level) ?? '');
      return parts.reverse().join(' ');
    }
    node = left;
  }
}

function not(negated: boolean): string {
  return negated ? 'NOT ' : '';
}

function canHaveField(operand: Expr): boolean {
  if (operand.kind === 'call') return operand.niladic === undefined;
  return ['cast', 'element-access', 'field-access', 'row', 'subquery', 'collection'].includes(operand.kind);
}

function printCase({ operand, branches, otherwise }: CaseExpr, host: ExprHost): string {
  const parts = ['CASE'];
  if (operand !== undefined) parts.push(host.node(operand));
  for (const { when, result } of branches) parts.push(`WHEN ${host.list(when)} THEN ${host.node(result)}`);
  if (otherwise !== undefined) parts.push(`ELSE ${host.node(otherwise)}`);
  return `${parts.join(' ')} END`;
}

function printCastType({ type, interval }: CastExpr, host: ExprHost): string {
  if (interval !== undefined) return `INTERVAL ${printQualifier(interval)}`;
  return type === undefined ? '' : host.node(type);
}

function printTableArgument({ name, query, partitionBy, orderBy }: TableArgument, host: ExprHost): string {
  const parts = [name === undefined ? `TABLE (${query ? host.node(query) : ''})` : `TABLE ${host.node(name)}`];
  if (partitionBy !== undefined) parts.push(`PARTITION BY (${host.list(partitionBy)})`);
  if (orderBy !== undefined) parts.push(`ORDER BY (${host.list(orderBy)})`);
  return parts.join(' ');
}

function printDescriptor({ columns }: DescriptorArgument, host: ExprHost): string {
  const texts = columns.map(({ name, type }) => (type ? `${host.node(name)} ${host.node(type)}` : host.node(name)));
  return `DESCRIPTOR(${texts.join(', ')})`;
}

// ── calls ──

function printCall(call: CallExpr, host: ExprHost): string {
  const { quantifier, orderBy, withinDistinct, withinGroup, nulls, filter, over, semantics } = call;
  const name = host.functionName(call.name);
  if (call.niladic) return name;
  const inner = [printArguments(call, host)];
  if (quantifier !== undefined) inner.unshift(quantifier);
  if (orderBy !== undefined) inner.push(`ORDER BY ${host.list(orderBy)}`);
  const onNull = call.json?.onNull;
  if (onNull !== undefined) inner.push(`${onNull} ON NULL`);
  const parts = [`${name}(${inner.filter((each) => each !== '').join(' ')})`];
  if (semantics !== undefined) parts.unshift(semantics);
  if (nulls !== undefined) parts.push(`${nulls} NULLS`);
  if (withinDistinct !== undefined) parts.push(`WITHIN DISTINCT (${host.list(withinDistinct)})`);
  if (withinGroup !== undefined) parts.push(`WITHIN GROUP (ORDER BY ${host.list(withinGroup)})`);
  if (filter !== undefined) parts.push(`FILTER (WHERE ${host.node(filter)})`);
  if (over !== undefined) parts.push(`OVER ${host.node(over)}`);
  return parts.join(' ');
}

/** What stands between the parentheses, in the keyword syntax of the function if it has one. */
function printArguments(call: CallExpr, host: ExprHost): string {
  const [only] = call.name.parts;
  const keyword = call.name.parts.length === 1 && only?.quoted === false ? only.name.toUpperCase() : '';
  const symbolAt = call.args.findIndex((arg) => arg.kind === 'symbol');
  const texts = call.args.map((arg, i) =>
    keyword === 'POSITION' && i === 0 ? (printExpr(arg, host, ADDITIVE_LEVEL) ?? '') : host.node(arg),
  );
  const [a, b, c, d] = texts;
  const list = texts.join(', ');
  switch (keyword) {
    case 'EXTRACT':
      return symbolAt === 0 ? `${a} FROM ${b}` : list;
    case 'FLOOR':
    case 'CEIL':
    case 'CEILING':
      return symbolAt === 1 ? `${a} TO ${b}` : list;
    case 'TRIM':
      return symbolAt === 0 ? `${a} ${b} FROM ${c}` : list;
    case 'OVERLAY':
      return `${a} PLACING ${b} FROM ${c}${d === undefined ? '' : ` FOR ${d}`}`;
    case 'POSITION':
      return `${a} IN ${b}${c === undefined ? '' : ` FROM ${c}`}`;
    case 'JSON_VALUE':
    case 'JSON_QUERY':
    case 'JSON_EXISTS':
      return [list, ...jsonClauses(call, host)].join(' ');
    case 'JSON_OBJECT':
    case 'JSON_OBJECTAGG':
      return jsonPairs(texts);
    default:
      return list;
  }
}

function jsonClauses({ json }: CallExpr, host: ExprHost): readonly string[] {
  if (json === undefined) return [];
  const { returning, wrapper, onEmpty, onError } = json;
  const on = (clause: JsonOnClause | undefined, when: string): string[] => {
    if (clause === undefined) return [];
    const value = clause.value === undefined ? '' : ` ${printExpr(clause.value, host, ADDITIVE_LEVEL)}`;
    return [`${clause.behaviour}${value} ON ${when}`];
  };
  const wrap = wrapper === 'WITHOUT' ? 'WITHOUT WRAPPER' : `WITH ${wrapper} WRAPPER`;
  return [
    ...(returning === undefined ? [] : [`RETURNING ${host.node(returning)}`]),
    ...(wrapper === undefined ? [] : [wrap]),
    ...on(onEmpty, 'EMPTY'),
    ...on(onError, 'ERROR'),
  ];
}

function jsonPairs(texts: readonly string[]): string {
  const pairs: string[] = [];
  for (let i = 0; i + 1 < texts.length; i += 2) pairs.push(`${texts[i]} VALUE ${texts[i + 1]}`);
  return pairs.join(', ');
}
