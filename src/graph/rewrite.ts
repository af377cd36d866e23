/** Puts other transformations in the place of some, in graphs that are parts of others. */
import type { Transformation, TransformationInput } from './transformation.ts';

/**
 * @param replace gets every transformation, producers first, over its inputs as they have become; null: it stays
 * @param uid gives each transformation that stays its uid
 * @returns the roots in order; what they shared is shared
 */
export function rewriteGraph(
  roots: readonly Transformation[],
  replace: (transformation: Transformation) => Transformation | null,
  uid: (uid: string) => string = (same) => same,
): readonly Transformation[] {
  const made = new Map<Transformation, Transformation>();
  const visit = (transformation: Transformation): Transformation => {
    const known = made.get(transformation);
    if (known !== undefined) return known;
    const inputs = transformation.inputs.map((input): TransformationInput => ({ ...input, from: visit(input.from) }));
    const moved = { ...transformation, uid: uid(transformation.uid), inputs };
    const result = replace(moved) ?? moved;
    made.set(transformation, result);
    return result;
  };
  return roots.map(visit);
}
