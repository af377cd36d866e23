/**
 * Streams of a program as tables. To the planner each is a table of the connector `$stream`; before a job is built the
 * stream itself takes the place of the source, so that program and queries are one graph.
 */
import type { ConnectorFactory, ConnectorSpec } from '../../dataflow/connector.ts';
import type { ChangelogMode } from '../../dataflow/traits.ts';
import { sourcesOf } from '../../datastream/program.ts';
import type { Upstream } from '../../datastream/program-node.ts';
import { type RecordsToRowsParams, recordsToRows } from '../../datastream/table/records-to-rows.ts';
import { NO_COLUMNS } from '../../datastream/translate.ts';
import { rewriteGraph } from '../../graph/rewrite.ts';
import type { Transformation } from '../../graph/transformation.ts';
import { RowKind } from '../../types/row-kind.ts';
import { fieldIndex } from '../../types/schema.ts';

export interface StreamTable {
  readonly upstreams: readonly Upstream[];
  readonly changelogMode: ChangelogMode;
  /** Name of the column that has the timestamps of the records; null: none. */
  readonly timestamps: string | null;
  /** The watermarks of the table are those of the stream. */
  readonly sourceWatermarks: boolean;
}

export const STREAM_TABLE_CONNECTOR = '$stream';

export class StreamTables {
  readonly #tables: StreamTable[] = [];

  /** The number of the next one: what `'stream'` is to be in the options of its table. */
  get count(): number {
    return this.#tables.length;
  }

  add(table: StreamTable): void {
    this.#tables.push(table);
  }

  get connector(): ConnectorFactory {
    return {
      connector: STREAM_TABLE_CONNECTOR,
      options: [{ key: 'stream', required: true, doc: 'Number of the stream among those that became tables.' }],
      createSource: (spec) => {
        const { upstreams, changelogMode } = this.#table(spec);
        const unbounded = sourcesOf(upstreams.map(({ from }) => from)).some(
          ({ boundedness }) => boundedness === 'CONTINUOUS_UNBOUNDED',
        );
        return {
          boundedness: unbounded ? 'CONTINUOUS_UNBOUNDED' : 'BOUNDED',
          changelogMode,
          statistics: () => ({ rowCount: null, columns: {} }),
          splits: () => [],
          createReader: () => {
            throw new TypeError('a stream was to be read as a table');
          },
        };
      },
    };
  }

  /** Does a query read a stream? */
  isReadBy(roots: readonly Transformation[]): boolean {
    return roots.some(
      (root) =>
        (root.kind === 'source' && root.spec.connector === STREAM_TABLE_CONNECTOR) ||
        this.isReadBy(root.inputs.map(({ from }) => from)),
    );
  }

  /**
   * The same graph, with streams in the place of their tables.
   *
   * @param prefix keeps the uids of several queries in one program apart
   */
  attach(
    roots: readonly Transformation[],
    streamOf: (upstreams: readonly Upstream[]) => Transformation,
    prefix = '',
  ): readonly Transformation[] {
    return rewriteGraph(
      roots,
      (transformation) => {
        if (transformation.kind === 'source') return this.#convert(transformation, streamOf);
        if (!this.#takesOver(transformation)) return null;
        // The rows are the same, and event time is among them.
        return { ...transformation.inputs[0]!.from, schema: transformation.schema };
      },
      (uid) => prefix + uid,
    );
  }

  /** null: another source. */
  #convert(
    { spec, uid, name, schema }: Extract<Transformation, { readonly kind: 'source' }>,
    streamOf: (upstreams: readonly Upstream[]) => Transformation,
  ): Transformation | null {
    if (spec.connector !== STREAM_TABLE_CONNECTOR) return null;
    const { upstreams, changelogMode, timestamps, sourceWatermarks } = this.#table(spec);
    const params: RecordsToRowsParams = {
      table: spec.table,
      schema: spec.schema,
      projection: spec.projection,
      changelog: [...changelogMode].some((kind) => kind !== RowKind.INSERT),
      timestamps: timestamps === null ? null : fieldIndex(spec.schema, timestamps),
      sourceWatermarks,
    };
    return {
      uid,
      name: name.replace(/^Source: /, 'DataStreamToTable: '),
      schema,
      parallelism: null,
      inputs: [{ from: streamOf(upstreams), distribution: { kind: 'forward' }, priority: 0 }],
      kind: 'operator',
      spec: { kind: recordsToRows.kind, name, params, inputs: [NO_COLUMNS], output: schema },
    };
  }

  /** Would it make watermarks for a table that has those of its stream? */
  #takesOver(transformation: Transformation): boolean {
    if (transformation.kind !== 'operator' || transformation.spec.kind !== 'watermark-assigner') return false;
    let below = transformation.inputs[0]?.from;
    while (below?.kind === 'operator' && below.spec.kind !== recordsToRows.kind) below = below.inputs[0]?.from;
    return below?.kind === 'operator' && (below.spec.params as RecordsToRowsParams).sourceWatermarks;
  }

  #table({ options }: ConnectorSpec): StreamTable {
    return this.#tables[Number(options['stream'])]!;
  }
}
