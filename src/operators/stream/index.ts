/** The operators of DataStream programs: one kind, whose functions are found in the registry of the program. */
import type {
  ProgramRegistry,
  StreamOperatorDefinition,
  StreamOperatorParams,
} from '../../dataflow/functions/stream-operator.ts';
import { STREAM_OPERATOR } from '../../dataflow/functions/stream-operator.ts';
import type { Operator, OperatorFactory } from '../../dataflow/operator.ts';
import type { KeyedStateBackendFactory } from '../../state/keyed/backend.ts';
import { functionBehaviour } from './function-behaviours.ts';
import { RecordLoop } from './record-loop.ts';
import { finalReduce, rollingReduce } from './reduce.ts';
import { type CreateBehaviour, StreamOperator } from './stream-operator.ts';
import { TimestampsAndWatermarks } from './timestamps.ts';
import { windowBehaviour } from './window/window-operator.ts';

/** @param backend of keyed state in STREAMING: loadStateBackend(`state.backend.type`) */
export function streamOperators(registry: ProgramRegistry, backend: KeyedStateBackendFactory): OperatorFactory {
  return {
    kind: STREAM_OPERATOR,
    create: (spec) => {
      const params = spec.params as StreamOperatorParams;
      return createOperator(registry.operator(params.operatorId), params, backend);
    },
  };
}

function createOperator(
  definition: StreamOperatorDefinition,
  params: StreamOperatorParams,
  backend: KeyedStateBackendFactory,
): Operator {
  if (definition.type === 'timestamps') return new TimestampsAndWatermarks(definition.strategy, params);
  const keyed = definition.keys.some((key) => key !== null);
  if (!keyed && (definition.type === 'map' || definition.type === 'flatMap' || definition.type === 'filter')) {
    return new RecordLoop(definition);
  }
  return new StreamOperator(definition, params, behaviourOf(definition, params), backend);
}

function behaviourOf(
  definition: Exclude<StreamOperatorDefinition, { readonly type: 'timestamps' }>,
  { keyedInput, atEnd }: StreamOperatorParams,
): CreateBehaviour {
  switch (definition.type) {
    case 'reduce':
      if (keyedInput === 'arrival-order') return (services) => rollingReduce(definition.fn, services);
      return (services) => finalReduce(definition.fn, services, atEnd === 'savepoint');
    case 'window':
      return (services) => windowBehaviour(definition.window, services);
    default:
      return (services) => functionBehaviour(definition, services);
  }
}
