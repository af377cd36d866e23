/** What a job counted: per vertex the rows that went in and out, and what operators add. */
import type { MetricGroup } from '../dataflow/operator.ts';

export interface VertexMetrics {
  readonly vertex: string;
  readonly name: string;
  /** `numRecordsIn`, `numRecordsOut`, `spilledBytes`, and what operators count. */
  readonly counters: Readonly<Record<string, number>>;
}

export class Counters implements MetricGroup {
  readonly #counts = new Map<string, number>();

  add(name: string, amount: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + amount);
  }

  toRecord(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
