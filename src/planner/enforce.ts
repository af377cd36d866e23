/**
 * Makes true what physical nodes require: puts an Exchange or a Sort where the input is not distributed or ordered as
 * it must be, and settles which changes flow (changelog.ts). The nodes say what they need; nothing here knows their
 * kinds.
 */
import { EngineError } from '../base/errors.ts';
import type { Distribution, Ordering } from '../dataflow/traits.ts';
import { type DeleteKind, fullDeleteOrNone, isInsertOnly, type UpdateKind } from './changelog.ts';
import { printLine } from './explain-line.ts';
import { batchSort } from './physical/batch-sort.ts';
import { exchange } from './physical/exchange.ts';
import type { PhysicalNode, VisitDelete, VisitUpdate } from './physical/node.ts';

/** The node over inputs that meet its requirements. */
export function enforce(node: PhysicalNode): PhysicalNode {
  const inputs = node.inputs.map((input, index) => {
    const { distribution, ordering, shared } = node.requires(index);
    const placed = isDistributed(input.traits.distribution, distribution)
      ? input
      : exchangeOver(input, distribution, shared);
    return isOrdered(placed.traits.ordering, ordering) ? placed : sortOver(placed, ordering);
  });
  return inputs.every((input, index) => input === node.inputs[index]) ? node : node.with({ inputs });
}

export function exchangeOver(input: PhysicalNode, distribution: Distribution, shared = false): PhysicalNode {
  return exchange({ distribution, shared }, input.schema, [input], input.traits.size);
}

function sortOver(input: PhysicalNode, ordering: Ordering): PhysicalNode {
  return batchSort({ ordering }, input.schema, [input], input.traits.size);
}

function isDistributed(provided: Distribution, required: Distribution): boolean {
  if (required.kind === 'any' || required.kind === 'forward') return true;
  if (required.kind !== 'hash') return provided.kind === required.kind;
  return (
    provided.kind === 'hash' &&
    provided.keys.length === required.keys.length &&
    provided.keys.every((key, i) => key === required.keys[i])
  );
}

function isOrdered(provided: Ordering, required: Ordering): boolean {
  return required.every((field, i) => {
    const other = provided[i];
    return other?.index === field.index && other.direction === field.direction && other.nulls === field.nulls;
  });
}

/**
 * Settles the changelog of a whole plan.
 *
 * @param wanted ways in which the consumer takes updates, the dearest last
 * @param deletes ways in which it takes deletes
 * @throws EngineError PLAN-CHANGELOG if no node below can serve the consumer
 */
export function negotiate(
  root: PhysicalNode,
  wanted: readonly UpdateKind[],
  deletes: readonly DeleteKind[],
): PhysicalNode {
  const update: VisitUpdate = (node, required) => {
    const updates = node.traits.modify.has('UPDATE');
    if (required === 'NONE' && updates) return null;
    const made = node.satisfyUpdate(updates ? required : 'NONE', update);
    return made !== null && (made.updateKind === 'NONE' || made.updateKind === required) ? made : null;
  };
  const remove: VisitDelete = (node, required) => {
    const made = node.satisfyDelete(node.traits.modify.has('DELETE') ? required : 'NONE', remove);
    return made !== null && (required !== 'FULL_DELETE' || made.deleteKind !== 'DELETE_BY_KEY') ? made : null;
  };
  for (const updateKind of isInsertOnly(root.traits.modify) ? (['NONE'] as const) : wanted) {
    const settled = update(root, updateKind);
    if (settled === null) continue;
    for (const deleteKind of deletes) {
      const made = remove(
        settled,
        root.traits.modify.has('DELETE') ? deleteKind : fullDeleteOrNone(root.traits.modify),
      );
      if (made !== null) return made;
    }
  }
  throw new EngineError(
    'PLAN-CHANGELOG',
    `no plan gives the changes that are asked for from ${printLine(root, 'infix')}`,
    {
      hint: 'a source or a step below cannot write -U before +U',
    },
  );
}
