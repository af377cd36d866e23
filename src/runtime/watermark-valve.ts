/**
 * The watermark of an operator with several channels: the smallest over those that are neither idle nor ended. It never
 * goes back. Flink: StatusWatermarkValve.
 */
import { MAX_WATERMARK, MIN_WATERMARK } from '../dataflow/traits.ts';

export class WatermarkValve {
  readonly #watermarks: number[];
  readonly #active: boolean[];
  #output = MIN_WATERMARK;
  #idle = false;

  constructor(channels: number) {
    this.#watermarks = new Array<number>(channels).fill(MIN_WATERMARK);
    this.#active = new Array<boolean>(channels).fill(true);
  }

  /** No channel is active. */
  get idle(): boolean {
    return this.#idle;
  }

  /** @returns the new watermark, or null if it has not risen */
  advance(channel: number, timestamp: number): number | null {
    if (timestamp > this.#watermarks[channel]!) this.#watermarks[channel] = timestamp;
    return this.#rise();
  }

  /** @returns the new watermark, or null: a channel that falls silent may let the others go on. */
  setIdle(channel: number, idle: boolean): number | null {
    this.#active[channel] = !idle;
    this.#idle = !this.#active.includes(true);
    return this.#idle ? null : this.#rise();
  }

  /** An ended channel holds nothing back. */
  end(channel: number): number | null {
    this.#watermarks[channel] = MAX_WATERMARK;
    this.#active[channel] = true;
    return this.#rise();
  }

  #rise(): number | null {
    let least = MAX_WATERMARK;
    for (let i = 0; i < this.#watermarks.length; i++) {
      if (this.#active[i] && this.#watermarks[i]! < least) least = this.#watermarks[i]!;
    }
    if (least <= this.#output) return null;
    this.#output = least;
    return least;
  }
}
