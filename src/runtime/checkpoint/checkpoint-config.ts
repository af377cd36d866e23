/** The options of checkpoints, savepoints and recovery. */
import type { Configuration } from '../../base/config.ts';
import type { ModeProfile } from '../../dataflow/traits.ts';

export interface CheckpointConfig {
  /** Milliseconds; null: no checkpoints but savepoints. */
  readonly interval: number | null;
  readonly exactlyOnce: boolean;
  readonly timeout: number;
  readonly minPause: number;
  /** Checkpoints that may fail one after another. */
  readonly tolerableFailures: number;
  readonly retained: number;
  /** null: a temporary one. */
  readonly directory: string | null;
  readonly savepointDirectory: string | null;
  /** The savepoint that the job ends with, when its sources have nothing more to read. */
  readonly savepointAtEnd: string | null;
  readonly incremental: boolean;
  readonly retainOnCancellation: boolean;
  readonly retainOnFailure: boolean;
  /** Savepoint or checkpoint to begin with. */
  readonly recoveryPath: string | null;
  readonly claim: boolean;
  readonly ignoreUnclaimed: boolean;
}

export function checkpointConfig(configuration: Configuration): CheckpointConfig {
  const option = (name: string): string => `execution.checkpointing.${name}`;
  const recovery = (name: string): string => `execution.state-recovery.${name}`;
  const text = (key: string): string => configuration.string(key).toUpperCase();
  const retention = text(option('externalized-checkpoint-retention'));
  return {
    interval: configuration.has(option('interval')) ? configuration.duration(option('interval')) : null,
    exactlyOnce: text(option('mode')) === 'EXACTLY_ONCE',
    timeout: configuration.duration(option('timeout')),
    minPause: configuration.duration(option('min-pause')),
    tolerableFailures: configuration.integer(option('tolerable-failed-checkpoints')),
    retained: Math.max(1, configuration.integer(option('num-retained'))),
    directory: localDirectory(configuration.raw(option('dir'))),
    savepointDirectory: localDirectory(configuration.raw(option('savepoint-dir'))),
    savepointAtEnd: localDirectory(configuration.raw('weir.savepoint-at-end')),
    incremental: configuration.boolean(option('incremental')),
    retainOnCancellation: retention === 'RETAIN_ON_CANCELLATION',
    retainOnFailure: retention !== 'NO_EXTERNALIZED_CHECKPOINTS',
    recoveryPath: localDirectory(configuration.raw(recovery('path'))),
    claim: text(recovery('claim-mode')) === 'CLAIM',
    ignoreUnclaimed: configuration.boolean(recovery('ignore-unclaimed-state')),
  };
}

/**
 * Results become visible only when they cannot be taken back any more: with the checkpoint, or, where a restart would
 * make them again from the beginning, with the end of the job.
 */
export function holdsResultsBack({ recovery }: ModeProfile, configuration: Configuration): boolean {
  if (recovery === 'restore-checkpoint') {
    const { interval, exactlyOnce } = checkpointConfig(configuration);
    return interval !== null && exactlyOnce;
  }
  const strategy = configuration.raw('restart-strategy.type') ?? configuration.raw('restart-strategy') ?? 'none';
  return !['none', 'off', 'disable'].includes(strategy.toLowerCase());
}

/** `file:///x` is a plain path. */
export function localDirectory(path: string | null): string | null {
  return path === null ? null : path.replace(/^file:\/*(?=\/)/i, '').replace(/(?<=.)\/+$/, '');
}
