/** One operator of a program on its own: records in, lines out. */
import { Configuration } from '../../../../src/base/config.ts';
import { nodeFileSystem } from '../../../../src/base/fs.ts';
import type {
  ProgramRegistry,
  StreamOperatorDefinition,
  StreamOperatorParams,
} from '../../../../src/dataflow/functions/stream-operator.ts';
import type { Operator } from '../../../../src/dataflow/operator.ts';
import { MAX_WATERMARK, MIN_WATERMARK } from '../../../../src/dataflow/traits.ts';
import { ModuleCache } from '../../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../../src/kernel/program.ts';
import { LinearMemory } from '../../../../src/memory/arena.ts';
import { MemoryBudget } from '../../../../src/memory/budget.ts';
import { SpillDirectory } from '../../../../src/memory/spill-file.ts';
import { streamOperators } from '../../../../src/operators/stream/index.ts';
import { loadStateBackend } from '../../../../src/state/keyed/registry.ts';
import type { StateReader } from '../../../../src/state/snapshot.ts';

export type Mode = 'STREAMING' | 'BATCH';

export interface HarnessOptions {
  readonly mode?: Mode;
  readonly backend?: string;
  readonly restored?: StateReader;
  readonly settings?: Readonly<Record<string, string>>;
  readonly autoWatermarkInterval?: number;
  /** Default: finish. */
  readonly atEnd?: 'finish' | 'savepoint';
}

const backends = { hashmap: await loadStateBackend('hashmap'), lmdb: await loadStateBackend('lmdb') };

export class StreamHarness {
  readonly operator: Operator;
  /** Values, `watermark W` and `idle`/`active`, in order. */
  readonly out: unknown[] = [];
  readonly sideOutputs = new Map<string, unknown[]>();
  /** Of the main output; null: none. */
  readonly timestamps: (number | null)[] = [];
  readonly counters: Record<string, number> = {};
  readonly log: string[] = [];
  readonly clock = { time: 0, now: () => this.clock.time, monotonic: () => this.clock.time };
  readonly #spill: SpillDirectory;

  constructor(definition: StreamOperatorDefinition, options: HarnessOptions = {}) {
    const batch = options.mode === 'BATCH';
    const params: StreamOperatorParams = {
      operatorId: 'it',
      type: definition.type,
      inputs: definition.keys.map((key) => (key === null ? 'regular' : 'keyed')),
      keyedInput: batch ? 'sorted-by-key' : 'arrival-order',
      watermarks: batch ? 'max-at-end' : 'generated',
      atEnd: options.atEnd ?? 'finish',
      autoWatermarkInterval: options.autoWatermarkInterval ?? 200,
    };
    const registry = { operator: () => definition } as unknown as ProgramRegistry;
    const backend = backends[(options.backend ?? 'hashmap') as keyof typeof backends];
    const empty = { fields: [], primaryKey: null, rowtime: null };
    const spec = { kind: 'stream', name: 'it', params, inputs: definition.keys.map(() => empty), output: empty };
    this.operator = streamOperators(registry, backend).create(spec);
    const memory = new LinearMemory();
    this.#spill = new SpillDirectory(memory, nodeFileSystem);
    this.operator.open({
      taskName: 'it',
      attempt: 0,
      subtaskIndex: 0,
      parallelism: 1,
      maxParallelism: 128,
      output: {
        emitBatch: () => undefined,
        emitRecords: ({ values, timestamps }) => {
          for (const [i, value] of values.entries()) {
            this.out.push(value);
            const timestamp = timestamps?.[i] ?? MIN_WATERMARK;
            this.timestamps.push(timestamp === MIN_WATERMARK ? null : timestamp);
          }
        },
        emitSideOutput: (tag, { values }) => {
          this.sideOutputs.set(tag, [...(this.sideOutputs.get(tag) ?? []), ...values]);
        },
        emitWatermark: (timestamp) => this.out.push(`watermark ${printTime(timestamp)}`),
        emitStatus: (idle) => this.out.push(idle ? 'idle' : 'active'),
      },
      memory,
      budget: new MemoryBudget(64 << 20),
      spill: this.#spill,
      compiler: kernelCompiler(memory, new ModuleCache()),
      configuration: new Configuration(options.settings ?? {}),
      clock: this.clock,
      metrics: {
        add: (name, amount) => {
          this.counters[name] = (this.counters[name] ?? 0) + amount;
        },
      },
      log: (message) => this.log.push(message),
      rendezvous: null,
      restored: options.restored ?? null,
    });
  }

  /** One batch. */
  process(values: readonly unknown[], timestamps: readonly number[] | null = null, input = 0): void {
    this.operator.processRecords!({ values, timestamps }, input);
    this.#work();
  }

  watermark(timestamp: number): void {
    this.operator.processWatermark(timestamp);
    this.#work();
  }

  /** The clock moves on, and the task lets the operator know. */
  advanceClock(time: number): void {
    this.clock.time = time;
    if (this.operator.nextProcessingTime! <= time) this.operator.onProcessingTime!(time);
  }

  endInput(input: number): void {
    this.operator.endInput(input);
    while (this.operator.advance?.() === true) this.#work();
  }

  /** The end of all inputs. */
  end(inputs = 1): void {
    this.watermark(MAX_WATERMARK);
    for (let input = 0; input < inputs; input++) this.endInput(input);
  }

  close(): void {
    this.operator.close();
    this.#spill.close();
  }

  #work(): void {
    while (this.operator.busy === true) this.operator.advance!();
  }
}

export function printTime(timestamp: number): string {
  return timestamp === MAX_WATERMARK ? 'MAX' : timestamp === MIN_WATERMARK ? 'MIN' : String(timestamp);
}
