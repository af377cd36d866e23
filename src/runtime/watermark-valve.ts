/**
 * The watermark of an operator with several channels: the smallest over those that are neither idle nor behind what was
 * given out before. It never goes back. Flink: StatusWatermarkValve.
 */
import { MAX_WATERMARK, MIN_WATERMARK } from '../dataflow/traits.ts';

export class WatermarkValve {
  readonly #watermarks: number[];
  readonly #active: boolean[];
  /** Of active channels: not behind. One that has been idle must catch up before it holds the others back again. */
  readonly #aligned: boolean[];
  #output = MIN_WATERMARK;
  #idle = false;

  constructor(channels: number) {
    this.#watermarks = new Array<number>(channels).fill(MIN_WATERMARK);
    this.#active = new Array<boolean>(channels).fill(true);
    this.#aligned = new Array<boolean>(channels).fill(true);
  }

  /** No channel is active. */
  get idle(): boolean {
    return this.#idle;
  }

  /** @returns the new watermark, or null if it has not risen */
  advance(channel: number, timestamp: number): number | null {
    if (timestamp > this.#watermarks[channel]!) this.#watermarks[channel] = timestamp;
    this.#align(channel);
    return this.#rise();
  }

  /**
   * @returns the new watermark, or null: a channel that falls silent may let the others go on. When the last one does
   * that held the others back, nothing is waited for any more: what any of them has seen counts.
   */
  setIdle(channel: number, idle: boolean): number | null {
    this.#active[channel] = !idle;
    this.#align(channel);
    this.#idle = !this.#active.includes(true);
    if (!this.#idle) return idle ? this.#rise() : null;
    return this.#watermarks[channel] === this.#output ? this.#riseTo(Math.max(...this.#watermarks)) : null;
  }

  /** An ended channel holds nothing back. */
  end(channel: number): number | null {
    this.#watermarks[channel] = MAX_WATERMARK;
    this.#active[channel] = true;
    this.#align(channel);
    return this.#rise();
  }

  #align(channel: number): void {
    this.#aligned[channel] =
      this.#active[channel]! && (this.#aligned[channel]! || this.#watermarks[channel]! >= this.#output);
  }

  #rise(): number | null {
    const aligned = this.#watermarks.filter((_, channel) => this.#aligned[channel]);
    return aligned.length === 0 ? null : this.#riseTo(Math.min(...aligned));
  }

  #riseTo(watermark: number): number | null {
    if (watermark <= this.#output) return null;
    this.#output = watermark;
    return watermark;
  }
}
