/** Every golden expression case as the kernels of a projection compute it. */
import { test } from 'vitest';
import { EngineError } from '../../../../src/base/errors.ts';
import { operatorSpec } from '../../../../src/operators/define.ts';
import { INT } from '../../../../src/types/data-type.ts';
import { OperatorHarness, schemaOfTypes } from '../../operators/harness.ts';
import { type Evaluator, interpreted } from './cases.ts';
import { checkFamily, FAMILIES } from './families.ts';

/** A NULL of a type that has none, which Flink hands on until it fails at the sink, fails at once. */
const NULL_REFUSED: readonly string[] = ['RUN-NULL', 'RUN-NUMERIC-OVERFLOW'];

/** Maps have no order: in a column their entries stand otherwise than where they were made. */
const UNORDERED = ["col | MAP_UNION(m, MAP['q', 9])", 'str | STR_TO_MAP(s)'];

const compiled: Evaluator = (expr, types, rows, context) => {
  const [input, output] = [schemaOfTypes([...types, INT]), schemaOfTypes([expr.type])];
  const spec = operatorSpec('calc', 'Calc', { condition: null, projection: [expr] }, [input], output);
  const harness = new OperatorHarness(spec, { settings: { 'table.local-time-zone': context.timeZone } });
  try {
    harness.process(rows.map((row, i) => [...row, i]));
    return harness.rows().map(([value]) => value!);
  } catch (error) {
    if (!(error instanceof EngineError && NULL_REFUSED.includes(error.code)) || expr.type.nullable) throw error;
    const values = interpreted(expr, types, rows, context);
    if (!values.includes(null)) throw error;
    return values;
  } finally {
    harness.close();
  }
};

test.each(FAMILIES)('%s', (family) => checkFamily(family, compiled, UNORDERED));
