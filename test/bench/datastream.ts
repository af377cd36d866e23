/**
 * DataStream programs over generated records: a chain of maps and filters, a reduction by key, a KeyedProcessFunction
 * with state and timers; each in both modes, in turns, in a process of its own. Records per second of CPU, all threads
 * and the making of the records included; BATCH, which sorts by key, is to be as fast as STREAMING.
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
    const runs = Array.from({ length: rounds }, () => MODES.map((mode) => measure(program, mode, records)));
    const cpuMs = MODES.map((_, mode) => median(runs.map((turn) => turn[mode]!.cpuMs)));
    for (const [i, mode] of MODES.entries()) {
      const rate = records / 1000 / cpuMs[i]!;
      const peakMb = Math.round(median(runs.map((turn) => turn[i]!.peakMb)));
      const toStreaming = round(cpuMs[0]! / cpuMs[i]!, 2);
      report({ program, mode, 'Mrecords/CPU-s': round(rate, 2), target, 'of STREAMING': toStreaming, peakMb });
    }
  }
}

function measure(program: string, mode: string, records: number): Measured {
  const file = new URL('./datastream-program.ts', import.meta.url).pathname;
  // As `weir run` has it.
  const flags = ['--no-allocation-site-pretenuring', ...process.execArgv];
  const args = [...flags, file, program, mode, String(records)];
  const result = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${program} in ${mode} failed: ${result.stderr.slice(0, 2000)}`);
  return JSON.parse(result.stdout) as Measured;
}
