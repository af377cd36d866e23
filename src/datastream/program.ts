/** The nodes of one environment, in the order of writing. */
import { EngineError } from '../base/errors.ts';
import type { StreamSink } from '../dataflow/functions/source.ts';
import type { ModeSource } from '../graph/mode.ts';
import type { Delivery, NodeDefinition, NodeInput, ProgramNode } from './program-node.ts';

export class Program {
  #count = 0;
  #sinks: ProgramNode[] = [];

  add(name: string, inputs: readonly NodeInput[], definition: NodeDefinition): ProgramNode {
    const settings = { uid: null, parallelism: null, maxParallelism: null, chaining: null, slotSharingGroup: null };
    return { number: ++this.#count, name, ...settings, inputs, ...definition };
  }

  addSink(name: string, input: NodeInput, sink: StreamSink<unknown> | Delivery): ProgramNode {
    const node = this.add(name, [input], { kind: 'sink', sink });
    this.#sinks.push(node);
    return node;
  }

  get hasSinks(): boolean {
    return this.#sinks.length > 0;
  }

  /**
   * The sinks since the last call, which make the next job.
   * @throws EngineError STREAM-EMPTY
   */
  takeSinks(): readonly ProgramNode[] {
    const sinks = this.sinks;
    this.#sinks = [];
    return sinks;
  }

  /** @throws EngineError STREAM-EMPTY */
  get sinks(): readonly ProgramNode[] {
    if (this.#sinks.length > 0) return this.#sinks;
    throw new EngineError('STREAM-EMPTY', 'no operators defined in streaming topology. Cannot execute', {
      hint: 'end a stream with sinkTo(…) or print(), or read it with executeAndCollect()',
    });
  }
}

/** The nodes that the sinks need, producers before consumers. */
export function nodesOf(sinks: readonly ProgramNode[]): readonly ProgramNode[] {
  const seen = new Set<ProgramNode>();
  const visit = (node: ProgramNode): void => {
    if (seen.has(node)) return;
    for (const { upstreams } of node.inputs) for (const { from } of upstreams) visit(from);
    seen.add(node);
  };
  for (const sink of sinks) visit(sink);
  return [...seen];
}

/** By which the mode is chosen. */
export function sourcesOf(sinks: readonly ProgramNode[]): readonly ModeSource[] {
  return nodesOf(sinks).flatMap((node): readonly ModeSource[] => {
    if (node.kind === 'external') return node.external.sources();
    if (node.kind !== 'source') return [];
    return [{ name: node.name.replace(/^Source: /, ''), boundedness: node.source.boundedness, kind: 'stream' }];
  });
}
