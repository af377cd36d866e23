/**
 * Functions that are only another way to write others: they are replaced when the call is resolved, so the
 * interpreter and the compiler never see them.
 */
import { char, NULL_TYPE, nullable, STRING } from '../types/data-type.ts';
import { call, type Expr, literal } from './expr.ts';

export interface Rewrite {
  readonly args: number;
  readonly rewrite: (args: readonly Expr[], resolve: (name: string, args: readonly Expr[]) => Expr) => Expr;
}

function keyword(word: string): Expr {
  return literal(word, char(word.length));
}

function keywordOf(expr: Expr): string {
  return expr.kind === 'literal' ? String(expr.value) : '';
}

/** `YEAR(x)` is `EXTRACT(YEAR FROM x)`. */
function extracts(unit: string): Rewrite {
  return { args: 1, rewrite: ([value], resolve) => resolve('EXTRACT', [keyword(unit), value!]) };
}

/** A JSON function of a text and a path, without clauses. */
function withDefaults(name: string, words: readonly string[]): Rewrite {
  return { args: 2, rewrite: (args, resolve) => resolve(name, [...args, ...words.map(keyword)]) };
}

export const REWRITES: ReadonlyMap<string, Rewrite> = new Map<string, Rewrite>([
  [
    'NULLIF',
    {
      args: 2,
      rewrite: ([a, b], resolve) => {
        const result = resolve('CASE', [resolve('=', [a!, b!]), literal(null, NULL_TYPE), a!]);
        return result.kind === 'call' ? call(result.fn, result.args, { ...result.type, nullable: true }) : result;
      },
    },
  ],
  ['JSON_EXISTS', withDefaults('JSON_EXISTS', ['FALSE'])],
  ['JSON_QUERY', withDefaults('JSON_QUERY', ['WITHOUT', 'NULL', 'NULL'])],
  [
    'JSON_VALUE',
    {
      args: 2,
      rewrite: (args, resolve) => {
        const none = literal(null, nullable(STRING));
        return resolve('JSON_VALUE', [...args, keyword('NULL'), none, keyword('NULL'), none]);
      },
    },
  ],
  ['IS JSON', { args: 2, rewrite: ([text, what], resolve) => resolve(`IS JSON ${keywordOf(what!)}`, [text!]) }],
  ['YEAR', extracts('YEAR')],
  ['QUARTER', extracts('QUARTER')],
  ['MONTH', extracts('MONTH')],
  ['WEEK', extracts('WEEK')],
  ['DAYOFYEAR', extracts('DOY')],
  ['DAYOFMONTH', extracts('DAY')],
  ['DAYOFWEEK', extracts('DOW')],
  ['HOUR', extracts('HOUR')],
  ['MINUTE', extracts('MINUTE')],
  ['SECOND', extracts('SECOND')],
]);
