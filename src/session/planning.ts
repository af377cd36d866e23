/** The session's view of the planner: from a syntax tree to transformations and explanations. */

import type { Configuration } from '../base/config.ts';
import type { ModeProfile } from '../dataflow/traits.ts';
import type { Transformation } from '../graph/transformation.ts';
import type { BoundInsert, BoundQuery, BoundStatement } from '../planner/bind/bound.ts';
import type { BindContext } from '../planner/bind/context.ts';
import type { ExplainDetail, Statement } from '../sql/ast.ts';

export interface PlannedJob {
  /** The sinks; a query has one that collects. */
  readonly roots: readonly Transformation[];
  readonly profile: ModeProfile;
}

export interface StatementPlanner {
  bind(statement: Statement, context: BindContext): BoundStatement;
  plan(bound: BoundQuery | BoundInsert, configuration: Configuration): PlannedJob;
  explain(
    bound: BoundQuery | BoundInsert,
    details: readonly (ExplainDetail | 'RULES')[],
    configuration: Configuration,
  ): string;
}
