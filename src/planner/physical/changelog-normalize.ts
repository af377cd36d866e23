/**
 * Makes a full changelog of upserts by keeping the last row of each key. Left out where the consumer can do with what
 * the source writes. A projection or filter above it goes below it or into it, so that less is kept.
 */
import type { Configuration } from '../../base/config.ts';
import { type Expr, inputRef, inputsOf, remapInputs } from '../../expr/expr.ts';
import { operatorSpec } from '../../operators/define.ts';
import type { Schema } from '../../types/schema.ts';
import { ALL_CHANGES, updateKindOf } from '../changelog.ts';
import { printExpr } from '../explain-expr.ts';
import type { Scan } from '../logical.ts';
import { allOf } from '../predicates.ts';
import { exchange } from './exchange.ts';
import { columnList, namesOf } from './names.ts';
import { defineAlgorithm, fullDelete, type PhysicalNode, type Size, visitAll } from './node.ts';

export interface ChangelogNormalizePlan {
  readonly keys: readonly number[];
  readonly condition: Expr | null;
  /** Must stay: the source may repeat changes. */
  readonly required: boolean;
  readonly stateTtl: number;
  readonly miniBatch: boolean;
}

export const changelogNormalize = defineAlgorithm<ChangelogNormalizePlan>({
  name: 'ChangelogNormalize',
  provides: ({ params }) => ({
    modify: ALL_CHANGES,
    distribution: { kind: 'any' },
    upsertKeys: [params.keys],
    uniqueKeys: [params.keys],
    monotonicity: null,
  }),
  requires: ({ params }) => ({ distribution: { kind: 'hash', keys: params.keys }, ordering: [] }),
  describe({ params, inputs }, format) {
    const { schema } = inputs[0]!;
    const condition =
      params.condition === null
        ? []
        : ([['condition', `[${printExpr(params.condition, namesOf(schema), format)}]`]] as const);
    return { items: [['key', `[${columnList(params.keys, schema)}]`], ...condition] };
  },
  satisfyUpdate(self, required, visit) {
    const inputs = visitAll(self.inputs, (input) => visit(input, 'ONLY_UPDATE_AFTER'));
    return inputs === null ? null : self.with({ inputs, updateKind: required });
  },
  satisfyDelete(self, required, visit) {
    const below = self.inputs[0]!;
    if (self.updateKind !== 'BEFORE_AND_AFTER' && self.params.condition === null && !self.params.required) {
      const source = visit(below.inputs[0]!, required);
      if (source?.traits.modify.has('DELETE')) return source;
    }
    const input = visit(below, 'DELETE_BY_KEY');
    return input === null
      ? fullDelete(self, required, visit)
      : self.with({ inputs: [input], deleteKind: 'FULL_DELETE' });
  },
  lower({ params, inputs, schema, updateKind }, { name }) {
    const normalize = {
      keys: params.keys,
      generateUpdateBefore: updateKind === 'BEFORE_AND_AFTER',
      condition: params.condition,
      stateTtl: params.stateTtl,
      miniBatch: params.miniBatch,
    };
    return {
      kind: 'operator',
      spec: operatorSpec('changelog-normalize', name, normalize, [inputs[0]!.schema], schema),
    };
  },
});

/** An upsert source, or one that may repeat its changes. */
export function needsNormalize(scan: Scan, configuration: Configuration): boolean {
  const { changelogMode } = scan.table;
  if (updateKindOf(changelogMode) === 'ONLY_UPDATE_AFTER') return true;
  if (scan.table.spec.schema.primaryKey === null) return false;
  return changelogMode.size > 1 && configuration.boolean('table.exec.source.cdc-events-duplicate');
}

export interface CalcParts {
  readonly condition: readonly Expr[];
  /** null: the input's columns as they are. */
  readonly projection: readonly Expr[] | null;
}

/** What is left to do above, and the node to do it on. */
export interface Pushed extends CalcParts {
  readonly input: PhysicalNode;
}

/**
 * Moves a filter into the state and unused columns out of it: predicates on the key alone go below it (`narrow` builds
 * the Calc there), the others become its condition, and columns that neither the key nor the Calc uses are not kept.
 */
export function pushIntoNormalize(
  node: PhysicalNode,
  calc: CalcParts,
  narrow: (input: PhysicalNode, condition: readonly Expr[], columns: readonly number[]) => PhysicalNode,
): Pushed | null {
  const params = changelogNormalize.paramsOf(node);
  if (params === null) return null;
  const source = node.inputs[0]!.inputs[0]!;
  const { fields } = node.schema;
  const projection = calc.projection ?? fields.map((field, index) => inputRef(index, field.type));
  const onKey = calc.condition.filter((expr) => inputsOf(expr).every((column) => params.keys.includes(column)));
  const onRow = calc.condition.filter((expr) => !onKey.includes(expr));
  const conditions = [...(params.condition === null ? [] : [params.condition]), ...onRow];
  const used = new Set([...params.keys, ...[...projection, ...conditions].flatMap((expr) => inputsOf(expr))]);
  const columns = fields.map((_, index) => index).filter((index) => used.has(index));
  const place = (index: number): number => columns.indexOf(index);
  if (columns.length === fields.length && calc.condition.length === 0) return null;
  const input = narrow(source, onKey, columns);
  const keys = params.keys.map(place);
  const condition = allOf(conditions.map((expr) => remapInputs(expr, place)));
  const exchanged = exchange({ distribution: { kind: 'hash', keys } }, input.schema, [input], input.traits.size);
  const schema: Schema = { ...input.schema, primaryKey: keys };
  const size: Size = input.traits.size;
  const normalized = changelogNormalize({ ...params, keys, condition }, schema, [exchanged], size);
  return { input: normalized, condition: [], projection: projection.map((expr) => remapInputs(expr, place)) };
}
