/** Whether, and after what time, a failed job is tried again. Options and defaults are Flink's. */
import type { Configuration } from '../base/config.ts';
import { EngineError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';

export interface RestartStrategy {
  /**
   * A failure has happened.
   *
   * @param now milliseconds of a clock that does not go back
   * @returns milliseconds to wait before the next try, or null: the job has failed
   */
  onFailure(now: number): number | null;
}

/** @param checkpointing without a strategy that is asked for, only jobs with checkpoints are tried again */
export function restartStrategy(
  configuration: Configuration,
  checkpointing: boolean,
  random: Random,
): RestartStrategy | null {
  const type = configuration.raw('restart-strategy.type') ?? configuration.raw('restart-strategy');
  switch (type?.toLowerCase() ?? (checkpointing ? 'exponential-delay' : 'none')) {
    case 'none':
    case 'off':
    case 'disable':
      return null;
    case 'fixed-delay':
    case 'fixeddelay':
      return fixedDelay(configuration);
    case 'failure-rate':
    case 'failurerate':
      return failureRate(configuration);
    case 'exponential-delay':
    case 'exponentialdelay':
      return exponentialDelay(configuration, random);
    default:
      throw new EngineError('CONFIG-VALUE', `option 'restart-strategy.type' is '${type}'`, {
        hint: 'none, fixed-delay, failure-rate or exponential-delay',
      });
  }
}

function fixedDelay(configuration: Configuration): RestartStrategy {
  const delay = configuration.duration('restart-strategy.fixed-delay.delay');
  let left = configuration.integer('restart-strategy.fixed-delay.attempts');
  return { onFailure: () => (left-- > 0 ? delay : null) };
}

function failureRate(configuration: Configuration): RestartStrategy {
  const delay = configuration.duration('restart-strategy.failure-rate.delay');
  const interval = configuration.duration('restart-strategy.failure-rate.failure-rate-interval');
  const most = configuration.integer('restart-strategy.failure-rate.max-failures-per-interval');
  let failures: number[] = [];
  return {
    onFailure: (now) => {
      failures = [...failures.filter((at) => now - at <= interval), now];
      return failures.length > most ? null : delay;
    },
  };
}

function exponentialDelay(configuration: Configuration, random: Random): RestartStrategy {
  const option = (name: string): string => `restart-strategy.exponential-delay.${name}`;
  const initial = configuration.duration(option('initial-backoff'));
  const most = configuration.duration(option('max-backoff'));
  const multiplier = configuration.number(option('backoff-multiplier'));
  const quiet = configuration.duration(option('reset-backoff-threshold'));
  const jitter = configuration.number(option('jitter-factor'));
  const attempts = configuration.raw(option('attempts-before-reset-backoff'));
  let backoff = initial;
  let tries = 0;
  let again = Number.NEGATIVE_INFINITY;
  return {
    onFailure: (now) => {
      if (now - again >= quiet) {
        backoff = initial;
        tries = 0;
      }
      if (attempts !== null && ++tries > Number(attempts)) return null;
      const delay = Math.min(most, Math.round(backoff * (1 + jitter * (2 * random.next() - 1))));
      backoff = Math.min(most, backoff * multiplier);
      again = now + delay;
      return delay;
    },
  };
}
