/** The one door to the machine's clock, so that a run can be simulated and repeated. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going back. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** What happens later: in its own interface, so that a simulation decides when. */
export interface Timers {
  /** @returns what calls it off */
  after(milliseconds: number, run: () => void): () => void;
  /** Lets everything else of the process that is due have its turn. */
  turn(): Promise<void>;
}

export const systemTimers: Timers = {
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
};
