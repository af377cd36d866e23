/**
 * Builds src/sql/generated/ from flink.peggy and keywords.json: the parser over a stream of token characters, its
 * types, and the table of token codes that the lexer reads. Does nothing when the outputs are newer than the inputs.
 *
 * A terminal of the grammar is a name that the grammar uses but does not define: a keyword, or the name of a
 * punctuation mark or token class below. Each token is one character of the private use area, in this order: reserved
 * words; reserved words that may name a function; other keywords; identifiers; literals; punctuation. So "may be a
 * name" and "may be a function name" are one range each, and a keyword costs one comparison.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FIRST_CODE = 0xe000;
const CLASSES = {
  IDENTIFIER: 'identifier',
  QUOTED_IDENTIFIER: 'identifier',
  NUMERAL: 'number',
  QUOTED_TEXT: 'string',
  BINARY_STRING: 'binary string',
  UNEXPECTED: 'unexpected',
};
const PUNCTUATION = {
  LP: '(',
  RP: ')',
  LB: '[',
  RB: ']',
  LC: '{',
  RC: '}',
  COMMA: ',',
  FULL_STOP: '.',
  SEMI: ';',
  COLON: ':',
  EQ: '=',
  NE: '<>',
  LT: '<',
  LE: '<=',
  GT: '>',
  GE: '>=',
  PLUS: '+',
  MINUS_SIGN: '-',
  ASTERISK: '*',
  SLASH: '/',
  PERCENT_SIGN: '%',
  CONCAT: '||',
  BAR: '|',
  ARROW: '=>',
  QUESTION: '?',
  CARET: '^',
  DOLLAR: '$',
  LC_MINUS: '{-',
  MINUS_RC: '-}',
  HINT_START: '/*+',
  HINT_END: '*/',
};

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const inputs = ['flink.peggy', 'keywords.json', 'build.mjs'].map(here);
const folder = here('../src/sql/generated/');
const outputs = ['parser.js', 'parser.d.ts', 'tokens.js', 'tokens.d.ts'].map((name) => folder + name);

function isUpToDate() {
  if (!outputs.every((file) => existsSync(file))) return false;
  const built = Math.min(...outputs.map((file) => statSync(file).mtimeMs));
  return inputs.every((file) => statSync(file).mtimeMs <= built);
}

/**
 * A Peggy plugin that puts the token's character in the place of every rule name that the grammar uses and does not
 * define: a comparison costs less than a call of a rule.
 */
function terminals(codes) {
  const replace = (ast) => {
    const defined = new Set(ast.rules.map((rule) => rule.name));
    const visit = (node) => {
      if (node === null || typeof node !== 'object') return;
      if (node.type === 'rule_ref' && !defined.has(node.name)) {
        const code = codes.get(node.name);
        if (code === undefined) throw new Error(`${node.name} is neither a rule nor a word of keywords.json`);
        Object.assign(node, { type: 'literal', value: String.fromCharCode(code), ignoreCase: false });
        delete node.name;
        return;
      }
      for (const [key, value] of Object.entries(node)) if (key !== 'location') visit(value);
    };
    visit(ast.rules);
  };
  return { use: (config) => config.passes.prepare.unshift(replace) };
}

function readKeywords() {
  const { reserved, reservedFunctionNames, nonReserved } = JSON.parse(readFileSync(here('keywords.json'), 'utf8'));
  const words = (rows) => rows.join(' ').split(' ');
  return {
    reserved: words(reserved),
    reservedFunctionNames: words(reservedFunctionNames),
    nonReserved: words(nonReserved),
  };
}

function escapeCode(code) {
  return `\\u${code.toString(16)}`;
}

function assignCodes(keywords) {
  const functionNames = new Set(keywords.reservedFunctionNames);
  const words = [
    ...keywords.reserved.filter((word) => !functionNames.has(word)),
    ...keywords.reservedFunctionNames,
    ...keywords.nonReserved,
  ];
  const codes = new Map();
  let next = FIRST_CODE;
  for (const name of [...words, ...Object.keys(CLASSES), ...Object.keys(PUNCTUATION)]) {
    if (codes.has(name)) throw new Error(`two tokens are called ${name}`);
    codes.set(name, next++);
  }
  return { words, codes };
}

async function build() {
  const { default: peggy } = await import('peggy');
  const keywords = readKeywords();
  const body = readFileSync(here('flink.peggy'), 'utf8');
  const { words, codes } = assignCodes(keywords);
  const at = (name) => escapeCode(codes.get(name));
  const firstFunction = at(keywords.reservedFunctionNames[0]);
  const lastFunction = at(keywords.reservedFunctionNames.at(-1));
  const firstName = at(keywords.nonReserved[0]);
  const ranges = [
    `NameToken "identifier" = [${firstName}-${at('QUOTED_IDENTIFIER')}]`,
    `PlainNameToken "identifier" = [${at('IDENTIFIER')}-${at('QUOTED_IDENTIFIER')}]`,
    `FunctionToken "function name" = [${firstFunction}-${lastFunction}]`,
  ];
  const source = peggy.generate(`${body}\n${ranges.join('\n')}\n`, {
    output: 'source',
    format: 'es',
    allowedStartRules: ['OneStatement', 'OneExpression'],
    grammarSource: 'flink.peggy',
    plugins: [terminals(codes)],
  });
  mkdirSync(folder, { recursive: true });
  const punctuation = Object.entries(PUNCTUATION).map(([name, text]) => [text, codes.get(name)]);
  const classes = Object.fromEntries(Object.keys(CLASSES).map((name) => [name, codes.get(name)]));
  const shown = Object.entries(CLASSES).map(([name, text]) => [text, codes.get(name)]);
  const types = `/** Generated by grammar/build.mjs. */
export declare function parse(input: string, options: object): unknown;
`;
  const tokens = `/** Generated by grammar/build.mjs: the token codes. Word i has the code FIRST_CODE + i. */
export const FIRST_CODE = ${FIRST_CODE};
export const WORDS = ${JSON.stringify(words.join(' '))}.split(' ');
export const RESERVED_COUNT = ${words.length - keywords.nonReserved.length};
export const PUNCTUATION = ${JSON.stringify(punctuation)};
export const CLASSES = ${JSON.stringify(classes)};
export const CLASS_NAMES = ${JSON.stringify(shown)};
`;
  const tokenTypes = `/** Generated by grammar/build.mjs. */
export declare const FIRST_CODE: number;
/** All keywords; the first RESERVED_COUNT are reserved. */
export declare const WORDS: readonly string[];
export declare const RESERVED_COUNT: number;
export declare const PUNCTUATION: readonly (readonly [text: string, code: number])[];
/** What to call the tokens of a class in a message. */
export declare const CLASS_NAMES: readonly (readonly [name: string, code: number])[];
export declare const CLASSES: { readonly ${Object.keys(CLASSES)
    .map((name) => `${name}: number`)
    .join('; readonly ')} };
`;
  const contents = [source, types, tokens, tokenTypes];
  outputs.forEach((file, i) => {
    writeFileSync(file, contents[i]);
  });
}

if (!isUpToDate()) await build();
