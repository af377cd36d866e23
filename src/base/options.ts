/** The option table: `SET`, `-D`, the docs and completion read it. One row per option that Weir acts on. */
export interface ConfigOption {
  readonly key: string;
  /** null: unset means something of its own. */
  readonly default: string | null;
  readonly doc: string;
  /** What may be set, where the choice is closed; compared without regard to case. */
  readonly values?: readonly string[];
}

export const OPTIONS: readonly ConfigOption[] = [
  {
    key: 'execution.runtime-mode',
    default: 'STREAMING',
    doc: 'STREAMING, BATCH, or AUTOMATIC: BATCH where every source is bounded.',
    values: ['STREAMING', 'BATCH', 'AUTOMATIC'],
  },
  { key: 'parallelism.default', default: '1', doc: 'Subtasks per operator.' },
  {
    key: 'pipeline.max-parallelism',
    default: '128',
    doc: 'Key groups: the most subtasks that keyed state can be cut into.',
  },
  { key: 'pipeline.name', default: null, doc: 'Name of the job.' },
  {
    key: 'pipeline.auto-watermark-interval',
    default: '200 ms',
    doc: 'How often a watermark is emitted; 0: after every row.',
  },
  {
    key: 'taskmanager.memory.managed.size',
    default: '2 gb',
    doc: 'Memory for hash tables, sorts and state; what needs more spills to disk.',
  },
  { key: 'io.tmp.dirs', default: null, doc: 'Directory for spill and shuffle files; default: the system’s.' },
  {
    key: 'execution.batch-shuffle-mode',
    default: 'ALL_EXCHANGES_BLOCKING',
    doc: 'Whether BATCH writes exchanges to disk and runs stage by stage.',
    values: ['ALL_EXCHANGES_BLOCKING', 'ALL_EXCHANGES_PIPELINED'],
  },
  { key: 'table.local-time-zone', default: 'default', doc: 'Time zone of TIMESTAMP_LTZ; default: the system’s.' },
  { key: 'table.exec.state.ttl', default: '0 ms', doc: 'How long idle state is kept; 0: for ever.' },
  {
    key: 'table.exec.mini-batch.enabled',
    default: 'false',
    doc: 'Fold changes per batch instead of emitting one per row.',
  },
  { key: 'table.exec.mini-batch.allow-latency', default: '0 ms', doc: 'The longest that a mini-batch waits.' },
  { key: 'table.exec.mini-batch.size', default: '-1', doc: 'Rows of a mini-batch.' },
  {
    key: 'table.exec.source.idle-timeout',
    default: '0 ms',
    doc: 'After this silence a source no longer holds back watermarks.',
  },
  {
    key: 'table.exec.source.cdc-events-duplicate',
    default: 'false',
    doc: 'The source may repeat changes: normalise by primary key.',
  },
  {
    key: 'table.exec.sink.upsert-materialize',
    default: 'AUTO',
    doc: 'When to put a materializer before an upsert sink.',
    values: ['AUTO', 'NONE', 'FORCE'],
  },
  {
    key: 'table.exec.sink.require-on-conflict',
    default: 'true',
    doc: 'Refuse an INSERT whose upsert key differs from the primary key unless ON CONFLICT says what to do.',
  },
  {
    key: 'table.exec.sink.not-null-enforcer',
    default: 'ERROR',
    doc: 'What a NULL in a NOT NULL column of a sink does.',
    values: ['ERROR', 'DROP'],
  },
  {
    key: 'table.exec.sort.default-limit',
    default: '-1',
    doc: 'Limit added to ORDER BY without LIMIT in BATCH; -1: none.',
  },
  {
    key: '__table.exec.sort.non-temporal.enabled__',
    default: 'false',
    doc: 'STREAMING sorts at the end of bounded input.',
  },
  {
    key: 'table.exec.disabled-operators',
    default: '',
    doc:
      'Algorithms BATCH must not choose: NestedLoopJoin, ShuffleHashJoin, BroadcastHashJoin, SortMergeJoin, ' +
      'HashAgg, SortAgg.',
  },
  { key: 'table.exec.rank.topn-cache-size', default: '10000', doc: 'Accepted for Flink’s sake: Weir keeps all ranks.' },
  {
    key: 'table.exec.deduplicate.insert-update-after-sensitive-enabled',
    default: 'true',
    doc: 'Whether the first row of a key is +I rather than +U.',
  },
  {
    key: 'table.optimizer.join-reorder-enabled',
    default: 'true',
    doc: 'Choose the order of inner joins from statistics (Flink: false).',
  },
  {
    key: 'table.optimizer.join.broadcast-threshold',
    default: '1048576',
    doc: 'Bytes up to which a join input is broadcast; -1: never.',
  },
  {
    key: 'table.optimizer.agg-phase-strategy',
    default: 'AUTO',
    doc: 'One- or two-phase aggregation.',
    values: ['AUTO', 'ONE_PHASE', 'TWO_PHASE'],
  },
  {
    key: 'table.optimizer.distinct-agg.split.enabled',
    default: 'false',
    doc: 'Split DISTINCT aggregates into two levels.',
  },
  {
    key: 'table.optimizer.distinct-agg.split.bucket-num',
    default: '1024',
    doc: 'Buckets of the first level.',
  },
  {
    key: 'table.optimizer.non-deterministic-update.strategy',
    default: 'IGNORE',
    doc: 'TRY_RESOLVE refuses queries that may take back other rows than they gave.',
    values: ['IGNORE', 'TRY_RESOLVE'],
  },
  { key: 'table.optimizer.reuse-sub-plan-enabled', default: 'true', doc: 'Compute equal subtrees once.' },
  { key: 'table.optimizer.reuse-source-enabled', default: 'true', doc: 'Read a table that is scanned twice once.' },
  { key: 'table.dml-sync', default: 'false', doc: 'INSERT waits for its job to end.' },
  { key: 'table.display.max-column-width', default: '30', doc: 'Widest column of a printed table.' },
  {
    key: 'sql-client.execution.result-mode',
    default: 'TABLE',
    doc: 'How the REPL shows results.',
    values: ['TABLE', 'CHANGELOG', 'TABLEAU'],
  },
  {
    key: 'sql-client.execution.max-table-result.rows',
    default: '1000000',
    doc: 'Rows that the REPL keeps of a result.',
  },
  { key: 'sql-client.display.print-time-cost', default: 'true', doc: 'Print how long a statement took.' },
  { key: 'sql-client.verbose', default: 'false', doc: 'Print causes of errors.' },
  {
    key: 'weir.codegen.backend',
    default: 'wasm',
    doc: 'What kernels run as. Weir only.',
    values: ['wasm', 'js', 'interpreter'],
  },
];

const BY_KEY: ReadonlyMap<string, ConfigOption> = new Map(OPTIONS.map((option) => [option.key, option]));

export function findOption(key: string): ConfigOption | null {
  return BY_KEY.get(key) ?? null;
}
