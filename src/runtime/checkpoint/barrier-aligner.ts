/**
 * Waits until the barrier of a checkpoint has come over every channel of a task. What has come before it belongs to the
 * checkpoint; to have it exactly once, a channel that has delivered the barrier is not read until all have. Channels
 * that have ended need not deliver it. Flink: SingleCheckpointBarrierHandler, aligned.
 */
import type { CheckpointBarrier } from '../../dataflow/checkpoint-barrier.ts';

export class BarrierAligner {
  readonly #ended: boolean[];
  readonly #arrived: boolean[];
  readonly #exactlyOnce: boolean;
  #barrier: CheckpointBarrier | null = null;
  /** Barriers up to this one are done with. */
  #last = -1;

  /** @param exactlyOnce false: channels go on while others are waited for, so state may hold rows twice */
  constructor(channels: number, exactlyOnce: boolean) {
    this.#ended = new Array<boolean>(channels).fill(false);
    this.#arrived = new Array<boolean>(channels).fill(false);
    this.#exactlyOnce = exactlyOnce;
  }

  /** The barrier that has come over all channels, or null. */
  get aligned(): CheckpointBarrier | null {
    if (this.#barrier === null) return null;
    return this.#arrived.every((arrived, channel) => arrived || this.#ended[channel]) ? this.#barrier : null;
  }

  /** The channel may not be read now. */
  blocks(channel: number): boolean {
    return this.#exactlyOnce && this.#arrived[channel]!;
  }

  /** A barrier that is older than what came before is late, and ignored; a newer one takes the place of the older. */
  receive(channel: number, barrier: CheckpointBarrier): void {
    if (barrier.id <= this.#last || barrier.id < (this.#barrier?.id ?? 0)) return;
    if (barrier.id !== this.#barrier?.id) this.#arrived.fill(false);
    this.#barrier = barrier;
    this.#arrived[channel] = true;
  }

  end(channel: number): void {
    this.#ended[channel] = true;
  }

  /** The checkpoint was taken, or will not be: its channels are read again. */
  release(checkpointId: number): void {
    this.#last = Math.max(this.#last, checkpointId);
    if (this.#barrier === null || this.#barrier.id > checkpointId) return;
    this.#barrier = null;
    this.#arrived.fill(false);
  }
}
