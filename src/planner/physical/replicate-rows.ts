/**
 * Each row as often as its first column says, without that column. Flink: a Correlate with $REPLICATE_ROWS$1, whose
 * output has the columns twice, below a Calc that takes the second copy; here they never exist.
 */
import { operatorSpec } from '../../operators/define.ts';
import type { Schema } from '../../types/schema.ts';
import { namesOf } from './names.ts';
import { defineAlgorithm, forwardDelete, forwardUpdate, type PhysicalNode, type Size } from './node.ts';

const replicate = defineAlgorithm<Record<never, never>>({
  name: 'Correlate',
  provides: () => ({ distribution: { kind: 'any' }, ordering: [], upsertKeys: [], uniqueKeys: [], monotonicity: null }),
  describe({ inputs, schema }) {
    const input = namesOf(inputs[0]!.schema);
    const args = input.map((_, i) => `$${i}`).join(', ');
    return {
      items: [
        ['invocation', `[$REPLICATE_ROWS$1(${args})]`],
        ['correlate', `[table($REPLICATE_ROWS$1(${input.join(',')}))]`],
        ['select', `[${namesOf(schema).join(',')}]`],
        ['joinType', '[INNER]'],
      ],
    };
  },
  satisfyUpdate: forwardUpdate,
  satisfyDelete: forwardDelete,
  lower({ inputs, schema }, { name }) {
    const input = inputs[0]!.schema;
    return { kind: 'operator', spec: operatorSpec('replicate-rows', name, { count: 0 }, [input], schema) };
  },
});

/** @param input its first column, BIGINT, is the number of copies */
export function replicateRows(input: PhysicalNode, size: Size): PhysicalNode {
  const schema: Schema = { fields: input.schema.fields.slice(1), primaryKey: null, rowtime: null };
  return replicate({}, schema, [input], size);
}
