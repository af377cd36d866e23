/**
 * Slow tasks in BATCH: when most subtasks of a vertex have ended and one takes much longer than they did, it is tried a
 * second time beside the first; the try that ends first counts. Flink: SlowTaskDetector, speculative execution.
 */
import type { Clock, Timers } from '../base/clock.ts';
import type { Configuration } from '../base/config.ts';
import type { ExecutionGraph, ExecutionVertex } from './execution-graph.ts';

export interface SpeculationConfig {
  /** Milliseconds between two looks. */
  readonly checkInterval: number;
  /** Tries of one subtask at the same time. */
  readonly mostAttempts: number;
  /** Part of the subtasks that must have ended. */
  readonly baselineRatio: number;
  /** Slow is what takes so many times the median. */
  readonly multiplier: number;
  /** Milliseconds; nothing faster is slow. */
  readonly lowerBound: number;
}

/** @returns null unless it is asked for */
export function speculationConfig(configuration: Configuration): SpeculationConfig | null {
  if (!configuration.boolean('execution.batch.speculative.enabled')) return null;
  return {
    checkInterval: configuration.duration('slow-task-detector.check-interval'),
    mostAttempts: configuration.integer('execution.batch.speculative.max-concurrent-executions'),
    baselineRatio: configuration.number('slow-task-detector.execution-time.baseline-ratio'),
    multiplier: configuration.number('slow-task-detector.execution-time.baseline-multiplier'),
    lowerBound: configuration.duration('slow-task-detector.execution-time.baseline-lower-bound'),
  };
}

export interface SpeculationParts {
  readonly graph: ExecutionGraph;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A second attempt may run beside the first, now. */
  readonly mayCompete: (member: ExecutionVertex) => boolean;
  readonly compete: (member: ExecutionVertex) => void;
}

/** Knows how long the subtasks of a job take, and has those that take too long tried a second time. */
export class Speculation {
  readonly #config: SpeculationConfig;
  readonly #parts: SpeculationParts;
  readonly #began = new Map<ExecutionVertex, number>();
  /** Milliseconds that finished subtasks took, by vertex. */
  readonly #took = new Map<string, number[]>();
  #count = 0;
  #stop: () => void = () => undefined;

  constructor(config: SpeculationConfig, parts: SpeculationParts) {
    this.#config = config;
    this.#parts = parts;
  }

  /** How often a subtask was tried a second time. */
  get count(): number {
    return this.#count;
  }

  began(member: ExecutionVertex): void {
    this.#began.set(member, this.#parts.clock.monotonic());
  }

  finished(member: ExecutionVertex): void {
    const now = this.#parts.clock.monotonic();
    const took = this.#took.get(member.vertex.id) ?? [];
    this.#took.set(member.vertex.id, [...took, now - (this.#began.get(member) ?? now)]);
  }

  /** Looks from time to time, until it is stopped. */
  start(): void {
    this.#stop();
    this.#stop = this.#parts.timers.after(this.#config.checkInterval, () => {
      const slow = this.#parts.graph.vertices.filter(
        (member) => this.#isSlow(member) && this.#parts.mayCompete(member),
      );
      for (const member of slow) this.#parts.compete(member);
      this.#count += slow.length;
      this.start();
    });
  }

  stop(): void {
    this.#stop();
  }

  #isSlow(member: ExecutionVertex): boolean {
    const { baselineRatio, multiplier, lowerBound, mostAttempts } = this.#config;
    const took = this.#took.get(member.vertex.id) ?? [];
    if (took.length === 0 || took.length < baselineRatio * member.vertex.parallelism) return false;
    const median = [...took].sort((a, b) => a - b)[Math.floor(took.length / 2)]!;
    const began = this.#began.get(member);
    if (began === undefined || member.current?.state !== 'running') return false;
    const running = this.#parts.clock.monotonic() - began;
    return member.attempts.length < mostAttempts && running > Math.max(lowerBound, median * multiplier);
  }
}
