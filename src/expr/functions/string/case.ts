/** Upper and lower case. */
import { CHARACTER, infer } from '../infer.ts';
import { textFunction } from './text-function.ts';

export const upper = textFunction(
  'UPPER',
  [],
  '(STRING)',
  'In upper case.',
  infer([CHARACTER], (shape) => shape.types[0]!),
  1,
  ([text]) => (text as string).toUpperCase(),
  [["UPPER('aB')", "'AB'"]],
);

export const lower = textFunction(
  'LOWER',
  [],
  '(STRING)',
  'In lower case.',
  infer([CHARACTER], (shape) => shape.types[0]!),
  1,
  ([text]) => (text as string).toLowerCase(),
  [["LOWER('aB')", "'ab'"]],
);

export const initcap = textFunction(
  'INITCAP',
  [],
  '(STRING)',
  'Every word of ASCII letters and digits with its first letter in upper and the rest in lower case.',
  infer([CHARACTER], (shape) => shape.types[0]!),
  1,
  ([text]) => initialCapitals(text as string),
  [["INITCAP('hello wORLD')", "'Hello World'"]],
);

/** Words are made of ASCII letters and digits, and only those letters change, as in Flink. */
function initialCapitals(text: string): string {
  let inWord = false;
  let result = '';
  for (const point of text) {
    const letter = /[A-Za-z]/.test(point);
    result += letter ? (inWord ? point.toLowerCase() : point.toUpperCase()) : point;
    inWord = letter || /[0-9]/.test(point);
  }
  return result;
}
