/**
 * Finds everything the entry functions of a program reach: functions of the program and of libraries, externs, globals.
 * All backends start from a LinkedProgram.
 */
import { assert, InvariantError } from '../base/assert.ts';
import { FactsCache } from './facts.ts';
import { type Address, type Callee, type KernelFunction, type Signature, signatureOf, type ValueType } from './ir.ts';

export interface LinkedExtern extends Signature {
  readonly name: string;
}

export interface LinkedProgram {
  /** Entries first, then what they reach. */
  readonly functions: readonly KernelFunction[];
  readonly entryCount: number;
  readonly externs: readonly LinkedExtern[];
  readonly globals: ReadonlyMap<string, ValueType>;
  /** The different ones, in the order in which they are first met. */
  readonly addresses: readonly Address[];
  /** The index in `functions`, or -1 minus the index in `externs`. */
  readonly resolve: (callee: Callee) => number;
  readonly facts: FactsCache;
}

/** `functions`: what entries may call by name without a library. Throws InvariantError when signatures disagree. */
export function link(
  entries: readonly KernelFunction[],
  functions: readonly KernelFunction[] = [],
  facts: FactsCache = new FactsCache(),
): LinkedProgram {
  const byName = new Map<string, KernelFunction>();
  for (const definition of functions) byName.set(definition.name, definition);
  for (const definition of entries) byName.set(definition.name, definition);
  const linked: KernelFunction[] = [...entries];
  const indexes = new Map<KernelFunction, number>(entries.map((entry, index) => [entry, index]));
  assert(indexes.size === entries.length, 'an entry is listed twice');
  const externs: LinkedExtern[] = [];
  const externIndexes = new Map<string, number>();
  const globals = new Map<string, ValueType>();
  const addresses = new Map<number | bigint, Address>();
  const resolved = new Map<Callee, number>();

  const indexOf = (callee: Callee): number => {
    const definition = callee.library === undefined ? byName.get(callee.name) : callee.library.find(callee.name);
    if (definition !== undefined) {
      checkSignature(callee, signatureOf(definition));
      let index = indexes.get(definition);
      if (index === undefined) {
        index = linked.length;
        linked.push(definition);
        indexes.set(definition, index);
      }
      return index;
    }
    let index = externIndexes.get(callee.name);
    if (index === undefined) {
      index = externs.length;
      externs.push({ name: callee.name, params: callee.params, result: callee.result });
      externIndexes.set(callee.name, index);
    }
    checkSignature(callee, externs[index]!);
    return -1 - index;
  };
  const resolve = (callee: Callee): number => {
    let index = resolved.get(callee);
    if (index === undefined) {
      index = indexOf(callee);
      resolved.set(callee, index);
    }
    return index;
  };
  const meetGlobal = (name: string, type: ValueType): void => {
    const known = globals.get(name);
    assert(known === undefined || known === type, `global ${name} is ${known} and ${type}`);
    globals.set(name, type);
  };

  for (let i = 0; i < linked.length; i++) {
    const found = facts.of(linked[i]!);
    for (const callee of found.callees) resolve(callee);
    for (const [name, type] of found.globals) meetGlobal(name, type);
    for (const address of found.addresses) if (!addresses.has(address.value)) addresses.set(address.value, address);
  }
  return {
    functions: linked,
    entryCount: entries.length,
    externs,
    globals,
    addresses: [...addresses.values()],
    resolve,
    facts,
  };
}

function checkSignature(callee: Callee, found: Signature): void {
  const same =
    callee.result === found.result &&
    callee.params.length === found.params.length &&
    callee.params.every((type, i) => type === found.params[i]);
  if (same) return;
  throw new InvariantError(
    `${callee.name} is called as (${callee.params}): ${callee.result}, but is (${found.params}): ${found.result}`,
  );
}
