/** STREAMING: joins two changelogs of any kind; keeps both sides. Without keys it runs on one subtask. */
import type { Expr } from '../../expr/expr.ts';
import { operatorSpec } from '../../operators/define.ts';
import type { JoinInputSide } from '../../operators/specs.ts';
import { ALL_CHANGES, beforeAndAfterOrNone, onlyAfterOrNone, unionModify } from '../changelog.ts';
import { enforce } from '../enforce.ts';
import type { Join } from '../logical.ts';
import { allOf } from '../predicates.ts';
import { HASH_COST } from '../stats/cost.ts';
import { containsAll, joinKeys, type Key } from '../upsert-keys.ts';
import { upsertKeysByGroup } from './exchange.ts';
import { type JoinPlan, joinItems, joinPlanOf, joinSchema } from './join-plan.ts';
import { type DescriptionItem, defineAlgorithm, type Self, visitAll } from './node.ts';
import { joinTtl } from './state-ttl.ts';
import { type Planner, type Strategy, sizeOf } from './strategy.ts';

export interface StreamingJoinPlan extends JoinPlan {
  readonly join: Join;
  readonly ttl: readonly [number, number];
  readonly miniBatch: boolean;
}

export const streamingJoin = defineAlgorithm<StreamingJoinPlan>({
  name: 'Join',
  provides(self) {
    const { params, inputs } = self;
    const [left, right] = [inputs[0]!, inputs[1]!];
    const forwards = params.type === 'INNER' || params.type === 'SEMI';
    const pairs = { left: params.leftKeys, right: params.rightKeys };
    const width = left.schema.fields.length;
    const upsertKeys = joinKeys(
      params.type,
      left.traits.upsertKeys.filter((key) => containsAll(key, params.leftKeys)),
      right.traits.upsertKeys.filter((key) => containsAll(key, params.rightKeys)),
      pairs,
      width,
    );
    return {
      modify: forwards ? unionModify(left.traits.modify, right.traits.modify) : ALL_CHANGES,
      distribution: { kind: 'any' },
      ordering: [],
      upsertKeys,
      uniqueKeys: joinKeys(params.type, left.traits.uniqueKeys, right.traits.uniqueKeys, pairs, width),
      monotonicity: null,
    };
  },
  requires: ({ params }, input) => {
    const keys = input === 0 ? params.leftKeys : params.rightKeys;
    return { distribution: keys.length === 0 ? { kind: 'singleton' } : { kind: 'hash', keys }, ordering: [] };
  },
  cost: ({ inputs, size }) => ({
    cpu: (inputs[0]!.traits.size.rows + inputs[1]!.traits.size.rows) * HASH_COST + size.rows,
  }),
  describe(self, format) {
    const { params, schema } = self;
    return {
      items: [
        ...joinItems(params, schema, format),
        ['leftInputSpec', `[${sideOf(self, 0).kind}]`],
        ['rightInputSpec', `[${sideOf(self, 1).kind}]`],
        ...(format === 'prefix' ? printJoinHints(params.join) : []),
      ],
      trailing: joinTtl(params.join.hints).trailing,
    };
  },
  satisfyUpdate(self, required, visit) {
    const onlyAfter = required === 'ONLY_UPDATE_AFTER';
    const inputs = visitAll(self.inputs, (input, index) => {
      const { modify } = input.traits;
      if (!onlyAfter) return visit(input, beforeAndAfterOrNone(modify));
      return modify.has('UPDATE') && !updatesStayInKey(self, index) ? null : visit(input, onlyAfterOrNone(modify));
    });
    return inputs === null
      ? null
      : self.with({ inputs, updateKind: self.traits.modify.has('UPDATE') ? required : 'NONE' });
  },
  lower(self, { name }) {
    const { params, inputs, schema } = self;
    const spec = operatorSpec(
      'streaming-join',
      name,
      {
        type: params.type,
        leftKeys: params.leftKeys,
        rightKeys: params.rightKeys,
        nullSafe: params.nullSafe,
        condition: allOf(params.rest),
        left: sideOf(self, 0),
        right: sideOf(self, 1),
        nullAware: params.nullAware,
        miniBatch: params.miniBatch,
      },
      inputs.map((input) => input.schema),
      schema,
    );
    return { kind: 'operator', spec };
  },
});

/**
 * Hints for BATCH: printed in the physical plan, as Flink does, with the side that they would choose; without effect.
 */
function printJoinHints(join: Join): readonly DescriptionItem[] {
  const hints = join.hints.filter((hint) => hint.args.length > 0);
  if (hints.length === 0) return [];
  const printed = hints.map((hint) => `[${hint.name} options:[${hint.args[0]}]]`);
  return [['joinHints', `[[${printed.join(', ')}]]`]];
}

function keysOf(self: Self<StreamingJoinPlan>, input: number): { columns: readonly number[]; keys: readonly Key[] } {
  const columns = input === 0 ? self.params.leftKeys : self.params.rightKeys;
  return { columns, keys: upsertKeysByGroup(self.inputs[input]!, columns) };
}

function sideOf(self: Self<StreamingJoinPlan>, input: number): JoinInputSide {
  const { columns, keys } = keysOf(self, input);
  const stateTtl = self.params.ttl[input]!;
  const inJoinKey = keys.find((key) => containsAll(columns, key));
  if (inJoinKey !== undefined) return { kind: 'JoinKeyContainsUniqueKey', uniqueKey: inJoinKey, stateTtl };
  const smallest = [...keys].sort((a, b) => a.length - b.length)[0];
  if (smallest !== undefined) return { kind: 'HasUniqueKey', uniqueKey: smallest, stateTtl };
  return { kind: 'NoUniqueKey', uniqueKey: null, stateTtl };
}

/** A row of this input keeps its join key through updates: -U is not needed to find its old matches. */
function updatesStayInKey(self: Self<StreamingJoinPlan>, input: number): boolean {
  const { columns, keys } = keysOf(self, input);
  return keys.some((key) => containsAll(key, columns));
}

export const streamingJoins: Strategy = {
  name: 'Join',
  keyedInput: 'arrival-order',
  implement: (plan, planner) => (plan.kind === 'join' ? [implementJoin(plan, planner)] : []),
};

function implementJoin(plan: Join, planner: Planner) {
  const left = planner.plan(plan.left);
  const right = planner.plan(plan.right);
  const { configuration } = planner.context;
  const ttl = joinTtl(plan.hints);
  const global = configuration.duration('table.exec.state.ttl');
  const split = joinPlanOf(plan, left, right);
  const keyless: readonly Expr[] = split.nullAware ? split.conjuncts : split.rest;
  const params: StreamingJoinPlan = {
    ...split,
    ...(split.nullAware ? { leftKeys: [], rightKeys: [], nullSafe: [], rest: keyless } : {}),
    join: plan,
    ttl: [ttl.left ?? global, ttl.right ?? global],
    miniBatch: configuration.boolean('table.exec.mini-batch.enabled'),
  };
  return enforce(streamingJoin(params, joinSchema(plan, left, right), [left, right], sizeOf(plan, planner)));
}
