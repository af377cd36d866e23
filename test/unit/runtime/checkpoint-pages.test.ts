/** The pages of state in checkpoints: where the last one has them, and how they are listed. */
import { expect, test } from 'vitest';
import { type CompletedCheckpoint, readMetadata, writeMetadata } from '../../../src/runtime/checkpoint/metadata.ts';
import { PageIndex } from '../../../src/runtime/checkpoint/page-index.ts';
import { groupSections, ungroupSections } from '../../../src/runtime/checkpoint/section-groups.ts';
import type { StateHandle } from '../../../src/runtime/task-executor-gateway.ts';
import { SimulatedDisk } from '../../sim/simulated-disk.ts';

const section = (name: string, subtask: number, page: number, overrides: Partial<StateHandle> = {}): StateHandle => ({
  ...{ uid: 'u', name, subtask, keyGroup: page < 0 ? -1 : page % 4, page },
  ...{ path: `/job/chk-2/${subtask}.state`, offset: page * 100 + 7, length: 100, checksum: 2 ** 32 - 1 - page },
  ...overrides,
});

const checkpointOf = (sections: readonly StateHandle[]): CompletedCheckpoint => ({
  ...{ job: 'j', checkpointId: 2, timestamp: 5, kind: 'checkpoint', committables: [], directory: '/job/chk-2' },
  operators: [{ uid: 'u', name: 'o', maxParallelism: 4, subtasks: [], source: null, sections }],
});

test('pages are told apart by operator, name, subtask and number; some have several parts', () => {
  const parts = [section('rows', 0, 4), section('rows', 0, 4, { keyGroup: 1 })];
  const sections = [
    ...[section('small', 0, -1), ...parts, section('groups', 0, 4), section('rows', 0, 5), section('rows', 1, 4)],
    section('rows', 0, 6),
  ];
  const index = new PageIndex(checkpointOf(sections));
  const kept = (...pages: [uid: string, name: string, page: number][]) =>
    pages.map(([uid, name, page]) => ({ uid, name, page }));
  expect(index.find(kept(['u', 'rows', 4], ['u', 'rows', 6]), 0)).toEqual([...parts, sections[6]]);
  expect(index.find(kept(['u', 'rows', 4], ['u', 'groups', 4]), 1)).toEqual([sections[5]]);
  expect(index.find(kept(['v', 'rows', 4], ['u', 'groups', 5], ['u', 'small', -1]), 0)).toEqual([]);
});

test('sections are listed by file and name', () => {
  const many = Array.from({ length: 1000 }, (_, page) => section('rows', 0, page));
  const sections = [
    ...[section('small', 0, -1), ...many, section('rows', 0, 7, { path: '/job/chk-1/0.state' })],
    ...[section('rows', 1, 7), section('rows', 1, 8)],
  ];
  const groups = groupSections(sections);
  expect(groups.map(({ parts }) => parts.length / 5)).toEqual([1, 1000, 1, 2]);
  expect(ungroupSections(groups)).toEqual(sections);
  const disk = new SimulatedDisk();
  disk.makeDirectory('/job/chk-2');
  const checkpoint = checkpointOf(sections);
  writeMetadata(disk, checkpoint);
  expect(readMetadata(disk, '/job/chk-2')).toEqual(checkpoint);
  expect(disk.readFile('/job/chk-2/_metadata').length).toBeLessThan(30 * sections.length);
});
