/** Puts other transformations in the place of sources, for graphs that go on above them. */
import type { Transformation, TransformationInput } from './transformation.ts';

type Source = Extract<Transformation, { readonly kind: 'source' }>;

/**
 * @param replace null: the source stays
 * @param uid gives each transformation that is kept its uid
 * @returns the roots in order; what they shared is shared
 */
export function replaceSources(
  roots: readonly Transformation[],
  replace: (source: Source) => Transformation | null,
  uid: (uid: string) => string = (same) => same,
): readonly Transformation[] {
  const made = new Map<Transformation, Transformation>();
  const visit = (transformation: Transformation): Transformation => {
    const known = made.get(transformation);
    if (known !== undefined) return known;
    const inputs = transformation.inputs.map((input): TransformationInput => ({ ...input, from: visit(input.from) }));
    const replaced = transformation.kind === 'source' ? replace(transformation) : null;
    const result = replaced ?? { ...transformation, uid: uid(transformation.uid), inputs };
    made.set(transformation, result);
    return result;
  };
  return roots.map(visit);
}
