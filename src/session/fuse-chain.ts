/** Chains with each Calc fused into the operator behind it, where that operator can take it (operators/fuse.ts). */
import type { ChainLink } from '../graph/job-graph.ts';
import { fuseCalc } from '../operators/fuse.ts';
import type { Fuse, FusedLink } from '../runtime/fuse.ts';
import { fuseNothing } from '../runtime/fuse.ts';

type OperatorLink = ChainLink & { readonly kind: 'operator' };

export const fuseCalcs: Fuse = (links) => {
  const planned = fuseNothing(links);
  const fused: FusedLink[] = [];
  planned.forEach((current) => {
    const previous = fused.at(-1);
    const merged = previous === undefined ? null : merge(previous, current);
    if (merged === null) fused.push(current);
    else fused[fused.length - 1] = merged;
  });
  return fused;
};

/** `current` with the Calc `previous` in it, or null. */
function merge(previous: FusedLink, current: FusedLink): FusedLink | null {
  const [calc, into] = [previous.link, current.link];
  if (calc.kind !== 'operator' || into.kind !== 'operator') return null;
  const spec = fuseCalc(calc.spec, into.spec, into.chainedInput);
  if (spec === null) return null;
  const link: OperatorLink = { ...into, spec };
  return {
    link,
    inputs: current.inputs.map((input, number) => (number === into.chainedInput ? previous.inputs[0]! : input)),
  };
}
