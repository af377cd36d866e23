/**
 * STREAMING ORDER BY without LIMIT. By a time attribute, ascending, rows go out as time passes. By anything else there
 * is no moment at which the first row is known, so it is refused, unless a hidden option sorts at the end of bounded
 * input.
 */
import { EngineError } from '../../base/errors.ts';
import type { Ordering } from '../../dataflow/traits.ts';
import { operatorSpec } from '../../operators/define.ts';
import { isTimestamp } from '../../types/data-type.ts';
import { INSERT_ONLY, isInsertOnly } from '../changelog.ts';
import { enforce } from '../enforce.ts';
import { printLine } from '../explain-line.ts';
import type { Sort } from '../logical.ts';
import { printOrder } from './names.ts';
import { defineAlgorithm, type PhysicalNode } from './node.ts';
import { type Planner, type Strategy, sizeOf } from './strategy.ts';

export interface TemporalSortPlan {
  readonly ordering: Ordering;
  readonly proctime: boolean;
}

export const temporalSort = defineAlgorithm<TemporalSortPlan>({
  name: 'TemporalSort',
  provides: () => ({ modify: INSERT_ONLY, distribution: { kind: 'any' } }),
  requires: () => ({ distribution: { kind: 'singleton' }, ordering: [] }),
  describe: ({ params, inputs }) => ({ items: [['orderBy', `[${printOrder(params.ordering, inputs[0]!.schema)}]`]] }),
  lower({ params, inputs, schema }, { name }) {
    const sort = { rowtime: params.ordering[0]!.index, ordering: params.ordering, proctime: params.proctime };
    return { kind: 'operator', spec: operatorSpec('temporal-sort', name, sort, [inputs[0]!.schema], schema) };
  },
});

/** Flink's hidden sort: keeps everything and writes it at the end. */
const sortAtEnd = defineAlgorithm<{ readonly ordering: Ordering; readonly offset: number }>({
  name: 'Sort',
  provides: ({ params }) => ({ modify: INSERT_ONLY, distribution: { kind: 'any' }, ordering: params.ordering }),
  requires: () => ({ distribution: { kind: 'singleton' }, ordering: [] }),
  describe: ({ params, inputs }) => ({ items: [['orderBy', `[${printOrder(params.ordering, inputs[0]!.schema)}]`]] }),
  lower({ params, inputs, schema }, { name }) {
    const inputRetracts = !isInsertOnly(inputs[0]!.traits.modify);
    const sort = { ordering: params.ordering, offset: params.offset, fetch: null, inputRetracts };
    return { kind: 'operator', spec: operatorSpec('sort', name, sort, [inputs[0]!.schema], schema) };
  },
});

export const streamingSorts: Strategy = {
  name: 'TemporalSort',
  keyedInput: 'arrival-order',
  implement(plan, planner) {
    if (plan.kind !== 'sort' || plan.order.length === 0 || plan.fetch !== null) return [];
    return [enforce(implementSort(plan, planner))];
  },
};

function implementSort(plan: Sort, planner: Planner): PhysicalNode {
  const input = planner.plan(plan.input);
  const size = sizeOf(plan, planner);
  const first = plan.order[0]!;
  const { type } = input.schema.fields[first.index]!;
  const time = isTimestamp(type) && first.direction === 'ASC' && plan.offset === 0 ? type.time : undefined;
  if (time !== undefined) {
    if (!isInsertOnly(input.traits.modify)) throw refuseUpdates('TemporalSort', input);
    return temporalSort({ ordering: plan.order, proctime: time === 'proctime' }, input.schema, [input], size);
  }
  if (planner.context.configuration.boolean('__table.exec.sort.non-temporal.enabled__')) {
    return sortAtEnd({ ordering: plan.order, offset: plan.offset }, input.schema, [input], size);
  }
  const bounded = input.traits.boundedness === 'BOUNDED';
  throw new EngineError('PLAN-STREAMING-SORT', 'sort on a non-time-attribute field is not supported', {
    hint: bounded
      ? "add LIMIT n, or SET 'execution.runtime-mode' = 'batch', since every source is bounded"
      : 'add LIMIT n, or order by a time attribute, ascending',
  });
}

function refuseUpdates(name: string, input: PhysicalNode): EngineError {
  const line = printLine(input, 'infix');
  return new EngineError(
    'PLAN-CHANGELOG',
    `${name} doesn't support consuming update and delete changes which is produced by node ${line}`,
  );
}
