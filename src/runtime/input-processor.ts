/**
 * Decides which input of a task is read next. An input waits until those that must be read to their end before it have
 * ended and have been dealt with (a hash join's build side before its probe side); the others take turns.
 */

export interface TaskInput {
  /** Everything was read. */
  readonly finished: boolean;
  /** … and whoever took it lets those inputs be read that had to wait for it. Missing: at once. */
  readonly passed?: boolean;
  /**
   * Hands over the next element, if there is one.
   *
   * @returns a promise when a source answers later
   */
  poll(): boolean | Promise<void>;
}

export class InputProcessor {
  readonly #inputs: readonly TaskInput[];
  readonly #blockers: readonly (readonly number[])[];
  #next = 0;

  /** @param blockers by input: the numbers of those that must have ended before it is read */
  constructor(inputs: readonly TaskInput[], blockers: readonly (readonly number[])[]) {
    this.#inputs = inputs;
    this.#blockers = blockers;
  }

  /** Lets one input hand over one element. @returns false if none has one, a promise if only a later answer is left */
  processNext(): boolean | Promise<void> {
    for (let tried = 0; tried < this.#inputs.length; tried++) {
      const at = this.#next;
      this.#next = (at + 1) % this.#inputs.length;
      const input = this.#inputs[at]!;
      if (input.finished || this.#blockers[at]!.some((blocker) => !hasPassed(this.#inputs[blocker]!))) continue;
      const answer = input.poll();
      if (answer !== false) return answer;
    }
    return false;
  }
}

function hasPassed({ passed, finished }: TaskInput): boolean {
  return passed ?? finished;
}
