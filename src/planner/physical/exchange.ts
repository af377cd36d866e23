/**
 * Sends rows where the consumer wants them: by hash of keys, to one subtask, to all. Becomes an edge, not an operator.
 * Where the subtasks of the consumer share what they keep it is only a line of the plan: the rows stay where they are.
 */
import type { Distribution } from '../../dataflow/traits.ts';
import { SERIALIZE_COST } from '../stats/cost.ts';
import { containsAll, type Key } from '../upsert-keys.ts';
import { printDistribution } from './names.ts';
import { defineAlgorithm, forwardDelete, forwardUpdate, type PhysicalNode } from './node.ts';

export interface ExchangeParams {
  readonly distribution: Distribution;
  /** Nothing is sent. Default: false. */
  readonly shared?: boolean;
}

export const exchange = defineAlgorithm<ExchangeParams>({
  name: 'Exchange',
  provides({ params, inputs }) {
    const distribution = params.shared === true ? inputs[0]!.traits.distribution : params.distribution;
    const kept = (key: Key): boolean => distribution.kind !== 'hash' || containsAll(key, distribution.keys);
    return { distribution, ordering: [], upsertKeys: inputs[0]!.traits.upsertKeys.filter(kept) };
  },
  cost: ({ params, size }) =>
    params.shared ? {} : { cpu: size.rows * SERIALIZE_COST, network: size.rows * size.width },
  describe: ({ params, inputs }) => ({
    items: [['distribution', `[${printDistribution(params.distribution, inputs[0]!.schema)}]`]],
  }),
  satisfyUpdate: forwardUpdate,
  satisfyDelete: forwardDelete,
  lower: ({ params }) => ({
    kind: 'exchange',
    distribution: params.shared === true ? { kind: 'any' } : params.distribution,
  }),
});

/**
 * Upsert keys of `input` as a consumer sees it that works by these columns: an exchange by just them does not matter,
 * since all rows of such a key come to the same subtask anyway.
 */
export function upsertKeysByGroup(input: PhysicalNode, columns: readonly number[]): readonly Key[] {
  const distribution = exchange.paramsOf(input)?.distribution;
  if (distribution === undefined) return input.traits.upsertKeys;
  const byThese = distribution.kind !== 'hash' || sameColumns(distribution.keys, columns);
  return byThese ? input.inputs[0]!.traits.upsertKeys : input.traits.upsertKeys;
}

function sameColumns(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((column) => b.includes(column));
}

/** Where the rows that come to a node are sent; null: they are not. */
export function sentBy(node: PhysicalNode): Distribution | null {
  const params = exchange.paramsOf(node);
  return params === null || params.shared === true ? null : params.distribution;
}
