/**
 * Every golden expression case through parser, binder and interpreter; what is no function of one row (a subquery, an
 * aggregate) through the whole engine.
 */
import { test } from 'vitest';
import { interpreted } from './cases.ts';
import { checkFamily, FAMILIES } from './families.ts';

test.each(FAMILIES)('%s', (family) => checkFamily(family, interpreted));
