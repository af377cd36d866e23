/** What a statement gives back: a schema and rows, which for a running query keep coming. Flink: TableResult. */

import type { ArrowTable } from '../columnar/arrow/to-arrow.ts';
import type { ResolvedMode } from '../dataflow/traits.ts';
import type { JobResult } from '../runtime/job-master.ts';
import { STRING } from '../types/data-type.ts';
import { type Json, valueToJson } from '../types/json.ts';
import { ROW_KIND_SHORT, RowKind, type RowKindShort } from '../types/row-kind.ts';
import { type Schema, schemaOf } from '../types/schema.ts';
import { type Change, ChangelogView, materialize, type Row } from './changelog-view.ts';
import type { JobControls } from './session.ts';
import { printTableau, type TableauOptions } from './tableau.ts';

export type ResultKind = 'SUCCESS' | 'SUCCESS_WITH_CONTENT';

/** One change of a result: values as JSON (BIGINT past 2^53, DECIMAL and temporal types as text). */
export interface ChangelogRow {
  readonly kind: RowKindShort;
  readonly row: { readonly [column: string]: Json };
}

/** What is behind the rows: `job` ends when the job does and fails as it does. */
export interface RunningJob {
  readonly id: string;
  readonly result: Promise<JobResult>;
  readonly cancel: () => void;
  readonly control: JobControls;
}

export interface TableResultParts {
  readonly kind: ResultKind;
  readonly schema: Schema;
  /** A query's: rows are changes in 'STREAMING', a final result in 'BATCH'. Null: not a query. */
  readonly mode: ResolvedMode | null;
  /** A changelog with changes other than +I is meant: shown with a column of kinds. */
  readonly isChangelog: boolean;
  /** In pieces, as they come. */
  readonly changes: AsyncIterable<readonly Change[]> | Iterable<readonly Change[]>;
  readonly job: RunningJob | null;
  /** Names of the tables that an INSERT writes to. */
  readonly sinks?: readonly string[];
  /** One row with one text of many lines: EXPLAIN. */
  readonly isText?: boolean;
}

export class TableResult implements AsyncIterable<ChangelogRow> {
  readonly kind: ResultKind;
  readonly schema: Schema;
  readonly mode: ResolvedMode | null;
  readonly isChangelog: boolean;
  readonly job: RunningJob | null;
  readonly sinks: readonly string[];
  readonly isText: boolean;
  readonly #changes: AsyncIterable<readonly Change[]> | Iterable<readonly Change[]>;

  constructor(parts: TableResultParts) {
    this.kind = parts.kind;
    this.schema = parts.schema;
    this.mode = parts.mode;
    this.isChangelog = parts.isChangelog;
    this.job = parts.job;
    this.sinks = parts.sinks ?? [];
    this.isText = parts.isText ?? false;
    this.#changes = parts.changes;
  }

  /** The changes with values as the engine has them (types/value.ts), in pieces. Can be read once. */
  async *batches(): AsyncGenerator<readonly Change[]> {
    yield* this.#changes;
  }

  /** The same one by one. */
  async *changes(): AsyncGenerator<Change> {
    for await (const changes of this.#changes) yield* changes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ChangelogRow> {
    for await (const changes of this.#changes) {
      for (const { kind, row } of changes) yield { kind: ROW_KIND_SHORT[kind], row: this.toObject(row) };
    }
  }

  /** All changes, once the query has ended. */
  async collect(): Promise<readonly ChangelogRow[]> {
    const rows: ChangelogRow[] = [];
    for await (const row of this) rows.push(row);
    return rows;
  }

  /** The rows that the changes come to, once the query has ended. */
  async materialize(): Promise<readonly ChangelogRow['row'][]> {
    const changes: Change[] = [];
    for await (const piece of this.#changes) for (const change of piece) changes.push(change);
    const types = this.schema.fields.map(({ type }) => type);
    return materialize(changes, types).map((row) => this.toObject(row));
  }

  /** All changes as a table of apache-arrow; those of a streaming query with their kinds in the column `$kind`. */
  async toArrow(): Promise<ArrowTable> {
    const changes: Change[] = [];
    for await (const piece of this.#changes) for (const change of piece) changes.push(change);
    const { changesToArrow } = await import('./arrow-tables.ts');
    return changesToArrow(this.schema, changes, this.isChangelog);
  }

  /** Waits for the end of the job, where there is one. */
  async wait(): Promise<JobResult | null> {
    return this.job === null ? null : this.job.result;
  }

  /** A result with what the changes come to, at most so many rows (the latest), once the query has ended. */
  async materialized(limit: number): Promise<TableResult> {
    const types = this.schema.fields.map(({ type }) => type);
    const view = new ChangelogView(types, null);
    for await (const changes of this.#changes) for (const change of changes) view.apply(change);
    const changes = view
      .rows()
      .slice(-limit)
      .map((row) => ({ kind: RowKind.INSERT, row }));
    return new TableResult({ ...this, isChangelog: false, changes: [changes] });
  }

  /** A result with the latest changes, once the query has ended. */
  async latest(limit: number): Promise<TableResult> {
    const changes: Change[] = [];
    for await (const piece of this.#changes) {
      for (const change of piece) changes.push(change);
      if (changes.length >= 2 * limit) changes.splice(0, changes.length - limit);
    }
    return new TableResult({ ...this, changes: [changes.slice(-limit)] });
  }

  /** Writes the result as the SQL client's tableau mode prints it, line by line. */
  async print(write: (line: string) => void, options: Partial<TableauOptions> = {}): Promise<void> {
    await printTableau(this, write, options);
  }

  toObject(row: Row): { readonly [column: string]: Json } {
    return Object.fromEntries(this.schema.fields.map(({ name, type }, i) => [name, valueToJson(row[i] ?? null, type)]));
  }
}

/** A finished statement with rows of its own. */
export function rowsResult(schema: Schema, rows: readonly Row[]): TableResult {
  return new TableResult({
    kind: 'SUCCESS_WITH_CONTENT',
    schema,
    mode: null,
    isChangelog: false,
    changes: [rows.map((row) => ({ kind: RowKind.INSERT, row }))],
    job: null,
  });
}

/** A text, shown as it is. */
export function textResult(text: string): TableResult {
  return new TableResult({
    kind: 'SUCCESS_WITH_CONTENT',
    schema: schemaOf([{ name: 'result', type: STRING }]),
    mode: null,
    isChangelog: false,
    changes: [[{ kind: RowKind.INSERT, row: [text] }]],
    job: null,
    isText: true,
  });
}

/** A finished statement that only says OK. */
export function okResult(): TableResult {
  return new TableResult({
    kind: 'SUCCESS',
    schema: { fields: [], primaryKey: null, rowtime: null },
    mode: null,
    isChangelog: false,
    changes: [],
    job: null,
  });
}
