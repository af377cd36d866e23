/**
 * Functions that belong to one subtask. An object that a program gives to an operator is used by all subtasks in a
 * thread; what `open` puts into its fields would be that of the subtask that was opened last.
 */
import type { StreamOperatorDefinition } from '../dataflow/functions/stream-operator.ts';

class PerSubtask {
  readonly create: () => object;

  constructor(create: () => object) {
    this.create = create;
  }
}

/** A function of which every subtask has its own: `stream.process(perSubtask(() => new Deduplicate()))`. */
export function perSubtask<F extends object>(create: () => F): F {
  return new PerSubtask(create) as unknown as F;
}

export function isPerSubtask(fn: unknown): boolean {
  return fn instanceof PerSubtask;
}

/** The functions of an operator: `fn`, and the one that a window ends with. */
export function functionsOf(definition: StreamOperatorDefinition): readonly object[] {
  if ('fn' in definition) return [definition.fn];
  if (definition.type !== 'window' || definition.window.process === null) return [];
  return [definition.window.process];
}

/** The definition for one more subtask. */
export function instantiate(definition: StreamOperatorDefinition): StreamOperatorDefinition {
  const create = <F>(fn: F): F => (fn instanceof PerSubtask ? (fn.create() as F) : fn);
  if ('fn' in definition) return { ...definition, fn: create(definition.fn) } as StreamOperatorDefinition;
  if (definition.type !== 'window') return definition;
  const { window } = definition;
  return { ...definition, window: { ...window, process: create(window.process) } };
}
