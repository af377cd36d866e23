/** `weir -c 'SELECT 1'` from start to exit, beside bare node. */
import { join } from 'node:path';
import { measureProcess } from './processes.ts';
import { median, type Report, round } from './report.ts';

export function startup({ rounds, report }: { readonly rounds: number; readonly report: Report }): void {
  const weir = join(import.meta.dirname, '../../dist/weir.js');
  const ours: { cpuMs: number; wallMs: number }[] = [];
  const bare: { cpuMs: number; wallMs: number }[] = [];
  for (let i = 0; i < rounds; i++) {
    ours.push(measureProcess(process.execPath, [weir, '-c', 'SELECT 1']));
    bare.push(measureProcess(process.execPath, ['-e', '0']));
  }
  const of = (list: typeof ours, key: 'cpuMs' | 'wallMs'): number => median(list.map((each) => each[key]));
  report({
    weir: { cpuMs: round(of(ours, 'cpuMs')), wallMs: round(of(ours, 'wallMs')) },
    node: { cpuMs: round(of(bare, 'cpuMs')), wallMs: round(of(bare, 'wallMs')) },
    ratio: round(of(ours, 'wallMs') / of(bare, 'wallMs'), 2),
    cpuRatio: round(of(ours, 'cpuMs') / of(bare, 'cpuMs'), 2),
  });
}
