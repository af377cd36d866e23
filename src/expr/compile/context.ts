/**
 * What the compiler of expressions knows while it writes one kernel: the function being built, how columns are read,
 * and which results are already in locals. A result is used again only within the block that computed it, so that a
 * value computed in a branch is not used outside it.
 */
import { type I64, i64, type Typed } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { Callee, Expression, ValueType } from '../../kernel/ir.ts';
import type { DataType } from '../../types/data-type.ts';
import { type Expr, exprToJson, visitExpr } from '../expr.ts';
import { functions } from '../functions/index.ts';
import { operand as makeOperand, type Operand } from './operand.ts';

/** Where a kernel puts the arguments of one interpreted expression and finds its result. */
export interface InterpretedSlot {
  readonly id: number;
  /** Address of the first argument; the result stands behind the last. */
  readonly address: number;
}

/** What a kernel needs beside its code, for as long as it lives. */
export interface KernelResources {
  /** The view of a copy of these bytes: string literals, tables. */
  view(bytes: Uint8Array): bigint;
  /** A slot through which kernels have the expression interpreted; `types` are those of its inputs. */
  interpreted(expr: Expr, types: readonly DataType[]): InterpretedSlot;
  /** The session's time zone. */
  readonly timeZone: string;
  /**
   * Address of 16 bytes: the last quarter of an hour that the zone's offset was asked for, and that in microseconds.
   */
  readonly zoneCell: number;
}

/** How a kernel reports an error of the data: an extern that throws; `code` indexes RUNTIME_ERRORS. */
export interface FailureTarget {
  readonly fail: Callee & { readonly result: undefined };
}

/** Errors that kernels raise, by number. */
export const RUNTIME_ERRORS = [
  { code: 'RUN-DIVISION-BY-ZERO', message: 'division by zero' },
  { code: 'RUN-NUMERIC-OVERFLOW', message: 'numeric value out of range' },
] as const;

/** A result and the block that its local was set in. */
interface Remembered {
  readonly operand: Operand;
  readonly block: object;
}

export class CompileContext {
  readonly f: FunctionBuilder;
  readonly host: KernelResources;
  readonly failure: FailureTarget;
  /** Where the bytes of strings that the kernel makes go: `reserve(length: i32): i32`. */
  readonly reserveBytes: Callee & { readonly result: 'i32' };
  readonly #column: (index: number) => Operand;
  readonly #scopes: Map<string | Expr, Remembered>[] = [new Map()];

  constructor(
    f: FunctionBuilder,
    column: (index: number) => Operand,
    host: KernelResources,
    failure: FailureTarget,
    reserveBytes: Callee & { readonly result: 'i32' },
  ) {
    this.f = f;
    this.#column = column;
    this.host = host;
    this.failure = failure;
    this.reserveBytes = reserveBytes;
  }

  /** A context for rows of another shape in the same function: a build row's fields behind a probe row's columns. */
  over(column: (index: number) => Operand): CompileContext {
    return new CompileContext(this.f, column, this.host, this.failure, this.reserveBytes);
  }

  /** Column `index` of the row, read once per block. */
  column(index: number): Operand {
    return this.remembered(`#${index}`, () => this.bind(this.#column(index), `c${index}`));
  }

  /**
   * The operand with every part in a local, unless it is a constant or a local already. A string of a dictionary is
   * looked up there where it is needed.
   */
  bind(value: Operand, name: string): Operand {
    return {
      ...value,
      value: value.code !== undefined && value.value.kind === 'load' ? value.value : this.local(name, value.value),
      high: value.high === null ? null : (this.local(`${name}_hi`, value.high) as I64),
      valid: value.valid === null ? null : (this.local(`${name}_ok`, value.valid) as Typed<'i32'>),
    };
  }

  /** The expression in a local, unless it is a constant, an address or a local already. */
  local<T extends ValueType>(name: string, value: Typed<T>): Typed<T>;
  local(name: string, value: Expression): Expression;
  local(name: string, value: Expression): Expression {
    if (value.kind === 'constant' || value.kind === 'address' || value.kind === 'local') return value;
    return this.f.let(name, value as Typed<ValueType>);
  }

  /**
   * The result for an expression that was compiled before in this block or one around it, else a new one. Two calls of
   * RAND() are two numbers, so there only the same node is the same expression.
   */
  once(expr: Expr, compile: () => Operand): Operand {
    return this.remembered(isDeterministic(expr) ? exprToJson(expr) : expr, compile);
  }

  remembered(key: string | Expr, make: () => Operand): Operand {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const found = this.#scopes[i]!.get(key);
      if (found !== undefined && this.f.isWithin(found.block)) return found.operand;
    }
    const operand = make();
    this.#scopes.at(-1)!.set(key, { operand, block: this.f.currentBlock });
    return operand;
  }

  /** Runs `body` as a block of its own: what it computes is forgotten afterwards. */
  scoped(body: () => void): void {
    this.#scopes.push(new Map());
    body();
    this.#scopes.pop();
  }

  /** `if (condition) consequent else alternate`, each a block of its own. */
  branch(condition: Typed<'i32'>, consequent: () => void, alternate?: () => void): void {
    const inScope = (body: () => void) => () => this.scoped(body);
    this.f.if(condition, inScope(consequent), alternate === undefined ? undefined : inScope(alternate));
  }

  /** A view of constant bytes. */
  constantView(bytes: Uint8Array, type: DataType): Operand {
    return makeOperand(type, i64.address(this.host.view(bytes)), null);
  }
}

/** Whether the same inputs give the same value, row after row. */
export function isDeterministic(expr: Expr): boolean {
  let deterministic = true;
  visitExpr(expr, (node) => {
    if (node.kind === 'call') deterministic &&= functions.scalar(node.fn)?.deterministic ?? true;
  });
  return deterministic;
}
