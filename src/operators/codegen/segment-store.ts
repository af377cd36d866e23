/**
 * Moves the segments of one keyed state between memory, disk and snapshots. What a row holds outside linear memory
 * (accumulators of the interpreter) goes with it as an attachment.
 */
import { assert } from '../../base/assert.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { SpilledRegion, SpillSpace } from '../../memory/spill-space.ts';
import { ByteReader, ByteWriter } from '../../state/row-codec.ts';
import { KeyedState, type KeyedStateOptions, type StateOwner } from './keyed-state.ts';
import { keyGroupBits } from './keys.ts';
import type { Segment } from './row-table.ts';
import { ALL_KEY_GROUPS, compileSegmentKernels, type SegmentKernels } from './segment-codec.ts';
import { DELETED, SEGMENT_BYTES, SEGMENT_HEADER, SEGMENT_SLOTS, SLOT_BYTES } from './segment-library.ts';

/** Rows of a segment, as a part of its limit. */
const MEAN_FILL = 0.75;

export interface Attachments {
  /** The bytes that stand for what the row at this address holds. */
  write(row: number): Uint8Array;
  /** Gives a row that was read what it held. */
  read(row: number, bytes: Uint8Array): void;
}

/** A range of memory that grows as needed; its contents are lost when it does. */
export class Staging {
  readonly #memory: LinearMemory;
  #address = 0;
  #bytes = 0;

  constructor(memory: LinearMemory) {
    this.#memory = memory;
  }

  /** The address of at least so many bytes. */
  room(bytes: number): number {
    if (bytes > this.#bytes) {
      this.close();
      this.#bytes = Math.max(bytes, 4096);
      this.#address = this.#memory.allocate(this.#bytes);
    }
    return this.#address;
  }

  close(): void {
    if (this.#bytes > 0) this.#memory.free(this.#address);
    this.#bytes = 0;
  }
}

export interface SegmentStoreOwner extends StateOwner {
  /** For what is written, and for snapshots. */
  readonly staging: Staging;
  /** For the addresses of the rows of a segment. */
  readonly rowList: Staging;
  /** For what is read from disk, which a kernel may ask for at any time. */
  readonly loading: Staging;
  /** Where segments go. */
  readonly space: () => SpillSpace;
  /** Is the segment part of a snapshot, and not written yet? */
  awaits(store: SegmentStore, segment: Segment): boolean;
  /** A segment in memory is about to change. */
  beforeChange(store: SegmentStore, segment: Segment): void;
}

export class SegmentStore {
  readonly state: KeyedState;
  readonly #owner: SegmentStoreOwner;
  readonly #memory: LinearMemory;
  readonly #attachments: Attachments | null;
  /** By handle: the segments on disk. */
  readonly #regions: (SpilledRegion | null)[] = [];
  readonly #freeHandles: number[] = [];
  /** Where the last sweep was in the directory. */
  #swept = -1;
  #compiled: SegmentKernels | null = null;

  constructor(owner: SegmentStoreOwner, options: KeyedStateOptions, attachments: Attachments | null) {
    this.#owner = owner;
    this.#memory = owner.host.memory;
    this.#attachments = attachments;
    this.state = new KeyedState(owner, options, {
      load: (hash) => this.#load(hash),
      beforeChange: (segment) => owner.beforeChange(this, segment),
    });
  }

  /** Writes a segment to disk and takes its rows out of memory. @returns bytes written */
  evict(segment: Segment): number {
    const bytes = this.#pack(segment, ALL_KEY_GROUPS);
    const region = this.#owner.space().write(bytes.byteOffset, bytes.length);
    this.#kernels.release(segment.address);
    const handle = this.#freeHandles.pop() ?? this.#regions.length;
    this.#regions[handle] = region;
    this.state.table.evict(segment, handle);
    return bytes.length;
  }

  /** No segment is in memory: gives the memory of rows and slots back. */
  releaseMemory(): void {
    this.state.table.releaseSlots();
    this.state.chain?.pages.clear();
  }

  /** Calls `visit` with the keys of a segment as bytes, by key group; the bytes are gone after the call. */
  forEachKeyGroup(segment: Segment, visit: (keyGroup: number, bytes: Uint8Array) => void): void {
    const bits = keyGroupBits(this.#owner.maxParallelism);
    const mask = (1 << bits) - 1;
    if (segment.depth >= bits) {
      const bytes = segment.address === 0 ? this.#readRegion(segment, this.#owner.staging) : null;
      const contents = bytes ?? this.#pack(segment, ALL_KEY_GROUPS);
      if (contents.length > 0) visit(segment.prefix & mask, contents);
      return;
    }
    const isOut = segment.address === 0;
    const resident = isOut ? this.#bringIn(segment) : segment;
    for (const keyGroup of this.#keyGroupsOf(resident, mask)) {
      const contents = this.#pack(resident, keyGroup);
      if (contents.length > 0) visit(keyGroup, contents);
    }
    if (isOut) this.evict(resident);
  }

  /**
   * Removes what has expired from the next segments in memory, round and round: about twice as many rows as come. Those
   * that a snapshot waits for are left for the next round.
   */
  sweep(rows: number): void {
    if (this.state.expire === null) return;
    const { table } = this.state;
    const segments = Math.ceil((rows * 2) / (table.segmentLimit * MEAN_FILL));
    for (let i = 0; i < segments; i++) {
      const segment = table.inMemoryAfter(this.#swept);
      if (segment === null) return;
      this.#swept = segment.prefix;
      if (!this.#owner.awaits(this, segment)) this.#kernels.sweep!(segment.address);
    }
  }

  /** Calls `visit` with the rows of a segment, which is brought into memory. */
  forEachRow(segment: Segment, visit: (row: number, hash: number) => void): void {
    const now = this.state.table.current(segment);
    const { address } = now.address === 0 ? this.#bringIn(now) : now;
    for (let slot = address + SEGMENT_HEADER; slot < address + SEGMENT_BYTES; slot += SLOT_BYTES) {
      const { u32 } = this.#memory;
      const row = u32[(slot >>> 2) + 1]!;
      if (row > DELETED) visit(row, u32[slot >>> 2]!);
    }
  }

  /**
   * Puts keys that were written back.
   *
   * @param stop address of a word that says that memory is short
   * @param relieve makes room then
   */
  restore(bytes: Uint8Array, stop: number, relieve: () => void): void {
    const { staging } = this.#owner;
    if (this.#attachments !== null) {
      this.#unpackWithAttachments(bytes, this.#toMemory(bytes, staging).byteOffset);
      relieve();
      return;
    }
    let left = bytes;
    while (left.length > 0) {
      const { byteOffset } = this.#toMemory(left, staging);
      const end = byteOffset + left.length;
      const at = Number(this.#kernels.unpack(byteOffset, end, stop, 0)) >>> 0;
      // Making room uses the staging memory.
      left = Uint8Array.from(this.#memory.bytes(at, end - at));
      relieve();
    }
  }

  close(): void {
    this.state.close();
  }

  get #kernels(): SegmentKernels {
    this.#compiled ??= compileSegmentKernels(this.state, this.#owner);
    return this.#compiled;
  }

  /** The keys of a segment as bytes in the staging memory. */
  #pack(segment: Segment, keyGroup: number): Uint8Array {
    const { measure, fixedBytes, pack, list } = this.#kernels;
    const { staging, rowList } = this.#owner;
    const rows = rowList.room((SEGMENT_SLOTS + 1) * 4);
    const count = Number(list(segment.address, keyGroup, rows));
    const length = measure === null ? count * fixedBytes : Number(measure(rows, count));
    const address = staging.room(length);
    pack(rows, count, address);
    if (this.#attachments === null || count === 0) return this.#memory.bytes(address, length);
    return this.#attach(rows, count, Uint8Array.from(this.#memory.bytes(address, length)));
  }

  /** Packed rows with what they hold elsewhere. */
  #attach(rows: number, count: number, packed: Uint8Array): Uint8Array {
    const writer = new ByteWriter();
    writer.u32(packed.length);
    writer.u32(0);
    writer.bytes(packed);
    for (const row of this.#memory.u32.slice(rows >>> 2, (rows >>> 2) + count)) {
      const attachment = this.#attachments!.write(row);
      writer.u32(attachment.length);
      writer.bytes(attachment);
    }
    return this.#toMemory(writer.finish(), this.#owner.staging);
  }

  #toMemory(bytes: Uint8Array, staging: Staging): Uint8Array {
    const address = staging.room(bytes.length);
    this.#memory.u8.set(bytes, address);
    return this.#memory.bytes(address, bytes.length);
  }

  #unpackWithAttachments(bytes: Uint8Array, address: number): void {
    const input = new ByteReader(bytes);
    const length = input.u32();
    input.u32();
    input.bytes(length);
    const most = Math.ceil(length / this.state.layout.size);
    const addresses = this.#memory.allocate(Math.max(most * 4, 8));
    this.#kernels.unpack(address + 8, address + 8 + length, 0, addresses);
    for (let word = addresses >>> 2; !input.done; word++) {
      this.#attachments!.read(this.#memory.u32[word]!, input.bytes(input.u32()));
    }
    this.#memory.free(addresses);
  }

  #load(hash: number): void {
    this.#bringIn(this.state.table.missing(hash));
  }

  #bringIn(segment: Segment): Segment {
    const { table } = this.state;
    const bytes = this.#readRegion(segment, this.#owner.loading);
    table.adopt(segment);
    if (this.#attachments === null) {
      this.#kernels.unpack(bytes.byteOffset, bytes.byteOffset + bytes.length, 0, 0);
    } else if (bytes.length > 0) this.#unpackWithAttachments(Uint8Array.from(bytes), bytes.byteOffset);
    this.#owner.space().free(this.#regions[segment.handle]!);
    this.#regions[segment.handle] = null;
    this.#freeHandles.push(segment.handle);
    return table.current(segment);
  }

  #readRegion({ handle }: Segment, staging: Staging): Uint8Array {
    const region = this.#regions[handle];
    assert(region !== null && region !== undefined, 'a segment is on disk');
    const address = staging.room(region.length);
    this.#owner.space().read(region, address);
    return this.#memory.bytes(address, region.length);
  }

  #keyGroupsOf({ address }: Segment, mask: number): ReadonlySet<number> {
    const groups = new Set<number>();
    const { u32 } = this.#memory;
    for (let slot = address + SEGMENT_HEADER; slot < address + SEGMENT_BYTES; slot += SLOT_BYTES) {
      if (u32[(slot >>> 2) + 1]! > DELETED) groups.add(u32[slot >>> 2]! & mask);
    }
    return groups;
  }
}
