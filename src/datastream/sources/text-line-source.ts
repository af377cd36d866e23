/** The lines of text files. Flink: FileSource with TextLineInputFormat. */
import type { FileSystem } from '../../base/fs.ts';
import { findFiles, localPath } from '../../connectors/filesystem/paths.ts';
import type {
  StreamPolled,
  StreamReaderContext,
  StreamSource,
  StreamSourceReader,
} from '../../dataflow/functions/source.ts';

/** Lines before `line` have been read. */
interface FileSplit {
  readonly path: string;
  readonly line: number;
}

export class TextLineSource implements StreamSource<string> {
  readonly boundedness = 'BOUNDED';
  readonly #fileSystem: FileSystem;
  readonly #path: string;

  /** @param path a file, a directory or a glob */
  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem;
    this.#path = path;
  }

  splits(): readonly FileSplit[] {
    return findFiles(this.#fileSystem, localPath(this.#path)).map(({ path }) => ({ path, line: 0 }));
  }

  createReader({ batchSize }: StreamReaderContext): StreamSourceReader<string> {
    return new LineReader(this.#fileSystem, batchSize);
  }
}

class LineReader implements StreamSourceReader<string> {
  readonly #fileSystem: FileSystem;
  readonly #batchSize: number;
  #splits: readonly FileSplit[] = [];
  /** Of the first split. */
  #lines: readonly string[] | null = null;

  constructor(fileSystem: FileSystem, batchSize: number) {
    this.#fileSystem = fileSystem;
    this.#batchSize = batchSize;
  }

  addSplits(splits: readonly unknown[]): void {
    this.#splits = splits as readonly FileSplit[];
  }

  poll(): StreamPolled<string> {
    const [split, ...rest] = this.#splits;
    if (split === undefined) return 'end-of-input';
    this.#lines ??= linesOf(this.#fileSystem.readText(split.path));
    const values = this.#lines.slice(split.line, split.line + this.#batchSize);
    const line = split.line + values.length;
    if (line < this.#lines.length) this.#splits = [{ path: split.path, line }, ...rest];
    else {
      this.#splits = rest;
      this.#lines = null;
    }
    return { values };
  }

  snapshot(): readonly FileSplit[] {
    return this.#splits;
  }
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
