/** How rows for other threads are gathered: Flink's buffer timeout, over batches instead of buffers. */
import type { Configuration } from '../../base/config.ts';
import type { ModeProfile } from '../../dataflow/traits.ts';
import type { Gathering } from '../../shuffle/threads/ring-subpartition.ts';

export function gatheringOf(configuration: Configuration, { batchRows }: ModeProfile): Gathering {
  const enabled = configuration.boolean('execution.buffer-timeout.enabled');
  return { rows: batchRows, timeout: enabled ? configuration.duration('execution.buffer-timeout.interval') : -1 };
}
