/** A job of two stages whose second one fails at its third record, once. Prints which tasks began how often. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MapFunction, RuntimeContext } from 'weir';
import { environment, type MODES } from './in-both-modes.ts';

class Task implements MapFunction<number, number> {
  readonly #name: string;
  readonly #begun: string[];
  readonly #map: (value: number) => number;

  constructor(name: string, begun: string[], map: (value: number) => number) {
    this.#name = name;
    this.#begun = begun;
    this.#map = map;
  }

  open({ taskInfo }: RuntimeContext): void {
    this.#begun.push(`${this.#name}, attempt ${taskInfo.attemptNumber}`);
  }

  map(value: number): number {
    return this.#map(value);
  }
}

export async function failOnce(mode: (typeof MODES)[number]): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'weir-seed-'));
  const begun: string[] = [];
  let failures = 1;
  try {
    const env = environment(mode, {
      'execution.checkpointing.interval': mode === 'STREAMING' ? '10 ms' : '1 h',
      'execution.checkpointing.dir': directory,
      'restart-strategy.type': 'fixed-delay',
      'restart-strategy.fixed-delay.attempts': '3',
      'restart-strategy.fixed-delay.delay': '10 ms',
    });
    const sums = await env
      .fromSequence(1, 5)
      .map(new Task('first', begun, (value) => value))
      .keyBy((value) => value % 2)
      .reduce((sum, value) => sum + value)
      .map(
        new Task('second', begun, (value) => {
          if (value === 9 && failures-- > 0) throw new Error('a disk is on fire');
          return value;
        }),
      )
      .executeAndCollect()
      .toArray();
    console.log(`${mode}\n  tasks: ${begun.join('; ')}\n  results: ${sums.join(', ')}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
