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
    key: 'pipeline.operator-chaining.enabled',
    default: 'true',
    doc: 'Whether operators run in one task where no exchange is needed.',
  },
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
    key: 'taskmanager.numberOfTaskSlots',
    default: '1',
    doc: 'Slots per thread: parallelism 4 with 2 slots runs on two threads.',
  },
  {
    key: 'execution.buffer-timeout.enabled',
    default: 'true',
    doc: 'Whether few rows for another thread are sent after a while; else they wait until there are enough.',
  },
  {
    key: 'execution.buffer-timeout.interval',
    default: '100 ms',
    doc: 'How long rows for another thread wait for more; 0: not at all.',
  },
  {
    key: 'execution.batch-shuffle-mode',
    default: 'ALL_EXCHANGES_BLOCKING',
    doc:
      'Whether BATCH writes exchanges to disk and runs stage by stage. HYBRID_FULL does what BLOCKING does, ' +
      'HYBRID_SELECTIVE what PIPELINED does.',
    values: [
      'ALL_EXCHANGES_BLOCKING',
      'ALL_EXCHANGES_PIPELINED',
      'ALL_EXCHANGES_HYBRID_FULL',
      'ALL_EXCHANGES_HYBRID_SELECTIVE',
    ],
  },
  {
    key: 'execution.sorted-inputs.memory',
    default: '128 mb',
    doc: 'Memory in which BATCH sorts records by key; what needs more spills to disk.',
  },
  {
    key: 'state.backend.type',
    default: 'hashmap',
    doc: 'Where keyed state of programs is kept in STREAMING: as JS values, or in files.',
    values: ['hashmap', 'lmdb'],
  },
  {
    key: 'execution.checkpointing.interval',
    default: null,
    doc: 'How often STREAMING takes a checkpoint; unset: never.',
  },
  {
    key: 'execution.checkpointing.mode',
    default: 'EXACTLY_ONCE',
    doc: 'AT_LEAST_ONCE does not hold channels back while barriers are awaited.',
    values: ['EXACTLY_ONCE', 'AT_LEAST_ONCE'],
  },
  { key: 'execution.checkpointing.timeout', default: '10 min', doc: 'After this a checkpoint is given up.' },
  { key: 'execution.checkpointing.min-pause', default: '0 ms', doc: 'The least time between two checkpoints.' },
  {
    key: 'execution.checkpointing.tolerable-failed-checkpoints',
    default: '0',
    doc: 'Checkpoints that may fail one after another before the job does.',
  },
  { key: 'execution.checkpointing.num-retained', default: '1', doc: 'Checkpoints that are kept.' },
  {
    key: 'execution.checkpointing.dir',
    default: null,
    doc: 'Where checkpoints go, below it one directory per job; unset: to a temporary one.',
  },
  { key: 'execution.checkpointing.savepoint-dir', default: null, doc: 'Where savepoints go.' },
  {
    key: 'execution.checkpointing.incremental',
    default: 'true',
    doc: 'Refer to pages of earlier checkpoints that have not changed (Flink: false).',
  },
  {
    key: 'execution.checkpointing.externalized-checkpoint-retention',
    default: 'NO_EXTERNALIZED_CHECKPOINTS',
    doc: 'Whether checkpoints outlive a job that fails (both), or is cancelled (RETAIN_ON_CANCELLATION).',
    values: ['NO_EXTERNALIZED_CHECKPOINTS', 'DELETE_ON_CANCELLATION', 'RETAIN_ON_CANCELLATION'],
  },
  {
    key: 'execution.state-recovery.path',
    default: null,
    doc: 'The savepoint or checkpoint that STREAMING jobs begin with.',
  },
  {
    key: 'execution.state-recovery.claim-mode',
    default: 'NO_CLAIM',
    doc: 'CLAIM: the job owns the checkpoint that it began with, and removes it in time.',
    values: ['NO_CLAIM', 'CLAIM'],
  },
  {
    key: 'execution.state-recovery.ignore-unclaimed-state',
    default: 'false',
    doc: 'Go on though the job lacks operators that have state in the savepoint.',
  },
  {
    key: 'restart-strategy.type',
    default: null,
    doc: 'What happens after a failure; unset: exponential-delay with checkpoints, none without.',
    values: ['none', 'fixed-delay', 'failure-rate', 'exponential-delay'],
  },
  { key: 'restart-strategy.fixed-delay.attempts', default: '1', doc: 'Restarts before the job has failed.' },
  { key: 'restart-strategy.fixed-delay.delay', default: '1 s', doc: 'Time before each restart.' },
  {
    key: 'restart-strategy.failure-rate.max-failures-per-interval',
    default: '1',
    doc: 'Failures in an interval that do not fail the job.',
  },
  { key: 'restart-strategy.failure-rate.failure-rate-interval', default: '1 min', doc: 'That interval.' },
  { key: 'restart-strategy.failure-rate.delay', default: '1 s', doc: 'Time before each restart.' },
  { key: 'restart-strategy.exponential-delay.initial-backoff', default: '1 s', doc: 'Time before the first restart.' },
  { key: 'restart-strategy.exponential-delay.max-backoff', default: '1 min', doc: 'The longest time.' },
  { key: 'restart-strategy.exponential-delay.backoff-multiplier', default: '1.5', doc: 'How the time grows.' },
  {
    key: 'restart-strategy.exponential-delay.reset-backoff-threshold',
    default: '1 h',
    doc: 'After so long without a failure the time begins anew.',
  },
  {
    key: 'restart-strategy.exponential-delay.jitter-factor',
    default: '0.1',
    doc: 'How far the time is off at random.',
  },
  {
    key: 'restart-strategy.exponential-delay.attempts-before-reset-backoff',
    default: null,
    doc: 'Restarts before the job has failed; unset: no limit.',
  },
  {
    key: 'cluster.intermediate.keep-bytes',
    default: '8 gb',
    doc: 'Room on disk for results of BATCH that were read already: with them less runs again after a failure.',
  },
  {
    key: 'weir.savepoint-at-end',
    default: null,
    doc:
      'The savepoint with which a bounded job ends, in STREAMING or BATCH, its inputs still open, so that an ' +
      'unbounded one can go on from it. Weir only.',
  },
  {
    key: 'weir.job-id',
    default: null,
    doc: 'Names the jobs of the session: run again under the same name, they go on where they were. Weir only.',
  },
  {
    key: 'execution.batch.speculative.enabled',
    default: 'false',
    doc: 'Try slow tasks of BATCH a second time beside the first; the try that ends first counts.',
  },
  {
    key: 'execution.batch.speculative.max-concurrent-executions',
    default: '2',
    doc: 'Tries of one subtask at the same time.',
  },
  { key: 'slow-task-detector.check-interval', default: '1 s', doc: 'How often slow tasks are looked for.' },
  {
    key: 'slow-task-detector.execution-time.baseline-ratio',
    default: '0.75',
    doc: 'Part of the subtasks that must have ended before another one is slow.',
  },
  {
    key: 'slow-task-detector.execution-time.baseline-multiplier',
    default: '1.5',
    doc: 'Slow is what takes so many times the median of those that have ended.',
  },
  {
    key: 'slow-task-detector.execution-time.baseline-lower-bound',
    default: '1 min',
    doc: 'No task is slow before.',
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
    key: 'execution.batch.adaptive.auto-parallelism.enabled',
    default: 'true',
    doc: 'In BATCH parallelism.default is what queries have at most: less where there is little data.',
  },
  {
    key: 'execution.batch.adaptive.auto-parallelism.avg-data-volume-per-task',
    default: '4 mb',
    doc: 'Data for which a query in BATCH has one more subtask.',
  },
  {
    key: 'table.optimizer.join.broadcast-threshold',
    default: '33554432',
    doc: 'Bytes up to which a join input is broadcast, if that costs less; -1: never (Flink: 1048576, over a network).',
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
