/** Operators that are one user function: what each of its methods gets. */
import { assert } from '../../base/assert.ts';
import type { StreamOperatorDefinition } from '../../dataflow/functions/stream-operator.ts';
import type { Behaviour } from './behaviour.ts';
import type { OperatorServices } from './operator-services.ts';
import { RecordContext } from './record-context.ts';

type FunctionDefinition = Exclude<StreamOperatorDefinition, { readonly type: 'reduce' | 'window' | 'timestamps' }>;

export function functionBehaviour(definition: FunctionDefinition, services: OperatorServices): Behaviour {
  const { collector } = services;
  const context = new RecordContext(services);
  const functions = [definition.fn];
  switch (definition.type) {
    case 'map': {
      const { fn } = definition;
      return { functions, process: [(value) => collector.collect(fn.map(value))] };
    }
    case 'flatMap': {
      const { fn } = definition;
      return { functions, process: [(value) => fn.flatMap(value, collector)] };
    }
    case 'filter': {
      const { fn } = definition;
      const process = (value: unknown): void => {
        if (fn.filter(value)) collector.collect(value);
      };
      return { functions, process: [process] };
    }
    case 'coMap': {
      const { fn } = definition;
      const first = (value: unknown): void => collector.collect(fn.map1(value));
      return { functions, process: [first, (value) => collector.collect(fn.map2(value))] };
    }
    case 'coFlatMap': {
      const { fn } = definition;
      return {
        functions,
        process: [(value) => fn.flatMap1(value, collector), (value) => fn.flatMap2(value, collector)],
      };
    }
    case 'process':
    case 'keyedProcess': {
      const { fn } = definition;
      const process = [(value: unknown) => fn.processElement(value, context, collector)];
      return { functions, process, ...timerMethod(fn, context, services) };
    }
    case 'coProcess':
    case 'keyedCoProcess': {
      const { fn } = definition;
      const first = (value: unknown): void => fn.processElement1(value, context, collector);
      const second = (value: unknown): void => fn.processElement2(value, context, collector);
      return { functions, process: [first, second], ...timerMethod(fn, context, services) };
    }
    case 'broadcastProcess':
    case 'keyedBroadcastProcess': {
      const { fn } = definition;
      for (const { name } of definition.descriptors) services.operatorState.broadcast(name);
      const data = (value: unknown): void => fn.processElement(value, context, collector);
      const broadcast = (value: unknown): void => fn.processBroadcastElement(value, context, collector);
      return { functions, process: [data, broadcast], ...timerMethod(fn, context, services) };
    }
  }
}

/** `onTimer`, where the function has it. */
function timerMethod(fn: object, context: RecordContext, { collector }: OperatorServices): Pick<Behaviour, 'onTimer'> {
  const withTimers = fn as {
    onTimer?(time: number, context: RecordContext, out: OperatorServices['collector']): void;
  };
  if (withTimers.onTimer === undefined) return {};
  return {
    onTimer: (time, domain) => {
      assert(withTimers.onTimer !== undefined, 'onTimer of a function is gone');
      context.domain = domain;
      withTimers.onTimer(time, context, collector);
    },
  };
}
