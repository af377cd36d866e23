import { expect, test } from 'vitest';
import { operatorSpec } from '../../../src/operators/define.ts';
import { INT, nullable, STRING } from '../../../src/types/data-type.ts';
import { type Change, OperatorHarness, schemaOfTypes } from './harness.ts';

const input = [nullable(STRING), nullable(INT), nullable(INT)];
const output = [STRING, nullable(INT), INT];

function make(action: 'ERROR' | 'DROP'): OperatorHarness {
  const params = { notNull: [0, 2], action, table: 'default_catalog.default_database.s' };
  const schemas = [schemaOfTypes(input)];
  return new OperatorHarness(operatorSpec('constraint-enforcer', 'Enforcer', params, schemas, schemaOfTypes(output)));
}

const change = (kind: Change['kind'], ...row: Change['row']): Change => ({ kind, row });
const good = [change('+I', 'a', 1, 1), change('-U', 'a', null, 1)];

test('ERROR names column and table', () => {
  const harness = make('ERROR');
  harness.process(good);
  expect(harness.take()).toEqual(good);
  expect(() => harness.process([change('+I', 'a', 1, null)])).toThrow(
    "column 'f2' of table default_catalog.default_database.s is NOT NULL",
  );
  harness.close();
});

test('DROP leaves such rows out, and keeps kinds', () => {
  const harness = make('DROP');
  harness.process([change('+I', null, 1, 1), ...good, change('-D', 'x', 1, null)]);
  expect(harness.take()).toEqual(good);
  harness.close();
});
