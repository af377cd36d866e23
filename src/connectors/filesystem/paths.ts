/**
 * Which files a path means: a file, every file below a directory, or those that a glob matches. As in Flink and Hive,
 * names that begin with `_` or `.` are not data, and directories `key=value` are partitions.
 */
import { EngineError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/fs.ts';
import { didYouMean } from '../../base/nearest.ts';

/** One data file and the partition that its directories name. */
export interface DataFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Text of the partition columns by name; null stands for the default partition. */
  readonly partition: Readonly<Record<string, string | null>>;
}

/** The directory name that stands for NULL. */
export const DEFAULT_PARTITION = '__DEFAULT_PARTITION__';

/** `file:///x` and `file:/x` are plain paths; other schemes are refused. */
export function localPath(path: string): string {
  if (/^file:\/*/i.test(path)) return path.replace(/^file:\/*/i, '/');
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(path);
  if (scheme === null) return path;
  throw new EngineError('NOT-SUPPORTED', `path '${path}': the scheme ${scheme[1]} is not supported yet`, {
    hint: 'name a local file, directory or glob',
  });
}

export function isGlob(path: string): boolean {
  return /[*?[{]/.test(path);
}

/**
 * The files, in order of their paths.
 * @param defaultPartition the directory value that stands for NULL
 */
export function findFiles(fileSystem: FileSystem, path: string, defaultPartition = DEFAULT_PARTITION): DataFile[] {
  const files: DataFile[] = [];
  for (const root of isGlob(path) ? expandGlob(fileSystem, path) : [path]) {
    const status = fileSystem.stat(root);
    if (status?.kind === 'file') {
      files.push({ path: root, size: status.size, partition: partitionOf(root, defaultPartition) });
    } else if (status?.kind === 'directory') {
      walk(fileSystem, root, partitionOf(root, defaultPartition), defaultPartition, files);
    }
  }
  return files;
}

function walk(
  fileSystem: FileSystem,
  directory: string,
  partition: DataFile['partition'],
  defaultPartition: string,
  into: DataFile[],
): void {
  for (const name of fileSystem.list(directory)) {
    if (isHidden(name)) continue;
    const path = join(directory, name);
    const status = fileSystem.stat(path);
    if (status?.kind === 'file') into.push({ path, size: status.size, partition });
    if (status?.kind !== 'directory') continue;
    const entry = partitionEntry(name, defaultPartition);
    walk(fileSystem, path, entry === null ? partition : { ...partition, ...entry }, defaultPartition, into);
  }
}

function isHidden(name: string): boolean {
  return name.startsWith('_') || name.startsWith('.');
}

/** Partitions that the directories of a path itself name. */
function partitionOf(path: string, defaultPartition: string): DataFile['partition'] {
  return Object.assign({}, ...path.split('/').map((part) => partitionEntry(part, defaultPartition) ?? {}));
}

function partitionEntry(name: string, defaultPartition: string): DataFile['partition'] | null {
  const equals = name.indexOf('=');
  if (equals < 1) return null;
  const value = unescapePartition(name.slice(equals + 1));
  return { [unescapePartition(name.slice(0, equals))]: value === defaultPartition ? null : value };
}

/** `key=value` with the characters that file names must not have as %XX, as Hive writes them. */
export function partitionDirectory(key: string, value: string | null, defaultPartition = DEFAULT_PARTITION): string {
  return `${escapePartition(key)}=${value === null || value === '' ? defaultPartition : escapePartition(value)}`;
}

function escapePartition(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to escape
  return text.replace(/[\x00-\x1f"#%'*/:=?\\\x7f{[\]^]/g, (char) => {
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

function unescapePartition(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** `*` and `?` within a name, `[a-c]`, `{x,y}`, and `**` for any depth of directories. */
function expandGlob(fileSystem: FileSystem, pattern: string): string[] {
  const parts = pattern.split('/');
  let roots: string[] = [pattern.startsWith('/') ? '/' : ''];
  for (const [i, part] of parts.entries()) {
    if (part === '' || (part === '.' && i === 0)) continue;
    if (part === '**') {
      roots = roots.flatMap((root) => directoriesBelow(fileSystem, root));
    } else if (!isGlob(part)) {
      roots = roots.map((root) => join(root, part)).filter((path) => fileSystem.stat(path) !== undefined);
    } else {
      const expression = globExpression(part);
      roots = roots.flatMap((root) =>
        listDirectory(fileSystem, root)
          .filter((name) => !isHidden(name) && expression.test(name))
          .map((name) => join(root, name)),
      );
    }
  }
  return [...new Set(roots)].sort();
}

function directoriesBelow(fileSystem: FileSystem, root: string): string[] {
  const found = [root];
  for (const name of listDirectory(fileSystem, root)) {
    const path = join(root, name);
    if (!isHidden(name) && fileSystem.stat(path)?.kind === 'directory') {
      found.push(...directoriesBelow(fileSystem, path));
    }
  }
  return found;
}

function listDirectory(fileSystem: FileSystem, directory: string): readonly string[] {
  const path = directory === '' ? '.' : directory;
  return fileSystem.stat(path)?.kind === 'directory' ? fileSystem.list(path) : [];
}

function globExpression(part: string): RegExp {
  let source = '';
  let depth = 0;
  for (let i = 0; i < part.length; i++) {
    const char = part[i]!;
    const close = char === '[' ? part.indexOf(']', i + 2) : -1;
    if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (close > 0) {
      source += `[${part
        .slice(i + 1, close)
        .replace(/^!/, '^')
        .replaceAll('\\', '\\\\')}]`;
      i = close;
    } else if (char === '{') {
      source += '(?:';
      depth++;
    } else if (char === '}' && depth > 0) {
      source += ')';
      depth--;
    } else if (char === ',' && depth > 0) source += '|';
    else source += char.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  }
  return new RegExp(`^${source}${')'.repeat(depth)}$`, 'u');
}

export function join(directory: string, name: string): string {
  if (directory === '' || directory === '.') return name;
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}

/** The error for a path without files; names a file beside it whose name is near. */
export function fileNotFound(fileSystem: FileSystem, path: string): EngineError {
  const slash = path.lastIndexOf('/');
  const directory = slash < 0 ? '.' : path.slice(0, slash) || '/';
  const names = listDirectory(fileSystem, directory).filter((name) => !isHidden(name));
  const nearest = didYouMean(path.slice(slash + 1), names);
  return new EngineError('FILE-NOT-FOUND', `no file matches '${path}'`, {
    location: path,
    hint: nearest ?? 'paths are relative to the directory where the program was started',
  });
}
