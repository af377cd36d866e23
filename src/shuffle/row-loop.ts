/** Text of a loop over rows in the kernel language. */

/** Rows of one turn: what a turn itself costs is then small beside them. */
const ROWS_PER_TURN = 4;

/** For rows 0 to n - 1, in order, what `body` says of a row, which is an expression in `i`. */
export function forEachRow(body: (row: string) => string): string {
  const turn = Array.from({ length: ROWS_PER_TURN }, (_, k) => body(k === 0 ? 'i' : `(i + ${k})`));
  return `
    let i = 0;
    for (; i + ${ROWS_PER_TURN} <= n; i += ${ROWS_PER_TURN}) {
      ${turn.join('\n      ')}
    }
    for (; i < n; i += 1) {
      ${body('i')}
    }`;
}
