/**
 * Builds one kernel function statement by statement. Nested statements are written in callbacks:
 *
 *     const f = fn('sum', { params: { column: i32, n: i32 }, result: i64 });
 *     const sum = f.let('sum', i64.const(0));
 *     f.for('i', i32.const(0), f.param.n, (i) => {
 *       f.set(sum, i64.add(sum, i64.load(i32.add(f.param.column, i32.shl(i, i32.const(3))))));
 *     });
 *     f.return(sum);
 *     const definition = f.finish();
 */
import { assert, InvariantError } from '../base/assert.ts';
import { type Global, type I32, i32, not, type Typed, type Variable } from './build.ts';
import { expectType } from './fold.ts';
import type { Call, Expression, KernelFunction, Local, Statement, Store, SwitchCase, ValueType } from './ir.ts';

/** `{ n: i32 }` or `{ n: { type: 'i32' } }`: names and types of parameters. */
export type ParamTypes = Readonly<Record<string, { readonly type: ValueType }>>;

export interface FunctionOptions<P extends ParamTypes> {
  readonly params?: P;
  /** Left out: the function returns nothing. */
  readonly result?: { readonly type: ValueType };
}

export interface LoopOptions {
  /** While it is not 0; left out: for ever. */
  readonly condition?: I32;
  readonly body: () => void;
  /** What `continue` still runs. */
  readonly step?: () => void;
  readonly label?: string;
}

/** A new function under construction. */
export function fn<P extends ParamTypes>(name: string, options: FunctionOptions<P> = {}): FunctionBuilder<P> {
  return new FunctionBuilder<P>(name, options.params ?? ({} as P), options.result?.type);
}

export class FunctionBuilder<P extends ParamTypes = ParamTypes> {
  readonly name: string;
  readonly param: { readonly [K in keyof P]: Variable<P[K]['type']> };
  readonly #result: ValueType | undefined;
  readonly #params: Local[] = [];
  readonly #locals: Local[] = [];
  readonly #variables = new Map<string, Variable>();
  /** What was last appended to a name. */
  readonly #numbers = new Map<string, number>();
  #body: Statement[] = [];
  /** The blocks that are being written, outermost first. */
  readonly #open: (readonly Statement[])[] = [];
  #labels = 0;

  constructor(name: string, params: P, result: ValueType | undefined) {
    this.name = name;
    this.#result = result;
    const variables: Record<string, Variable> = {};
    for (const [param, { type }] of Object.entries(params)) {
      this.#params.push({ name: param, type });
      const variable: Variable = { kind: 'local', type, index: this.#params.length - 1 };
      this.#variables.set(param, variable);
      variables[param] = variable;
    }
    this.param = variables as { readonly [K in keyof P]: Variable<P[K]['type']> };
  }

  /** A new local, zero at the start of the call. A number is appended to a name that is taken. */
  declare<T extends ValueType>(name: string, type: T | { readonly type: T }): Variable<T> {
    const valueType = typeof type === 'string' ? type : type.type;
    let unique = name;
    while (this.#variables.has(unique)) {
      const number = (this.#numbers.get(name) ?? 0) + 1;
      this.#numbers.set(name, number);
      unique = `${name}_${number}`;
    }
    const variable: Variable<T> = {
      kind: 'local',
      type: valueType,
      index: this.#params.length + this.#locals.length,
    };
    this.#locals.push({ name: unique, type: valueType });
    this.#variables.set(unique, variable);
    return variable;
  }

  /** A new local with a value: use it to evaluate an expression once. */
  let<T extends ValueType>(name: string, value: Typed<T>): Variable<T> {
    const variable = this.declare<T>(name, value.type);
    this.set(variable, value);
    return variable;
  }

  /** The parameter or local that has this name. */
  get(name: string): Variable {
    const variable = this.#variables.get(name);
    if (variable === undefined) throw new InvariantError(`${this.name} has no variable ${name}`);
    return variable;
  }

  set<T extends ValueType>(target: Variable<T> | Global<T>, value: Typed<T>): void {
    expectType(`an assignment in ${this.name}`, value, target.type);
    if (target.kind === 'global') this.#push({ kind: 'set-global', name: target.name, value });
    else this.#push({ kind: 'set', index: target.index, value });
  }

  /** A store, or a call whose result is not needed. */
  do(action: Store | Call | Expression | Statement): void {
    const isExpression = action.kind === 'call' || 'type' in action;
    this.#push(isExpression ? { kind: 'evaluate', value: action as Expression } : (action as Statement));
  }

  if(condition: I32, consequent: () => void, alternate?: () => void): void {
    expectType('the condition of if', condition, 'i32');
    if (condition.kind === 'constant') {
      if (condition.value !== 0) consequent();
      else alternate?.();
      return;
    }
    const first = this.#block(consequent);
    const second = alternate === undefined ? [] : this.#block(alternate);
    if (first.length === 0 && second.length > 0) {
      this.#push({ kind: 'if', condition: not(condition), consequent: second, alternate: first });
    } else {
      this.#push({ kind: 'if', condition, consequent: first, alternate: second });
    }
  }

  while(condition: I32, body: () => void, label?: string): void {
    this.loop(label === undefined ? { condition, body } : { condition, body, label });
  }

  loop(options: LoopOptions): void {
    const { condition, label } = options;
    if (condition !== undefined) expectType('the condition of a loop', condition, 'i32');
    const body = this.#block(options.body);
    const step = options.step === undefined ? [] : this.#block(options.step);
    this.#push({ kind: 'loop', label, condition, body, step });
  }

  /** A new i32 local from `from` up to but not `to` (signed), which is evaluated each time: keep it in a local. */
  for(name: string, from: I32, to: I32, body: (index: Variable<'i32'>) => void, step = 1, label?: string): void {
    const index = this.let(name, from);
    this.loop({
      condition: i32.lt_s(index, to),
      body: () => body(index),
      step: () => this.set(index, i32.add(index, i32.const(step))),
      ...(label === undefined ? {} : { label }),
    });
  }

  /** Statements that `break label` leaves. */
  block(label: string, body: () => void): void {
    this.#push({ kind: 'block', label, body: this.#block(body) });
  }

  /** The block that is being written, as a token for `isWithin`. */
  get currentBlock(): object {
    return this.#body;
  }

  /** Whether what stands in `block` so far has run where code is now being written. */
  isWithin(block: object): boolean {
    return block === this.#body || this.#open.includes(block as readonly Statement[]);
  }

  /** A label that is used nowhere else in this function. */
  freshLabel(name: string): string {
    return `${name}_${++this.#labels}`;
  }

  /** Runs the body listed with the value, or `otherwise`. */
  switch(
    value: I32,
    cases: readonly (readonly [number | readonly number[], () => void])[],
    otherwise?: () => void,
  ): void {
    expectType('the value of switch', value, 'i32');
    const branches: SwitchCase[] = cases.map(([values, body]) => ({
      values: typeof values === 'number' ? [values] : values,
      body: this.#block(body),
    }));
    this.#push({
      kind: 'switch',
      value,
      cases: branches,
      otherwise: otherwise === undefined ? [] : this.#block(otherwise),
    });
  }

  break(label?: string): void {
    this.#push({ kind: 'break', label });
  }

  continue(label?: string): void {
    this.#push({ kind: 'continue', label });
  }

  return(value?: Expression): void {
    assert((value === undefined) === (this.#result === undefined), `a return of ${this.name} with or without a value`);
    if (value !== undefined) expectType(`the result of ${this.name}`, value, this.#result!);
    this.#push({ kind: 'return', value });
  }

  /** memory.copy: the regions may overlap. */
  copy(destination: I32, source: I32, length: I32): void {
    for (const operand of [destination, source, length]) expectType('copy', operand, 'i32');
    this.#push({ kind: 'copy', destination, source, length });
  }

  fill(destination: I32, byte: I32, length: I32): void {
    for (const operand of [destination, byte, length]) expectType('fill', operand, 'i32');
    this.#push({ kind: 'fill', destination, byte, length });
  }

  trap(): void {
    this.#push({ kind: 'trap' });
  }

  finish(): KernelFunction {
    return {
      name: this.name,
      params: this.#params,
      result: this.#result,
      locals: this.#locals,
      body: this.#body,
    };
  }

  #push(statement: Statement): void {
    this.#body.push(statement);
  }

  #block(fill: () => void): readonly Statement[] {
    const outer = this.#body;
    const inner: Statement[] = [];
    this.#open.push(outer);
    this.#body = inner;
    fill();
    this.#body = outer;
    this.#open.pop();
    return inner;
  }
}
