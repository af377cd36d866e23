/** Kernels by walking the tree: slow and plain, the reference that the other backends are tested against. */
import { unreachable } from '../../base/assert.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { Call, Expression, KernelFunction, Loop, Statement, Value } from '../ir.ts';
import type { LinkedProgram } from '../link.ts';
import { SCALARS, type Scalar } from '../scalar.ts';
import { KernelTrap } from '../trap.ts';
import { coerce, MemoryAccess, zero } from './access.ts';
import { evaluateVector } from './vector.ts';

type AnyFunction = (...args: unknown[]) => unknown;

/** The entries of a linked program as JavaScript functions. */
export function interpretProgram(
  program: LinkedProgram,
  memory: LinearMemory,
  externs: Readonly<Record<string, AnyFunction>>,
): Record<string, AnyFunction> {
  const interpreter = new Interpreter(program, memory, externs);
  const entries: Record<string, AnyFunction> = {};
  for (const definition of program.functions.slice(0, program.entryCount)) {
    entries[definition.name] = (...args) =>
      interpreter.call(
        definition,
        definition.params.map((param, i) => coerce(param.type, args[i])),
      );
  }
  return entries;
}

/** How a statement ended, when not by reaching its end. */
type Completion =
  | { readonly kind: 'break' | 'continue'; readonly label: string | undefined }
  | { readonly kind: 'return'; readonly value: Value | undefined };

class Interpreter {
  readonly #program: LinkedProgram;
  readonly #access: MemoryAccess;
  readonly #externs: Readonly<Record<string, AnyFunction>>;
  readonly #globals: Map<string, Value>;

  constructor(program: LinkedProgram, memory: LinearMemory, externs: Readonly<Record<string, AnyFunction>>) {
    this.#program = program;
    this.#access = new MemoryAccess(memory);
    this.#externs = externs;
    this.#globals = new Map([...program.globals].map(([name, type]) => [name, zero(type)]));
  }

  call(definition: KernelFunction, args: readonly Value[]): Value | undefined {
    const frame = [...args, ...definition.locals.map((local) => zero(local.type))];
    const completion = this.#run(definition.body, frame);
    if (completion?.kind === 'return') return completion.value;
    if (definition.result !== undefined) throw new KernelTrap('unreachable');
    return undefined;
  }

  #run(statements: readonly Statement[], frame: Value[]): Completion | undefined {
    for (const statement of statements) {
      const completion = this.#statement(statement, frame);
      if (completion !== undefined) return completion;
    }
    return undefined;
  }

  #statement(statement: Statement, frame: Value[]): Completion | undefined {
    const number = (expression: Expression) => this.#value(expression, frame) as number;
    switch (statement.kind) {
      case 'set':
        frame[statement.index] = this.#value(statement.value, frame);
        return undefined;
      case 'set-global':
        this.#globals.set(statement.name, this.#value(statement.value, frame));
        return undefined;
      case 'store': {
        const address = number(statement.address);
        this.#access.store(statement.op, address, this.#value(statement.value, frame), statement.offset);
        return undefined;
      }
      case 'evaluate':
        if (statement.value.kind === 'call') this.#call(statement.value, frame);
        else this.#value(statement.value, frame);
        return undefined;
      case 'if':
        return this.#run(number(statement.condition) !== 0 ? statement.consequent : statement.alternate, frame);
      case 'loop':
        return this.#loop(statement, frame);
      case 'block': {
        const completion = this.#run(statement.body, frame);
        return completion?.kind === 'break' && completion.label === statement.label ? undefined : completion;
      }
      case 'switch': {
        const value = number(statement.value);
        const taken = statement.cases.find((one) => one.values.includes(value));
        return this.#run(taken?.body ?? statement.otherwise, frame);
      }
      case 'break':
      case 'continue':
        return { kind: statement.kind, label: statement.label };
      case 'return':
        return {
          kind: 'return',
          value: statement.value === undefined ? undefined : this.#value(statement.value, frame),
        };
      case 'copy': {
        const [to, from, length] = [statement.destination, statement.source, statement.length].map(number);
        this.#access.copy(to!, from!, length!);
        return undefined;
      }
      case 'fill': {
        const [to, byte, length] = [statement.destination, statement.byte, statement.length].map(number);
        this.#access.fill(to!, byte!, length!);
        return undefined;
      }
      case 'trap':
        throw new KernelTrap('unreachable');
      default:
        return unreachable(statement);
    }
  }

  #loop(loop: Loop, frame: Value[]): Completion | undefined {
    while (loop.condition === undefined || this.#value(loop.condition, frame) !== 0) {
      const completion = this.#run(loop.body, frame);
      if (completion !== undefined) {
        const mine =
          completion.kind !== 'return' && (completion.label === undefined || completion.label === loop.label);
        if (!mine) return completion;
        if (completion.kind === 'break') return undefined;
      }
      const stepped = this.#run(loop.step, frame);
      if (stepped !== undefined) return stepped;
    }
    return undefined;
  }

  #value(expression: Expression, frame: Value[]): Value {
    switch (expression.kind) {
      case 'constant':
      case 'address':
        return expression.value;
      case 'local':
        return frame[expression.index]!;
      case 'global':
        return this.#globals.get(expression.name)!;
      case 'operation': {
        const operands = expression.operands.map((operand) => this.#value(operand, frame));
        const scalar = SCALARS.get(expression.op);
        return scalar === undefined
          ? evaluateVector(expression.op, operands, expression.lanes)
          : scalar(operands[0] as Scalar, operands[1] as Scalar);
      }
      case 'load':
        return this.#access.load(expression.op, this.#value(expression.address, frame) as number, expression.offset);
      case 'select': {
        const consequent = this.#value(expression.consequent, frame);
        const alternate = this.#value(expression.alternate, frame);
        return this.#value(expression.condition, frame) !== 0 ? consequent : alternate;
      }
      case 'conditional':
        return this.#value(expression.condition, frame) !== 0
          ? this.#value(expression.consequent, frame)
          : this.#value(expression.alternate, frame);
      case 'call':
        return this.#call(expression, frame)!;
      default:
        return unreachable(expression);
    }
  }

  #call(call: Call, frame: Value[]): Value | undefined {
    const args = call.operands.map((operand) => this.#value(operand, frame));
    const index = this.#program.resolve(call.callee);
    if (index >= 0) return this.call(this.#program.functions[index]!, args);
    const { name, result } = this.#program.externs[-1 - index]!;
    const value = this.#externs[name]!(...args);
    return result === undefined ? undefined : coerce(result, value);
  }
}
