/** Makes a failing case smaller while it fails: fewer changes, fewer columns, a smaller query. */
import { type FuzzCase, type FuzzExpr, type FuzzRelation, inputsOf } from './cases.ts';
import { repaired } from './tables.ts';

/** @param fails does this case still fail in the same way? */
export async function shrink(fuzz: FuzzCase, fails: (candidate: FuzzCase) => Promise<boolean>): Promise<FuzzCase> {
  let smallest = fuzz;
  for (let round = 0; round < 6; round++) {
    const before = JSON.stringify(smallest).length;
    smallest = await shrinkQuery(smallest, fails);
    smallest = await shrinkTables(smallest, fails);
    if (JSON.stringify(smallest).length >= before) break;
  }
  return smallest;
}

async function shrinkQuery(fuzz: FuzzCase, fails: (candidate: FuzzCase) => Promise<boolean>): Promise<FuzzCase> {
  let smallest = fuzz;
  for (let again = true; again; ) {
    again = false;
    for (const query of smallerRelations(smallest.query)) {
      const candidate = { ...smallest, query };
      if (!(await fails(candidate))) continue;
      smallest = candidate;
      again = true;
      break;
    }
  }
  return smallest;
}

async function shrinkTables(fuzz: FuzzCase, fails: (candidate: FuzzCase) => Promise<boolean>): Promise<FuzzCase> {
  let smallest = fuzz;
  for (let n = 0; n < smallest.tables.length; n++) {
    for (let step = smallest.tables[n]!.changes.length; step >= 1; step = Math.floor(step / 2)) {
      for (let at = 0; at < smallest.tables[n]!.changes.length; ) {
        const table = smallest.tables[n]!;
        const changes = [...table.changes.slice(0, at), ...table.changes.slice(at + step)];
        const tables = smallest.tables.map((each, i) => (i === n ? repaired({ ...table, changes }) : each));
        const candidate = { ...smallest, tables };
        const smaller = tables[n]!.changes.length < table.changes.length;
        if (smaller && (await fails(candidate))) smallest = candidate;
        else at += step;
      }
    }
  }
  return smallest;
}

function* smallerRelations(relation: FuzzRelation): Generator<FuzzRelation> {
  yield* inputsOf(relation);
  yield* simpler(relation);
  if ('input' in relation) {
    for (const input of smallerRelations(relation.input)) yield { ...relation, input };
  }
  if ('left' in relation) {
    for (const left of smallerRelations(relation.left)) yield { ...relation, left };
    for (const right of smallerRelations(relation.right)) yield { ...relation, right };
    if (relation.r === 'chain') for (const third of smallerRelations(relation.third)) yield { ...relation, third };
  }
}

/** The same kind of relation with less in it. */
function* simpler(relation: FuzzRelation): Generator<FuzzRelation> {
  switch (relation.r) {
    case 'filter':
      for (const where of smallerExprs(relation.where)) if (where.type === 'BOOLEAN') yield { ...relation, where };
      return;
    case 'project':
      for (const items of smallerLists(relation.items)) if (items.length > 0) yield { ...relation, items };
      return;
    case 'join':
      if (relation.type !== 'INNER') yield { ...relation, type: 'INNER' };
      for (const on of smallerConditions(relation.on)) yield { ...relation, on };
      return;
    case 'chain':
      if (relation.where !== null) yield { ...relation, where: null };
      for (const on of smallerConditions(relation.on)) yield { ...relation, on };
      for (const thirdOn of smallerConditions(relation.thirdOn)) yield { ...relation, thirdOn };
      return;
    case 'or':
      for (const where of smallerExprs(relation.where)) if (where.type === 'BOOLEAN') yield { ...relation, where };
      for (const on of smallerConditions(relation.on)) yield { ...relation, on };
      return;
    case 'self':
    case 'value':
    case 'exists':
      for (const on of smallerConditions(relation.on)) yield { ...relation, on };
      return;
    case 'aggregate':
      if (relation.sets !== 'plain') yield { ...relation, sets: 'plain' };
      if (relation.having) yield { ...relation, having: false };
      for (const keys of smallerLists(relation.keys)) if (keys.length > 0) yield { ...relation, keys };
      for (let i = 0; i < relation.aggregates.length; i++) {
        yield { ...relation, aggregates: relation.aggregates.filter((_, j) => j !== i) };
        const { filter, distinct } = relation.aggregates[i]!;
        const replace = (change: object): FuzzRelation => ({
          ...relation,
          aggregates: relation.aggregates.map((each, j) => (j === i ? { ...each, ...change } : each)),
        });
        if (filter !== null) yield replace({ filter: null });
        if (distinct) yield replace({ distinct: false });
      }
      return;
    case 'set':
      for (let i = 0; relation.types.length > 1 && i < relation.types.length; i++) {
        yield { ...relation, types: relation.types.filter((_, j) => j !== i) };
      }
      return;
    case 'top':
      if (relation.rank) yield { ...relation, rank: false };
      if (relation.descending !== 0) yield { ...relation, descending: 0 };
      for (const partition of smallerLists(relation.partition)) yield { ...relation, partition };
      return;
    case 'limit':
      if (relation.offset > 0) yield { ...relation, offset: 0 };
      if (relation.descending !== 0) yield { ...relation, descending: 0 };
      return;
    default:
      return;
  }
}

function* smallerConditions(on: {
  readonly equal: readonly (readonly [FuzzExpr['type'], number, number])[];
  readonly rest: FuzzExpr | null;
}): Generator<typeof on> {
  if (on.rest !== null) yield { ...on, rest: null };
  for (let i = 0; i < on.equal.length; i++) yield { ...on, equal: on.equal.filter((_, j) => j !== i) };
  if (on.rest !== null) {
    for (const rest of smallerExprs(on.rest)) if (rest.type === 'BOOLEAN') yield { ...on, rest };
  }
}

function* smallerLists(items: readonly FuzzExpr[]): Generator<readonly FuzzExpr[]> {
  for (let i = 0; i < items.length; i++) yield items.filter((_, j) => j !== i);
  for (let i = 0; i < items.length; i++) {
    for (const smaller of smallerExprs(items[i]!)) {
      if (smaller.type === items[i]!.type) yield items.map((item, j) => (j === i ? smaller : item));
    }
  }
}

function* smallerExprs(expr: FuzzExpr): Generator<FuzzExpr> {
  if (expr.e !== 'call') return;
  yield { e: 'column', type: expr.type, n: 0 };
  yield* expr.args;
  for (let i = 0; i < expr.args.length; i++) {
    for (const smaller of smallerExprs(expr.args[i]!)) {
      if (smaller.type !== expr.args[i]!.type) continue;
      yield { ...expr, args: expr.args.map((arg, j) => (j === i ? smaller : arg)) };
    }
  }
}
