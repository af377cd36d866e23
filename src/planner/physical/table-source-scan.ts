/** Reads a table. Drops -U right behind the source where nobody wants it. */
import { EngineError } from '../../base/errors.ts';
import { inputRef } from '../../expr/expr.ts';
import { modifyKindsOf, updateKindOf } from '../changelog.ts';
import { printExpr } from '../explain-expr.ts';
import type { Scan } from '../logical.ts';
import { scan } from '../logical-build.ts';
import { calcOver } from './calc.ts';
import { changelogNormalize, needsNormalize } from './changelog-normalize.ts';
import { dropUpdateBefore } from './drop-update-before.ts';
import { exchange } from './exchange.ts';
import { namesOf } from './names.ts';
import { defineAlgorithm, type Monotonicity, type PhysicalNode } from './node.ts';
import { type Planner, type Strategy, sizeOf } from './strategy.ts';

export interface TableSourceScanParams {
  readonly scan: Scan;
}

const tableSourceScan = defineAlgorithm<TableSourceScanParams>({
  name: 'TableSourceScan',
  provides({ params, schema }) {
    const { table } = params.scan;
    const modify = modifyKindsOf(table.changelogMode);
    const keys = schema.primaryKey === null ? [] : [schema.primaryKey];
    const constant = schema.fields.map((): Monotonicity => 'CONSTANT');
    return {
      boundedness: table.boundedness,
      modify,
      upsertKeys: keys,
      uniqueKeys: keys,
      monotonicity: modify.size === 1 ? constant : null,
    };
  },
  cost: ({ size }) => ({ io: size.rows * size.width }),
  describe({ params, schema }, format) {
    const { table, projection, filters } = params.scan;
    const all = projection.length === table.spec.schema.fields.length && projection.every((column, i) => column === i);
    const fields = namesOf(schema).join(', ');
    const conditions = filters.map((filter) => printExpr(filter, namesOf(schema), format)).join(', ');
    const digest = [
      ...table.path,
      ...(filters.length === 0 ? [] : [`filter=[${filters.length > 1 ? `and(${conditions})` : conditions}]`]),
      ...(all ? [] : [`project=[${fields}]`, 'metadata=[]']),
      ...(table.spec.limit === null ? [] : [`limit=[${table.spec.limit}]`]),
    ];
    return {
      items: [
        ['table', `[[${digest.join(', ')}]]`],
        ['fields', `[${fields}]`],
      ],
    };
  },
  satisfyUpdate(self, required) {
    const written = updateKindOf(self.params.scan.table.changelogMode);
    const scan = self.with({ updateKind: written });
    if (written !== 'BEFORE_AND_AFTER' || required !== 'ONLY_UPDATE_AFTER') return scan;
    return dropUpdateBefore({}, scan.schema, [scan], scan.traits.size).with({ updateKind: 'ONLY_UPDATE_AFTER' });
  },
  satisfyDelete(self) {
    const byKey = deletesByKey(self.params.scan);
    return self.with({
      deleteKind: !self.traits.modify.has('DELETE') ? 'NONE' : byKey ? 'DELETE_BY_KEY' : 'FULL_DELETE',
    });
  },
  lower: ({ params }) => ({ kind: 'source', spec: params.scan.table.spec, boundedness: params.scan.table.boundedness }),
});

export const scanTables: Strategy = {
  name: 'TableSourceScan',
  keyedInput: 'either',
  implement(plan, planner) {
    return plan.kind === 'scan' ? [implementScan(plan, planner)] : [];
  },
};

function implementScan(plan: Scan, planner: Planner): PhysicalNode {
  const { table } = plan;
  const name = table.path.join('.');
  if (planner.context.profile.keyedInput === 'sorted-by-key') refuseInBatch(plan, name);
  const upserts = updateKindOf(table.changelogMode) === 'ONLY_UPDATE_AFTER';
  if (upserts && table.spec.schema.primaryKey === null) {
    throw new EngineError(
      'PLAN-UPSERT-KEY',
      `table '${name}' produces a changelog stream that contains UPDATE_AFTER but no UPDATE_BEFORE. ` +
        'This requires defining a primary key constraint on the table',
      { hint: 'add PRIMARY KEY (…) NOT ENFORCED to its CREATE TABLE' },
    );
  }
  const size = sizeOf(plan, planner);
  const { configuration } = planner.context;
  if (!needsNormalize(plan, configuration)) {
    const whole = table.changelogMode.size > 1 ? withoutFilters(plan) : plan;
    return tableSourceScan({ scan: whole }, plan.schema, [], size);
  }
  const wide = withKey(withoutFilters(plan));
  const keys = wide.schema.primaryKey!;
  const source = tableSourceScan({ scan: wide }, wide.schema, [], size);
  const placed = exchange({ distribution: { kind: 'hash', keys } }, wide.schema, [source], size);
  const params = {
    keys,
    condition: null,
    required: !upserts,
    stateTtl: configuration.duration('table.exec.state.ttl'),
    miniBatch: configuration.boolean('table.exec.mini-batch.enabled'),
  };
  const normalized = changelogNormalize(params, wide.schema, [placed], size);
  const columns = plan.schema.fields.map((field, i) => inputRef(i, field.type));
  return calcOver(normalized, [], columns, plan.schema, size);
}

/** A source that updates must give every change: one that a filter hides may be what takes a row away. */
function withoutFilters(plan: Scan): Scan {
  if (plan.filters.length === 0 && plan.table.spec.filters.length === 0) return plan;
  return { ...plan, filters: [], table: { ...plan.table, spec: { ...plan.table.spec, filters: [] } } };
}

/** The scan, reading the primary key too, behind the columns that are wanted. */
function withKey(plan: Scan): Scan {
  if (plan.schema.primaryKey !== null) return plan;
  const key = plan.table.spec.schema.primaryKey ?? [];
  const projection = [...plan.projection, ...key.filter((column) => !plan.projection.includes(column))];
  return scan({ ...plan.table, spec: { ...plan.table.spec, projection } }, projection, plan.alias);
}

/** BATCH sees a table as it is at the end: its source must end, and must not take rows back. */
function refuseInBatch(plan: Scan, name: string): void {
  if (plan.table.boundedness === 'CONTINUOUS_UNBOUNDED') {
    throw new EngineError(
      'MODE-UNBOUNDED-BATCH',
      `querying an unbounded table '${name}' in batch mode is not allowed. The table source is unbounded`,
      { hint: "SET 'execution.runtime-mode' = 'streaming', or bound the source" },
    );
  }
  if (modifyKindsOf(plan.table.changelogMode).size > 1) {
    throw new EngineError(
      'MODE-UPDATES-BATCH',
      'querying a table in batch mode is currently only possible for INSERT-only table sources. ' +
        `But the source for table '${name}' produces other changelog messages than just INSERT`,
      { hint: "SET 'execution.runtime-mode' = 'streaming'" },
    );
  }
}

/** The source may send deletes that hold the key alone. */
function deletesByKey(plan: Scan): boolean {
  return plan.table.spec.options['key-only-deletes'] === 'true';
}
