/** Key groups: the units in which keyed rows and keyed state are handed to subtasks. Flink: KeyGroupRangeAssignment. */

/** @returns a number below `maxParallelism` */
export function keyGroupOf(hash: number, maxParallelism: number): number {
  return mix(hash) % maxParallelism;
}

/** The subtask that owns the group: groups are dealt out in ranges that differ by at most one in length. */
export function subtaskOfKeyGroup(keyGroup: number, parallelism: number, maxParallelism: number): number {
  return Math.floor((keyGroup * parallelism) / maxParallelism);
}

/** Which subtask gets each key group, as a table. */
export function keyGroupTable(parallelism: number, maxParallelism: number): Uint16Array {
  return Uint16Array.from({ length: maxParallelism }, (_, group) =>
    subtaskOfKeyGroup(group, parallelism, maxParallelism),
  );
}

/** Spreads every bit of the hash over the lower ones (the finalizer of MurmurHash3); unsigned. */
export function mix(hash: number): number {
  let h = hash | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
