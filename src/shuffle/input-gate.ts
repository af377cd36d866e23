/** What one subtask reads over one edge: the channels of all producers, served in turn. */
import type { InputChannel } from './result-partition.ts';
import type { StreamElement } from './stream-element.ts';

export class InputGate {
  readonly #channels: readonly InputChannel[];
  readonly #open: boolean[];
  #next = 0;
  #remaining: number;

  constructor(channels: readonly InputChannel[]) {
    this.#channels = channels;
    this.#open = channels.map(() => true);
    this.#remaining = channels.length;
  }

  get channelCount(): number {
    return this.#channels.length;
  }

  /** Every channel has ended. */
  get finished(): boolean {
    return this.#remaining === 0;
  }

  /**
   * Hands the next element to `receive`, with the number of its channel; a batch belongs to the receiver.
   *
   * @param blocks channels that are not read now
   * @returns false if no channel has one
   */
  poll(
    receive: (element: StreamElement, channel: number) => void,
    blocks: (channel: number) => boolean = () => false,
  ): boolean {
    for (let tried = 0; tried < this.#channels.length; tried++) {
      const channel = this.#next;
      this.#next = (channel + 1) % this.#channels.length;
      if (!this.#open[channel] || blocks(channel)) continue;
      const element = this.#channels[channel]!.poll();
      if (element === null) continue;
      if (element.kind === 'end') {
        this.#open[channel] = false;
        this.#remaining--;
      }
      receive(element, channel);
      return true;
    }
    return false;
  }

  close(): void {
    for (const channel of this.#channels) channel.close();
  }
}
