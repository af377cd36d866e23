/** Tokens of kernel text. */
import { InvariantError } from '../base/assert.ts';

export interface Token {
  readonly kind: 'name' | 'integer' | 'float' | 'symbol' | 'end';
  readonly text: string;
  readonly line: number;
}

/** Space and comments, names, numbers, symbols (the longer ones first): a group each. */
const PATTERN = new RegExp(
  [
    /(\s+|\/\/[^\n]*)/,
    /([A-Za-z_][\w$]*(?:\.[a-z]\w*)?)/,
    /(0x[0-9a-fA-F_]+L?|(?:\d[\d_]*\.\d+(?:[eE][-+]?\d+)?|\d[\d_]*[eE][-+]?\d+)f?|\d[\d_]*L?)/,
    /(>>>=|<<=|>>=|>>>|&&|\|\||<<|>>|<=|>=|==|!=|\+=|-=|\*=|&=|\|=|\^=|[-+*/%&|^<>=!~?:;,(){}])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'y',
);

/** Throws InvariantError naming the line of a character that is none of the language. */
export function tokenize(source: string, where: string, firstLine = 1): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(PATTERN);
  let line = firstLine;
  while (pattern.lastIndex < source.length) {
    const at = pattern.lastIndex;
    const match = pattern.exec(source);
    if (match === null) throw new InvariantError(`${where}, line ${line}: unexpected '${source[at]}'`);
    const [text, space, name, number, symbol] = match;
    if (space !== undefined) {
      for (let i = space.indexOf('\n'); i >= 0; i = space.indexOf('\n', i + 1)) line++;
    } else if (name !== undefined) tokens.push({ kind: 'name', text, line });
    else if (number !== undefined) tokens.push({ kind: isFloat(number) ? 'float' : 'integer', text, line });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text, line });
  }
  tokens.push({ kind: 'end', text: 'the end', line });
  return tokens;
}

function isFloat(text: string): boolean {
  return !text.startsWith('0x') && /[.eEf]/.test(text);
}
