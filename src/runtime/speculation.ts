/**
 * Slow tasks in BATCH: when most subtasks of a vertex have ended and one takes much longer than they did, it is tried a
 * second time beside the first; the try that ends first counts. Flink: SlowTaskDetector, speculative execution.
 */
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

/** How long the attempts of a job run. */
export class SlowTaskDetector {
  readonly #config: SpeculationConfig;
  readonly #began = new Map<ExecutionVertex, number>();
  /** Milliseconds that finished subtasks took, by vertex. */
  readonly #took = new Map<string, number[]>();

  constructor(config: SpeculationConfig) {
    this.#config = config;
  }

  began(member: ExecutionVertex, now: number): void {
    this.#began.set(member, now);
  }

  finished(member: ExecutionVertex, now: number): void {
    const took = this.#took.get(member.vertex.id) ?? [];
    this.#took.set(member.vertex.id, [...took, now - (this.#began.get(member) ?? now)]);
  }

  /** Subtasks that run and have taken too long. */
  slow(graph: ExecutionGraph, now: number): readonly ExecutionVertex[] {
    const { baselineRatio, multiplier, lowerBound, mostAttempts } = this.#config;
    return graph.vertices.filter((member) => {
      const took = this.#took.get(member.vertex.id) ?? [];
      if (took.length === 0 || took.length < baselineRatio * member.vertex.parallelism) return false;
      const median = [...took].sort((a, b) => a - b)[Math.floor(took.length / 2)]!;
      const began = this.#began.get(member);
      if (began === undefined || member.current?.state !== 'running') return false;
      return member.attempts.length < mostAttempts && now - began > Math.max(lowerBound, median * multiplier);
    });
  }
}
