/** EXPLAIN of a program. */
import type { ProgramNode } from '../../datastream/program-node.ts';
import { explainModes, section } from '../explain-modes.ts';
import type { Session } from '../session.ts';
import { planProgram, planProgramAs } from './plan-program.ts';

/** @throws EngineError if the program cannot run in the mode that is set */
export function explainProgram(session: Session, sinks: readonly ProgramNode[], name: string): string {
  const { resolved } = planProgram(session, sinks, name);
  const parallelism = session.configuration.integer('parallelism.default');
  return [
    explainModes((mode) => planProgramAs(mode, session, sinks, name), parallelism),
    section('Decisions', `mode: ${resolved.profile.mode}: ${resolved.reason}`),
  ].join('\n');
}
