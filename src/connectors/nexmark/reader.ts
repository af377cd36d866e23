/** Reads Nexmark events: whole batches, column by column, by the kernels of the columns that are asked for. */
import { EngineError } from '../../base/errors.ts';
import { Batch, type Column, columnOf, type Retained } from '../../columnar/batch.ts';
import type { ConnectorSpec, ReaderContext, SourceReader } from '../../dataflow/connector.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { DataType, Field } from '../../types/data-type.ts';
import { type Lane, LaneCursor } from '../lanes.ts';
import { columnKernel } from './kernels.ts';
import type { NexmarkConfig } from './options.ts';
import { EVENT_KINDS, type EventKind } from './schema.ts';
import { NexmarkStrings } from './strings.ts';
import { countBefore, KindTemplates } from './templates.ts';

/** A column of the batches. */
type Output =
  | { readonly kind: 'event_type'; readonly type: DataType }
  | { readonly kind: EventKind; readonly type: DataType; readonly write: CompiledKernel; readonly longest: number };

export class NexmarkReader implements SourceReader {
  readonly #config: NexmarkConfig;
  readonly #context: ReaderContext;
  readonly #outputs: readonly Output[];
  readonly #only: EventKind | null;
  readonly #strings: NexmarkStrings;
  readonly #templates: KindTemplates;
  readonly #cursor: LaneCursor;
  readonly #eventsPerBatch: number;
  #left: number;
  #start: { readonly at: number; readonly time: number } | null = null;

  /**
   * @param columns `event_type` and flat ones such as `bid.price`
   * @param only the one kind of event that is wanted, or null: then there is a row for every event
   */
  constructor(
    config: NexmarkConfig,
    columns: readonly Field[],
    only: EventKind | null,
    { limit, table }: ConnectorSpec,
    context: ReaderContext,
  ) {
    this.#config = config;
    this.#context = context;
    this.#only = only;
    this.#left = limit ?? Number.POSITIVE_INFINITY;
    this.#cursor = new LaneCursor(config.events);
    const share = only === null ? 1 : config.proportions[only] / config.cycle;
    this.#eventsPerBatch = Math.max(config.cycle, Math.floor(context.batchRows / share));
    this.#outputs = compileColumns(config, columns, table, context);
    const names = columns.map(({ name }) => name);
    this.#strings = new NexmarkStrings(context.memory, config.seed, {
      channels: names.includes('bid.channel') || names.includes('bid.url'),
      letters: names.some((name) => name.endsWith('.extra')),
      prose: names.some((name) => PROSE.includes(name)),
    });
    this.#templates = new KindTemplates(context.memory, config, this.#eventsPerBatch);
  }

  addSplits(splits: readonly unknown[]): void {
    this.#cursor.add(splits as readonly Lane[]);
  }

  poll(): Batch | 'nothing-yet' | 'end-of-input' {
    while (this.#left > 0) {
      const from = this.#cursor.position;
      if (from === null) break;
      const count = this.#cursor.take(from, Math.min(this.#eventsPerBatch, this.#due(from)));
      if (count === 0) return 'nothing-yet';
      const rows = this.#rowsIn(from, count);
      if (rows === 0) continue;
      this.#left -= rows;
      return this.#make(from, count, rows);
    }
    return this.#config.keepAlive ? 'nothing-yet' : 'end-of-input';
  }

  snapshot(): readonly Lane[] {
    return this.#cursor.lanes();
  }

  close(): void {
    this.#strings.release();
    this.#templates.release();
  }

  /** How many events from `from` on may be out by the wall clock, where the rate is limited. */
  #due(from: number): number {
    if (!this.#config.limited) return Number.POSITIVE_INFINITY;
    const now = this.#context.clock.monotonic();
    this.#start ??= { at: from, time: now };
    const { at, time } = this.#start;
    return Math.max(0, at + Math.floor(((now - time) * this.#config.rate) / 1000) - from);
  }

  #rowsIn(from: number, count: number): number {
    const only = this.#only;
    if (only === null) return count;
    return countBefore(this.#config, only, from + count) - countBefore(this.#config, only, from);
  }

  #make(from: number, count: number, rows: number): Batch {
    const { memory } = this.#context;
    const width = (rows * 8 + 63) & ~63;
    const written = this.#outputs.filter((output) => output.kind !== 'event_type' && this.#wants(output.kind));
    const empty = this.#outputs.length > written.length ? width : 0;
    const block = memory.allocate(Math.max(64, width * written.length + empty));
    const texts: number[] = [];
    let at = block;
    const columns = this.#outputs.map((output): Column => {
      if (output.kind === 'event_type') {
        const only = this.#only;
        return columnOf(output.type, only === null ? this.#templates.types(from) : this.#templates.typesOf(only), 0);
      }
      if (!this.#wants(output.kind)) return this.#nulls(output.type, block + width * written.length, rows);
      const address = at;
      at += width;
      const mixed = this.#only === null;
      let text = 0;
      if (output.longest > 0) {
        const own = countBefore(this.#config, output.kind, from + count) - countBefore(this.#config, output.kind, from);
        text = memory.allocate(Math.max(64, own * output.longest));
        texts.push(text);
      }
      output.write(BigInt(from), count, mixed ? 1 : 0, address, this.#strings.address, text);
      return columnOf(output.type, address, mixed ? this.#templates.validity(output.kind, from) : 0);
    });
    const dependencies: Retained[] = [this.#strings, this.#templates];
    return new Batch(
      rows,
      columns,
      0,
      () => {
        memory.free(block);
        for (const text of texts) memory.free(text);
      },
      dependencies,
    );
  }

  #wants(kind: EventKind): boolean {
    return this.#only === null || this.#only === kind;
  }

  /** A column of another kind than the one that is wanted: it is NULL throughout. */
  #nulls(type: DataType, address: number, rows: number): Column {
    this.#context.memory.fill(address, 0, rows * 8);
    return columnOf(type, address, address);
  }
}

/** Columns that are cut from, or written from, random prose. */
const PROSE = ['auction.itemName', 'auction.description', 'auction.extra', 'person.emailAddress', 'person.extra'];

function compileColumns(
  config: NexmarkConfig,
  columns: readonly Field[],
  table: string,
  { compiler }: ReaderContext,
): readonly Output[] {
  const kernels = new Map(
    columns.flatMap(({ name }) => {
      if (name === 'event_type') return [];
      const [kind, field] = name.split('.') as [EventKind, string];
      const kernel = EVENT_KINDS.includes(kind) ? columnKernel(config, kind, field) : null;
      if (kernel !== null) return [[name, { kind, ...kernel }] as const];
      throw new EngineError('CONNECTOR-SCHEMA', `table ${table}: nexmark has no column '${name}'`, {
        hint: 'declare no columns, or those of nexmark-flink: event_type, person, auction, bid',
      });
    }),
  );
  const compiled = compiler.compile([...kernels.values()].map(({ kernel }) => kernel));
  return columns.map(({ name, type }): Output => {
    const found = kernels.get(name);
    if (found === undefined) return { kind: 'event_type', type };
    return { kind: found.kind, type, write: compiled[found.kernel.name]!, longest: found.longest };
  });
}
