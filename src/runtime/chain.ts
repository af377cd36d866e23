/**
 * The operators of one task, linked by calls: what one emits the next processes before the call returns. The last one
 * writes to the results of the task. Watermarks pass the valve of each operator; the end of an input lets the operator
 * finish in slices before the next one hears of it.
 */
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import type { Batch } from '../columnar/batch.ts';
import type { Operator, Output } from '../dataflow/operator.ts';
import type { RecordBatch } from '../dataflow/records.ts';
import { MAX_WATERMARK } from '../dataflow/traits.ts';
import type { StreamElement } from '../shuffle/stream-element.ts';
import { WatermarkValve } from './watermark-valve.ts';

/** What stands after the last operator. */
export interface ChainEnd extends Output {
  emitStatus(idle: boolean): void;
}

interface Link {
  readonly operator: Operator;
  readonly output: Output;
  readonly valve: WatermarkValve;
  /** By input: channels that have not ended. */
  readonly open: number[];
  /** Input and channel over which the link before it, or the source, comes in; null where there are only gates. */
  readonly chained: { readonly input: number; readonly channel: number } | null;
  idle: boolean;
}

/** Numbers of the channels of each input of one operator; the chained one included. */
export interface LinkDescription {
  readonly operator: Operator;
  /** Channels by input. */
  readonly channels: readonly number[];
  readonly chainedInput: number;
}

export class OperatorChain {
  readonly #links: readonly Link[];
  /** Links whose operators may be busy. */
  readonly #pausing: readonly Link[];
  /** Operators that wait for the clock. */
  readonly #timed: readonly Operator[];
  readonly #end: ChainEnd;
  /** Told of each link whose operator has been suspended; null: operators end. */
  readonly #onSuspended: ((link: number) => void) | null;
  #advancing = -1;
  /** The advancing operator is done, but those behind it may be busy. */
  #advanced = false;
  #ended = false;

  /**
   * @param descriptions at least one
   * @param onSuspended given where the job stops with a savepoint when the input has been read: operators are suspended
   * one after the other, and time stands still for them
   */
  constructor(
    descriptions: readonly LinkDescription[],
    end: ChainEnd,
    onSuspended: ((link: number) => void) | null = null,
  ) {
    assert(descriptions.length > 0, 'a chain without operators');
    this.#end = end;
    this.#onSuspended = onSuspended;
    this.#links = descriptions.map(({ operator, channels, chainedInput }, i) => {
      const total = channels.reduce((sum, count) => sum + count, 0);
      // The chained channel is the last of the valve.
      const chained = chainedInput < 0 ? null : { input: chainedInput, channel: total - 1 };
      const output = i + 1 < descriptions.length ? this.#outputTo(i + 1) : end;
      return { operator, output, valve: new WatermarkValve(total), open: [...channels], chained, idle: false };
    });
    this.#pausing = this.#links.filter(({ operator }) => 'busy' in operator);
    this.#timed = descriptions.map(({ operator }) => operator).filter((operator) => 'onProcessingTime' in operator);
  }

  /** Where a source that heads the chain comes in. */
  get entry(): { readonly input: number; readonly channel: number } {
    const { chained } = this.#links[0]!;
    assert(chained !== null, 'a chain that reads gates alone has a source');
    return chained;
  }

  /** What the operator of a link emits to. */
  output(link: number): Output {
    return this.#links[link]!.output;
  }

  /** An operator has work left; nothing else may be handed to the chain. */
  get advancing(): boolean {
    return this.#advancing >= 0 || this.#busyLink() !== undefined;
  }

  /** Every operator has finished. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * @param input of the operator of the link
   * @param channel number of the channel at the valve of that link
   */
  receive(element: StreamElement, link: number, input: number, channel: number): void {
    assert(!this.advancing, 'an element for a chain that is busy finishing an input');
    const target = this.#links[link]!;
    switch (element.kind) {
      case 'batch':
        target.operator.processBatch(element.batch, input);
        return;
      case 'records':
        target.operator.processRecords!(element.records, input);
        return;
      case 'watermark':
        this.#passWatermark(target, target.valve.advance(channel, element.timestamp));
        this.#passStatus(link);
        return;
      case 'barrier':
        assert(false, 'barriers are for the task, not for its operators');
        return;
      case 'status':
        this.#passWatermark(target, target.valve.setIdle(channel, element.idle));
        this.#passStatus(link);
        return;
      case 'end':
        this.#passWatermark(target, target.valve.end(channel));
        this.#passStatus(link);
        this.#endChannel(link, input);
    }
  }

  /** Lets those operators act whose time has come. Not while the chain is advancing. */
  onProcessingTime(clock: Clock): void {
    if (this.#timed.length === 0) return;
    const now = clock.now();
    for (const operator of this.#timed) if (operator.nextProcessingTime! <= now) operator.onProcessingTime!(now);
  }

  /**
   * One slice of the work that a batch or an ended input set free.
   *
   * @returns false: it waits for other subtasks
   */
  advance(): boolean {
    const busy = this.#busyLink();
    if (busy !== undefined) {
      busy.operator.advance!();
      return true;
    }
    const at = this.#advancing;
    const link = this.#links[at]!;
    if (!this.#advanced) {
      const answer = link.operator.advance?.();
      if (answer === 'waiting') return false;
      if (answer === true) return true;
    }
    this.#advanced = true;
    if (this.#busyLink() !== undefined) return true;
    this.#advanced = false;
    this.#advancing = -1;
    if (link.open.every((channels) => channels === 0)) this.#finish(at);
    return true;
  }

  /** May inputs be read that waited for one of this link, which has ended? */
  proceeds(link: number): boolean {
    return this.#links[link]!.operator.proceed?.() ?? true;
  }

  /** The head has no input: it makes rows by itself (Values). */
  get generates(): boolean {
    return this.#links[0]!.open.length === 0;
  }

  /** Lets such a head emit one slice. @returns false when it has ended */
  generate(): boolean {
    const { operator } = this.#links[0]!;
    if (!this.#advanced && operator.advance?.() === true) return true;
    this.#advanced = true;
    if (this.#busyLink() !== undefined) return true;
    this.#advanced = false;
    this.#passWatermark(this.#links[0]!, MAX_WATERMARK);
    this.#finish(0);
    return false;
  }

  /** The operator has nothing more to emit: the next one's chained input ends. */
  #finish(at: number): void {
    this.#onSuspended?.(at);
    const next = this.#links[at + 1];
    if (next === undefined) {
      this.#ended = true;
      return;
    }
    const { input, channel } = next.chained!;
    this.#passWatermark(next, next.valve.end(channel));
    this.#endChannel(at + 1, input);
  }

  /** The last one first: what it holds comes before what others make. */
  #busyLink(): Link | undefined {
    return this.#pausing.findLast(({ operator }) => operator.busy === true);
  }

  #endChannel(link: number, input: number): void {
    const target = this.#links[link]!;
    target.open[input]!--;
    if (target.open[input]! > 0) return;
    const { operator } = target;
    if (this.#onSuspended === null) operator.endInput(input);
    else operator.suspendInput?.(input);
    this.#advancing = link;
    this.#advanced = this.#onSuspended !== null && operator.suspendInput === undefined;
  }

  #passWatermark(link: Link, watermark: number | null): void {
    if (watermark !== null && this.#onSuspended === null) link.operator.processWatermark(watermark);
  }

  /** Idleness passes through operators: one whose inputs are all idle makes what follows idle. */
  #passStatus(from: number): void {
    for (let i = from; i < this.#links.length; i++) {
      const link = this.#links[i]!;
      const { idle } = link.valve;
      if (idle === link.idle) return;
      link.idle = idle;
      const next = this.#links[i + 1];
      if (next === undefined) this.#end.emitStatus(idle);
      else this.#passWatermark(next, next.valve.setIdle(next.chained!.channel, idle));
    }
  }

  #outputTo(link: number): Output {
    return {
      emitBatch: (batch: Batch) => {
        const { operator, chained } = this.#links[link]!;
        operator.processBatch(batch, chained!.input);
      },
      emitRecords: (records) => {
        const { operator, chained } = this.#links[link]!;
        operator.processRecords!(records, chained!.input);
      },
      emitWatermark: (timestamp: number) => {
        const target = this.#links[link]!;
        this.#passWatermark(target, target.valve.advance(target.chained!.channel, timestamp));
      },
      emitStatus: (idle) => {
        const target = this.#links[link]!;
        this.#passWatermark(target, target.valve.setIdle(target.chained!.channel, idle));
        this.#passStatus(link);
      },
    };
  }
}

/** Stands in a task that only reads, or only writes. */
export class PassThrough implements Operator {
  #output!: Output;

  open({ output }: { readonly output: Output }): void {
    this.#output = output;
  }

  processBatch(batch: Batch): void {
    this.#output.emitBatch(batch);
  }

  processRecords(records: RecordBatch): void {
    this.#output.emitRecords(records);
  }

  processWatermark(timestamp: number): void {
    this.#output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(): void {}

  close(): void {}
}
