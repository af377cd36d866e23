/**
 * From a bound statement to transformations: resolves the mode by the sources, optimises, chooses algorithms,
 * translates. The one place where the session meets the stages of the planner.
 */
import { EngineError } from '../base/errors.ts';
import type { ProgramRegistry } from '../dataflow/functions/stream-operator.ts';
import type { ModeProfile, RuntimeExecutionMode } from '../dataflow/traits.ts';
import { ProgramTranslator, type TranslationOptions } from '../datastream/translate.ts';
import { type ModeSource, planningProfile, type ResolvedProfile, resolveModeProfile } from '../graph/mode.ts';
import type { Transformation } from '../graph/transformation.ts';
import type { BoundInsert, BoundQuery } from '../planner/bind/bound.ts';
import { isInsertOnly } from '../planner/changelog.ts';
import { type ExplainDetail, explainPlan } from '../planner/explain.ts';
import type { LogicalPlan } from '../planner/logical.ts';
import { printLogical } from '../planner/logical-print.ts';
import { nodesOf } from '../planner/logical-visit.ts';
import type { PhysicalNode } from '../planner/physical/node.ts';
import { type PhysicalPlan, planQuery } from '../planner/plan.ts';
import { optimizeAll } from '../planner/rules/index.ts';
import { translate } from '../planner/translate.ts';
import type { ExplainDetail as AstExplainDetail } from '../sql/ast.ts';
import { collectSpec } from './collect-sink.ts';
import { explainModes, type PlannedGraph } from './explain-modes.ts';
import { jobGraphOf } from './run-job.ts';
import type { Session } from './session.ts';

export { bindStatement } from '../planner/bind/index.ts';

export interface PlannedJob {
  /** The sinks; a query has one that collects. */
  readonly roots: readonly Transformation[];
  readonly profile: ModeProfile;
  /** Functions of the streams that the query reads as tables; null: it reads none. */
  readonly registry: ProgramRegistry | null;
}

export function planJob(session: Session, bound: BoundQuery | BoundInsert): PlannedJob {
  const { plan, profile } = planPhysical(session, bound, { needsUpdateBefore: true });
  const collect = bound.kind === 'query' ? collectSpec(bound.plan.schema) : null;
  const roots = translate(plan, collect);
  if (!session.streams.isReadBy(roots)) return { roots, profile, registry: null };
  const translator = new ProgramTranslator(translationOptions(session, profile));
  const attached = session.streams.attach(roots, (upstreams) => translator.streamOf(upstreams));
  return { roots: attached, profile, registry: translator.registry };
}

export interface PlannedQuery {
  /** Gives the rows; sources that are streams are still tables. */
  readonly root: Transformation;
  /** No row is updated or taken back. */
  readonly insertOnly: boolean;
}

/** A query as part of a program, whose mode is known. */
export function planQueryOfProgram(session: Session, bound: BoundQuery, { mode }: ModeProfile): PlannedQuery {
  const { plan } = planPhysical(session, bound, { needsUpdateBefore: true, mode });
  const [root] = plan.roots as [PhysicalNode];
  return {
    root: translate(plan, null)[0] as Transformation,
    insertOnly: isInsertOnly(root.traits.modify),
  };
}

/** Tables that are read, for the choice of the mode. */
export function sourcesOf(bound: BoundQuery | BoundInsert): readonly ModeSource[] {
  return nodesOf(logicalsOf(bound)).flatMap((node) =>
    node.kind === 'scan' ? [{ name: node.table.path.join('.'), boundedness: node.table.boundedness }] : [],
  );
}

/** What streams are translated with, beside the functions that they name. */
export function translationOptions({ configuration }: Session, profile: ModeProfile): TranslationOptions {
  return {
    profile,
    parallelism: configuration.integer('parallelism.default'),
    autoWatermarkInterval: configuration.duration('pipeline.auto-watermark-interval'),
  };
}

export function explainJob(
  session: Session,
  bound: BoundQuery | BoundInsert,
  details: readonly (AstExplainDetail | 'RULES')[],
): string {
  const rules: string[] = [];
  const trace = (rule: string, after: readonly LogicalPlan[]): void => {
    rules.push(`[${rule}]\n${after.map((logical) => printLogical(logical)).join('\n\n')}\n`);
  };
  const { plan, resolved } = planPhysical(session, bound, { needsUpdateBefore: false, trace });
  if (details.includes('RULES')) return rules.length === 0 ? 'no rule changed the plan\n' : rules.join('\n');
  const explained = explainPlan(plan, {
    details: new Set(details as readonly ExplainDetail[]),
    syntaxTrees: logicalsOf(bound).map((logical) => printLogical(logical)),
    modeReason: resolved.reason,
  });
  const parallelism = session.configuration.integer('parallelism.default');
  return `${explained}\n${explainModes((mode) => planAs(mode, session, bound), parallelism)}`;
}

function planAs(mode: RuntimeExecutionMode, session: Session, bound: BoundQuery | BoundInsert): PlannedGraph {
  const { plan, profile } = planPhysical(session, bound, { needsUpdateBefore: true, mode });
  const roots = translate(plan, bound.kind === 'query' ? collectSpec(bound.plan.schema) : null);
  return { roots, graph: jobGraphOf(session, 'explain', roots, profile) };
}

function planPhysical(
  session: Session,
  bound: BoundQuery | BoundInsert,
  options: {
    readonly needsUpdateBefore: boolean;
    /** Default: as configured. */
    readonly mode?: RuntimeExecutionMode;
    readonly trace?: (rule: string, after: readonly LogicalPlan[]) => void;
  },
): {
  readonly plan: PhysicalPlan;
  readonly profile: ModeProfile;
  readonly resolved: ResolvedProfile;
} {
  const { configuration } = session;
  const logicals = logicalsOf(bound);
  const configured = configuration.string('execution.runtime-mode').toUpperCase() as RuntimeExecutionMode;
  const savepointAtEnd = configuration.has('weir.savepoint-at-end');
  const resolved = resolveModeProfile(options.mode ?? configured, sourcesOf(bound), savepointAtEnd);
  const profile = planningProfile(resolved.profile);
  const { evaluation } = session;
  const optimized = optimizeAll(logicals, {
    configuration,
    profile,
    evaluation,
    trace: (rule, _before, after) => options.trace?.(rule, after),
  });
  const context = {
    profile,
    configuration,
    parallelism: configuration.integer('parallelism.default'),
    memory: configuration.memory('taskmanager.memory.managed.size'),
    connectorFactory: (name: string) => session.connector(name),
    connectorContext: session.connectorContext,
  };
  try {
    const plan = planQuery(optimized, context, { needsUpdateBefore: options.needsUpdateBefore });
    return { plan, profile: resolved.profile, resolved };
  } catch (error) {
    throw resolved.profile.atEnd === 'savepoint' ? becauseOfSavepoint(error) : error;
  }
}

/** What is refused would have worked in BATCH by itself. */
function becauseOfSavepoint(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  return new EngineError(error.code, error.message, {
    ...error.detail,
    hint: "a job in STREAMING must be able to go on from the savepoint; RESET 'weir.savepoint-at-end' to have none",
  });
}

function logicalsOf(bound: BoundQuery | BoundInsert): readonly LogicalPlan[] {
  return bound.kind === 'query' ? [bound.plan] : bound.sinks;
}
