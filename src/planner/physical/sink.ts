/**
 * Writes into a table. In STREAMING query and sink agree on the changes: an upsert sink takes +U without -U if the
 * query's upsert key is the sink's primary key; if it is another one, changes of different rows meet under one primary
 * key, and the query must say what to do then (ON CONFLICT).
 *
 * Source: Flink, FlinkChangelogModeInferenceProgram and the release notes of 2.3 for ON CONFLICT.
 */
import { EngineError, notSupported } from '../../base/errors.ts';
import { operatorSpec } from '../../operators/define.ts';
import { RowKind } from '../../types/row-kind.ts';
import type { Schema } from '../../types/schema.ts';
import {
  beforeAndAfterOrNone,
  changelogModeOf,
  isInsertOnly,
  onlyAfterOrNone,
  type UpdateKind,
  updateKindOf,
} from '../changelog.ts';
import type { LogicalPlan, SinkNode } from '../logical.ts';
import { nodesOf } from '../logical-visit.ts';
import { columnList, namesOf } from './names.ts';
import { type DescriptionItem, defineAlgorithm, type LoweredStep, type PhysicalNode } from './node.ts';
import { type PlanContext, type Planner, type Strategy, sizeOf } from './strategy.ts';

export interface SinkPlan {
  readonly sink: SinkNode;
  /** Ways in which the sink takes updates, the best first. */
  readonly wanted: readonly UpdateKind[];
  readonly deletesByKey: boolean;
  readonly materialize: boolean;
  readonly stateTtl: number;
  readonly notNull: 'ERROR' | 'DROP';
}

export const sink = defineAlgorithm<SinkPlan>({
  name: 'Sink',
  provides: () => ({}),
  describe({ params, inputs }) {
    const { onConflict, path } = params.sink;
    const materialize: readonly DescriptionItem[] = params.materialize ? [['upsertMaterialize', '[true]']] : [];
    const conflict: readonly DescriptionItem[] = onConflict === null ? [] : [['conflictStrategy', `[${onConflict}]`]];
    return {
      items: [
        ['table', `[${path.join('.')}]`],
        ['fields', `[${namesOf(inputs[0]!.schema).join(', ')}]`],
        ...materialize,
        ...conflict,
      ],
      silent: true,
    };
  },
  satisfyUpdate(self, required, visit) {
    const input = self.inputs[0]!;
    for (const wanted of input.traits.modify.has('UPDATE') ? self.params.wanted : (['NONE'] as const)) {
      const made = visit(input, wanted);
      if (made !== null) return self.with({ inputs: [made], updateKind: required });
    }
    return null;
  },
  satisfyDelete(self, _required, visit) {
    const input = self.inputs[0]!;
    if (!input.traits.modify.has('DELETE')) return self.with({ inputs: [visit(input, 'NONE') ?? input] });
    const made = (self.params.deletesByKey ? visit(input, 'DELETE_BY_KEY') : null) ?? visit(input, 'FULL_DELETE');
    return made === null ? null : self.with({ inputs: [made], deleteKind: 'FULL_DELETE' });
  },
  lower({ params, inputs }) {
    return { kind: 'sink', spec: params.sink.spec, before: stepsBefore(params, inputs[0]!) };
  },
});

function stepsBefore(params: SinkPlan, input: PhysicalNode): readonly LoweredStep[] {
  const { schema } = params.sink.spec;
  const steps: LoweredStep[] = [];
  const notNull = schema.fields.flatMap(({ type }, i) =>
    !type.nullable && input.schema.fields[i]!.type.nullable ? [i] : [],
  );
  if (notNull.length > 0) {
    const name = `ConstraintEnforcer[NotNullEnforcer(fields=[${columnList(notNull, schema)}])]`;
    const enforcer = { notNull, action: params.notNull, table: params.sink.path.join('.') };
    const spec = operatorSpec('constraint-enforcer', name, enforcer, [input.schema], schema);
    steps.push({ name: 'ConstraintEnforcer', spec, distribution: { kind: 'forward' } });
  }
  if (params.materialize && schema.primaryKey !== null) {
    const upsertKey = [...input.traits.upsertKeys].sort((a, b) => a.length - b.length)[0] ?? null;
    const materializer = { primaryKey: schema.primaryKey, upsertKey, stateTtl: params.stateTtl };
    const name = `SinkMaterializer[pk=[${columnList(schema.primaryKey, schema)}]]`;
    const spec = operatorSpec('sink-upsert-materializer', name, materializer, [schema], schema);
    // Rows of one primary key may come from several subtasks.
    steps.push({ name: 'SinkMaterializer', spec, distribution: { kind: 'hash', keys: schema.primaryKey } });
  }
  return steps;
}

export const sinks: Strategy = {
  name: 'Sink',
  keyedInput: 'either',
  implement: (plan, planner) => (plan.kind === 'sink' ? [implementSink(plan, planner)] : []),
};

function implementSink(plan: SinkNode, planner: Planner): PhysicalNode {
  const { context } = planner;
  const input = planner.plan(plan.input);
  const size = sizeOf(plan, planner);
  const { configuration } = context;
  const base = {
    sink: plan,
    deletesByKey: plan.spec.options['key-only-deletes'] === 'true',
    stateTtl: configuration.duration('table.exec.state.ttl'),
    notNull: configuration.string('table.exec.sink.not-null-enforcer').toUpperCase() === 'DROP' ? 'DROP' : 'ERROR',
  } as const;
  if (plan.overwrite && context.profile.scheduling === 'all-at-once') refuseOverwrite(plan);
  if (context.profile.watermarks === 'generated') refuseTwoRowtimes(plan);
  const agreed = { ...base, ...negotiateSink(plan, input, context) };
  return sink(agreed, plan.schema, [input], size);
}

/** What is there can only be replaced once everything is known. */
function refuseOverwrite(plan: SinkNode): void {
  throw new EngineError('PLAN-OVERWRITE', `streaming mode does not support overwriting '${plan.path.join('.')}'`, {
    hint: "SET 'execution.runtime-mode' = 'batch', or INSERT INTO",
  });
}

/** A row of a stream is written with one event time. */
function refuseTwoRowtimes({ rowtimes, path }: SinkNode): void {
  if (rowtimes.length < 2) return;
  const names = rowtimes.join(', ');
  throw new EngineError(
    'PLAN-ROWTIMES',
    `the query contains more than one rowtime attribute column [${names}] for writing into table '${path.join('.')}'`,
    { hint: 'select the column that should be used as event-time timestamp, and cast all others to TIMESTAMP(3)' },
  );
}

/** Whether the sink takes what the query gives, and how it wants its updates. */
function negotiateSink(
  plan: SinkNode,
  input: PhysicalNode,
  context: PlanContext,
): Pick<SinkPlan, 'wanted' | 'materialize'> {
  const { modify } = input.traits;
  const requested = changelogModeOf(modify, beforeAndAfterOrNone(modify));
  const accepted = acceptedBy(plan, requested, context);
  const name = plan.path.join('.');
  const missing = [...modify].filter((kind) => !accepted.has(KIND_OF[kind]));
  if (missing.length > 0) {
    const changes = missing.map((kind) => kind.toLowerCase()).join(' and ');
    throw new EngineError('PLAN-CHANGELOG', `table sink '${name}' doesn't support consuming ${changes} changes`, {
      hint: 'use a sink that takes updates (print, or a table with a PRIMARY KEY), or a query that only appends',
    });
  }
  const key = plan.spec.schema.primaryKey;
  const style = updateKindOf(acceptedBy(plan, ALL_KINDS, context));
  const upserts = style === 'ONLY_UPDATE_AFTER';
  const streaming = context.profile.keyedInput === 'arrival-order';
  if (streaming && plan.onConflict !== null) checkConflictClause(plan, upserts, style, key);
  if (!streaming || key === null || !upserts) return { wanted: wantedBy(style, modify), materialize: false };
  const keys = input.traits.upsertKeys;
  const same = keys.some((candidate) => candidate.every((column) => key.includes(column)));
  const option = context.configuration.string('table.exec.sink.upsert-materialize').toUpperCase();
  const required = context.configuration.boolean('table.exec.sink.require-on-conflict');
  if (!same && plan.onConflict === null && required && option === 'AUTO') throw differingKeys(plan, input, key);
  if (plan.onConflict === 'ERROR' || plan.onConflict === 'NOTHING') {
    checkWatermarks(plan);
    if (!same)
      throw notSupported(`ON CONFLICT DO ${plan.onConflict} with an upsert key that differs from the primary key`);
  }
  const insertOnly = isInsertOnly(modify);
  const needed = !same && !(insertOnly && plan.onConflict === 'DEDUPLICATE');
  const materialize = option === 'FORCE' || (option === 'AUTO' && needed);
  const exact = keys.some((candidate) => candidate.length === key.length && candidate.every((c) => key.includes(c)));
  const wanted: readonly UpdateKind[] =
    exact && !materialize ? ['ONLY_UPDATE_AFTER', 'BEFORE_AND_AFTER'] : ['BEFORE_AND_AFTER'];
  return { wanted, materialize };
}

const KIND_OF = { INSERT: RowKind.INSERT, UPDATE: RowKind.UPDATE_AFTER, DELETE: RowKind.DELETE } as const;
const ALL_KINDS = new Set(Object.values(RowKind));

function acceptedBy(plan: SinkNode, requested: ReadonlySet<RowKind>, context: PlanContext): ReadonlySet<RowKind> {
  const factory = context.connectorFactory(plan.spec.connector);
  if (factory.createSink === undefined) {
    throw new EngineError('CONNECTOR-SINK', `connector '${plan.spec.connector}' cannot be written to`);
  }
  return factory.createSink(plan.spec, context.connectorContext).accepts(requested);
}

function wantedBy(style: UpdateKind, modify: PhysicalNode['traits']['modify']): readonly UpdateKind[] {
  if (style === 'ONLY_UPDATE_AFTER') return [onlyAfterOrNone(modify), beforeAndAfterOrNone(modify)];
  return [beforeAndAfterOrNone(modify)];
}

function checkConflictClause(plan: SinkNode, upserts: boolean, style: UpdateKind, key: Schema['primaryKey']): void {
  if (upserts && key !== null) return;
  if (style === 'BEFORE_AND_AFTER' && key === null) return;
  const why =
    style === 'BEFORE_AND_AFTER'
      ? 'it requires UPDATE_BEFORE (retract mode)'
      : 'it only accepts INSERT (append-only) changes';
  throw new EngineError(
    'PLAN-ON-CONFLICT',
    'ON CONFLICT clause is only allowed for upsert sinks. ' +
      `The sink '${plan.path.join('.')}' is not an upsert sink because ${why}`,
  );
}

function differingKeys(plan: SinkNode, input: PhysicalNode, key: readonly number[]): EngineError {
  const { schema } = plan.spec;
  const upsertKey = input.traits.upsertKeys.map((candidate) => `[${columnList(candidate, schema)}]`).join(', ');
  return new EngineError(
    'PLAN-ON-CONFLICT',
    `the query has an upsert key that differs from the primary key of the sink table '${plan.path.join('.')}'. ` +
      `Primary key: [${columnList(key, schema)}], upsert key: ${upsertKey}. ` +
      'This can lead to non-deterministic results when multiple records with different upsert keys map to the same ' +
      'primary key',
    {
      hint:
        'say ON CONFLICT DO DEDUPLICATE (keep the latest; keeps the whole history in state), ' +
        "or SET 'table.exec.sink.require-on-conflict' = 'false'",
    },
  );
}

function checkWatermarks(plan: SinkNode): void {
  const nodes = nodesOf([plan]);
  const marked = new Set<LogicalPlan>(
    nodes.flatMap((node) => (node.kind === 'watermark' ? nodesOf([node.input]) : [])),
  );
  const bare = nodes.flatMap((node) => (node.kind === 'scan' && !marked.has(node) ? [node.table.path.join('.')] : []));
  if (bare.length === 0) return;
  throw new EngineError(
    'PLAN-ON-CONFLICT',
    `ON CONFLICT DO ${plan.onConflict} requires all source tables to define watermarks, but the following source(s) ` +
      `do not: ${[...new Set(bare)].join(', ')}. Please add a WATERMARK declaration to these tables`,
  );
}
