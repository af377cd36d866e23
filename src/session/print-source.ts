/** A piece of SQL that the catalog keeps, as text. */
import type { Source } from '../catalog/catalog-table.ts';

export function printSource({ text }: Source): string {
  return text;
}
