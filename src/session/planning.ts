/**
 * From a bound statement to transformations: resolves the mode by the sources, optimises, chooses algorithms,
 * translates. The one place where the session meets the stages of the planner.
 */
import type { ModeProfile, RuntimeExecutionMode } from '../dataflow/traits.ts';
import { type ResolvedProfile, resolveModeProfile } from '../graph/mode.ts';
import type { Transformation } from '../graph/transformation.ts';
import type { BoundInsert, BoundQuery } from '../planner/bind/bound.ts';
import { type ExplainDetail, explainPlan } from '../planner/explain.ts';
import type { LogicalPlan } from '../planner/logical.ts';
import { printLogical } from '../planner/logical-print.ts';
import { nodesOf } from '../planner/logical-visit.ts';
import { type PhysicalPlan, planQuery } from '../planner/plan.ts';
import { optimizeAll } from '../planner/rules/index.ts';
import { translate } from '../planner/translate.ts';
import type { ExplainDetail as AstExplainDetail } from '../sql/ast.ts';
import { collectSpec } from './collect-sink.ts';
import type { Session } from './session.ts';

export { bindStatement } from '../planner/bind/index.ts';

export interface PlannedJob {
  /** The sinks; a query has one that collects. */
  readonly roots: readonly Transformation[];
  readonly profile: ModeProfile;
}

export function planJob(session: Session, bound: BoundQuery | BoundInsert): PlannedJob {
  const { plan, profile } = planPhysical(session, bound, true);
  const collect = bound.kind === 'query' ? collectSpec(bound.plan.schema) : null;
  return { roots: translate(plan, collect), profile };
}

export function explainJob(
  session: Session,
  bound: BoundQuery | BoundInsert,
  details: readonly (AstExplainDetail | 'RULES')[],
): string {
  const rules: string[] = [];
  const { plan, resolved } = planPhysical(session, bound, false, (rule, after) => {
    rules.push(`[${rule}]\n${after.map((logical) => printLogical(logical)).join('\n\n')}\n`);
  });
  if (details.includes('RULES')) return rules.length === 0 ? 'no rule changed the plan\n' : rules.join('\n');
  return explainPlan(plan, {
    details: new Set(details as readonly ExplainDetail[]),
    syntaxTrees: logicalsOf(bound).map((logical) => printLogical(logical)),
    modeReason: resolved.reason,
  });
}

function planPhysical(
  session: Session,
  bound: BoundQuery | BoundInsert,
  needsUpdateBefore: boolean,
  trace: (rule: string, after: readonly LogicalPlan[]) => void = () => undefined,
): {
  readonly plan: PhysicalPlan;
  readonly profile: ModeProfile;
  readonly resolved: ResolvedProfile;
} {
  const { configuration } = session;
  const logicals = logicalsOf(bound);
  const resolved = resolveMode(session, logicals);
  const { profile } = resolved;
  const { evaluation } = session;
  const optimized = optimizeAll(logicals, {
    configuration,
    profile,
    evaluation,
    trace: (rule, _before, after) => trace(rule, after),
  });
  const context = {
    profile,
    configuration,
    parallelism: configuration.integer('parallelism.default'),
    memory: configuration.memory('taskmanager.memory.managed.size'),
    connectorFactory: (name: string) => session.connector(name),
    connectorContext: session.connectorContext,
  };
  return { plan: planQuery(optimized, context, { needsUpdateBefore }), profile, resolved };
}

function logicalsOf(bound: BoundQuery | BoundInsert): readonly LogicalPlan[] {
  return bound.kind === 'query' ? [bound.plan] : bound.sinks;
}

function resolveMode({ configuration }: Session, logicals: readonly LogicalPlan[]): ResolvedProfile {
  const sources = nodesOf(logicals).flatMap((node) =>
    node.kind === 'scan' ? [{ name: node.table.path.join('.'), boundedness: node.table.boundedness }] : [],
  );
  const mode = configuration.string('execution.runtime-mode').toUpperCase() as RuntimeExecutionMode;
  return resolveModeProfile(mode, sources);
}
