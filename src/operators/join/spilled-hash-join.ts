/**
 * The kernels of a hash join whose build side does not fit: rows go to parts by the hash of their key, and come from
 * there.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { OperatorContext } from '../../dataflow/operator.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import { type I32, i32, type Variable } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { DataType } from '../../types/data-type.ts';
import type { ColumnFacts } from '../codegen/batch-input.ts';
import { FAIL, type KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { hashKeys } from '../codegen/keys.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { RangedKernel, type RowInput } from '../codegen/row-input.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { RowPartitions } from '../codegen/row-partitions.ts';
import type { RowStore } from '../codegen/row-store.ts';
import { forEachAddress, type SpilledRows, type SpilledRowsLocation } from '../codegen/spill-rows.ts';
import type { StringPool } from '../codegen/string-pool.ts';
import type { HashJoinParams } from '../specs.ts';
import { type BuildKeys, HASH, type HashIndex, joinable, linkKernel, lookup } from './build-table.ts';
import { indexBytes, type JoinIndexBuilder } from './join-index.ts';
import type { JoinPair } from './pair.ts';
import { type PartJoin, SpilledJoin } from './spilled-join.ts';

/** Byte offset of the hash in a spilled probe row. */
const PROBE_HASH = 0;
const PROBE_RESERVED = 8;

/** How a kernel meets the probe rows with the build rows of their key. */
export interface Meeting {
  readonly f: FunctionBuilder;
  /** Over the probe row. */
  readonly context: CompileContext;
  /** Emits the search for the first build row of the key, or 0. */
  readonly search: (head: Variable<'i32'>) => void;
  /** Keys are known to differ among build rows. */
  readonly unique: boolean;
  readonly output: OutputBuffer;
}

/** Where one subtask has written its rows, by part. */
export interface PartLocations {
  readonly build: readonly SpilledRowsLocation[];
  readonly probe: readonly SpilledRowsLocation[];
}

export interface SpilledHashJoinOptions {
  readonly context: OperatorContext;
  readonly host: KernelHost;
  readonly consumer: MemoryConsumer;
  readonly params: HashJoinParams;
  readonly pair: JoinPair;
  readonly buildLayout: RowLayout;
  readonly buildKeys: readonly number[];
  readonly probeKeys: readonly number[];
  readonly outputTypes: readonly DataType[];
  /** Where build rows are stored: those that wait to be written, and those of the part that is joined. */
  readonly rows: RowStore;
  readonly strings: StringPool;
  readonly index: JoinIndexBuilder;
  /** Emits the pairs of a probe row. */
  readonly meet: (meeting: Meeting) => Variable<'i32'>;
  /** `rest(from, rows)`: emits build rows that are owed. */
  readonly restKernel: (output: OutputBuffer) => KernelFunction;
}

export class SpilledHashJoin implements PartJoin {
  readonly #options: SpilledHashJoinOptions;
  readonly #build: RowPartitions;
  readonly #probe: RowPartitions;
  readonly #probeLayout: RowLayout;
  readonly #join: SpilledJoin;
  /** Strings are copied: they come from pages that are used again. */
  readonly #output: OutputBuffer;
  /** Words: address and mask of the index of the part that is joined. */
  readonly #indexState: number;
  readonly #scratchRow: number;
  #load!: CompiledKernel;
  #link!: CompiledKernel;
  #probePage!: CompiledKernel;
  #rest!: CompiledKernel;
  #scatterProbe: RangedKernel | null = null;
  #buildParts: readonly SpilledRows[] = [];
  #probeParts: readonly SpilledRows[] = [];

  constructor(options: SpilledHashJoinOptions) {
    const { context, host, consumer, pair, buildLayout, outputTypes } = options;
    const { memory } = context;
    this.#options = options;
    this.#probeLayout = new RowLayout(pair.probeTypes, PROBE_RESERVED);
    this.#build = new RowPartitions(context, consumer, host, { name: 'build', layout: buildLayout, hash: HASH });
    const probe = { name: 'probe', layout: this.#probeLayout, hash: PROBE_HASH };
    this.#probe = new RowPartitions(context, consumer, host, probe);
    this.#join = new SpilledJoin(memory, consumer, this.#build, this.#probe, this);
    this.#output = new OutputBuffer(memory, context.output, outputTypes, {
      capacity: 2048,
      withKinds: false,
      copyStrings: true,
      name: 'spilled',
    });
    this.#indexState = host.allocate(8);
    this.#scratchRow = host.allocate(this.#probeLayout.size);
    this.#build.open(0);
    this.#compile();
  }

  /** Writes the stored build rows to their parts. */
  takeStored(): void {
    const { rows, strings } = this.#options;
    for (const run of rows.runs) this.#build.scatterBlock(run.address, run.rows);
    rows.clear();
    strings.clear();
  }

  /** The build side has ended. */
  get takesProbe(): boolean {
    return this.#scatterProbe !== null;
  }

  /** The build side has ended; all its rows have been taken. */
  endBuild(probeRows: RowInput, nullOnBuild: boolean): void {
    const { host } = this.#options;
    this.#buildParts = this.#build.finish();
    this.#probe.open(0);
    this.#scatterProbe = new RangedKernel(
      probeRows,
      (facts) =>
        host.compile(
          [this.#scatterProbeKernel(probeRows, nullOnBuild, facts)],
          { ...this.#probe.externs, ...this.#output.externs },
          [...this.#probe.functions, ...this.#output.functions],
        )['probe']!,
      host,
    );
  }

  /** Writes the rows of a batch of the probe side to their parts. @param header of the batch, written */
  takeProbe(batch: Batch, header: number): void {
    this.#options.host.strings = null;
    this.#output.begin();
    this.#scatterProbe!.for(batch)(header);
    this.#output.flush();
  }

  endProbe(): void {
    this.#join.add(this.#buildParts, this.#probe.finish(), 1);
  }

  /** Instead of `endProbe`, where the subtasks have the build side together. */
  endSharedProbe(): PartLocations {
    this.#probeParts = this.#probe.finish();
    const locations = (parts: readonly SpilledRows[]): SpilledRowsLocation[] => parts.map(({ location }) => location);
    return { build: locations(this.#buildParts), probe: locations(this.#probeParts) };
  }

  /**
   * What each subtask joins. Where build rows are owed, some of the parts, with the rows that all have of them; else
   * all parts, with its own probe rows: these stay in their subtask, as they do in memory.
   *
   * @param all by subtask
   */
  dealOut(all: readonly PartLocations[], subtask: number): void {
    const build = this.#build.gather(all.map((parts) => parts.build));
    if (!this.#options.pair.owesBuild) this.#join.add(build, this.#probeParts, 1);
    else {
      const probe = this.#probe.gather(all.map((parts) => parts.probe));
      this.#join.add(build, probe, 1, (part) => part % all.length === subtask);
    }
  }

  step(): boolean {
    return this.#join.step();
  }

  close(): void {
    this.#join.close();
    this.#build.close();
    this.#probe.close();
    this.#output.close();
  }

  get loadedBytes(): number {
    return this.#options.rows.byteLength + this.#options.strings.byteLength;
  }

  get indexBytes(): number {
    return indexBytes(this.#options.rows.rowCount);
  }

  load(addresses: number, count: number): void {
    this.#load(addresses, count);
  }

  link(): void {
    const { rows, index, context } = this.#options;
    const { slots, mask } = index.createHash(rows.rowCount);
    const word = this.#indexState >>> 2;
    context.memory.u32[word] = slots;
    context.memory.u32[word + 1] = mask;
    for (const run of rows.runs) this.#link(run.address, run.rows);
  }

  probe(addresses: number, count: number, flags: number, lastBlock: boolean): void {
    this.#options.host.strings = () => this.#output.strings();
    this.#output.begin();
    this.#probePage(addresses, count, flags, lastBlock ? 1 : 0);
    this.#output.flush();
  }

  finishBlock(): void {
    const { rows, strings, index, pair } = this.#options;
    if (pair.owesBuild) {
      this.#output.begin();
      for (const run of rows.runs) this.#rest(run.address, run.rows);
      this.#output.flush();
    }
    index.release();
    rows.clear();
    strings.clear();
  }

  #compile(): void {
    const { host, rows, strings, restKernel } = this.#options;
    const kernels = host.compile(
      [this.#loadKernel(), linkKernel(this.#buildKeys, this.#index), this.#probePageKernel(), restKernel(this.#output)],
      { ...rows.externs, ...strings.externs, ...this.#output.externs },
      [...strings.functions, ...this.#output.functions],
    );
    this.#load = kernels['load']!;
    this.#link = kernels['link']!;
    this.#probePage = kernels['probe_page']!;
    this.#rest = kernels['rest']!;
  }

  get #index(): HashIndex {
    const state = i32.address(this.#indexState);
    return { kind: 'hash', slots: i32.load(state), mask: i32.load(state, 4), filters: [] };
  }

  get #buildKeys(): BuildKeys {
    const { buildLayout, buildKeys, params } = this.#options;
    return { layout: buildLayout, fields: buildKeys, nullSafe: params.nullSafe, newContext: this.#newContext };
  }

  #newContext = (f: FunctionBuilder, column: (index: number) => Operand): CompileContext =>
    new CompileContext(f, column, this.#options.host, FAIL, RESERVE);

  /** `load(addresses, count)`: stores build rows of a page. */
  #loadKernel(): KernelFunction {
    const { rows, strings, buildLayout } = this.#options;
    const f = fn('load', { params: { addresses: i32, count: i32 } });
    forEachAddress(f, f.param.addresses, i32.const(0), f.param.count, (from) => {
      const row = rows.append(f);
      f.copy(row, from, i32.const(buildLayout.size));
      buildLayout.fields.forEach((field, i) => {
        if (field.physical === 'view') buildLayout.store(f, row, i, strings.own(buildLayout.load(from, i)));
      });
    });
    return f.finish();
  }

  /** `probe(header)`: writes probe rows to their parts; those that cannot match come out at once, or never. */
  #scatterProbeKernel(probeRows: RowInput, nullOnBuild: boolean, facts: ColumnFacts): KernelFunction {
    const { host, params, pair, probeKeys } = this.#options;
    const { shape } = pair;
    const f = fn('probe', { params: { header: i32 } });
    const all = pair.probeTypes.map((_, i) => i);
    const row = i32.address(this.#scratchRow);
    probeRows.forEachRow(f, f.param.header, host, all, facts, (context) => {
      // NOT IN with a NULL in the list: nothing passes.
      if (params.nullAware && nullOnBuild) {
        f.continue();
        return;
      }
      const keys = probeKeys.map((key) => context.column(key));
      const can = joinable(keys, params.nullSafe);
      if (can !== null) {
        context.branch(i32.eqz(can), () => {
          const comesOut = !pair.buildComesOut && (shape.keepsProbe || shape.anti) && !params.nullAware;
          if (comesOut)
            this.#output.append(
              f,
              pair.fields((column) => context.column(column), null),
              null,
            );
          f.continue();
        });
      }
      f.do(i32.store(row, hashKeys(keys, context), PROBE_HASH));
      for (const column of all) this.#probeLayout.store(f, row, column, context.column(column));
      this.#probe.write(f, row);
    });
    return f.finish();
  }

  /** `probe_page(addresses, count, flags, last)`: probe rows of a page meet the build rows that are stored. */
  #probePageKernel(): KernelFunction {
    const { pair, probeKeys, meet } = this.#options;
    const { shape } = pair;
    const f = fn('probe_page', { params: { addresses: i32, count: i32, flags: i32, last: i32 } });
    forEachAddress(f, f.param.addresses, i32.const(0), f.param.count, (row: I32, i: I32) => {
      const context = this.#newContext(f, (field) => this.#probeLayout.load(row, field));
      const flag = f.let('flag', i32.add(f.param.flags, i));
      const metBefore = f.let('met', i32.load8_u(flag));
      if ((shape.semi || shape.anti) && !pair.buildComesOut) f.if(metBefore, () => f.continue());
      const keys = probeKeys.map((key) => context.column(key));
      const search = (head: Variable<'i32'>): void =>
        f.set(head, lookup(context, this.#index, keys, this.#buildKeys, i32.load(row, PROBE_HASH)));
      const matched = meet({ f, context, search, unique: false, output: this.#output });
      if (pair.buildComesOut) return;
      f.if(matched, () => f.do(i32.store8(flag, i32.const(1))));
      const alone = (): void =>
        this.#output.append(
          f,
          pair.fields((column) => context.column(column), null),
          null,
        );
      if (shape.semi) f.if(matched, alone);
      else if (shape.anti || shape.keepsProbe) {
        f.if(i32.and(f.param.last, i32.eqz(i32.or(matched, metBefore))), alone);
      }
    });
    return f.finish();
  }
}
