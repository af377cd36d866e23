/** Columns that are equal on every row that passes: what one of them must satisfy, all must. */
import { type Expr, exprToJson, inputsOf, remapInputs } from '../../expr/expr.ts';
import { sameType } from '../../types/data-type.ts';
import { isDeterministic } from './simplify-expr.ts';

/** Classes of columns joined by `a = b` between columns of one type. */
export class Equivalence {
  readonly #parent = new Map<number, number>();

  constructor(conjuncts: readonly Expr[]) {
    for (const conjunct of conjuncts) {
      const pair = equalColumns(conjunct);
      if (pair !== null) this.#parent.set(this.find(pair[0]), this.find(pair[1]));
    }
  }

  find(column: number): number {
    let root = column;
    for (let next = this.#parent.get(root); next !== undefined && next !== root; next = this.#parent.get(root)) {
      root = next;
    }
    return root;
  }

  /** Columns equal to this one among `columns`, itself left out. */
  othersOf(column: number, columns: Iterable<number>): readonly number[] {
    const root = this.find(column);
    return [...columns].filter((other) => other !== column && this.find(other) === root);
  }

  /** Columns that are in a class with another. */
  members(): readonly number[] {
    const all = new Set<number>();
    for (const [child, parent] of this.#parent) {
      if (child === parent) continue;
      all.add(child);
      all.add(parent);
    }
    return [...all];
  }
}

/** `$a = $b` of one type. */
export function equalColumns(expr: Expr): readonly [number, number] | null {
  if (expr.kind !== 'call' || expr.fn !== '=') return null;
  const [a, b] = expr.args;
  if (a?.kind !== 'input-ref' || b?.kind !== 'input-ref' || !sameType(a.type, b.type)) return null;
  return a.index === b.index ? null : [a.index, b.index];
}

/** Conditions on one column, said of the columns equal to it. Those that are known already are left out. */
export function inferred(conjuncts: readonly Expr[], equivalence: Equivalence): readonly Expr[] {
  const known = new Set(conjuncts.map(exprToJson));
  const members = equivalence.members();
  const added: Expr[] = [];
  for (const conjunct of conjuncts) {
    const columns = inputsOf(conjunct);
    if (columns.length !== 1 || !isDeterministic(conjunct)) continue;
    for (const other of equivalence.othersOf(columns[0]!, members)) {
      const said = remapInputs(conjunct, () => other);
      const digest = exprToJson(said);
      if (known.has(digest)) continue;
      known.add(digest);
      added.push(said);
    }
  }
  return added;
}
