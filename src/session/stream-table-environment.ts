/** Tables and streams of one program, in one job graph. Flink: StreamTableEnvironment. */
import { EngineError } from '../base/errors.ts';
import { INSERT_ONLY } from '../connectors/changelog-mode.ts';
import type { ChangelogMode } from '../dataflow/traits.ts';
import type { Upstream } from '../datastream/program-node.ts';
import { ArraySource } from '../datastream/sources/indexed-source.ts';
import { type DataStream, SingleOutputStreamOperator } from '../datastream/streams.ts';
import type { Row } from '../datastream/table/row.ts';
import { type RowsToRecordsParams, rowsToRecords } from '../datastream/table/rows-to-records.ts';
import { NO_COLUMNS } from '../datastream/translate.ts';
import type { Transformation } from '../graph/transformation.ts';
import type { CreateTable, Statement } from '../sql/ast.ts';
import { parseScript } from '../sql/parse.ts';
import { RowKind } from '../types/row-kind.ts';
import { carryOut } from './catalog-operations.ts';
import { bindStatement, planQueryOfProgram, sourcesOf } from './planning.ts';
import { streamTableDefinition } from './program/stream-table-definition.ts';
import { STREAM_TABLE_CONNECTOR } from './program/stream-tables.ts';
import { inferColumns, printColumns } from './register-rows.ts';
import type { StreamExecutionEnvironment } from './stream-execution-environment.ts';
import { Table } from './table.ts';
import { TableEnvironment } from './table-environment.ts';
import type { TableResult } from './table-result.ts';

const ALL_CHANGES: ChangelogMode = new Set([
  RowKind.INSERT,
  RowKind.UPDATE_BEFORE,
  RowKind.UPDATE_AFTER,
  RowKind.DELETE,
]);

export class StreamTableEnvironment {
  readonly #streams: StreamExecutionEnvironment;
  readonly #tables: TableEnvironment;
  #unregistered = 0;

  private constructor(streams: StreamExecutionEnvironment) {
    this.#streams = streams;
    this.#tables = new TableEnvironment(streams.session);
  }

  /** With the options and the catalogs of the environment. */
  static create(environment: StreamExecutionEnvironment): StreamTableEnvironment {
    return new StreamTableEnvironment(environment);
  }

  /** As TableEnvironment does. Queries may read streams that have become tables. */
  executeSql(statement: string): Promise<TableResult> {
    return this.#tables.executeSql(statement);
  }

  /** A query, which does not run yet. @throws EngineError for whatever is wrong with it */
  sqlQuery(query: string): Table {
    const { statements, error } = parseScript(query);
    if (error !== undefined) throw error;
    const [only] = statements;
    const bound = only === undefined ? null : bindStatement(only, this.#session.bindContext(query));
    if (statements.length !== 1 || bound?.kind !== 'query') {
      throw new EngineError('SQL-NOT-A-QUERY', 'sqlQuery takes one query', { span: only?.span });
    }
    return new Table(query, bound, (text) => this.executeSql(text));
  }

  /** A table or view by its name. */
  from(path: string): Table {
    return this.sqlQuery(`SELECT * FROM ${quote(path)}`);
  }

  /**
   * @param schema columns as in CREATE TABLE (`id BIGINT, name STRING, WATERMARK FOR …`); timestamps and watermarks of
   * the stream are `rowtime TIMESTAMP_LTZ(3) METADATA` and `SOURCE_WATERMARK()`; default: by the values, where the
   * stream is an array of objects
   */
  fromDataStream<T>(stream: DataStream<T>, schema?: string): Table {
    return this.#register(stream, schema, INSERT_ONLY);
  }

  /** A stream of rows whose kinds say what they do to the table. @param kinds those that may come; default: all */
  fromChangelogStream(stream: DataStream<Row>, schema: string, kinds: ChangelogMode = ALL_CHANGES): Table {
    return this.#register(stream, schema, kinds);
  }

  /** Gives a stream or a query a name. */
  createTemporaryView<T>(name: string, view: DataStream<T> | Table, schema?: string): void {
    if (view instanceof Table) {
      const text = `CREATE TEMPORARY VIEW ${quote(name)} AS ${view.query}`;
      this.#define(parseOne(text), text);
    } else this.#defineStream(name, view, schema, INSERT_ONLY);
  }

  /** @throws EngineError PLAN-CHANGELOG, when the job is planned, if the query updates rows */
  toDataStream(table: Table): DataStream<Row> {
    return this.#toStream(table, 'toDataStream');
  }

  /** Rows with their kinds. */
  toChangelogStream(table: Table): DataStream<Row> {
    return this.#toStream(table, 'toChangelogStream');
  }

  get #session() {
    return this.#tables.session;
  }

  #register<T>(stream: DataStream<T>, schema: string | undefined, kinds: ChangelogMode): Table {
    const name = `Unregistered_DataStream_${++this.#unregistered}`;
    this.#defineStream(name, stream, schema, kinds);
    return this.from(name);
  }

  #defineStream<T>(
    name: string,
    stream: DataStream<T>,
    schema: string | undefined,
    changelogMode: ChangelogMode,
  ): void {
    const columns = schema ?? printColumns(inferColumns(name, valuesOf(stream)));
    const number = this.#session.streams.count;
    const text =
      `CREATE TEMPORARY TABLE ${quote(name)} (${columns}) ` +
      `WITH ('connector' = '${STREAM_TABLE_CONNECTOR}', 'stream' = '${number}')`;
    const { statement, timestamps, sourceWatermarks } = streamTableDefinition(parseOne(text) as CreateTable);
    this.#session.streams.add({ upstreams: stream.upstreams, changelogMode, timestamps, sourceWatermarks });
    this.#define(statement, text);
  }

  #define(statement: Statement, text: string): void {
    const bound = bindStatement(statement, this.#session.bindContext(text));
    if (bound.kind === 'operation' && bound.operation.kind !== 'session') carryOut(this.#session, bound.operation);
  }

  #toStream({ bound }: Table, method: 'toDataStream' | 'toChangelogStream'): DataStream<Row> {
    const session = this.#session;
    const node = this.#streams.program.add('TableToDataStream', [], {
      kind: 'external',
      external: {
        sources: () => sourcesOf(bound),
        translate: (profile, id, streamOf) => {
          const { root, insertOnly } = planQueryOfProgram(session, bound, profile);
          if (method === 'toDataStream' && !insertOnly) throw updates();
          const [from] = session.streams.attach([root], streamOf, `${id}/`) as [Transformation];
          return conversion(id, from);
        },
      },
    });
    return new SingleOutputStreamOperator<Row>(this.#streams, node);
  }
}

/** Rows become records of the program. */
function conversion(id: string, from: Transformation): Transformation {
  const { schema } = from;
  const params: RowsToRecordsParams = { schema };
  const name = 'TableToDataStream';
  return {
    uid: id,
    name,
    schema: NO_COLUMNS,
    records: true,
    parallelism: null,
    inputs: [{ from, distribution: { kind: 'forward' }, priority: 0 }],
    kind: 'operator',
    spec: { kind: rowsToRecords.kind, name, params, inputs: [schema], output: NO_COLUMNS },
  };
}

function updates(): EngineError {
  return new EngineError('PLAN-CHANGELOG', "toDataStream doesn't support consuming update changes of the query", {
    hint: 'use toChangelogStream, whose rows say what they do',
  });
}

/** Values that are there before the job runs. */
function valuesOf({ upstreams }: { readonly upstreams: readonly Upstream[] }): unknown {
  const [only, more] = upstreams;
  const node = more === undefined ? only?.from : undefined;
  return node?.kind === 'source' && node.source instanceof ArraySource ? node.source.elements : null;
}

/** The first statement of a text. */
function parseOne(text: string): Statement {
  const { statements, error } = parseScript(text);
  if (error !== undefined) throw error;
  return statements[0]!;
}

function quote(path: string): string {
  return path
    .split('.')
    .map((part) => `\`${part.replaceAll('`', '``')}\``)
    .join('.');
}
