/**
 * DataStream programs over generated records: a chain of maps and filters, a reduction by key, a KeyedProcessFunction
 * with state and timers; each in both modes, in a process of its own. Records per second of CPU, all threads and the
 * making of the records included.
 */
import { spawnSync } from 'node:child_process';
import { median, type Report, round } from './report.ts';

export interface DatastreamOptions {
  readonly records: number;
  readonly rounds: number;
  /** null: all. */
  readonly programs: readonly string[] | null;
  readonly report: Report;
}

/** Millions of records per second of CPU that are expected. */
const TARGETS: Readonly<Record<string, number>> = { chain: 2, reduce: 1, timers: 0.5 };
const MODES = ['STREAMING', 'BATCH'] as const;

interface Measured {
  readonly cpuMs: number;
  readonly peakMb: number;
}

export function datastream({ records, rounds, programs, report }: DatastreamOptions): void {
  for (const [program, target] of Object.entries(TARGETS)) {
    if (programs !== null && !programs.includes(program)) continue;
    for (const mode of MODES) {
      const runs = Array.from({ length: rounds }, () => measure(program, mode, records));
      const rate = records / 1000 / median(runs.map(({ cpuMs }) => cpuMs));
      const peakMb = Math.round(median(runs.map((run) => run.peakMb)));
      report({ program, mode, 'Mrecords/CPU-s': round(rate, 2), target, peakMb });
    }
  }
}

function measure(program: string, mode: string, records: number): Measured {
  const file = new URL('./datastream-program.ts', import.meta.url).pathname;
  const args = [...process.execArgv, file, program, mode, String(records)];
  const result = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${program} in ${mode} failed: ${result.stderr.slice(0, 2000)}`);
  return JSON.parse(result.stdout) as Measured;
}
