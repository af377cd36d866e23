/**
 * BATCH: how many subtasks the nodes between two exchanges have, by the bytes that come into them: one subtask works a
 * few rows off sooner than they are dealt out to several. Flink: adaptive batch scheduler, which knows what the
 * producers have written; here estimates decide, before anything runs. The plan itself does not depend on it.
 */
import { bytesOf } from './physical/batch-join.ts';
import { exchange, sentBy } from './physical/exchange.ts';
import type { PhysicalNode } from './physical/node.ts';
import type { PlanContext } from './physical/strategy.ts';

/** The nodes of a whole plan that have fewer subtasks than `parallelism.default`, and how many. */
export function parallelismByVolume(
  roots: readonly PhysicalNode[],
  context: PlanContext,
): ReadonlyMap<PhysicalNode, number> {
  const assigned = new Map<PhysicalNode, number>();
  const most = context.parallelism;
  const perSubtask = volumePerSubtask(context);
  if (most === 1 || perSubtask === null || context.profile.keyedInput === 'arrival-order') return assigned;
  const pipelines = new Map<PhysicalNode, Pipeline>();
  for (const root of roots) visit(root, pipelines);
  for (const [node, pipeline] of pipelines) {
    const { volume, single } = found(pipeline);
    const subtasks = Math.max(1, Math.ceil(volume / perSubtask));
    if (subtasks === 1 || (subtasks < most && !single)) assigned.set(node, subtasks);
  }
  return assigned;
}

/** Bytes that one subtask works off; null: all have the same number of subtasks. */
function volumePerSubtask({ configuration }: PlanContext): number | null {
  if (!configuration.boolean('execution.batch.adaptive.auto-parallelism.enabled')) return null;
  return configuration.memory('execution.batch.adaptive.auto-parallelism.avg-data-volume-per-task');
}

/** Nodes that hang together without an exchange, as a disjoint set: `into` leads to the one that counts. */
interface Pipeline {
  /** Bytes that come in. */
  volume: number;
  /** One of its nodes has a single subtask in any case. */
  single: boolean;
  into: Pipeline | null;
}

function visit(node: PhysicalNode, pipelines: Map<PhysicalNode, Pipeline>): Pipeline {
  const known = pipelines.get(node);
  if (known !== undefined) return known;
  const pipeline: Pipeline = { volume: node.inputs.length === 0 ? volumeOf(node) : 0, single: false, into: null };
  pipelines.set(node, pipeline);
  for (const input of node.inputs) {
    const sent = sentBy(input);
    const below = visit(exchange.paramsOf(input) === null ? input : input.inputs[0]!, pipelines);
    if (sent === null) {
      unite(below, pipeline);
      continue;
    }
    const entered = found(pipeline);
    entered.volume += volumeOf(input);
    if (sent.kind === 'singleton') entered.single = true;
  }
  return pipeline;
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

/** Of what is not known: endless. */
function volumeOf(node: PhysicalNode): number {
  return node.traits.size.known ? bytesOf(node) : Number.POSITIVE_INFINITY;
}
