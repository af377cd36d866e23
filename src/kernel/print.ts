/** IR as kernel text; reading it back (text.ts) gives the same IR. */
import { unreachable } from '../base/assert.ts';
import type { Address, Constant, Expression, KernelFunction, Local, Loop, Operation, Statement } from './ir.ts';
import type { LinkedProgram } from './link.ts';
import { LOADS, STORES } from './operations.ts';
import {
  CASTS,
  FLOAT_FUNCTIONS,
  FLOAT_OPERATORS,
  INTEGER_FUNCTIONS,
  INTEGER_OPERATORS,
  PRECEDENCE,
} from './text-operators.ts';

const UNARY = 11;
const PRIMARY = 12;
const CONDITIONAL = 0;

/** Operation to operator, function or cast in text. */
const OPERATORS = invert(['i32', 'i64'], INTEGER_OPERATORS, ['f32', 'f64'], FLOAT_OPERATORS);
const FUNCTIONS = invert(['i32', 'i64'], INTEGER_FUNCTIONS, ['f32', 'f64'], FLOAT_FUNCTIONS);
const CAST_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries(CASTS)
    .reverse()
    .flatMap(([name, byType]) =>
      Object.values(byType)
        .filter((op) => op !== '')
        .map((op): [string, string] => [op, name]),
    ),
);

function invert(
  integers: readonly string[],
  ofIntegers: Readonly<Record<string, string>>,
  floats: readonly string[],
  ofFloats: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const type of integers) for (const [text, op] of Object.entries(ofIntegers)) map.set(`${type}.${op}`, text);
  for (const type of floats) for (const [text, op] of Object.entries(ofFloats)) map.set(`${type}.${op}`, text);
  return map;
}

/** A whole program: its globals and externs, then every function. */
export function printProgram(program: LinkedProgram): string {
  const parts: string[] = [];
  for (const [name, type] of program.globals) parts.push(`global ${name}: ${type};\n`);
  for (const { name, params, result } of program.externs) {
    const list = params.map((type, i) => `p${i}: ${type}`).join(', ');
    parts.push(`extern fn ${name}(${list})${result === undefined ? '' : `: ${result}`};\n`);
  }
  for (const definition of program.functions) parts.push(printFunction(definition));
  return parts.join('');
}

export function printFunction(definition: KernelFunction): string {
  return new Printer(definition).print();
}

class Printer {
  readonly #definition: KernelFunction;
  readonly #variables: readonly Local[];
  readonly #lines: string[] = [];
  #indent = '  ';

  constructor(definition: KernelFunction) {
    this.#definition = definition;
    this.#variables = [...definition.params, ...definition.locals];
  }

  print(): string {
    const { name, params, locals, result, body } = this.#definition;
    const list = params.map((param) => `${param.name}: ${param.type}`).join(', ');
    this.#lines.push(`fn ${name}(${list})${result === undefined ? '' : `: ${result}`} {`);
    for (const local of locals) this.#line(`let ${local.name}: ${local.type};`);
    for (const statement of body) this.#statement(statement);
    this.#lines.push('}\n');
    return this.#lines.join('\n');
  }

  #line(text: string): void {
    this.#lines.push(this.#indent + text);
  }

  /** `head {`, the body, and `} tail`. */
  #block(head: string, body: readonly Statement[], tail = ''): void {
    this.#line(`${head} {`);
    this.#indented(() => {
      for (const statement of body) this.#statement(statement);
    });
    this.#line(`}${tail}`);
  }

  #indented(print: () => void): void {
    const outer = this.#indent;
    this.#indent = `${outer}  `;
    print();
    this.#indent = outer;
  }

  #statement(statement: Statement): void {
    switch (statement.kind) {
      case 'if': {
        const head = `if (${this.#expression(statement.condition)})`;
        this.#block(head, statement.consequent);
        if (statement.alternate.length > 0) {
          this.#lines.pop();
          this.#block('} else', statement.alternate);
        }
        return;
      }
      case 'loop':
        this.#loop(statement);
        return;
      case 'block':
        this.#block(`${statement.label}:`, statement.body);
        return;
      case 'switch':
        this.#line(`switch (${this.#expression(statement.value)}) {`);
        this.#indented(() => {
          for (const one of statement.cases) this.#block(`case ${one.values.join(', ')}:`, one.body);
          this.#block('default:', statement.otherwise);
        });
        this.#line('}');
        return;
      default:
        this.#line(`${this.#simple(statement)};`);
    }
  }

  #simple(statement: Exclude<Statement, { kind: 'if' | 'loop' | 'block' | 'switch' }>): string {
    const text = (expression: Expression) => this.#expression(expression);
    switch (statement.kind) {
      case 'set':
        return `${this.#variables[statement.index]!.name} = ${text(statement.value)}`;
      case 'set-global':
        return `${statement.name} = ${text(statement.value)}`;
      case 'store': {
        const offset = statement.offset === 0 ? '' : `, ${statement.offset}`;
        return `${STORES.get(statement.op)!.text}(${text(statement.address)}, ${text(statement.value)}${offset})`;
      }
      case 'evaluate':
        return statement.value.kind === 'call' ? text(statement.value) : `drop(${text(statement.value)})`;
      case 'break':
      case 'continue':
        return statement.label === undefined ? statement.kind : `${statement.kind} ${statement.label}`;
      case 'return':
        return statement.value === undefined ? 'return' : `return ${text(statement.value)}`;
      case 'copy':
        return `copy(${text(statement.destination)}, ${text(statement.source)}, ${text(statement.length)})`;
      case 'fill':
        return `fill(${text(statement.destination)}, ${text(statement.byte)}, ${text(statement.length)})`;
      case 'trap':
        return 'trap';
      default:
        return unreachable(statement);
    }
  }

  #loop({ label, condition, body, step }: Loop): void {
    const prefix = label === undefined ? '' : `${label}: `;
    const test = condition === undefined ? '' : this.#expression(condition);
    const steps = step.map((one) =>
      one.kind === 'set' || one.kind === 'set-global' || one.kind === 'store' ? this.#simple(one) : undefined,
    );
    if (step.length > 0 && !steps.includes(undefined)) {
      this.#block(`${prefix}for (; ${test}; ${steps.join(', ')})`, body);
      return;
    }
    this.#block(`${prefix}${condition === undefined ? 'loop' : `while (${test})`}`, body);
    if (step.length > 0) {
      this.#lines.pop();
      this.#block('} step', step);
    }
  }

  /** Text that binds at least as tightly as `minimum`. */
  #expression(expression: Expression, minimum = CONDITIONAL): string {
    const [text, precedence] = this.#render(expression);
    return precedence < minimum ? `(${text})` : text;
  }

  #render(expression: Expression): [text: string, precedence: number] {
    const list = (parts: readonly Expression[]) => parts.map((part) => this.#expression(part)).join(', ');
    switch (expression.kind) {
      case 'constant':
      case 'address': {
        const text = literal(expression);
        return [text, text.startsWith('-') ? UNARY : PRIMARY];
      }
      case 'local':
        return [this.#variables[expression.index]!.name, PRIMARY];
      case 'global':
        return [expression.name, PRIMARY];
      case 'operation':
        return this.#operation(expression);
      case 'load': {
        const offset = expression.offset === 0 ? '' : `, ${expression.offset}`;
        return [`${LOADS.get(expression.op)!.text}(${this.#expression(expression.address)}${offset})`, PRIMARY];
      }
      case 'select':
        return [`select(${list([expression.condition, expression.consequent, expression.alternate])})`, PRIMARY];
      case 'conditional':
        return this.#conditional(expression.condition, expression.consequent, expression.alternate);
      case 'call':
        return [`${expression.callee.name}(${list(expression.operands)})`, PRIMARY];
      default:
        return unreachable(expression);
    }
  }

  #conditional(condition: Expression, consequent: Expression, alternate: Expression): [string, number] {
    if (isI32(alternate, 0) && !isI32(consequent, 1)) {
      const precedence = PRECEDENCE['&&']!;
      return [
        `${this.#expression(condition, precedence)} && ${this.#expression(consequent, precedence + 1)}`,
        precedence,
      ];
    }
    if (isI32(consequent, 1)) {
      const precedence = PRECEDENCE['||']!;
      return [
        `${this.#expression(condition, precedence)} || ${this.#expression(alternate, precedence + 1)}`,
        precedence,
      ];
    }
    const [test, yes, no] = [condition, consequent, alternate].map((part) => this.#expression(part, 1));
    return [`${test} ? ${yes} : ${no}`, CONDITIONAL];
  }

  #operation({ op, operands, lanes }: Operation): [string, number] {
    const [a, b] = operands as [Expression, Expression | undefined];
    if (op === 'i32.eqz' || op === 'i64.eqz') return [`!${this.#expression(a, UNARY)}`, UNARY];
    if (op === 'f32.neg' || op === 'f64.neg') return [`-${this.#expression(a, PRIMARY)}`, UNARY];
    const operator = OPERATORS.get(op);
    if (operator !== undefined && b !== undefined) {
      const precedence = PRECEDENCE[operator]!;
      // Two literals would be computed on the spot: give the first its type.
      const typed = a.kind === 'constant' && b.kind === 'constant' && a.type !== 'i64' && a.type !== 'f32';
      const left = typed ? `${a.type}(${literal(a)})` : this.#expression(a, precedence);
      return [`${left} ${operator} ${this.#expression(b, precedence + 1)}`, precedence];
    }
    const name = FUNCTIONS.get(op) ?? CAST_NAMES.get(op) ?? op;
    const args = [...operands.map((operand) => this.#expression(operand)), ...lanes];
    return [`${name}(${args.join(', ')})`, PRIMARY];
  }
}

function isI32(expression: Expression, value: number): boolean {
  return expression.kind === 'constant' && expression.type === 'i32' && expression.value === value;
}

function literal(constant: Constant | Address): string {
  switch (constant.type) {
    case 'i32':
      return String(constant.value);
    case 'i64':
      return `${constant.value}L`;
    case 'f32':
      return Number.isFinite(constant.value) ? `${withPoint(constant.value)}f` : `f32(${withPoint(constant.value)})`;
    case 'f64':
      return withPoint(constant.value);
    case 'v128':
      return `v128.const(${constant.value.join(', ')})`;
  }
}

function withPoint(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
