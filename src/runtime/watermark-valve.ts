/**
 * The watermark of an operator with several channels: the smallest over those that are neither idle nor behind what was
 * given out before. It never goes back. Flink: StatusWatermarkValve.
 *
 * A channel that has come to its end, with the last watermark, says nothing about the others: when only idle channels
 * are left beside it, the input is idle. (In Flink its last watermark goes on, and what an idle channel sends then is
 * late.)
 */
import { MAX_WATERMARK, MIN_WATERMARK } from '../dataflow/traits.ts';

interface Channel {
  watermark: number;
  active: boolean;
  /** Active, and not behind: one that was idle must catch up before it holds the others back again. */
  aligned: boolean;
}

export class WatermarkValve {
  readonly #channels: readonly Channel[];
  #output = MIN_WATERMARK;

  constructor(channels: number) {
    const make = (): Channel => ({ watermark: MIN_WATERMARK, active: true, aligned: true });
    this.#channels = Array.from({ length: channels }, make);
  }

  /** Channels have not ended, and none of them is active. */
  get idle(): boolean {
    let hasOpen = false;
    for (const channel of this.#channels) {
      if (!isOpen(channel)) continue;
      if (channel.active) return false;
      hasOpen = true;
    }
    return hasOpen;
  }

  /** @returns the new watermark, or null if it has not risen */
  advance(channel: number, timestamp: number): number | null {
    const advanced = this.#channels[channel]!;
    advanced.watermark = Math.max(advanced.watermark, timestamp);
    this.#align(advanced);
    return isOpen(advanced) || !this.idle ? this.#rise() : this.#riseToLatest();
  }

  /**
   * @returns the new watermark, or null: a channel that falls silent may let the others go on. When the last one does
   * that held the others back, nothing is waited for any more: what any of them has seen counts.
   */
  setIdle(channel: number, idle: boolean): number | null {
    const changed = this.#channels[channel]!;
    changed.active = !idle;
    this.#align(changed);
    if (!idle) return null;
    if (!this.idle) return this.#rise();
    return changed.watermark === this.#output ? this.#riseToLatest() : null;
  }

  end(channel: number): number | null {
    return this.advance(channel, MAX_WATERMARK);
  }

  #align(channel: Channel): void {
    channel.aligned = channel.active && (channel.aligned || channel.watermark >= this.#output);
  }

  #rise(): number | null {
    let least = MAX_WATERMARK;
    let hasOpen = false;
    for (const channel of this.#channels) {
      if (!isOpen(channel)) continue;
      hasOpen = true;
      if (channel.aligned && channel.watermark < least) least = channel.watermark;
    }
    // Open channels that are all idle or behind say nothing.
    return hasOpen && least === MAX_WATERMARK ? null : this.#riseTo(least);
  }

  #riseToLatest(): number | null {
    return this.#riseTo(Math.max(...this.#channels.filter(isOpen).map(({ watermark }) => watermark)));
  }

  #riseTo(watermark: number): number | null {
    if (watermark <= this.#output) return null;
    this.#output = watermark;
    return watermark;
  }
}

function isOpen({ watermark }: Channel): boolean {
  return watermark < MAX_WATERMARK;
}
