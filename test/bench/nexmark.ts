/**
 * Nexmark queries in STREAMING with mini-batch, as whole processes into `blackhole`: CPU of a long run less that of a
 * short one, so that starting up does not count.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureProcess } from './processes.ts';
import { median, type Report, round } from './report.ts';

export interface NexmarkOptions {
  readonly events: number;
  readonly queries: readonly string[] | null;
  readonly rounds: number;
  readonly report: Report;
}

const ROOT = join(import.meta.dirname, '../..');
/** Events of the short run. */
const WARM_UP = 1_000_000;

export async function nexmark({ events, queries, rounds, report }: NexmarkOptions): Promise<void> {
  const all = readdirSync(join(ROOT, 'queries/nexmark'))
    .map((name) => name.replace('.sql', ''))
    .sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  const scripts = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  for (const query of queries ?? all) {
    const file = join(scripts, `${query}.sql`);
    writeFileSync(file, intoBlackhole(readFileSync(join(ROOT, `queries/nexmark/${query}.sql`), 'utf8')));
    const run = (count: number): number =>
      measureProcess(process.execPath, [
        join(ROOT, 'dist/weir.js'),
        ...['--mode', 'streaming', '-D', `nexmark.events.num=${count}`, '-D', 'table.exec.mini-batch.enabled=true'],
        ...['-D', 'table.exec.mini-batch.allow-latency=2s', '-D', 'table.exec.mini-batch.size=50000'],
        ...['-D', 'table.exec.sink.require-on-conflict=false', file],
      ]).cpuMs;
    const rates: number[] = [];
    for (let i = 0; i < rounds; i++) {
      const cpuMs = run(events + WARM_UP) - run(WARM_UP);
      rates.push(events / (cpuMs / 1000));
    }
    report({ query, eventsPerCpuSecond: round(median(rates), 0) });
  }
  rmSync(scripts, { recursive: true });
}

/** The script with its last query written to a sink that takes everything. */
export function intoBlackhole(script: string): string {
  const statements = script.trim().replace(/;$/, '').split(/;\s*$/m);
  const query = statements.pop()!;
  return `${[...statements, `\nCREATE TABLE sink WITH ('connector' = 'blackhole') AS ${query.trim()}`].join(';\n')};\n`;
}
