/**
 * The part of a hash join that lies on disk: pairs of parts, each joined by itself. A part whose build side fits is
 * loaded, and its probe side runs past it; one that does not is split again by other bits of the hash. Where splitting
 * does not help any more (one key with very many rows), the build side is loaded block by block, and the probe side
 * runs past each.
 */
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import { FAN_OUT, MOST_LEVELS, type RowPartitions } from '../codegen/row-partitions.ts';
import type { PageReader, SpilledRows } from '../codegen/spill-rows.ts';
import { indexBytes } from './join-index.ts';

/** What the join does with rows of one part. */
export interface PartJoin {
  /** Stores build rows. */
  load(addresses: number, count: number): void;
  /** Bytes of the stored rows, and of the index that they will need. */
  readonly loadedBytes: number;
  readonly indexBytes: number;
  /** All build rows of this block are stored. */
  link(): void;
  /** Probe rows meet the stored ones. `flags` has a byte per row: whether it met one of an earlier block. */
  probe(addresses: number, count: number, flags: number, lastBlock: boolean): void;
  /** All probe rows have passed: gives what is owed of the stored rows, and drops them. */
  finishBlock(): void;
}

interface Part {
  readonly build: SpilledRows;
  readonly probe: SpilledRows;
  /** How often it has been split. */
  readonly level: number;
}

/** A block is at least so large, whoever has taken the budget. */
const LEAST_BLOCK_BYTES = 1 << 16;

export class SpilledJoin {
  readonly #memory: LinearMemory;
  readonly #consumer: MemoryConsumer;
  readonly #build: RowPartitions;
  readonly #probe: RowPartitions;
  readonly #join: PartJoin;
  readonly #parts: Part[] = [];
  #part: Part | null = null;
  #phase: 'split-build' | 'split-probe' | 'load' | 'probe' = 'load';
  #reader: PageReader | null = null;
  #splitBuild: readonly SpilledRows[] = [];
  /** Page of the build side that the next block begins with. */
  #nextPage = 0;
  #flags = 0;
  #passed = 0;

  constructor(
    memory: LinearMemory,
    consumer: MemoryConsumer,
    build: RowPartitions,
    probe: RowPartitions,
    join: PartJoin,
  ) {
    this.#memory = memory;
    this.#consumer = consumer;
    this.#build = build;
    this.#probe = probe;
    this.#join = join;
  }

  /** @param mine which of the parts are joined here; default: all */
  add(
    build: readonly SpilledRows[],
    probe: readonly SpilledRows[],
    level: number,
    mine: (part: number) => boolean = () => true,
  ): void {
    for (let i = 0; i < FAN_OUT; i++) {
      if (!mine(i)) continue;
      if (build[i]!.rows + probe[i]!.rows > 0) this.#parts.push({ build: build[i]!, probe: probe[i]!, level });
    }
  }

  /** One slice: a page or so. @returns whether there is more to do */
  step(): boolean {
    if (this.#part === null) {
      const next = this.#parts.pop();
      if (next === undefined) return false;
      this.#begin(next);
    }
    switch (this.#phase) {
      case 'split-build':
        if (!this.#scatterPage(this.#build)) {
          this.#splitBuild = this.#build.finish();
          this.#split(this.#probe, this.#part!.probe, 'split-probe');
        }
        break;
      case 'split-probe':
        if (!this.#scatterPage(this.#probe)) {
          this.add(this.#splitBuild, this.#probe.finish(), this.#part!.level + 1);
          this.#end();
        }
        break;
      case 'load':
        this.#loadPage();
        break;
      case 'probe':
        this.#probePage();
    }
    return this.#part !== null || this.#parts.length > 0;
  }

  close(): void {
    this.#closeReader();
    this.#freeFlags();
  }

  get #room(): number {
    return Math.max(this.#consumer.budget.available, LEAST_BLOCK_BYTES);
  }

  #begin(part: Part): void {
    this.#part = part;
    const fits = part.build.bytes + indexBytes(part.build.rows) <= this.#room;
    if (!fits && part.level < MOST_LEVELS) {
      this.#split(this.#build, part.build, 'split-build');
      return;
    }
    this.#consumer.reserve(part.probe.rows);
    this.#flags = this.#memory.allocateZeroed(Math.max(part.probe.rows, 8));
    this.#nextPage = 0;
    this.#beginBlock();
  }

  #beginBlock(): void {
    this.#phase = 'load';
    this.#reader = this.#build.reader(this.#part!.build);
    this.#reader.skipTo(this.#nextPage);
  }

  #split(partitions: RowPartitions, rows: SpilledRows, phase: 'split-build' | 'split-probe'): void {
    this.#closeReader();
    partitions.open(this.#part!.level);
    this.#reader = partitions.reader(rows);
    this.#phase = phase;
  }

  #scatterPage(partitions: RowPartitions): boolean {
    const page = this.#reader!.next();
    if (page === null) return false;
    partitions.scatter(page.addresses, page.count);
    return true;
  }

  #loadPage(): void {
    const reader = this.#reader!;
    const page = this.#join.loadedBytes > 0 && this.#blockIsFull ? null : reader.next();
    if (page !== null) {
      this.#join.load(page.addresses, page.count);
      return;
    }
    this.#nextPage = reader.position;
    this.#closeReader();
    this.#join.link();
    this.#passed = 0;
    this.#reader = this.#probe.reader(this.#part!.probe);
    this.#phase = 'probe';
  }

  /** The rows so far take what there is, with the index that they will need. */
  get #blockIsFull(): boolean {
    const { loadedBytes, indexBytes: index } = this.#join;
    return loadedBytes + index >= LEAST_BLOCK_BYTES && index >= this.#consumer.budget.available;
  }

  #probePage(): void {
    const { build } = this.#part!;
    const page = this.#reader!.next();
    if (page !== null) {
      const lastBlock = this.#nextPage >= build.pages.length;
      this.#join.probe(page.addresses, page.count, this.#flags + this.#passed, lastBlock);
      this.#passed += page.count;
      return;
    }
    this.#closeReader();
    this.#join.finishBlock();
    if (this.#nextPage < build.pages.length) this.#beginBlock();
    else this.#end();
  }

  #end(): void {
    this.#closeReader();
    this.#freeFlags();
    this.#part = null;
  }

  #closeReader(): void {
    this.#reader?.close();
    this.#reader = null;
  }

  #freeFlags(): void {
    if (this.#flags === 0) return;
    this.#memory.free(this.#flags);
    this.#consumer.release(this.#part!.probe.rows);
    this.#flags = 0;
  }
}
