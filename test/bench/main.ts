/**
 * Benchmarks: CPU time beside DuckDB's or bare node's in the same run, since machines are noisy.
 *
 *     npm run bench -- tpch [--scale 1] [--parallelism 1] [--source memory|parquet] [--rounds 5] [--queries q01,q06]
 *     npm run bench -- nexmark [--events 5000000] [--queries q0,q4]
 *     npm run bench -- datastream [--records 10000000] [--rounds 3] [--queries chain,reduce,timers]
 *     npm run bench -- state [--keys 20000000]
 *     npm run bench -- speedup [--source memory|parquet|nexmark] [--parallelism 2] [--scale 1] [--events 5000000]
 *     npm run bench -- startup [--rounds 15]
 *
 * Each takes [--format table|jsonl].
 */
import { parseArgs } from 'node:util';
import { datastream } from './datastream.ts';
import { nexmark } from './nexmark.ts';
import { type Report, reporter } from './report.ts';
import { speedup } from './speedup.ts';
import { startup } from './startup.ts';
import { state } from './state.ts';
import { tpch } from './tpch.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: 'string', default: '1' },
    parallelism: { type: 'string', default: '1' },
    source: { type: 'string', default: 'memory' },
    rounds: { type: 'string' },
    queries: { type: 'string' },
    events: { type: 'string', default: '5000000' },
    records: { type: 'string', default: '10000000' },
    keys: { type: 'string', default: '20000000' },
    data: { type: 'string' },
    format: { type: 'string', default: 'table' },
  },
});
const report: Report = reporter(values.format === 'jsonl' ? 'jsonl' : 'table');
const queries = values.queries?.split(',') ?? null;
const rounds = (fallback: number): number => (values.rounds === undefined ? fallback : Number(values.rounds));

switch (positionals[0]) {
  case 'tpch':
    await tpch({
      scale: Number(values.scale),
      parallelism: Number(values.parallelism),
      source: values.source === 'parquet' ? 'parquet' : 'memory',
      data: values.data ?? null,
      rounds: rounds(5),
      queries,
      report,
    });
    break;
  case 'nexmark':
    await nexmark({ events: Number(values.events), queries, rounds: rounds(3), report });
    break;
  case 'speedup':
    await speedup({
      source: values.source,
      parallelism: Math.max(2, Number(values.parallelism)),
      scale: Number(values.scale),
      events: Number(values.events),
      data: values.data ?? null,
      rounds: rounds(3),
      queries,
      report,
    });
    break;
  case 'state':
    await state({ keys: Number(values.keys), report });
    break;
  case 'datastream':
    datastream({ records: Number(values.records), rounds: rounds(3), programs: queries, report });
    break;
  case 'startup':
    startup({ rounds: rounds(15), report });
    break;
  default:
    console.error('usage: npm run bench -- tpch|nexmark|speedup|datastream|state|startup [options]');
    process.exitCode = 2;
}
