/** Key groups: the units in which keyed rows and keyed state are handed to subtasks. Flink: KeyGroupRangeAssignment. */
import { hashKey } from './keyed/keys.ts';

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

/** The groups of one subtask: from the first, up to the second without it. */
export function keyGroupRange(subtask: number, parallelism: number, maxParallelism: number): readonly [number, number] {
  const first = (number: number): number => Math.ceil((number * maxParallelism) / parallelism);
  return [first(subtask), first(subtask + 1)];
}

/** The group of the key of a record, in all processes and versions alike: state on disk depends on it. */
export function keyGroupOf(key: unknown, maxParallelism: number): number {
  return murmurHash(hashKey(key)) % maxParallelism;
}

/** MurmurHash3 of one 32-bit word, made non-negative as Flink's MathUtils does it. */
function murmurHash(word: number): number {
  let hash = Math.imul(word, 0xcc9e2d51);
  hash = (hash << 15) | (hash >>> 17);
  hash = Math.imul(hash, 0x1b873593);
  hash = (hash << 13) | (hash >>> 19);
  hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  hash ^= 4;
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return hash >= 0 ? hash : hash === -0x80000000 ? 0 : -hash;
}
