/** What every file format throws when a file is not what it claims to be: truncated, flipped bytes, wrong counts. */
import { EngineError } from './errors.ts';

/** The formats that Weir reads; the code of the error is `DATA-CSV`, `DATA-PARQUET`, … */
export type DataFormat = 'ARROW' | 'CSV' | 'JSON' | 'PARQUET' | 'RAW';

/**
 * @param place where in the file: `byte 1024`, `12:3` (line:column), `row group 2, column price`; '' for the whole.
 * @param problem lower case, without a full stop.
 */
export function damagedFile(
  format: DataFormat,
  file: string,
  place: string,
  problem: string,
  hint = 'the file is damaged or was not written to its end: write or copy it again',
): EngineError {
  const location = place === '' ? file : `${file}:${place}`;
  return new EngineError(`DATA-${format}`, `${location}: ${problem}`, { location, hint });
}
