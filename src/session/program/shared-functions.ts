/** Refuses functions that several subtasks of one thread would share although each is to open its own. */
import { EngineError } from '../../base/errors.ts';
import { functionsOf, isPerSubtask } from '../../datastream/per-subtask.ts';
import { nodesOf } from '../../datastream/program.ts';
import { executorsFor } from '../../runtime/placement.ts';
import type { Session } from '../session.ts';
import type { ProgramReference } from './implementations.ts';
import type { PlannedProgram } from './plan-program.ts';

/** @throws EngineError STREAM-CLOSURE */
export function refuseSharedFunctions(
  { configuration, workers }: Session,
  { sinks, graph }: PlannedProgram,
  reference: ProgramReference | null,
): void {
  const slots = configuration.integer('taskmanager.numberOfTaskSlots');
  const spread = workers !== null && reference !== null && executorsFor(graph, slots) > 1;
  const perThread = spread ? slots : Number.POSITIVE_INFINITY;
  for (const node of nodesOf(sinks)) {
    if (node.kind !== 'operator') continue;
    const subtasks = Math.min(perThread, node.parallelism ?? configuration.integer('parallelism.default'));
    const shared = functionsOf(node.definition).some((fn) => 'open' in fn && !isPerSubtask(fn));
    if (subtasks <= 1 || !shared) continue;
    throw new EngineError(
      'STREAM-CLOSURE',
      `${subtasks} subtasks of '${node.name}' would share one function, and each is to open its own`,
      {
        hint:
          'give perSubtask(() => new …()); or keep the program in a file of its own and start it with `weir run`, ' +
          "with 'taskmanager.numberOfTaskSlots' = 1",
      },
    );
  }
}
