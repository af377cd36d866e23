import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../../src/base/fs.ts';
import { removeLeftovers } from '../../../src/base/leftovers.ts';

test('directories of processes that have died go; those of this one and of others stay', () => {
  const parent = nodeFileSystem.makeTemporaryDirectory('weir-test-');
  const mine = nodeFileSystem.makeTemporaryDirectory('weir-shuffle-', parent);
  const dead = spawnSync(process.execPath, ['--version']).pid;
  nodeFileSystem.makeDirectory(`${parent}/weir-spill-${dead}-abc/below`);
  nodeFileSystem.makeDirectory(`${parent}/weir-job-${dead}`);
  nodeFileSystem.makeDirectory(`${parent}/other-${dead}-abc`);
  removeLeftovers(nodeFileSystem, parent);
  expect(nodeFileSystem.list(parent)).toEqual(
    [`other-${dead}-abc`, `weir-job-${dead}`, mine.slice(parent.length + 1)].sort(),
  );
  nodeFileSystem.remove(parent);
  removeLeftovers(nodeFileSystem, parent);
});
