/**
 * Syntax tree to SQL text, on one line. In the Flink dialect `parse(print(script))` gives the same tree, spans aside.
 * A dialect may print any node its own way; the rest follows.
 */
import type { AstNode } from './ast.ts';
import { isReserved } from './lexer.ts';
import { Printer } from './print-query.ts';
import { printStatement } from './print-statement.ts';

export interface Dialect {
  readonly name: string;
  identifier(name: string, quoted: boolean): string;
  string(value: string): string;
  /** The text of a node that this dialect writes differently; undefined for all others. `print` prints any child. */
  override?(node: AstNode, print: (child: AstNode) => string): string | undefined;
}

export const flinkDialect: Dialect = {
  name: 'flink',
  identifier: (name, quoted) => (quoted || needsQuotes(name) ? quoteIdentifier(name) : name),
  string: quoteString,
};

/** Statement, query, expression, type, table reference …: whatever has a `kind`. */
export function print(node: AstNode, dialect: Dialect = flinkDialect): string {
  return new Printer(dialect, printStatement).node(node);
}

/** The name in back-quotes, those inside doubled. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export function quoteString(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** Must this name be quoted to be read back? */
function needsQuotes(name: string): boolean {
  return isReserved(name) || !/^(?:[\p{L}_]|\$[\p{L}\p{Nd}_$])[\p{L}\p{Nd}_$]*$/u.test(name);
}
