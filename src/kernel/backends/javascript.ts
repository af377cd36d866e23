/**
 * Kernels as JavaScript source, to step through in a debugger and to compare with: i32 with `| 0`, i64 as BigInt
 * wrapped to 64 bits. Memory, vectors and what has no short form are calls into a small runtime.
 */
import { unreachable } from '../../base/assert.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { Expression, KernelFunction, Loop, Operation, Statement, Switch } from '../ir.ts';
import type { LinkedProgram } from '../link.ts';
import { SCALARS } from '../scalar.ts';
import { KernelTrap } from '../trap.ts';
import { coerce, MemoryAccess, zero } from './access.ts';
import { evaluateVector } from './vector.ts';

type AnyFunction = (...args: unknown[]) => unknown;

/** Templates of operations: `a` and `b` stand for the operands. */
const TEMPLATES: ReadonlyMap<string, string> = new Map([
  ...comparisons('i32', 's', 'a', 'b'),
  ...comparisons('i32', 'u', '(a >>> 0)', '(b >>> 0)'),
  ...comparisons('i64', 's', 'a', 'b'),
  ...comparisons('i64', 'u', 'BigInt.asUintN(64, a)', 'BigInt.asUintN(64, b)'),
  ...comparisons('f32', '', 'a', 'b'),
  ...comparisons('f64', '', 'a', 'b'),
  ['i32.eqz', '+(a === 0)'],
  ['i64.eqz', '+(a === 0n)'],
  ...equalities('i32'),
  ...equalities('i64'),
  ['i32.add', '(a + b | 0)'],
  ['i32.sub', '(a - b | 0)'],
  ['i32.mul', 'Math.imul(a, b)'],
  ['i32.and', '(a & b)'],
  ['i32.or', '(a | b)'],
  ['i32.xor', '(a ^ b)'],
  ['i32.shl', '(a << b)'],
  ['i32.shr_s', '(a >> b)'],
  ['i32.shr_u', '(a >>> b | 0)'],
  ['i64.add', 'BigInt.asIntN(64, a + b)'],
  ['i64.sub', 'BigInt.asIntN(64, a - b)'],
  ['i64.mul', 'BigInt.asIntN(64, a * b)'],
  ['i64.and', '(a & b)'],
  ['i64.or', '(a | b)'],
  ['i64.xor', '(a ^ b)'],
  ['i64.shl', 'BigInt.asIntN(64, a << (b & 63n))'],
  ['i64.shr_s', '(a >> (b & 63n))'],
  ['i64.shr_u', 'BigInt.asIntN(64, BigInt.asUintN(64, a) >> (b & 63n))'],
  ['i32.wrap_i64', 'Number(BigInt.asIntN(32, a))'],
  ['i64.extend_i32_s', 'BigInt(a)'],
  ['i64.extend_i32_u', 'BigInt(a >>> 0)'],
  ...arithmetic('f64', ''),
  ...arithmetic('f32', 'Math.fround'),
  ['f64.neg', '(-a)'],
  ['f64.promote_f32', 'a'],
  ['f32.demote_f64', 'Math.fround(a)'],
]);

function comparisons(type: string, sign: string, a: string, b: string): [string, string][] {
  const symbols: [string, string][] = [
    ['lt', '<'],
    ['gt', '>'],
    ['le', '<='],
    ['ge', '>='],
  ];
  return symbols.map(([name, symbol]) => [`${type}.${name}${sign === '' ? '' : `_${sign}`}`, `+(${a} ${symbol} ${b})`]);
}

function equalities(type: string): [string, string][] {
  return [
    [`${type}.eq`, '+(a === b)'],
    [`${type}.ne`, '+(a !== b)'],
  ];
}

function arithmetic(type: string, round: string): [string, string][] {
  const symbols: [string, string][] = [
    ['add', '+'],
    ['sub', '-'],
    ['mul', '*'],
    ['div', '/'],
  ];
  return symbols.map(([name, symbol]) => [`${type}.${name}`, `${round}(a ${symbol} b)`]);
}

/** What the generated source calls. */
function makeRuntime(memory: LinearMemory) {
  const access = new MemoryAccess(memory);
  return {
    load: (op: string, address: number, offset: number) => access.load(op, address, offset),
    store: access.store.bind(access),
    copy: access.copy.bind(access),
    fill: access.fill.bind(access),
    scalars: Object.fromEntries(SCALARS),
    vector: evaluateVector,
    trap: () => {
      throw new KernelTrap('unreachable');
    },
  };
}

/** The entries of a linked program as JavaScript functions. */
export function runAsJavaScript(
  program: LinkedProgram,
  memory: LinearMemory,
  externs: Readonly<Record<string, AnyFunction>>,
): Record<string, AnyFunction> {
  const checked: Record<string, AnyFunction> = {};
  for (const { name, result } of program.externs) {
    checked[name] = (...args) => {
      const value = externs[name]!(...args);
      return result === undefined ? undefined : coerce(result, value);
    };
  }
  const make = new Function('runtime', 'externs', emitJavaScript(program));
  const functions = make(makeRuntime(memory), checked) as AnyFunction[];
  const entries: Record<string, AnyFunction> = {};
  program.functions.slice(0, program.entryCount).forEach((definition, index) => {
    const { params } = definition;
    entries[definition.name] = (...args) => functions[index]!(...params.map((one, i) => coerce(one.type, args[i])));
  });
  return entries;
}

/** The body of a function of (runtime, externs) that returns the entries as an array. */
export function emitJavaScript(program: LinkedProgram): string {
  const lines = ['"use strict";'];
  for (const [name, type] of program.globals) lines.push(`let ${globalName(name)} = ${literal(zero(type))};`);
  program.functions.forEach((definition, index) => {
    lines.push(new FunctionPrinter(program, definition, index).print());
  });
  const entries = Array.from({ length: program.entryCount }, (_, index) => functionName(program, index));
  lines.push(`return [${entries.join(', ')}];`);
  return lines.join('\n');
}

function globalName(name: string): string {
  return `$${name}`;
}

/** Functions of two libraries may share a name, so the index makes it unique. */
function functionName(program: LinkedProgram, index: number): string {
  return `${program.functions[index]!.name}_${index}`;
}

function literal(value: number | bigint | Uint8Array): string {
  if (typeof value === 'bigint') return value < 0n ? `(${value}n)` : `${value}n`;
  if (typeof value !== 'number') return `Uint8Array.of(${value.join(', ')})`;
  if (Object.is(value, -0)) return '(-0)';
  return value < 0 ? `(${value})` : String(value);
}

interface Target {
  readonly label: string | undefined;
  readonly isLoop: boolean;
  readonly breakName: string;
  /** The block to leave so that the step runs; undefined when a plain continue does. */
  readonly stepName: string | undefined;
}

class FunctionPrinter {
  readonly #program: LinkedProgram;
  readonly #definition: KernelFunction;
  readonly #index: number;
  readonly #names: readonly string[];
  readonly #lines: string[] = [];
  readonly #targets: Target[] = [];
  #indent = '  ';
  #labels = 0;

  constructor(program: LinkedProgram, definition: KernelFunction, index: number) {
    this.#program = program;
    this.#definition = definition;
    this.#index = index;
    this.#names = [...definition.params, ...definition.locals].map((local) => `_${local.name}`);
  }

  print(): string {
    const { params, locals, body, result } = this.#definition;
    const names = this.#names.slice(0, params.length);
    this.#lines.push(`function ${functionName(this.#program, this.#index)}(${names.join(', ')}) {`);
    locals.forEach((local, i) => {
      this.#line(`let ${this.#names[params.length + i]} = ${literal(zero(local.type))};`);
    });
    this.#statements(body);
    if (result !== undefined) this.#line('runtime.trap();');
    this.#lines.push('}');
    return this.#lines.join('\n');
  }

  #line(text: string): void {
    this.#lines.push(this.#indent + text);
  }

  #block(head: string, body: readonly Statement[], target?: Target): void {
    this.#line(`${head}{`);
    this.#indent += '  ';
    if (target !== undefined) this.#targets.push(target);
    this.#statements(body);
    if (target !== undefined) this.#targets.pop();
    this.#indent = this.#indent.slice(2);
    this.#line('}');
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: Statement): void {
    const text = (expression: Expression) => this.#expression(expression);
    switch (statement.kind) {
      case 'set':
        this.#line(`${this.#names[statement.index]} = ${text(statement.value)};`);
        return;
      case 'set-global':
        this.#line(`${globalName(statement.name)} = ${text(statement.value)};`);
        return;
      case 'store': {
        const address = text(statement.address);
        this.#line(`runtime.store('${statement.op}', ${address}, ${text(statement.value)}, ${statement.offset});`);
        return;
      }
      case 'evaluate':
        this.#line(`${text(statement.value)};`);
        return;
      case 'if':
        this.#block(`if (${text(statement.condition)}) `, statement.consequent);
        if (statement.alternate.length > 0) this.#block('else ', statement.alternate);
        return;
      case 'loop':
        this.#loop(statement);
        return;
      case 'block': {
        const name = this.#fresh('block');
        const target = { label: statement.label, isLoop: false, breakName: name, stepName: undefined };
        this.#block(`${name}: `, statement.body, target);
        return;
      }
      case 'switch':
        this.#switch(statement);
        return;
      case 'break':
        this.#line(`break ${this.#target(statement.label).breakName};`);
        return;
      case 'continue': {
        const { stepName, breakName } = this.#target(statement.label);
        this.#line(stepName === undefined ? `continue ${breakName};` : `break ${stepName};`);
        return;
      }
      case 'return':
        this.#line(statement.value === undefined ? 'return;' : `return ${text(statement.value)};`);
        return;
      case 'copy':
        this.#line(
          `runtime.copy(${text(statement.destination)}, ${text(statement.source)}, ${text(statement.length)});`,
        );
        return;
      case 'fill':
        this.#line(`runtime.fill(${text(statement.destination)}, ${text(statement.byte)}, ${text(statement.length)});`);
        return;
      case 'trap':
        this.#line('runtime.trap();');
        return;
      default:
        unreachable(statement);
    }
  }

  #loop(loop: Loop): void {
    const name = this.#fresh('loop');
    const condition = loop.condition === undefined ? 'true' : this.#expression(loop.condition);
    if (loop.step.length === 0) {
      const target = { label: loop.label, isLoop: true, breakName: name, stepName: undefined };
      this.#block(`${name}: while (${condition}) `, loop.body, target);
      return;
    }
    const step = this.#fresh('step');
    this.#line(`${name}: while (${condition}) {`);
    this.#indent += '  ';
    this.#block(`${step}: `, loop.body, { label: loop.label, isLoop: true, breakName: name, stepName: step });
    this.#statements(loop.step);
    this.#indent = this.#indent.slice(2);
    this.#line('}');
  }

  /** A chain of ifs: in a JavaScript switch, break means something else. */
  #switch(statement: Switch): void {
    const value = this.#fresh('value');
    this.#line(`const ${value} = ${this.#expression(statement.value)};`);
    let head = '';
    for (const { values, body } of statement.cases) {
      const test = values.map((constant) => `${value} === ${constant}`).join(' || ');
      this.#block(`${head}if (${test || 'false'}) `, body);
      head = 'else ';
    }
    this.#block(head, statement.otherwise);
  }

  #fresh(name: string): string {
    return `${name}${++this.#labels}`;
  }

  #target(label: string | undefined): Target {
    for (let i = this.#targets.length - 1; i >= 0; i--) {
      const target = this.#targets[i]!;
      if (label === undefined ? target.isLoop : target.label === label) return target;
    }
    return unreachable(`no loop or block ${label} in ${this.#definition.name}` as never);
  }

  #expression(expression: Expression): string {
    const text = (part: Expression) => this.#expression(part);
    switch (expression.kind) {
      case 'constant':
      case 'address':
        return literal(expression.value);
      case 'local':
        return this.#names[expression.index]!;
      case 'global':
        return globalName(expression.name);
      case 'operation':
        return this.#operation(expression);
      case 'load':
        return `runtime.load('${expression.op}', ${text(expression.address)}, ${expression.offset})`;
      case 'select':
        return `(([a, b, c]) => c ? a : b)([${[expression.consequent, expression.alternate, expression.condition]
          .map(text)
          .join(', ')}])`;
      case 'conditional':
        return `(${text(expression.condition)} ? ${text(expression.consequent)} : ${text(expression.alternate)})`;
      case 'call': {
        const args = expression.operands.map(text).join(', ');
        const index = this.#program.resolve(expression.callee);
        return index < 0
          ? `externs.${expression.callee.name}(${args})`
          : `${functionName(this.#program, index)}(${args})`;
      }
      default:
        return unreachable(expression);
    }
  }

  #operation({ op, operands, lanes }: Operation): string {
    const parts = operands.map((operand) => this.#expression(operand));
    const template = TEMPLATES.get(op);
    if (template !== undefined) {
      return template.replace(/\b[ab]\b/g, (name) => (name === 'a' ? parts[0]! : parts[1]!));
    }
    if (SCALARS.has(op)) return `runtime.scalars['${op}'](${parts.join(', ')})`;
    return `runtime.vector('${op}', [${parts.join(', ')}], [${lanes.join(', ')}])`;
  }
}
