/** map, flatMap and filter without a key: loops over batches with nothing in between. */
import { assert } from '../../base/assert.ts';
import type { RichFunction } from '../../dataflow/functions/lifecycle.ts';
import type { StreamOperatorDefinition } from '../../dataflow/functions/stream-operator.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { NO_TIMESTAMP, type RecordBatch } from '../../dataflow/records.ts';
import type { StateWriter } from '../../state/snapshot.ts';
import { OperatorRuntimeContext, OperatorServices } from './operator-services.ts';

type LoopDefinition = Extract<StreamOperatorDefinition, { readonly type: 'map' | 'flatMap' | 'filter' }>;
/** Calls the function for all records of a batch, and gives what comes of them. */
type Loop = (records: RecordBatch) => RecordBatch;

export class RecordLoop implements Operator {
  readonly #fn: RichFunction;
  readonly #createLoop: (services: OperatorServices) => Loop;
  #services!: OperatorServices;
  #loop!: Loop;
  #open = false;

  constructor(definition: LoopDefinition) {
    this.#fn = definition.fn;
    this.#createLoop = (services) => createLoop(definition, services);
  }

  open(context: OperatorContext): void {
    this.#services = new OperatorServices(context, null);
    this.#loop = this.#createLoop(this.#services);
    this.#open = true;
    this.#fn.open?.(new OperatorRuntimeContext(this.#services));
  }

  processBatch(): void {
    assert(false, 'an operator of a program gets records');
  }

  processRecords(records: RecordBatch): void {
    const made = this.#loop(records);
    if (made.values.length > 0) this.#services.context.output.emitRecords(made);
  }

  processWatermark(timestamp: number): void {
    this.#services.context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(writer: StateWriter): void {
    this.#services.operatorState.snapshot(writer);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#fn.close?.();
  }
}

function createLoop(definition: LoopDefinition, { collector }: OperatorServices): Loop {
  switch (definition.type) {
    case 'map': {
      const { fn } = definition;
      return ({ values, timestamps }) => {
        const mapped = new Array<unknown>(values.length);
        for (let i = 0; i < values.length; i++) mapped[i] = fn.map(values[i]);
        return { values: mapped, timestamps };
      };
    }
    case 'filter': {
      const { fn } = definition;
      return ({ values, timestamps }) => {
        const kept: unknown[] = [];
        const times: number[] | null = timestamps === null ? null : [];
        for (let i = 0; i < values.length; i++) {
          const value = values[i];
          if (!fn.filter(value)) continue;
          kept.push(value);
          times?.push(timestamps![i]!);
        }
        return { values: kept, timestamps: times };
      };
    }
    case 'flatMap': {
      const { fn } = definition;
      return ({ values, timestamps }) => {
        for (let i = 0; i < values.length; i++) {
          collector.timestamp = timestamps === null ? NO_TIMESTAMP : timestamps[i]!;
          fn.flatMap(values[i], collector);
        }
        collector.flush();
        return { values: [], timestamps: null };
      };
    }
  }
}
