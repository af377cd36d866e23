/** The files of the corpus and the lines of the run matrix. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataType } from '../../src/types/data-type.ts';
import type { Row } from '../oracle/duckdb.ts';
import { valueToText } from '../oracle/value-text.ts';
import { readRecords, type SltRecord } from './records.ts';
import type { RunConfiguration } from './runner.ts';

const FOLDER = import.meta.dirname;

export interface SltFile {
  /** `join/inner.slt` */
  readonly name: string;
  readonly path: string;
  readonly records: readonly SltRecord[];
}

export function sltFiles(): readonly SltFile[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.slt'))
    .sort()
    .map((name) => {
      const path = join(FOLDER, name);
      return { name, path, records: readRecords(readFileSync(path, 'utf8')) };
    });
}

export function runMatrix(): readonly RunConfiguration[] {
  const folder = join(FOLDER, 'configs');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({
      name: name.slice(0, -'.json'.length),
      settings: JSON.parse(readFileSync(join(folder, name), 'utf8')) as RunConfiguration['settings'],
    }));
}

/** Rows as they stand in the corpus: columns two spaces apart; sorted unless their order counts. */
export function rowLines(rows: readonly Row[], types: readonly DataType[], ordered: boolean): readonly string[] {
  const lines = rows.map((row) => types.map((type, i) => valueToText(row[i] ?? null, type)).join('  '));
  return ordered ? lines : lines.sort();
}
