/**
 * Makes watermarks from a column. BATCH does without: its input is complete, so only the time attribute's type stays.
 */
import type { Expr } from '../../expr/expr.ts';
import { operatorSpec } from '../../operators/define.ts';
import { printExpr } from '../explain-expr.ts';
import { namesOf, renamed } from './names.ts';
import { defineAlgorithm, forwardDelete, forwardUpdate } from './node.ts';
import { type Strategy, sizeOf } from './strategy.ts';

export interface WatermarkAssignerPlan {
  readonly rowtime: number;
  readonly watermark: Expr;
  readonly idleTimeout: number;
  readonly interval: number;
}

export const watermarkAssigner = defineAlgorithm<WatermarkAssignerPlan>({
  name: 'WatermarkAssigner',
  provides: () => ({}),
  describe({ params, inputs, schema }, format) {
    const names = namesOf(inputs[0]!.schema);
    return {
      items: [
        ['rowtime', `[${schema.fields[params.rowtime]!.name}]`],
        ['watermark', `[${printExpr(params.watermark, names, format)}]`],
      ],
    };
  },
  satisfyUpdate: forwardUpdate,
  satisfyDelete: forwardDelete,
  lower({ params, inputs, schema }, { name }) {
    return { kind: 'operator', spec: operatorSpec('watermark-assigner', name, params, [inputs[0]!.schema], schema) };
  },
});

export const watermarks: Strategy = {
  name: 'WatermarkAssigner',
  keyedInput: 'either',
  implement(plan, planner) {
    if (plan.kind !== 'watermark') return [];
    const input = planner.plan(plan.input);
    const { profile, configuration } = planner.context;
    if (profile.watermarks === 'max-at-end') return [input];
    const params: WatermarkAssignerPlan = {
      rowtime: plan.rowtime,
      watermark: plan.watermark,
      idleTimeout: configuration.duration('table.exec.source.idle-timeout'),
      interval: configuration.duration('pipeline.auto-watermark-interval'),
    };
    return [watermarkAssigner(params, renamed(plan.schema, input.schema.fields), [input], sizeOf(plan, planner))];
  },
};
