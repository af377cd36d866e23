/** What a rule is: a rewriting of logical plans that keeps their results. */
import type { Configuration } from '../../base/config.ts';
import type { ModeProfile } from '../../dataflow/traits.ts';
import type { EvaluationContext } from '../../expr/functions/define.ts';
import type { LogicalPlan } from '../logical.ts';

export interface OptimizeContext {
  readonly configuration: Configuration;
  readonly profile: ModeProfile;
  /** For folding constants. */
  readonly evaluation: EvaluationContext;
  /** Names of rules that are left out: for tests that compare results with and without. */
  readonly disabled?: ReadonlySet<string>;
  /** Called after every rule that changed something, with the plans before and after: EXPLAIN RULES. */
  readonly trace?: (rule: string, before: readonly LogicalPlan[], after: readonly LogicalPlan[]) => void;
}

export interface Rule {
  readonly name: string;
  /** What it is for, and why it stands where it does in the order. */
  readonly reason: string;
  /** All plans of a statement at once, since they may share nodes. Unchanged plans are returned as they are. */
  readonly apply: (roots: readonly LogicalPlan[], context: OptimizeContext) => readonly LogicalPlan[];
}
