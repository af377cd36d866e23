/** A piece of SQL that the catalog keeps, as Flink prints it: on one line, every name in back-quotes. */
import type { Source } from '../catalog/catalog-table.ts';
import type { AstNode } from '../sql/ast.ts';
import { type Dialect, flinkDialect, print, quoteIdentifier } from '../sql/print.ts';

const QUOTING: Dialect = { ...flinkDialect, identifier: quoteIdentifier };

export function printSource({ syntax }: Source): string {
  return print(syntax as AstNode, QUOTING);
}
