/** Key groups: the units in which keyed rows and keyed state are handed to subtasks. Flink: KeyGroupRangeAssignment. */

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
