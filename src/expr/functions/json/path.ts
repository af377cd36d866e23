/**
 * JSON paths: `[lax|strict] $` and then `.name`, `['name']`, `[0]`, `[-1]`, `[0,2]`, `[1:3]`, `[*]`, `.*`, `..name`.
 * Without a mode a path is strict: what is missing is an error, not emptiness.
 */
import { EngineError } from '../../../base/errors.ts';
import type { JsonNode } from './node.ts';

type Step =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'descend'; readonly name: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'items'; readonly indices: readonly number[] }
  | { readonly kind: 'slice'; readonly from: number; readonly to: number };

export interface JsonPath {
  readonly mode: 'lax' | 'strict';
  readonly steps: readonly Step[];
  /** Gives one node at most, not a list. */
  readonly definite: boolean;
}

/** @throws EngineError RUN-JSON if the path is not valid */
export function parsePath(text: string): JsonPath {
  const match = /^\s*(?:(lax|strict)\s+)?(\$.*)$/is.exec(text);
  if (match === null) throw badPath(text);
  const steps: Step[] = [];
  let rest = match[2]!.trim().slice(1);
  while (rest !== '') {
    const [step, length] = nextStep(rest, text);
    steps.push(step);
    rest = rest.slice(length);
  }
  const definite = steps.every(
    (step) => step.kind === 'member' || (step.kind === 'items' && step.indices.length === 1),
  );
  return { mode: match[1]?.toLowerCase() === 'lax' ? 'lax' : 'strict', steps, definite };
}

function nextStep(rest: string, path: string): readonly [Step, number] {
  const name = /^(\.\.?)([^\s.[\]'"()*?@:]+|\*)/u.exec(rest);
  if (name !== null) {
    const [whole, dots, word] = name;
    if (word === '*') return [{ kind: 'wildcard' }, whole.length];
    return [{ kind: dots === '..' ? 'descend' : 'member', name: word! }, whole.length];
  }
  const quoted = /^\[\s*(?:'([^']*)'|"([^"]*)")\s*\]/.exec(rest);
  if (quoted !== null) return [{ kind: 'member', name: quoted[1] ?? quoted[2]! }, quoted[0].length];
  const star = /^\[\s*\*\s*\]/.exec(rest);
  if (star !== null) return [{ kind: 'wildcard' }, star[0].length];
  const slice = /^\[\s*(-?\d*)\s*:\s*(-?\d*)\s*\]/.exec(rest);
  if (slice !== null) {
    const bound = (part: string, otherwise: number): number => (part === '' ? otherwise : Number(part));
    return [
      { kind: 'slice', from: bound(slice[1]!, 0), to: bound(slice[2]!, Number.POSITIVE_INFINITY) },
      slice[0].length,
    ];
  }
  const items = /^\[\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*\]/.exec(rest);
  if (items === null) throw badPath(path);
  return [{ kind: 'items', indices: items[1]!.split(',').map(Number) }, items[0].length];
}

function badPath(path: string): EngineError {
  return new EngineError('RUN-JSON', `invalid JSON path '${path}'`, { hint: "a path looks like '$.name[0]'" });
}

/** All nodes that the path leads to; `missing` if a definite step led nowhere. */
export function followPath(root: JsonNode, path: JsonPath): readonly JsonNode[] | 'missing' {
  let nodes: readonly JsonNode[] = [root];
  for (const step of path.steps) {
    nodes = nodes.flatMap((node) => follow(node, step));
    if (nodes.length === 0 && path.definite) return 'missing';
  }
  return nodes;
}

function follow(node: JsonNode, step: Step): readonly JsonNode[] {
  switch (step.kind) {
    case 'member': {
      const found = node.kind === 'object' ? node.members.get(step.name) : undefined;
      return found === undefined ? [] : [found];
    }
    case 'descend':
      return descendants(node).flatMap((each) => follow(each, { kind: 'member', name: step.name }));
    case 'wildcard':
      return children(node);
    case 'items': {
      if (node.kind !== 'array') return [];
      const items = node.items;
      return step.indices.flatMap((index) => {
        const found = items[index < 0 ? items.length + index : index];
        return found === undefined ? [] : [found];
      });
    }
    case 'slice': {
      if (node.kind !== 'array') return [];
      return node.items.slice(step.from, step.to === Number.POSITIVE_INFINITY ? undefined : step.to);
    }
  }
}

function children(node: JsonNode): readonly JsonNode[] {
  if (node.kind === 'array') return node.items;
  return node.kind === 'object' ? [...node.members.values()] : [];
}

function descendants(node: JsonNode): readonly JsonNode[] {
  return [node, ...children(node).flatMap(descendants)];
}
