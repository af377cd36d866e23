/**
 * The kernel language: a small typed language over linear memory, close to WebAssembly, in which everything that
 * touches rows is written. Kernels come from text (text.ts), for static ones, or from builder calls (build.ts), for
 * those of one query. They run as WebAssembly, as JavaScript or in an interpreter, with the same results.
 *
 * The IR is plain data. An expression is a tree that is evaluated where it stands: used twice, it is evaluated twice,
 * so keep shared values in a local. Operands are evaluated from left to right. i32 and i64 have no sign, operations
 * have.
 */

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/** What a value is in JavaScript: i64 as signed bigint, v128 as its 16 bytes, little-endian; the others as number. */
export type Value = number | bigint | Uint8Array;

export type Expression = Constant | Address | LocalGet | GlobalGet | Operation | Load | Select | Conditional | Call;

export type Constant =
  | { readonly kind: 'constant'; readonly type: 'i32' | 'f32' | 'f64'; readonly value: number }
  | { readonly kind: 'constant'; readonly type: 'i64'; readonly value: bigint }
  | { readonly kind: 'constant'; readonly type: 'v128'; readonly value: Uint8Array };

/**
 * A constant that differs from run to run: an address, or as i64 a view. WebAssembly imports it, so that the next run
 * of the plan has the same module.
 */
export type Address =
  | { readonly kind: 'address'; readonly type: 'i32'; readonly value: number }
  | { readonly kind: 'address'; readonly type: 'i64'; readonly value: bigint };

/** A parameter or local, by its index in params followed by locals. */
export interface LocalGet {
  readonly kind: 'local';
  readonly type: ValueType;
  readonly index: number;
}

/** A global of the program: one per name, shared by all functions, zero at first. */
export interface GlobalGet {
  readonly kind: 'global';
  readonly type: ValueType;
  readonly name: string;
}

export interface Operation {
  readonly kind: 'operation';
  readonly type: ValueType;
  /** WebAssembly's name, a key of OPERATIONS (operations.ts). */
  readonly op: string;
  readonly operands: readonly Expression[];
  /** Lane numbers that some SIMD operations have; empty otherwise. */
  readonly lanes: readonly number[];
}

export interface Load {
  readonly kind: 'load';
  readonly type: ValueType;
  /** WebAssembly's name, a key of LOADS. */
  readonly op: string;
  readonly address: Expression;
  /** Added to the address without wrapping, 0 to 2^32 - 1. */
  readonly offset: number;
}

/** Evaluates both values, then takes one: free of branches. */
export interface Select {
  readonly kind: 'select';
  readonly type: ValueType;
  readonly condition: Expression;
  readonly consequent: Expression;
  readonly alternate: Expression;
}

/** Evaluates only the value it takes. `a && b` is `a ? b : 0`; `a || b` is `a ? 1 : b`. */
export interface Conditional {
  readonly kind: 'conditional';
  readonly type: ValueType;
  readonly condition: Expression;
  readonly consequent: Expression;
  readonly alternate: Expression;
}

/** Of type `none` when nothing is returned; then it may only stand in an `evaluate` statement. */
export interface Call {
  readonly kind: 'call';
  readonly type: ValueType | 'none';
  readonly callee: Callee;
  readonly operands: readonly Expression[];
}

/** Whom a call means: a function of a library, of the program, or an extern of JavaScript, in this order. */
export interface Callee extends Signature {
  readonly name: string;
  /** Where the function is to be found; undefined: among the program's functions and externs. */
  readonly library: FunctionSource | undefined;
}

export interface Signature {
  readonly params: readonly ValueType[];
  readonly result: ValueType | undefined;
}

/** A set of functions by name; one whose text is parsed on first use. */
export interface FunctionSource {
  readonly name: string;
  find(name: string): KernelFunction | undefined;
}

export type Statement =
  | { readonly kind: 'set'; readonly index: number; readonly value: Expression }
  | { readonly kind: 'set-global'; readonly name: string; readonly value: Expression }
  | Store
  /** Evaluates and drops the result, if there is one. */
  | { readonly kind: 'evaluate'; readonly value: Expression }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly consequent: readonly Statement[];
      readonly alternate: readonly Statement[];
    }
  | Loop
  /** `break label` leaves it. */
  | { readonly kind: 'block'; readonly label: string; readonly body: readonly Statement[] }
  | Switch
  /** Leaves the loop or block with that label; without label, the innermost loop. */
  | { readonly kind: 'break'; readonly label: string | undefined }
  /** Goes to the step of the loop with that label; without label, of the innermost loop. */
  | { readonly kind: 'continue'; readonly label: string | undefined }
  | { readonly kind: 'return'; readonly value: Expression | undefined }
  /** memory.copy: the regions may overlap. */
  | {
      readonly kind: 'copy';
      readonly destination: Expression;
      readonly source: Expression;
      readonly length: Expression;
    }
  | { readonly kind: 'fill'; readonly destination: Expression; readonly byte: Expression; readonly length: Expression }
  | { readonly kind: 'trap' };

export interface Store {
  readonly kind: 'store';
  /** WebAssembly's name, a key of STORES. */
  readonly op: string;
  readonly address: Expression;
  readonly value: Expression;
  readonly offset: number;
}

/** While the condition holds (always, when undefined): the body, then the step. */
export interface Loop {
  readonly kind: 'loop';
  readonly label: string | undefined;
  readonly condition: Expression | undefined;
  readonly body: readonly Statement[];
  readonly step: readonly Statement[];
}

/** Runs the case that has the value, or `otherwise`; no case falls through. Values are small: they index a table. */
export interface Switch {
  readonly kind: 'switch';
  readonly value: Expression;
  readonly cases: readonly SwitchCase[];
  readonly otherwise: readonly Statement[];
}

export interface SwitchCase {
  /** Distinct, 0 to 1023. */
  readonly values: readonly number[];
  readonly body: readonly Statement[];
}

export interface Local {
  readonly name: string;
  readonly type: ValueType;
}

export interface KernelFunction {
  readonly name: string;
  /** Names of params and locals are distinct. */
  readonly params: readonly Local[];
  readonly result: ValueType | undefined;
  /** Zero at the start of each call. */
  readonly locals: readonly Local[];
  readonly body: readonly Statement[];
}

export function signatureOf(definition: KernelFunction): Signature {
  return { params: definition.params.map((param) => param.type), result: definition.result };
}

/** Calls `visit` for the direct parts of an expression. */
function forEachOperand(expression: Expression, visit: (part: Expression) => void): void {
  switch (expression.kind) {
    case 'operation':
    case 'call':
      for (const operand of expression.operands) visit(operand);
      return;
    case 'load':
      visit(expression.address);
      return;
    case 'select':
    case 'conditional':
      visit(expression.condition);
      visit(expression.consequent);
      visit(expression.alternate);
      return;
    case 'constant':
    case 'address':
    case 'local':
    case 'global':
  }
}

/** Calls `visit` for every expression and subexpression in `body`, and `visitStatement` for every statement. */
export function walk(
  body: readonly Statement[],
  visit: (expression: Expression) => void,
  visitStatement: (statement: Statement) => void = () => {},
): void {
  const deep = (expression: Expression): void => {
    visit(expression);
    forEachOperand(expression, deep);
  };
  const each = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      visitStatement(statement);
      switch (statement.kind) {
        case 'set':
        case 'set-global':
        case 'evaluate':
          deep(statement.value);
          break;
        case 'store':
          deep(statement.address);
          deep(statement.value);
          break;
        case 'if':
          deep(statement.condition);
          each(statement.consequent);
          each(statement.alternate);
          break;
        case 'loop':
          if (statement.condition !== undefined) deep(statement.condition);
          each(statement.body);
          each(statement.step);
          break;
        case 'block':
          each(statement.body);
          break;
        case 'switch':
          deep(statement.value);
          for (const branch of statement.cases) each(branch.body);
          each(statement.otherwise);
          break;
        case 'return':
          if (statement.value !== undefined) deep(statement.value);
          break;
        case 'copy':
          deep(statement.destination);
          deep(statement.source);
          deep(statement.length);
          break;
        case 'fill':
          deep(statement.destination);
          deep(statement.byte);
          deep(statement.length);
          break;
        case 'break':
        case 'continue':
        case 'trap':
      }
    }
  };
  each(body);
}
