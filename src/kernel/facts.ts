/** What linking and emitting ask of a function again and again, found in one walk. */
import { type Address, type Callee, type KernelFunction, type ValueType, walk } from './ir.ts';

export interface FunctionFacts {
  /** Nodes of its body, each about one instruction. */
  readonly size: number;
  /** In the order in which they are met, as often as they are. */
  readonly callees: readonly Callee[];
  readonly globals: readonly (readonly [name: string, type: ValueType])[];
  readonly addresses: readonly Address[];
}

/** Facts by function: those of libraries are needed by many programs. */
export class FactsCache {
  readonly #known = new WeakMap<KernelFunction, FunctionFacts>();

  of(definition: KernelFunction): FunctionFacts {
    let facts = this.#known.get(definition);
    if (facts === undefined) {
      facts = factsOf(definition);
      this.#known.set(definition, facts);
    }
    return facts;
  }
}

function factsOf({ body }: KernelFunction): FunctionFacts {
  let size = 0;
  const callees: Callee[] = [];
  const globals: (readonly [string, ValueType])[] = [];
  const addresses: Address[] = [];
  walk(
    body,
    (expression) => {
      size++;
      if (expression.kind === 'call') callees.push(expression.callee);
      else if (expression.kind === 'global') globals.push([expression.name, expression.type]);
      else if (expression.kind === 'address') addresses.push(expression);
    },
    (statement) => {
      size++;
      if (statement.kind === 'set-global') globals.push([statement.name, statement.value.type as ValueType]);
    },
  );
  return { size, callees, globals, addresses };
}
