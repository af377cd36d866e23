/**
 * Which regions run again after a failure in BATCH. The region of the failed task; regions whose results it needs and
 * that are gone; and all regions that read from one of these, since a result made again need not be the same. Nothing
 * else. Flink: RestartPipelinedRegionFailoverStrategy.
 */
import type { PipelinedRegion } from './regions.ts';

/**
 * @param available the results of the region are whole, as far as is known
 * @param started some task of the region has run, or runs
 */
export function regionsToRestart(
  failed: Iterable<PipelinedRegion>,
  regions: readonly PipelinedRegion[],
  available: (region: PipelinedRegion) => boolean,
  started: (region: PipelinedRegion) => boolean,
): ReadonlySet<PipelinedRegion> {
  const restarted = new Set(failed);
  // Members that are added while the loop runs are visited too.
  for (const region of restarted) {
    for (const producer of region.producers) {
      if (started(producer) && !available(producer)) restarted.add(producer);
    }
    for (const consumer of regions) {
      if (consumer.producers.has(region) && started(consumer)) restarted.add(consumer);
    }
  }
  return restarted;
}
