/** EXPLAIN of a program: its operators, and the tasks that they make in each mode, side by side. */
import { EngineError } from '../../base/errors.ts';
import type { ProgramNode } from '../../datastream/program-node.ts';
import { printStreamGraph, printTasks, sideBySide } from '../../graph/print-graph.ts';
import type { Session } from '../session.ts';
import { type PlannedProgram, planInBothModes, planProgram } from './plan-program.ts';

/** @throws EngineError if the program cannot run in the mode that is set */
export function explainProgram(session: Session, sinks: readonly ProgramNode[], name: string): string {
  const { roots, resolved } = planProgram(session, sinks, name);
  const modes = planInBothModes(session, sinks, name);
  const parallelism = session.configuration.integer('parallelism.default');
  const columns = Object.entries(modes).map(([title, planned]) => ({ title, lines: tasksOf(planned) }));
  return [
    section('Stream Graph', printStreamGraph(roots, parallelism)),
    section('Tasks', sideBySide(columns)),
    section('Decisions', `mode: ${resolved.profile.mode}: ${resolved.reason}`),
  ].join('\n');
}

function tasksOf(planned: PlannedProgram | EngineError): readonly string[] {
  return planned instanceof EngineError ? [`not possible: ${planned.message}`] : printTasks(planned.graph);
}

function section(title: string, body: string): string {
  return `== ${title} ==\n${body}\n`;
}
