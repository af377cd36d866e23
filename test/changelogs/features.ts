/** Which golden features must hold, and what does not, with its reason. */

export const FEATURES = [
  'group-aggregate',
  'distinct-aggregate',
  'join-inner',
  'join-outer',
  'join-semi-anti',
  'subquery',
  'set-operations',
  'topn',
  'deduplicate',
  'limit-sort',
  'views-cte',
  'changelog-normalize',
  'unnest-lateral',
  'grouping-sets',
  'sink-upsert',
  'on-conflict',
  'ttl-hint',
  'errors',
] as const;

export interface Departure {
  readonly why: string;
  /** What is compared all the same. */
  readonly compare: 'folded' | 'nothing';
}

/** Cases that Weir decides differently in STREAMING. */
export const DEPARTURES: Readonly<Record<string, Departure>> = {
  'unnest-lateral/lateral-aggregate': {
    why: 'Flink loses the outer row of an empty correlated aggregate (a bug of 2.3.0)',
    compare: 'nothing',
  },
  'errors/automatic-mode': { why: 'AUTOMATIC chooses BATCH for bounded tables', compare: 'nothing' },
  'join-inner/join-then-aggregate': {
    why: 'one row meets several of the other side: Flink takes them in the order of a hash map, Weir as they arrived',
    compare: 'folded',
  },
};

/** Cases over what is not built yet: what. */
export const NOT_YET: Readonly<Record<string, string>> = {
  'deduplicate/rowtime-keep-first-then-window': 'window functions',
  'errors/rowtime-through-aggregate': 'window functions',
  'on-conflict/insert-only-do-nothing': 'ON CONFLICT DO NOTHING with another upsert key',
  'on-conflict/watermark-do-nothing': 'ON CONFLICT DO NOTHING with another upsert key',
};

/** Cases that Weir decides differently in BATCH. */
export const BATCH_DEPARTURES: Readonly<Record<string, BatchDeparture>> = {
  'errors/automatic-mode': { why: 'AUTOMATIC chooses BATCH for bounded tables', compare: 'nothing' },
  'limit-sort/order-limit-offset': { why: 'rows with equal sort keys come as they were read', compare: 'unordered' },
  'unnest-lateral/lateral-aggregate': {
    why: 'Flink loses the outer row of an empty correlated aggregate (a bug of 2.3.0)',
    compare: 'nothing',
  },
};

export interface BatchDeparture {
  readonly why: string;
  /** What is compared all the same. */
  readonly compare: 'unordered' | 'nothing';
}

/** By Flink's reason why the modes differ: the names that the comparison may give it. */
export const INTENDED: Readonly<Record<string, readonly string[]>> = {
  'A global aggregate over no rows: nothing in STREAMING, one row in BATCH.': [
    'global aggregate over nothing: STREAMING emits no row',
  ],
  'Equal times: STREAMING keeps the last to arrive, BATCH the first; keep-first drops rows behind the watermark.': [
    'late rows are dropped in STREAMING',
    'ties in ROW_NUMBER',
  ],
  'In BATCH all rows have one processing time: the first row wins, where STREAMING keeps the last to arrive.': [
    'ties in ROW_NUMBER',
    'functions of the current time are evaluated per row in STREAMING, once in BATCH',
    'state TTL',
  ],
  'The -D of a row that was never inserted is subtracted in STREAMING; folding the input first ignores it.': [
    'rows are taken back that never came',
  ],
  'Rows later than the watermark are dropped in STREAMING; BATCH has no late rows.': [
    'late rows are dropped in STREAMING',
  ],
};
