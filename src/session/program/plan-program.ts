/** From the sinks of a program to its job graph: the mode by all sources, transformations, chains and stages. */
import type { ProgramRegistry } from '../../dataflow/functions/stream-operator.ts';
import type { RuntimeExecutionMode } from '../../dataflow/traits.ts';
import { sourcesOf } from '../../datastream/program.ts';
import type { ProgramNode } from '../../datastream/program-node.ts';
import { ProgramTranslator } from '../../datastream/translate.ts';
import type { JobGraph } from '../../graph/job-graph.ts';
import { type ResolvedProfile, resolveModeProfile } from '../../graph/mode.ts';
import type { Transformation } from '../../graph/transformation.ts';
import { translationOptions } from '../planning.ts';
import { jobGraphOf } from '../run-job.ts';
import type { Session } from '../session.ts';

export interface PlannedProgram {
  readonly sinks: readonly ProgramNode[];
  readonly roots: readonly Transformation[];
  readonly registry: ProgramRegistry;
  readonly resolved: ResolvedProfile;
  readonly graph: JobGraph;
}

/** @throws EngineError MODE-UNBOUNDED-BATCH, STREAM-UID */
export function planProgram(session: Session, sinks: readonly ProgramNode[], name: string): PlannedProgram {
  const mode = session.configuration.string('execution.runtime-mode').toUpperCase() as RuntimeExecutionMode;
  return planProgramAs(mode, session, sinks, name);
}

/** The same in a mode that is not the one that is set. */
export function planProgramAs(
  mode: RuntimeExecutionMode,
  session: Session,
  sinks: readonly ProgramNode[],
  name: string,
): PlannedProgram {
  const savepointAtEnd = session.configuration.has('weir.savepoint-at-end');
  const resolved = resolveModeProfile(mode, sourcesOf(sinks), savepointAtEnd);
  const translator = new ProgramTranslator(translationOptions(session, resolved.profile));
  const roots = sinks.map((sink) => translator.translate(sink));
  return {
    sinks,
    roots,
    registry: translator.registry,
    resolved,
    graph: jobGraphOf(session, name, roots, resolved.profile),
  };
}
