/** A file system that lets a session touch only what lies under the paths it was given, and its own temporary files. */
import * as path from 'node:path';
import { EngineError } from '../base/errors.ts';
import type { FileSystem } from '../base/fs.ts';

/** @param allowed files and directories; relative ones are seen from the working directory */
export function restrictFileSystem(inner: FileSystem, allowed: readonly string[]): FileSystem {
  const roots = allowed.map((root) => path.resolve(root));
  const check = (file: string): string => {
    const resolved = path.resolve(file);
    if (roots.some((root) => resolved === root || resolved.startsWith(root.endsWith('/') ? root : `${root}/`)))
      return file;
    throw new EngineError('RUN-FILE-FORBIDDEN', `access to ${file} is not allowed`, {
      location: file,
      hint: allowed.length === 0 ? 'no path is allowed' : `allowed are ${allowed.join(', ')}`,
    });
  };
  return {
    open: (file, mode) => inner.open(check(file), mode),
    readFile: (file) => inner.readFile(check(file)),
    readText: (file) => inner.readText(check(file)),
    writeFile: (file, content) => inner.writeFile(check(file), content),
    list: (directory) => inner.list(check(directory)),
    stat: (file) => inner.stat(check(file)),
    remove: (file) => inner.remove(check(file)),
    rename: (from, to) => inner.rename(check(from), check(to)),
    makeDirectory: (directory) => inner.makeDirectory(check(directory)),
    makeTemporaryDirectory: (prefix, parent) => {
      const made = inner.makeTemporaryDirectory(prefix, parent);
      roots.push(path.resolve(made));
      return made;
    },
  };
}
