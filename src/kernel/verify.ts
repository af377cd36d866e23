/**
 * Checks whole functions: types, indexes, labels, signatures. The builder and the parser check as they go; this finds
 * what was put together by hand or by a wrong rewrite. Used in tests and when debugging.
 */
import { InvariantError } from '../base/assert.ts';
import type { Expression, KernelFunction, Statement, ValueType } from './ir.ts';
import { LOADS, OPERATIONS, STORES } from './operations.ts';
import { printFunction } from './print.ts';

const HIGHEST_OFFSET = 4294967295;

/** Throws InvariantError with the function's text and the first thing that is wrong. */
export function verifyFunction(definition: KernelFunction): void {
  try {
    new Verifier(definition).verify();
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    throw new InvariantError(`kernel ${definition.name}: ${error.message}\n${printed(definition)}`);
  }
}

class Complaint extends Error {}

function printed(definition: KernelFunction): string {
  try {
    return printFunction(definition);
  } catch {
    return '(not printable)';
  }
}

class Verifier {
  readonly #definition: KernelFunction;
  readonly #types: readonly ValueType[];
  readonly #targets: { readonly label: string | undefined; readonly isLoop: boolean }[] = [];

  constructor(definition: KernelFunction) {
    this.#definition = definition;
    this.#types = [...definition.params, ...definition.locals].map((local) => local.type);
  }

  verify(): void {
    const { params, locals, body } = this.#definition;
    const names = [...params, ...locals].map((local) => local.name);
    this.#check(new Set(names).size === names.length, `a name twice among ${names}`);
    this.#statements(body);
  }

  #check(condition: boolean, message: string): void {
    if (!condition) throw new Complaint(message);
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: Statement): void {
    switch (statement.kind) {
      case 'set':
        this.#check(statement.index in this.#types, `no local ${statement.index}`);
        this.#expect(statement.value, this.#types[statement.index]!);
        return;
      case 'set-global':
        this.#check(this.#typeOf(statement.value) !== 'none', `global ${statement.name} set to nothing`);
        return;
      case 'store': {
        const info = STORES.get(statement.op);
        this.#check(info !== undefined, `no store ${statement.op}`);
        this.#offset(statement.offset);
        this.#expect(statement.address, 'i32');
        this.#expect(statement.value, info!.type);
        return;
      }
      case 'evaluate':
        this.#typeOf(statement.value);
        return;
      case 'if':
        this.#expect(statement.condition, 'i32');
        this.#statements(statement.consequent);
        this.#statements(statement.alternate);
        return;
      case 'loop':
        if (statement.condition !== undefined) this.#expect(statement.condition, 'i32');
        this.#within(statement.label, true, statement.body);
        this.#statements(statement.step);
        return;
      case 'block':
        this.#within(statement.label, false, statement.body);
        return;
      case 'switch': {
        this.#expect(statement.value, 'i32');
        const values = statement.cases.flatMap((one) => one.values);
        this.#check(new Set(values).size === values.length, `a case twice among ${values}`);
        this.#check(
          values.every((value) => value >= 0 && value < 1024),
          `cases ${values}`,
        );
        for (const one of statement.cases) this.#statements(one.body);
        this.#statements(statement.otherwise);
        return;
      }
      case 'break':
      case 'continue':
        this.#target(statement.kind, statement.label);
        return;
      case 'return':
        this.#return(statement.value);
        return;
      case 'copy':
        for (const part of [statement.destination, statement.source, statement.length]) this.#expect(part, 'i32');
        return;
      case 'fill':
        for (const part of [statement.destination, statement.byte, statement.length]) this.#expect(part, 'i32');
        return;
      case 'trap':
    }
  }

  #within(label: string | undefined, isLoop: boolean, body: readonly Statement[]): void {
    this.#targets.push({ label, isLoop });
    this.#statements(body);
    this.#targets.pop();
  }

  #target(kind: 'break' | 'continue', label: string | undefined): void {
    const target = this.#targets.findLast((one) => (label === undefined ? one.isLoop : one.label === label));
    this.#check(target !== undefined, `${kind} ${label ?? ''} outside of it`);
    this.#check(kind === 'break' || target!.isLoop, `continue of block ${label}`);
  }

  #return(value: Expression | undefined): void {
    const { result } = this.#definition;
    this.#check((value === undefined) === (result === undefined), 'a return with the wrong number of values');
    if (value !== undefined) this.#expect(value, result!);
  }

  #offset(offset: number): void {
    this.#check(Number.isInteger(offset) && offset >= 0 && offset <= HIGHEST_OFFSET, `offset ${offset}`);
  }

  #expect(expression: Expression, type: ValueType): void {
    const found = this.#typeOf(expression);
    this.#check(found === type, `${expression.kind} of ${found} where ${type} is needed`);
  }

  /** Checks an expression and returns its type. */
  #typeOf(expression: Expression): Expression['type'] {
    switch (expression.kind) {
      case 'constant':
      case 'address':
        this.#check(typeof expression.value === constantKind(expression.type), `constant ${expression.value}`);
        break;
      case 'local':
        this.#check(this.#types[expression.index] === expression.type, `local ${expression.index}`);
        break;
      case 'global':
        break;
      case 'operation': {
        const info = OPERATIONS.get(expression.op);
        this.#check(info !== undefined, `no operation ${expression.op}`);
        this.#check(info!.operands.length === expression.operands.length, `operands of ${expression.op}`);
        this.#check(info!.lanes === expression.lanes.length, `lanes of ${expression.op}`);
        this.#check(info!.result === expression.type, `type of ${expression.op}`);
        info!.operands.forEach((type, i) => {
          this.#expect(expression.operands[i]!, type);
        });
        break;
      }
      case 'load':
        this.#check(LOADS.get(expression.op)?.type === expression.type, `load ${expression.op}`);
        this.#offset(expression.offset);
        this.#expect(expression.address, 'i32');
        break;
      case 'select':
      case 'conditional':
        this.#expect(expression.condition, 'i32');
        this.#expect(expression.consequent, expression.type);
        this.#expect(expression.alternate, expression.type);
        break;
      case 'call': {
        const { params, result, name } = expression.callee;
        this.#check(params.length === expression.operands.length, `arguments of ${name}`);
        params.forEach((type, i) => {
          this.#expect(expression.operands[i]!, type);
        });
        this.#check(expression.type === (result ?? 'none'), `result of ${name}`);
        break;
      }
    }
    return expression.type;
  }
}

function constantKind(type: ValueType): string {
  return type === 'i64' ? 'bigint' : type === 'v128' ? 'object' : 'number';
}
