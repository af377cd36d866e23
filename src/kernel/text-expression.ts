/**
 * Expressions of kernel text. Number literals have no type until they meet one: in `k + 1` the literal has the type of
 * k, and on its own it is i32 (or f64, with a point).
 */
import { InvariantError } from '../base/assert.ts';
import { call, conditional, type I32, load, select, type Typed, v128 } from './build.ts';
import { constant, expectType, operation } from './fold.ts';
import type { Callee, Expression, ValueType } from './ir.ts';
import { LOADS, OPERATIONS } from './operations.ts';
import type { Token } from './text-lexer.ts';
import {
  CASTS,
  FLOAT_FUNCTIONS,
  FLOAT_OPERATORS,
  INTEGER_FUNCTIONS,
  INTEGER_OPERATORS,
  PRECEDENCE,
} from './text-operators.ts';

/** A number that has no type yet. */
export interface Untyped {
  readonly kind: 'untyped';
  readonly value: bigint | number;
}

export type Parsed = Expression | Untyped;

/** What names mean where an expression stands. */
export interface NameScope {
  variable(name: string): Parsed | undefined;
  callee(name: string): Callee | undefined;
}

const LOADS_BY_TEXT: ReadonlyMap<string, string> = new Map([...LOADS.values()].map((one) => [one.text, one.name]));

/** Reads tokens one after another; errors name the line. */
export class TokenReader {
  readonly where: string;
  readonly #tokens: readonly Token[];
  position = 0;

  constructor(tokens: readonly Token[], where: string) {
    this.#tokens = tokens;
    this.where = where;
  }

  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.position + ahead, this.#tokens.length - 1)]!;
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.position++;
    return token;
  }

  accept(text: string): boolean {
    if (this.peek().text !== text || this.peek().kind === 'end') return false;
    this.position++;
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) this.fail(`expected '${text}', found '${this.peek().text}'`);
  }

  name(): string {
    const token = this.next();
    if (token.kind !== 'name') this.fail(`expected a name, found '${token.text}'`);
    return token.text;
  }

  fail(message: string): never {
    throw new InvariantError(`${this.where}, line ${this.peek().line}: ${message}`);
  }

  /** Runs a builder function; its complaints get the line. */
  at<T>(build: () => T): T {
    try {
      return build();
    } catch (error) {
      if (!(error instanceof InvariantError) || error.message.includes(', line ')) throw error;
      return this.fail(error.message.replace('invariant violated: ', ''));
    }
  }
}

const TYPES: ReadonlySet<string> = new Set(['i32', 'i64', 'f32', 'f64', 'v128']);

/** Reads the name of a type. */
export function typeName(reader: TokenReader): ValueType {
  const name = reader.name();
  if (!TYPES.has(name)) reader.fail(`there is no type ${name}`);
  return name as ValueType;
}

export class ExpressionParser {
  readonly #reader: TokenReader;
  readonly #scope: NameScope;

  constructor(reader: TokenReader, scope: NameScope) {
    this.#reader = reader;
    this.#scope = scope;
  }

  /** An expression of the type. */
  expect(type: ValueType, where: string): Expression {
    const expression = this.typed(this.parse(), type);
    this.#reader.at(() => expectType(where, expression, type));
    return expression;
  }

  /** An expression with a type; a literal alone is i32 or f64. */
  any(): Expression {
    return this.typed(this.parse());
  }

  parse(): Parsed {
    const condition = this.#binary(1);
    if (!this.#reader.accept('?')) return condition;
    const consequent = this.parse();
    this.#reader.expect(':');
    const alternate = this.parse();
    const [a, b] = this.#unify(consequent, alternate);
    return this.#reader.at(() =>
      conditional(this.typed(condition, 'i32') as I32, a as Typed<ValueType>, b as Typed<ValueType>),
    );
  }

  /** Gives a literal its type. */
  typed(parsed: Parsed, type?: Expression['type']): Expression {
    if (parsed.kind !== 'untyped') return parsed;
    const { value } = parsed;
    const wanted = type ?? (typeof value === 'bigint' ? 'i32' : 'f64');
    const isFloat = wanted === 'f32' || wanted === 'f64';
    if (wanted === 'v128' || wanted === 'none' || (typeof value === 'number' && !isFloat)) {
      return this.#reader.fail(`${value} is no ${wanted}`);
    }
    const bits = wanted === 'i32' ? 32n : 64n;
    if (typeof value === 'bigint' && !isFloat && (value < -(1n << (bits - 1n)) || value >= 1n << bits)) {
      return this.#reader.fail(`${value} does not fit in ${wanted}`);
    }
    return constant(wanted, value);
  }

  #unify(a: Parsed, b: Parsed): [Expression, Expression] {
    const first = this.typed(a, b.kind === 'untyped' ? commonDefault(a, b) : b.type);
    return [first, this.typed(b, first.type)];
  }

  #binary(minimum: number): Parsed {
    let left = this.#unary();
    for (;;) {
      const symbol = this.#reader.peek();
      const precedence = symbol.kind === 'symbol' ? PRECEDENCE[symbol.text] : undefined;
      if (precedence === undefined || precedence < minimum) return left;
      this.#reader.next();
      left = this.#combine(symbol.text, left, this.#binary(precedence + 1));
    }
  }

  #combine(symbol: string, a: Parsed, b: Parsed): Parsed {
    if (a.kind === 'untyped' && b.kind === 'untyped') return this.#untyped(symbol, a.value, b.value);
    if (symbol === '&&' || symbol === '||') {
      const [left, right] = [this.typed(a, 'i32') as I32, this.typed(b, 'i32') as I32];
      const [consequent, alternate] =
        symbol === '&&' ? [right, constant('i32', 0) as I32] : [constant('i32', 1) as I32, right];
      return this.#reader.at(() => conditional(left, consequent, alternate));
    }
    const [left, right] = this.#unify(a, b);
    const isFloat = left.type === 'f32' || left.type === 'f64';
    const name = (isFloat ? FLOAT_OPERATORS : INTEGER_OPERATORS)[symbol];
    if (name === undefined || left.type === 'v128') this.#reader.fail(`there is no ${symbol} of ${left.type}`);
    return this.#reader.at(() => operation(`${left.type}.${name}`, [left, right]));
  }

  #untyped(symbol: string, a: bigint | number, b: bigint | number): Untyped {
    const value =
      typeof a === 'bigint' && typeof b === 'bigint'
        ? integerArithmetic(symbol, a, b)
        : floatArithmetic(symbol, Number(a), Number(b));
    if (value === undefined) return this.#reader.fail(`${a} ${symbol} ${b} is not computed: give a type`);
    return { kind: 'untyped', value };
  }

  #unary(): Parsed {
    const reader = this.#reader;
    if (reader.accept('-')) {
      const inner = this.#unary();
      if (inner.kind === 'untyped') return { kind: 'untyped', value: -inner.value };
      if (inner.type === 'f32' || inner.type === 'f64') return operation(`${inner.type}.neg`, [inner]);
      return reader.at(() => operation(`${inner.type}.sub`, [constant(inner.type as 'i32', 0), inner]));
    }
    if (reader.accept('!')) {
      const inner = this.typed(this.#unary());
      return reader.at(() => operation(`${inner.type}.eqz`, [inner]));
    }
    if (reader.accept('~')) {
      const inner = this.#unary();
      if (inner.kind === 'untyped') return { kind: 'untyped', value: ~BigInt(inner.value) };
      return reader.at(() => operation(`${inner.type}.xor`, [inner, constant(inner.type as 'i32', -1)]));
    }
    return this.#primary();
  }

  #primary(): Parsed {
    const reader = this.#reader;
    const token = reader.next();
    if (token.text === '(' && token.kind === 'symbol') {
      const inner = this.parse();
      reader.expect(')');
      return inner;
    }
    if (token.kind === 'integer' || token.kind === 'float') return numberLiteral(token);
    if (token.kind !== 'name') {
      reader.position--;
      return reader.fail(`expected an expression, found '${token.text}'`);
    }
    if (reader.peek().text === '(') return this.#call(token.text);
    if (token.text === 'inf') return { kind: 'untyped', value: Number.POSITIVE_INFINITY };
    if (token.text === 'nan') return { kind: 'untyped', value: Number.NaN };
    return this.#scope.variable(token.text) ?? reader.fail(`there is no variable ${token.text}`);
  }

  /** The arguments of a call, between parentheses. */
  arguments(): Parsed[] {
    const reader = this.#reader;
    const list: Parsed[] = [];
    reader.expect('(');
    while (!reader.accept(')')) {
      if (list.length > 0) reader.expect(',');
      list.push(this.parse());
    }
    return list;
  }

  #call(name: string): Parsed {
    const reader = this.#reader;
    const args = this.arguments();
    const callee = this.#scope.callee(name);
    if (callee !== undefined) {
      const operands = args.map((arg, i) => this.typed(arg, callee.params[i]));
      return reader.at(() => call(callee, ...operands));
    }
    const loadName = LOADS_BY_TEXT.get(name);
    if (loadName !== undefined) {
      const offset = args[1] === undefined ? 0 : this.constantInteger(args[1]);
      return reader.at(() => load(loadName, this.typed(args[0]!, 'i32'), offset));
    }
    if (OPERATIONS.has(name)) return this.#operationByName(name, args);
    if (name === 'v128.const') return v128.const(Uint8Array.from(args, (arg) => this.constantInteger(arg)));
    if (name === 'select') {
      const [a, b] = this.#unify(args[1]!, args[2]!);
      return reader.at(() => select(this.typed(args[0]!, 'i32') as I32, a as Typed<ValueType>, b as Typed<ValueType>));
    }
    return this.#builtin(name, args);
  }

  #operationByName(name: string, args: readonly Parsed[]): Expression {
    const { operands } = OPERATIONS.get(name)!;
    const values = operands.map((type, i) =>
      args[i] === undefined
        ? this.#reader.fail(`${name} takes ${operands.length} operands`)
        : this.typed(args[i], type),
    );
    const lanes = args.slice(operands.length).map((lane) => this.constantInteger(lane));
    return this.#reader.at(() => operation(name, values, lanes));
  }

  #builtin(name: string, args: readonly Parsed[]): Expression {
    const reader = this.#reader;
    const cast = CASTS[name];
    if (cast !== undefined && args.length === 1) return this.#cast(name, cast, args[0]!);
    const operands = args.length === 2 ? this.#unify(args[0]!, args[1]!) : args.map((arg) => this.typed(arg));
    const type = operands[0]?.type;
    const isFloat = type === 'f32' || type === 'f64';
    const found = (isFloat ? FLOAT_FUNCTIONS : INTEGER_FUNCTIONS)[name];
    if (found === undefined || type === undefined) {
      return reader.fail(`there is no function ${name}${type === undefined ? '' : ` of ${type}`}`);
    }
    return reader.at(() => operation(`${type}.${found}`, operands));
  }

  #cast(name: string, cast: Readonly<Record<string, string>>, arg: Parsed): Expression {
    if (arg.kind === 'untyped') {
      const target = name === 'u32' ? 'i32' : name === 'u64' ? 'i64' : name;
      const isType = target === 'i32' || target === 'i64' || target === 'f32' || target === 'f64';
      if (isType && (typeof arg.value === 'bigint' || target.startsWith('f'))) return this.typed(arg, target);
    }
    const operand = this.typed(arg);
    const op = cast[operand.type];
    if (op === undefined) return this.#reader.fail(`there is no ${name} of ${operand.type}`);
    return op === '' ? operand : operation(op, [operand]);
  }

  /** A number known while parsing. */
  constantInteger(parsed: Parsed): number {
    if (parsed.kind === 'untyped' && typeof parsed.value === 'bigint') return Number(parsed.value);
    if (parsed.kind === 'constant' && parsed.type === 'i32') return parsed.value;
    return this.#reader.fail('expected a constant');
  }
}

/** Two literals: float if one is. */
function commonDefault(a: Parsed, b: Parsed): ValueType {
  const float = [a, b].some((one) => one.kind === 'untyped' && typeof one.value === 'number');
  return float ? 'f64' : 'i32';
}

function numberLiteral(token: Token): Parsed {
  const text = token.text.replaceAll('_', '');
  if (token.kind === 'float') {
    return text.endsWith('f') ? constant('f32', Number(text.slice(0, -1))) : { kind: 'untyped', value: Number(text) };
  }
  return text.endsWith('L') ? constant('i64', BigInt(text.slice(0, -1))) : { kind: 'untyped', value: BigInt(text) };
}

function integerArithmetic(symbol: string, a: bigint, b: bigint): bigint | undefined {
  switch (symbol) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0n ? undefined : a / b;
    case '%':
      return b === 0n ? undefined : a % b;
    case '<<':
      return a << b;
    case '>>':
      return a >> b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    default:
      return undefined;
  }
}

function floatArithmetic(symbol: string, a: number, b: number): number | undefined {
  switch (symbol) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    default:
      return undefined;
  }
}
