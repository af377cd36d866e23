/** The jobs that are simulated: each writes files, and says what must be in them. */

import { SimulatedDisk } from './simulated-disk.ts';

export interface Row {
  readonly id: number;
  readonly g: number;
  readonly v: number;
}

/** Rows 0 … 399, dealt out over files; `ts` of a row is `id` seconds. */
export const ROWS: readonly Row[] = Array.from({ length: 400 }, (_, id) => ({ id, g: id % 13, v: (id * 37) % 101 }));
const FILES = 10;
/** Files that are read by the first of two jobs, where one goes on from the other. */
const PAST_FILES = 6;
const FILE_ROWS = ROWS.length / FILES;

/** All rows, or those of a job that leaves a savepoint and of the one that goes on from it. */
export type Part = 'in' | 'past' | 'rest';

export function rowsOf(part: Part): readonly Row[] {
  if (part === 'in') return ROWS;
  return part === 'past' ? ROWS.slice(0, PAST_FILES * FILE_ROWS) : ROWS.slice(PAST_FILES * FILE_ROWS);
}

/** A disk with all rows in files of /in, the parts of them in files of /past and /rest, written for good. */
export function diskWithInput(): SimulatedDisk {
  const disk = new SimulatedDisk();
  for (const part of ['in', 'past', 'rest'] as const) writeRows(disk, `/${part}`, rowsOf(part));
  return disk;
}

function writeRows(disk: SimulatedDisk, directory: string, rows: readonly Row[]): void {
  disk.makeDirectory(directory);
  for (let number = 0; number < rows.length / FILE_ROWS; number++) {
    const lines = rows.slice(number * FILE_ROWS, (number + 1) * FILE_ROWS).map(({ id, g, v }) => {
      return `${id},${g},${v},${new Date(id * 1000).toISOString().slice(0, 19).replace('T', ' ')}\n`;
    });
    const file = disk.open(`${directory}/part-${number}.csv`, 'write');
    file.write(new TextEncoder().encode(lines.join('')), 0);
    file.sync();
    file.close();
  }
}

const TABLES = [
  `CREATE TABLE src (id BIGINT, g BIGINT, v BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '30' SECOND)
   WITH ('connector' = 'filesystem', 'path' = '/in', 'format' = 'csv')`,
];

export interface Job {
  readonly name: string;
  readonly mode: 'BATCH' | 'STREAMING';
  /** The last one runs the job. */
  readonly statements: readonly string[];
  /** A job in STREAMING can go on from its savepoint, to the same sink. */
  readonly goesOn?: boolean;
  /** Lines of the files of /out, in any order. */
  readonly expected: readonly string[];
}

/** A table over the files of /out. */
export const sink = (columns: string, options = ''): string =>
  `CREATE TABLE sink (${columns}) ${options} WITH ('connector' = 'filesystem', 'path' = '/out', 'format' = 'csv')`;

function groups<K>(key: (row: Row) => K): Map<K, Row[]> {
  const found = new Map<K, Row[]>();
  for (const row of ROWS) found.set(key(row), [...(found.get(key(row)) ?? []), row]);
  return found;
}

const sum = (rows: readonly Row[]): number => rows.reduce((total, { v }) => total + v, 0);

const filtered = {
  goesOn: true,
  statements: [...TABLES, sink('id BIGINT, w BIGINT'), 'INSERT INTO sink SELECT id, v * 2 FROM src WHERE g <> 5'],
  expected: ROWS.filter(({ g }) => g !== 5).map(({ id, v }) => `${id},${v * 2}`),
};
const joined = {
  goesOn: true,
  statements: [
    ...TABLES,
    sink('a BIGINT, b BIGINT'),
    'INSERT INTO sink SELECT a.id, b.id FROM src AS a JOIN src AS b ON a.g = b.g WHERE b.v > 95',
  ],
  expected: ROWS.flatMap((a) => ROWS.filter((b) => a.g === b.g && b.v > 95).map((b) => `${a.id},${b.id}`)),
};
const first = {
  goesOn: true,
  statements: [
    ...TABLES,
    sink('g BIGINT, id BIGINT'),
    `INSERT INTO sink SELECT g, id FROM (
       SELECT *, ROW_NUMBER() OVER (PARTITION BY g ORDER BY ts ASC) AS rn FROM src WHERE v > 20) WHERE rn = 1`,
  ],
  expected: [...groups(({ g }) => g)].map(([g, rows]) => `${g},${rows.find(({ v }) => v > 20)!.id}`),
};

export const JOBS: readonly Job[] = [
  { name: 'filter', mode: 'BATCH', ...filtered },
  { name: 'filter', mode: 'STREAMING', ...filtered },
  { name: 'join', mode: 'BATCH', ...joined },
  { name: 'join', mode: 'STREAMING', ...joined },
  { name: 'first of a key', mode: 'BATCH', ...first },
  {
    name: 'group',
    mode: 'BATCH',
    statements: [
      ...TABLES,
      sink('g BIGINT, c BIGINT, total BIGINT'),
      'INSERT INTO sink SELECT g, COUNT(*), SUM(v) FROM src GROUP BY g',
    ],
    expected: [...groups(({ g }) => g)].map(([g, rows]) => `${g},${rows.length},${sum(rows)}`),
  },
  {
    name: 'join with totals',
    mode: 'BATCH',
    statements: [
      ...TABLES,
      sink('id BIGINT, total BIGINT'),
      `INSERT INTO sink SELECT a.id, b.total FROM src AS a
       JOIN (SELECT g, SUM(v) AS total FROM src GROUP BY g) AS b ON a.g = b.g WHERE a.v > 50`,
    ],
    expected: ROWS.filter(({ v }) => v > 50).map(({ id, g }) => `${id},${sum(ROWS.filter((row) => row.g === g))}`),
  },
];
