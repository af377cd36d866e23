/**
 * BATCH: how many subtasks the nodes between two exchanges have, by the bytes that come into them: a few rows are worked
 * off sooner by one subtask than they are dealt out to several. Flink: adaptive batch scheduler, which knows what the
 * producers have written; here estimates decide, before anything runs.
 */
import type { Configuration } from '../base/config.ts';
import type { ModeProfile } from '../dataflow/traits.ts';
import { exchange } from './physical/exchange.ts';
import type { PhysicalNode } from './physical/node.ts';

export class VolumeParallelism {
  readonly #most: number;
  /** Bytes for each subtask; null: all have the most. */
  readonly #bytesPerSubtask: number | null;
  readonly #volumes = new WeakMap<PhysicalNode, number>();

  /** @param most `parallelism.default` */
  constructor(most: number, profile: ModeProfile, configuration: Configuration) {
    this.#most = most;
    const adaptive =
      profile.keyedInput === 'sorted-by-key' &&
      configuration.boolean('execution.batch.adaptive.auto-parallelism.enabled');
    this.#bytesPerSubtask = adaptive
      ? configuration.memory('execution.batch.adaptive.auto-parallelism.avg-data-volume-per-task')
      : null;
  }

  /** Of what ends in the node, as far as it is known before something is put on top of it. */
  of(node: PhysicalNode): number {
    return this.#forVolume(this.#volume(node));
  }

  /**
   * The nodes of a whole plan that have fewer than the most; all that hang together without an exchange have the same.
   */
  assign(roots: readonly PhysicalNode[]): ReadonlyMap<PhysicalNode, number> {
    const pipelines = new Map<PhysicalNode, Pipeline>();
    for (const root of roots) this.#visit(root, pipelines);
    const assigned = new Map<PhysicalNode, number>();
    for (const [node, pipeline] of pipelines) {
      const { volume, single } = found(pipeline);
      const subtasks = this.#forVolume(volume);
      if (subtasks === 1 || (subtasks < this.#most && !single)) assigned.set(node, subtasks);
    }
    return assigned;
  }

  #visit(node: PhysicalNode, pipelines: Map<PhysicalNode, Pipeline>): Pipeline {
    const known = pipelines.get(node);
    if (known !== undefined) return known;
    const pipeline: Pipeline = { volume: node.inputs.length === 0 ? bytesOf(node) : 0, single: false, into: null };
    pipelines.set(node, pipeline);
    for (const input of node.inputs) {
      const moved = exchange.paramsOf(input);
      const below = this.#visit(moved === null ? input : input.inputs[0]!, pipelines);
      if (moved === null) unite(below, pipeline);
      else {
        const entered = found(pipeline);
        entered.volume += bytesOf(input);
        if (moved.distribution.kind === 'singleton') entered.single = true;
      }
    }
    return pipeline;
  }

  #forVolume(volume: number): number {
    if (this.#bytesPerSubtask === null) return this.#most;
    return Math.min(this.#most, Math.max(1, Math.ceil(volume / this.#bytesPerSubtask)));
  }

  #volume(node: PhysicalNode): number {
    const known = this.#volumes.get(node);
    if (known !== undefined) return known;
    const isEntry = node.inputs.length === 0 || exchange.paramsOf(node) !== null;
    const volume = isEntry ? bytesOf(node) : node.inputs.reduce((sum, input) => sum + this.#volume(input), 0);
    this.#volumes.set(node, volume);
    return volume;
  }
}

/** What hangs together without an exchange, as a disjoint set: `into` leads to the one that counts. */
interface Pipeline {
  volume: number;
  /** One of its nodes has a single subtask in any case. */
  single: boolean;
  into: Pipeline | null;
}

function found(pipeline: Pipeline): Pipeline {
  return pipeline.into === null ? pipeline : found(pipeline.into);
}

function unite(one: Pipeline, other: Pipeline): void {
  const [from, into] = [found(one), found(other)];
  if (from === into) return;
  into.volume += from.volume;
  into.single ||= from.single;
  from.into = into;
}

function bytesOf({ traits }: PhysicalNode): number {
  const { rows, width, known } = traits.size;
  return known ? rows * width : Number.POSITIVE_INFINITY;
}
