/** Turns vertices of a job graph into tasks: makes operators, sources and sinks and connects them. */
import { assert } from '../base/assert.ts';
import type { AnyBatch, ReaderContext, SourceReader } from '../dataflow/connector.ts';
import type { Operator, OperatorContext } from '../dataflow/operator.ts';
import { Rendezvous } from '../dataflow/rendezvous.ts';
import type { ChainLink, JobEdge, JobGraph, JobVertex } from '../graph/job-graph.ts';
import { waitsFor } from '../graph/stages.ts';
import { SpillDirectory } from '../memory/spill-file.ts';
import type { InputGate } from '../shuffle/input-gate.ts';
import type { ResultPartition } from '../shuffle/result-partition.ts';
import type { ShuffleDescriptor, ShuffleEnvironment } from '../shuffle/shuffle-environment.ts';
import { type ChainEnd, type LinkDescription, OperatorChain, PassThrough } from './chain.ts';
import { checkpointConfig, holdsResultsBack } from './checkpoint/checkpoint-config.ts';
import { restoredState } from './checkpoint/restored-state.ts';
import { OperatorStates } from './checkpoint/task-snapshot.ts';
import { ClaimedReader, SplitClaims } from './claimed-reader.ts';
import type { RuntimeEnvironment } from './environment.ts';
import { type FusedLink, fuseNothing } from './fuse.ts';
import { Counters } from './metrics.ts';
import { partitionEnd, type TaskResult } from './partition-end.ts';
import { SinkEnd } from './sink-end.ts';
import { type GateInput, Task, type TaskParts } from './task.ts';
import type {
  MeetingDescriptor,
  SplitAssignment,
  TaskDeploymentDescriptor,
  TaskStateSnapshot,
} from './task-executor-gateway.ts';

export class Deployer {
  readonly #graph: JobGraph;
  readonly #environment: RuntimeEnvironment;
  readonly #shuffle: ShuffleEnvironment;
  readonly #vertices: ReadonlyMap<string, JobVertex>;
  readonly #exactlyOnce: boolean;

  constructor(graph: JobGraph, environment: RuntimeEnvironment, shuffle: ShuffleEnvironment) {
    this.#graph = graph;
    this.#environment = environment;
    this.#shuffle = shuffle;
    this.#vertices = new Map(graph.vertices.map((vertex) => [vertex.id, vertex]));
    this.#exactlyOnce = checkpointConfig(environment.configuration).exactlyOnce;
  }

  /** Makes what the task writes, one result per edge. Must be called before its consumers are deployed. */
  createResults({ id, vertex, outputs }: TaskDeploymentDescriptor): readonly ResultPartition[] {
    const edges = this.#graph.edges.filter(({ from }) => from === vertex.id);
    return edges.map((edge) => {
      const remote = outputs.filter((output) => output.edge === edge.id);
      return this.#shuffle.createResultPartition(this.#describe(edge), id, remote);
    });
  }

  #results(vertex: JobVertex, partitions: readonly ResultPartition[]): readonly TaskResult[] {
    const edges = this.#graph.edges.filter(({ from }) => from === vertex.id);
    return edges.map(({ sideOutput }, i) => ({ partition: partitions[i]!, sideOutput }));
  }

  /** Makes and opens the task. After an exception nothing of it is left but its results. */
  async deploy(descriptor: TaskDeploymentDescriptor, partitions: readonly ResultPartition[]): Promise<Task> {
    const { id, vertex, inputs, meeting, restore, splits, savepoint: barrier } = descriptor;
    const { subtask, attempt } = id;
    if (restore?.finished === true) return this.#finishedTask(vertex, subtask, partitions);
    const { clock, fileSystem, memory, configuration } = this.#environment;
    const counters = new Counters();
    const edges = this.#graph.edges.filter(({ to }) => to === vertex.id);
    const spill = new SpillDirectory(memory, fileSystem, configuration.raw('io.tmp.dirs') ?? undefined);
    const gates: InputGate[] = [];
    const opened: Operator[] = [];
    const savepoint = barrier === null ? null : { barrier, state: new OperatorStates() };
    const release = (): void => {
      for (const gate of gates) gate.close();
      try {
        for (const operator of opened.splice(0)) operator.close();
      } finally {
        if (spill.spilledBytes > 0) counters.add('spilledBytes', spill.spilledBytes);
        spill.close();
      }
    };
    let sink: SinkEnd | null = null;
    let reader: SourceReader<AnyBatch> | null = null;
    try {
      for (const edge of edges) gates.push(this.#shuffle.createInputGate(this.#describe(edge), subtask, inputs));
      sink = this.#createSink(vertex, subtask, counters);
      const end = sink ?? partitionEnd(this.#results(vertex, partitions), counters);
      reader = this.#createReader(vertex, subtask, restore, splits);
      const { chain, gateInputs, operators } = this.#createChain(vertex, subtask, edges, gates, end, {
        opened,
        counters,
        spill,
        attempt,
        meeting,
        restore,
        savepoint,
      });
      return new Task({
        name: taskName(vertex, subtask),
        chain,
        source: reader === null ? null : { uid: vertex.chain[0]!.uid, reader },
        operators,
        gates: gateInputs,
        blockers: blockers(vertex, edges),
        partitions,
        sink,
        counters,
        clock,
        savepoint,
        exactlyOnce: this.#exactlyOnce,
        release,
      });
    } catch (error) {
      release();
      await reader?.close();
      await sink?.close();
      throw error;
    }
  }

  /** A task that had ended when the checkpoint was taken: those who read from it are told so. */
  #finishedTask(vertex: JobVertex, subtask: number, partitions: readonly ResultPartition[]): Task {
    const counters = new Counters();
    const end = partitionEnd(this.#results(vertex, partitions), counters);
    const operator = new PassThrough();
    const chain = new OperatorChain([{ operator, channels: [1], chainedInput: 0 }], end);
    operator.open({ output: chain.output(0) });
    return new Task({
      name: taskName(vertex, subtask),
      chain,
      source: { uid: vertex.chain[0]!.uid, reader: EXHAUSTED },
      operators: [],
      gates: [],
      blockers: [[]],
      partitions,
      sink: null,
      counters,
      clock: this.#environment.clock,
      savepoint: null,
      exactlyOnce: true,
      release: () => undefined,
    });
  }

  #createChain(
    vertex: JobVertex,
    subtask: number,
    edges: readonly JobEdge[],
    gates: readonly InputGate[],
    end: ChainEnd,
    parts: OperatorParts & { readonly opened: Operator[] },
  ): { readonly chain: OperatorChain; readonly gateInputs: readonly GateInput[]; readonly operators: StatefulLink[] } {
    const fused = (this.#environment.fuse ?? fuseNothing)(vertex.chain);
    const operators = fused.filter(isOperator);
    const hasSource = vertex.chain[0]?.kind === 'source';
    const placed = edges.map((edge) => place(operators, edge, vertex));
    const inputCounts = operators.length === 0 ? [1] : operators.map(({ inputs }) => inputs.length);
    const channels = inputCounts.map((inputs) => new Array<number>(inputs).fill(0));
    const gateInputs = gates.map((gate, i): GateInput => {
      const { link, input } = placed[i]!;
      const firstChannel = channels[link]!.reduce((sum, count) => sum + count, 0);
      channels[link]![input]! += gate.channelCount;
      return { gate, link, input, firstChannel };
    });
    const descriptions = channels.map((counts, at): LinkDescription => {
      const link = operators[at]?.link;
      const chainedInput = at > 0 || hasSource ? Math.max(link?.chainedInput ?? 0, 0) : -1;
      if (chainedInput >= 0) counts[chainedInput]!++;
      const operator =
        link === undefined ? new PassThrough() : this.#environment.operator(link.spec.kind).create(link.spec);
      return { operator, channels: counts, chainedInput };
    });
    const { savepoint } = parts;
    const takeState = (link: number): void => {
      const uid = operators[link]?.link.uid;
      if (uid !== undefined) savepoint?.state.take(uid, descriptions[link]!.operator, savepoint.barrier.id, undefined);
    };
    const chain = new OperatorChain(descriptions, end, savepoint === null ? null : takeState);
    for (const [i, { operator }] of descriptions.entries()) {
      parts.opened.push(operator);
      operator.open(this.#operatorContext(vertex, subtask, chain, i, operators[i]?.link.uid ?? null, parts));
    }
    const stateful = operators.map(({ link }, i) => ({ uid: link.uid, operator: descriptions[i]!.operator }));
    return { chain, gateInputs, operators: stateful };
  }

  #operatorContext(
    vertex: JobVertex,
    subtaskIndex: number,
    chain: OperatorChain,
    link: number,
    uid: string | null,
    { counters, spill, attempt, meeting, restore }: OperatorParts,
  ): OperatorContext {
    const { memory, budget, compiler, configuration, clock, fileSystem } = this.#environment;
    const sections = restore?.sections.filter((section) => section.uid === uid) ?? [];
    const { parallelism, maxParallelism } = vertex;
    return {
      taskName: taskName(vertex, subtaskIndex),
      attempt,
      subtaskIndex,
      parallelism,
      maxParallelism,
      output: chain.output(link),
      memory,
      budget,
      spill,
      compiler,
      configuration,
      clock,
      metrics: counters,
      log: this.#environment.log ?? (() => undefined),
      rendezvous: uid === null ? null : this.#rendezvous(meeting, uid, subtaskIndex, parallelism),
      restored: restoredState(fileSystem, sections, subtaskIndex),
    };
  }

  #rendezvous(meeting: MeetingDescriptor | null, uid: string, subtask: number, parallelism: number): Rendezvous | null {
    const address = meeting?.places[uid];
    if (address === undefined) return null;
    const { memory } = this.#environment;
    const wake = (): void => this.#shuffle.wake(meeting!.executors);
    return new Rendezvous({ memory, address, parallelism }, subtask, wake);
  }

  #createReader(
    vertex: JobVertex,
    subtask: number,
    restore: TaskStateSnapshot | null,
    assigned: SplitAssignment | null,
  ): SourceReader<AnyBatch> | null {
    const head = vertex.chain[0];
    if (head?.kind !== 'source') return null;
    const factory = this.#environment.connector(head.spec.connector);
    const context = this.#readerContext(vertex, subtask);
    const source = factory.createSource?.(head.spec, context);
    assert(source !== undefined, `connector '${head.spec.connector}' was planned as a source`);
    if (assigned !== null && assigned.claims !== null) {
      const claims = new SplitClaims(context.memory, assigned.claims, assigned.splits, vertex.parallelism);
      return new ClaimedReader(claims, subtask, source.createReader(context));
    }
    const reader = source.createReader(context);
    reader.addSplits(
      restore?.splits[head.uid] ?? assigned?.splits ?? splitsOf(source.splits(), subtask, vertex.parallelism),
    );
    return reader;
  }

  #createSink(vertex: JobVertex, subtask: number, counters: Counters): SinkEnd | null {
    const last = vertex.chain.at(-1);
    if (last?.kind !== 'sink') return null;
    const factory = this.#environment.connector(last.spec.connector);
    const context = this.#readerContext(vertex, subtask);
    const sink = factory.createSink?.(last.spec, context);
    assert(sink !== undefined, `connector '${last.spec.connector}' was planned as a sink`);
    return new SinkEnd(last.uid, sink.createWriter(context), counters);
  }

  #readerContext(vertex: JobVertex, subtaskIndex: number): ReaderContext {
    const { fileSystem, clock, configuration, memory, budget, compiler, collections } = this.#environment;
    const { deliver, deliverRecords } = this.#environment;
    const { parallelism } = vertex;
    const { batchRows } = this.#graph.profile;
    return {
      fileSystem,
      clock,
      configuration,
      memory,
      budget,
      compiler,
      subtaskIndex,
      parallelism,
      batchRows,
      collections,
      transactional: holdsResultsBack(this.#graph.profile, configuration),
      deliver,
      ...(deliverRecords === undefined ? {} : { deliverRecords }),
    };
  }

  #describe(edge: JobEdge): ShuffleDescriptor {
    const consumer = this.#vertices.get(edge.to)!;
    return {
      edge: edge.id,
      producer: edge.from,
      consumers: consumer.parallelism,
      maxParallelism: consumer.maxParallelism,
      distribution: edge.distribution,
      blocking: edge.partitionType === 'BLOCKING',
      schema: edge.schema,
      ...(edge.records ? { records: this.#describeRecords(edge) } : {}),
    };
  }

  #describeRecords({ from, distribution }: JobEdge): NonNullable<ShuffleDescriptor['records']> {
    const producers = this.#vertices.get(from)!.parallelism;
    if (!('selector' in distribution)) return { producers, partitioning: null };
    const { program } = this.#environment;
    assert(program !== undefined, 'an edge of a program without its functions');
    return { producers, partitioning: program.partitioning(distribution.selector) };
  }
}

/** What the operators of a task share. */
interface OperatorParts {
  readonly counters: Counters;
  readonly spill: SpillDirectory;
  readonly attempt: number;
  readonly meeting: MeetingDescriptor | null;
  readonly restore: TaskStateSnapshot | null;
  readonly savepoint: TaskParts['savepoint'];
}

type StatefulLink = { readonly uid: string; readonly operator: Operator };

const EXHAUSTED: SourceReader<AnyBatch> = {
  addSplits: () => undefined,
  poll: () => 'end-of-input',
  snapshot: () => [],
  close: () => undefined,
};

/** For people: which subtask of how many. */
function taskName({ name, parallelism }: JobVertex, subtask: number): string {
  return parallelism === 1 ? name : `${name} (${subtask + 1}/${parallelism})`;
}

/** Subtask `i` of `n` reads the splits with number ≡ i (mod n). */
export function splitsOf(splits: readonly unknown[], subtask: number, parallelism: number): readonly unknown[] {
  return splits.filter((_, number) => number % parallelism === subtask);
}

type FusedOperator = FusedLink & { readonly link: Extract<ChainLink, { readonly kind: 'operator' }> };

function isOperator(fused: FusedLink): fused is FusedOperator {
  return fused.link.kind === 'operator';
}

/** Where an edge comes in among the operators that are really there; a sink alone has one that passes rows through. */
function place(
  operators: readonly FusedLink[],
  edge: JobEdge,
  vertex: JobVertex,
): { readonly link: number; readonly input: number } {
  for (const [link, { inputs }] of operators.entries()) {
    const input = inputs.findIndex((from) => from.link === edge.link && from.input === edge.input);
    if (input >= 0) return { link, input };
  }
  const target: ChainLink | undefined = vertex.chain[edge.link];
  assert(target?.kind === 'sink' && operators.length === 0, `edge ${edge.id} leads nowhere`);
  return { link: 0, input: 0 };
}

/** The source, or a head that makes rows by itself, is input 0 and enters with the chain's head. */
function blockers(vertex: JobVertex, edges: readonly JobEdge[]): readonly (readonly number[])[] {
  const first = vertex.chain[0];
  const head: JobEdge[] = [];
  if (first?.kind === 'source' || (first?.kind === 'operator' && first.spec.inputs.length === 0)) {
    const like = edges[0];
    if (like === undefined) return [[]];
    head.push({ ...like, link: 0, input: -1, priority: 0 });
  }
  const inputs = [...head, ...edges];
  return inputs.map((edge) =>
    inputs.flatMap((other, number) => (other !== edge && waitsFor(edge, other, vertex.chain) ? [number] : [])),
  );
}
