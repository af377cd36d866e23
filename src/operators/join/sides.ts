/** How a join's type reads when one side is built and the other probes it. */
import type { JoinType } from '../specs.ts';

export interface JoinShape {
  /** A probe row without a match comes out padded with NULLs (or alone, for ANTI). */
  readonly keepsProbe: boolean;
  /** A build row without a match comes out padded with NULLs (or alone, for ANTI). */
  readonly keepsBuild: boolean;
  /** Only the left fields come out, at most once per left row. */
  readonly semi: boolean;
  readonly anti: boolean;
  /** SEMI and ANTI with the left side built: left rows come out at the end. */
  readonly leftIsBuild: boolean;
}

export function joinShape(type: JoinType, buildSide: 'left' | 'right'): JoinShape {
  const leftIsBuild = buildSide === 'left';
  const semi = type === 'SEMI';
  const anti = type === 'ANTI';
  const keepsLeft = type === 'LEFT' || type === 'FULL';
  const keepsRight = type === 'RIGHT' || type === 'FULL';
  return {
    keepsProbe: leftIsBuild ? keepsRight : keepsLeft,
    keepsBuild: leftIsBuild ? keepsLeft : keepsRight,
    semi,
    anti,
    leftIsBuild,
  };
}
