/**
 * Cost of a physical plan: rows, processor, disk, network and memory, compared as Flink compares them: processor first,
 * then memory + 4 × network + 2 × disk, then rows. Units of processor are those of Flink's constants below.
 */

export interface Cost {
  readonly rows: number;
  readonly cpu: number;
  /** Bytes read from or spilled to disk. */
  readonly io: number;
  /** Bytes sent to another subtask. */
  readonly network: number;
  /** Bytes held. */
  readonly memory: number;
}

export const HASH_COST = 8;
export const COMPARE_COST = 4;
export const SERIALIZE_COST = 160;
/** Spilling writes and reads back: so much more per byte than keeping it. */
export const SPILL_COST_PER_BYTE = 2;

export const NO_COST: Cost = { rows: 0, cpu: 0, io: 0, network: 0, memory: 0 };

export function plusCost(a: Cost, b: Cost): Cost {
  return {
    rows: a.rows + b.rows,
    cpu: a.cpu + b.cpu,
    io: a.io + b.io,
    network: a.network + b.network,
    memory: a.memory + b.memory,
  };
}

/** Negative: `a` is cheaper. */
export function compareCost(a: Cost, b: Cost): number {
  if (a.cpu !== b.cpu) return a.cpu - b.cpu;
  const resources = a.memory + 4 * a.network + 2 * a.io - (b.memory + 4 * b.network + 2 * b.io);
  return resources !== 0 ? resources : a.rows - b.rows;
}

/** Comparisons of an n log n sort, times the columns compared. */
export function sortCpu(rows: number, columns: number): number {
  return COMPARE_COST * columns * rows * Math.max(Math.log(Math.max(rows, 1)), 1);
}

/** `12.3 MB`, in powers of 1024, for the reasons that EXPLAIN gives. */
export function printBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value >= 100 || unit === 0 ? Math.round(value) : Math.round(value * 10) / 10} ${units[unit]}`;
}
