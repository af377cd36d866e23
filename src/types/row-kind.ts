/** The change that one row carries. Byte values and short names are Flink's. */
export const RowKind = { INSERT: 0, UPDATE_BEFORE: 1, UPDATE_AFTER: 2, DELETE: 3 } as const;
export type RowKind = (typeof RowKind)[keyof typeof RowKind];

/** Short names by byte value: `ROW_KIND_SHORT[RowKind.DELETE]` is `-D`. */
export const ROW_KIND_SHORT = ['+I', '-U', '+U', '-D'] as const;
export type RowKindShort = (typeof ROW_KIND_SHORT)[number];

export function rowKindOf(short: RowKindShort): RowKind {
  return ROW_KIND_SHORT.indexOf(short) as RowKind;
}

/** +I and +U add the row to the materialised table, -U and -D take it away. */
export function isAccumulate(kind: RowKind): boolean {
  return kind === RowKind.INSERT || kind === RowKind.UPDATE_AFTER;
}
