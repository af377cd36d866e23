/**
 * Where consecutive operators of a chain may become one before they are made. The result says which inputs of the
 * planned operators each input of the fused one stands for.
 */
import type { ChainLink } from '../graph/job-graph.ts';

export interface FusedLink {
  readonly link: ChainLink;
  /** By number of the fused operator's input: link of the planned chain, and input of its operator. */
  readonly inputs: readonly { readonly link: number; readonly input: number }[];
}

/**
 * Gives links for the whole chain, in order. The fused operator's chained input stands for the chained input of the
 * first operator that it replaces.
 */
export type Fuse = (links: readonly ChainLink[]) => readonly FusedLink[];

export const fuseNothing: Fuse = (links) =>
  links.map((link, number) => ({
    link,
    inputs:
      link.kind === 'source'
        ? []
        : link.kind === 'sink'
          ? [{ link: number, input: 0 }]
          : link.spec.inputs.map((_, input) => ({ link: number, input })),
  }));
