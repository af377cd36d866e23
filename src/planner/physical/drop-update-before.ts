/** Drops -U: a consumer that works by key does not need it. */
import { operatorSpec } from '../../operators/define.ts';
import { defineAlgorithm, forwardDelete } from './node.ts';

export const dropUpdateBefore = defineAlgorithm<Record<never, never>>({
  name: 'DropUpdateBefore',
  provides: () => ({}),
  describe: () => ({ items: [] }),
  satisfyUpdate: (self) => self.with({}),
  satisfyDelete: forwardDelete,
  lower: ({ inputs, schema }, { name }) => ({
    kind: 'operator',
    spec: operatorSpec('drop-update-before', name, {}, [inputs[0]!.schema], schema),
  }),
});
