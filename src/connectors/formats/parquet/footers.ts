/**
 * Footers that were read before: a query asks for the footer of a file some eight times, from its columns to its row
 * groups. One is used again while the file ends with the same bytes, so a file that was written anew is seen.
 */
import type { File } from '../../../base/fs.ts';
import { type ParquetMetadata, parseFooter, readFooter } from './metadata.ts';

/** Files whose footers are kept. */
const MOST_FILES = 256;

interface Known {
  readonly footer: Uint8Array;
  readonly fileSize: number;
  readonly metadata: ParquetMetadata;
}

export class Footers {
  /** By path; the least recently used first. */
  readonly #known = new Map<string, Known>();

  /** @throws EngineError DATA-PARQUET */
  read(file: File): ParquetMetadata {
    const { path } = file;
    const { footer, fileSize } = readFooter(file);
    const before = this.#known.get(path);
    this.#known.delete(path);
    const isSame = before?.fileSize === fileSize && Buffer.compare(before.footer, footer) === 0;
    const known = isSame ? before : knownOf(footer.slice(), fileSize, path);
    this.#known.set(path, known);
    if (this.#known.size > MOST_FILES) this.#known.delete(this.#known.keys().next().value!);
    return known.metadata;
  }
}

/** @param footer only its bytes, since the metadata points into it */
function knownOf(footer: Uint8Array, fileSize: number, path: string): Known {
  return { footer, fileSize, metadata: parseFooter(footer, fileSize, path) };
}
