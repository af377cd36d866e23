/** Runs a program and measures the CPU time of its process, start included. */
import { spawnSync } from 'node:child_process';

export interface Measured {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly stdout: string;
}

/** @throws if the program fails */
export function measureProcess(command: string, args: readonly string[]): Measured {
  const script = 'TIMEFORMAT="%3R %3U %3S"; time "$@"';
  const result = spawnSync('bash', ['-c', script, 'bash', command, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  const lines = result.stderr.trim().split('\n');
  const times = /^([\d.]+) ([\d.]+) ([\d.]+)$/.exec(lines.at(-1) ?? '');
  if (result.status !== 0 || times === null) {
    throw new Error(`${command} ${args.join(' ')} failed: ${result.stderr.slice(0, 2000)}`);
  }
  const [wall, user, system] = times.slice(1).map(Number) as [number, number, number];
  return { cpuMs: (user + system) * 1000, wallMs: wall * 1000, stdout: result.stdout };
}
