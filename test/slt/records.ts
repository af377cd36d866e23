/**
 * Reads .slt files: records separated by blank lines, comments after `#`.
 *
 *   statement ok                     the statement runs
 *   statement error CODE             it fails with this code; after `----` a line `line:column: message`, or its start
 *   rows t                           rows of the table `t` of connector `values`: kind, then values, two spaces apart
 *   query TYPES [nosort]             rows after `----`; nosort: in this order, where the mode has one
 *   changelog                        after `----` the changes of the query before; STREAMING, parallelism 1
 *   plan streaming|batch             after `----` the optimised plan of the query before
 *   onlyif|skipif CONDITION reason   of the record that follows; a condition is a mode or the name of a configuration
 *
 * TYPES has a letter per column: I integer, N DECIMAL, R floating point, T text, B boolean, D date, S time or
 * timestamp, X bytes, O anything else.
 */

export interface Condition {
  readonly only: boolean;
  readonly name: string;
  readonly reason: string;
}

interface Common {
  /** 1-based line of the record's first line. */
  readonly line: number;
  readonly sql: string;
  readonly conditions: readonly Condition[];
}

export type SltRecord = Common &
  (
    | { readonly kind: 'statement'; readonly error: { readonly code: string; readonly message: string | null } | null }
    | { readonly kind: 'rows'; readonly table: string; readonly rows: readonly (readonly string[])[] }
    | {
        readonly kind: 'query';
        readonly types: string;
        readonly ordered: boolean;
        /** null: there is no `----` yet. */
        readonly expected: readonly string[] | null;
        /** Line after which the expected rows stand, or would stand. */
        readonly end: number;
      }
    | { readonly kind: 'changelog'; readonly expected: readonly string[] }
    | { readonly kind: 'plan'; readonly mode: 'streaming' | 'batch'; readonly expected: readonly string[] }
  );

export function readRecords(text: string): readonly SltRecord[] {
  const lines = text.split('\n');
  const records: SltRecord[] = [];
  let conditions: Condition[] = [];
  let lastQuery = '';
  for (let i = 0; i < lines.length; i++) {
    const head = lines[i]!.trim();
    if (head === '' || head.startsWith('#')) continue;
    const line = i + 1;
    const [keyword, ...words] = head.split(/\s+/);
    if (keyword === 'onlyif' || keyword === 'skipif') {
      const [name, ...reason] = words;
      if (name === undefined || reason.length === 0)
        throw new Error(`line ${line}: ${keyword} needs a name and a reason`);
      conditions.push({ only: keyword === 'onlyif', name, reason: reason.join(' ').replace(/^#\s*/, '') });
      continue;
    }
    const body: string[] = [];
    while (i + 1 < lines.length && lines[i + 1]!.trim() !== '') body.push(lines[++i]!);
    const dashes = body.findIndex((each) => each.trim() === '----');
    const sql = (dashes < 0 ? body : body.slice(0, dashes)).join('\n');
    const after = dashes < 0 ? null : body.slice(dashes + 1);
    const common = { line, sql, conditions };
    conditions = [];
    switch (keyword) {
      case 'statement': {
        const error = words[0] === 'error' ? { code: words[1] ?? '', message: after?.join('\n') ?? null } : null;
        records.push({ ...common, kind: 'statement', error });
        break;
      }
      case 'rows': {
        const rows = body.map((each) => each.trim().split(/\s{2,}/));
        records.push({ ...common, kind: 'rows', table: words[0] ?? '', rows });
        break;
      }
      case 'query':
        lastQuery = sql;
        records.push({
          ...common,
          kind: 'query',
          types: words[0] ?? '',
          ordered: words[1] === 'nosort',
          expected: after,
          end: line + (dashes < 0 ? body.length : dashes + 1),
        });
        break;
      case 'changelog':
        records.push({ ...common, kind: 'changelog', sql: lastQuery, expected: after ?? [] });
        break;
      case 'plan':
        if (words[0] !== 'streaming' && words[0] !== 'batch') throw new Error(`line ${line}: plan streaming or batch`);
        records.push({ ...common, kind: 'plan', sql: lastQuery, mode: words[0], expected: after ?? [] });
        break;
      default:
        throw new Error(`line ${line}: there is no record '${keyword}'`);
    }
  }
  return records;
}

/** Values of a row of the corpus, which are two or more spaces apart. */
export function readValues(line: string): readonly string[] {
  return line.trim().split(/\s{2,}/);
}
