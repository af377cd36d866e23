/** One node of a physical plan as one line: `Calc(select=[a, b], where=[>(a, 1)])`. */
import { printChangelog } from './changelog.ts';
import type { ExprFormat } from './explain-expr.ts';
import type { DescriptionItem, PhysicalNode } from './physical/node.ts';

export interface LineOptions {
  readonly changelogMode?: boolean;
  /** Printed in front of the node's own items. */
  readonly first?: readonly DescriptionItem[];
}

export function printLine(node: PhysicalNode, format: ExprFormat, options: LineOptions = {}): string {
  const { name, items, trailing, silent } = node.describe(format);
  const mode = silent ? 'NONE' : printChangelog(node.traits.modify, node.updateKind, node.deleteKind);
  const changelog: readonly DescriptionItem[] = options.changelogMode ? [['changelogMode', `[${mode}]`]] : [];
  const all = [...(options.first ?? []), ...items, ...changelog, ...(format === 'prefix' ? (trailing ?? []) : [])];
  return `${name}(${all.map(([key, value]) => `${key}=${value}`).join(', ')})`;
}
