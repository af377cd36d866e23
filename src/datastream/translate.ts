/**
 * From a program to transformations, once its mode is known. Functions do not go along: the registry keeps them by the
 * id of their operator, which is its uid, or its number in the order of writing, and so the same wherever the program
 * is loaded.
 */
import { assert } from '../base/assert.ts';
import { EngineError } from '../base/errors.ts';
import type { ConnectorSpec } from '../dataflow/connector.ts';
import {
  type InputClass,
  type ProgramRegistry,
  type RecordPartitioning,
  STREAM_OPERATOR,
  type StreamOperatorDefinition,
  type StreamOperatorParams,
} from '../dataflow/functions/stream-operator.ts';
import type { Distribution, ModeProfile } from '../dataflow/traits.ts';
import type { Transformation, TransformationInput } from '../graph/transformation.ts';
import type { Schema } from '../types/schema.ts';
import { COLLECT_CONNECTOR, PRINT_CONNECTOR, PROGRAM_CONNECTOR } from './connectors.ts';
import { instantiate } from './per-subtask.ts';
import { isDelivery, type NodeInput, type ProgramNode, type Upstream } from './program-node.ts';

export interface TranslationOptions {
  readonly profile: ModeProfile;
  /** Of operators that say nothing else. */
  readonly parallelism: number;
  /** Milliseconds: `pipeline.auto-watermark-interval`. */
  readonly autoWatermarkInterval: number;
}

type OwnNode = Exclude<ProgramNode, { readonly kind: 'external' }>;
type OperatorNode = Extract<ProgramNode, { readonly kind: 'operator' }>;

/** Records have no columns. */
export const NO_COLUMNS: Schema = { fields: [], primaryKey: null, rowtime: null };

/** In BATCH: broadcast inputs first, then regular, then keyed ones. */
const PRIORITY: Readonly<Record<InputClass, number>> = { broadcast: 0, regular: 1, keyed: 2 };

export class ProgramTranslator {
  readonly #options: TranslationOptions;
  readonly #known = new Map<ProgramNode, Transformation>();
  readonly #ids = new Map<string, ProgramNode>();
  readonly #partitionings = new Map<string, RecordPartitioning>();
  #streams = 0;

  constructor(options: TranslationOptions) {
    this.#options = options;
  }

  /** Functions of what has been translated so far. */
  get registry(): ProgramRegistry {
    const find = (id: string): ProgramNode => {
      const node = this.#ids.get(id);
      assert(node !== undefined, `the program has no operator ${id}`);
      return node;
    };
    return {
      operator: (id): StreamOperatorDefinition => {
        const node = find(id);
        assert(node.kind === 'operator', `${id} is no operator`);
        return instantiate(node.definition);
      },
      partitioning: (id) => {
        const partitioning = this.#partitionings.get(id);
        assert(partitioning !== undefined, `the program has no exchange ${id}`);
        return partitioning;
      },
      source: (id) => {
        const node = find(id);
        assert(node.kind === 'source', `${id} is no source`);
        return node.source;
      },
      sink: (id) => {
        const node = find(id);
        assert(node.kind === 'sink' && !isDelivery(node.sink), `${id} is no sink of the program`);
        return node.sink;
      },
    };
  }

  /** @throws EngineError STREAM-UID */
  translate(node: ProgramNode): Transformation {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const uid = idOf(node);
    const made =
      node.kind === 'external'
        ? node.external.translate(this.#options.profile, uid, (upstreams) => this.streamOf(upstreams))
        : this.#make(node, uid);
    this.#claimId(uid, node);
    this.#known.set(node, made);
    return made;
  }

  #make(node: OwnNode, uid: string): Transformation {
    const { name, parallelism, maxParallelism, chaining, slotSharingGroup } = node;
    return {
      uid,
      name,
      schema: NO_COLUMNS,
      records: true,
      parallelism: parallelism ?? this.#options.parallelism,
      inputs: node.inputs.map((input, number) => this.#input(uid, input, number)),
      ...(maxParallelism === null ? {} : { maxParallelism }),
      ...(chaining === null ? {} : { chaining }),
      ...(slotSharingGroup === null ? {} : { slotSharingGroup }),
      ...this.#spec(node, uid),
    };
  }

  /** A transformation that gives the records of all of them. */
  streamOf(upstreams: readonly Upstream[]): Transformation {
    const id = `table-${++this.#streams}`;
    const { from, distribution, sideOutput } = this.#input(id, { upstreams, inputClass: 'regular' }, 0);
    if (distribution.kind === 'forward' && sideOutput === undefined) return from;
    return union(id, [
      { from, distribution, priority: 0, explicit: true, ...(sideOutput === undefined ? {} : { sideOutput }) },
    ]);
  }

  #claimId(id: string, node: ProgramNode): void {
    const other = this.#ids.get(id);
    if (other !== undefined) {
      throw new EngineError('STREAM-UID', `'${other.name}' and '${node.name}' have the same uid '${id}'`, {
        hint: 'give each operator a uid of its own',
      });
    }
    this.#ids.set(id, node);
  }

  #input(uid: string, { upstreams, inputClass }: NodeInput, number: number): TransformationInput {
    const priority = this.#options.profile.keyedInput === 'sorted-by-key' ? PRIORITY[inputClass] : 0;
    const inputs = upstreams.map((upstream, i): TransformationInput => {
      const distribution = this.#distribution(upstream, `${uid}/${number}.${i}`);
      return {
        from: this.translate(upstream.from),
        distribution,
        priority,
        explicit: distribution.kind !== 'forward',
        ...(upstream.sideOutput === null ? {} : { sideOutput: upstream.sideOutput }),
      };
    });
    const [only] = inputs;
    if (inputs.length === 1) return only as TransformationInput;
    return { from: union(`${uid}/${number}`, inputs), distribution: { kind: 'forward' }, priority };
  }

  #distribution({ exchange }: Upstream, selector: string): Distribution {
    if (exchange.kind !== 'keyed' && exchange.kind !== 'custom') return { kind: exchange.kind };
    this.#partitionings.set(selector, exchange);
    return { kind: exchange.kind, selector };
  }

  #spec(node: OwnNode, uid: string) {
    switch (node.kind) {
      case 'source':
        return {
          kind: 'source' as const,
          spec: connectorSpec(PROGRAM_CONNECTOR, uid),
          boundedness: node.source.boundedness,
        };
      case 'sink': {
        const { sink } = node;
        if (!isDelivery(sink)) return { kind: 'sink' as const, spec: connectorSpec(PROGRAM_CONNECTOR, uid) };
        if (sink.kind === 'collect') return { kind: 'sink' as const, spec: connectorSpec(COLLECT_CONNECTOR, uid) };
        const { channel, identifier } = sink;
        return { kind: 'sink' as const, spec: connectorSpec(PRINT_CONNECTOR, uid, { channel, identifier }) };
      }
      case 'operator':
        return { kind: 'operator' as const, spec: this.#operatorSpec(node, uid) };
    }
  }

  #operatorSpec(node: OperatorNode, operatorId: string) {
    const { profile, autoWatermarkInterval } = this.#options;
    const params: StreamOperatorParams = {
      operatorId,
      type: node.definition.type,
      inputs: node.inputs.map(({ inputClass }) => inputClass),
      keyedInput: profile.keyedInput,
      watermarks: profile.watermarks,
      atEnd: profile.atEnd,
      autoWatermarkInterval,
    };
    const inputs = node.inputs.map(() => NO_COLUMNS);
    return { kind: STREAM_OPERATOR, name: node.name, params, inputs, output: NO_COLUMNS };
  }
}

function union(uid: string, inputs: readonly TransformationInput[]): Transformation {
  return { uid, name: 'Union', schema: NO_COLUMNS, records: true, parallelism: null, kind: 'union', inputs };
}

function idOf({ uid, number }: ProgramNode): string {
  return uid ?? `stream-${number}`;
}

function connectorSpec(
  connector: string,
  table: string,
  options: Readonly<Record<string, string>> = {},
): ConnectorSpec {
  return { connector, table, options, schema: NO_COLUMNS, projection: [], filters: [], limit: null };
}
