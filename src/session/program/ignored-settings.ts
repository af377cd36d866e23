/** What is set and means nothing in BATCH: one line each. */
import { nodesOf } from '../../datastream/program.ts';
import type { ProgramNode } from '../../datastream/program-node.ts';
import type { Session } from '../session.ts';
import type { PlannedProgram } from './plan-program.ts';

/** Tells the user; the job goes on. */
export function warnOfIgnored({ configuration, onWarning }: Session, { resolved, sinks }: PlannedProgram): void {
  if (resolved.profile.recovery !== 'backtrack') return;
  const ignored = [
    ...(configuration.raw('state.backend.type') === null
      ? []
      : ["'state.backend.type' is ignored in BATCH mode: the state of one key at a time is kept in memory"]),
    ...(configuration.raw('execution.checkpointing.interval') === null
      ? []
      : ['disabled Checkpointing. Checkpointing is not supported and not needed when executing jobs in BATCH mode']),
    ...(nodesOf(sinks).some(generatesWatermarks)
      ? ['watermark generators are ignored in BATCH mode: the only watermark comes at the end of the input']
      : []),
  ];
  for (const message of ignored) onWarning({ message, hint: null, span: null });
}

function generatesWatermarks(node: ProgramNode): boolean {
  return (
    node.kind === 'operator' && node.definition.type === 'timestamps' && node.definition.strategy.generatesWatermarks
  );
}
