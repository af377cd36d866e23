/** A column of a batch as buffers of an Arrow record batch. Fixed-width values are written from where they lie. */
import { EngineError } from '../../base/errors.ts';
import type { Column } from '../batch.ts';
import { WIDTH } from '../physical.ts';
import type { ArrowField } from './arrow-type.ts';
import type { BodyPart } from './batch-sum.ts';
import type { PackKernels } from './pack.ts';
import type { Scratch } from './scratch.ts';

/** Kernels may write so many bytes beyond an end. */
const SLACK = 64;

/** Collects nodes and buffers of one record batch; buffers are padded to 64 bytes. */
export class RecordBatchBody {
  readonly nodes: number[] = [];
  /** Offset and length of every buffer. */
  readonly buffers: number[] = [];
  readonly parts: BodyPart[] = [];
  length = 0;

  node(rows: number, nullCount: number): void {
    this.nodes.push(rows, nullCount);
  }

  buffer(address: number, length: number): void {
    this.buffers.push(this.length, length);
    this.parts.push({ address, length });
    this.length += (length + 63) & ~63;
  }
}

/** @throws EngineError DATA-ARROW for a timestamp outside the range of 64-bit nanoseconds. */
export function writeColumn(
  kernels: PackKernels,
  column: Column,
  field: ArrowField,
  rows: number,
  scratch: Scratch,
  body: RecordBatchBody,
): void {
  const { type } = field;
  if (type.name === 'null') {
    body.node(rows, rows);
    return;
  }
  const nullCount = column.validity === 0 ? 0 : (kernels.count_zeros!(column.validity, rows) as number);
  body.node(rows, nullCount);
  if (nullCount === 0) {
    body.buffer(0, 0);
  } else {
    const bits = scratch.reserve((rows + 7) >>> 3);
    kernels.pack_bits!(column.validity, bits, rows);
    body.buffer(bits, (rows + 7) >>> 3);
  }
  if (type.name === 'bool') {
    const bits = scratch.reserve((rows + 7) >>> 3);
    kernels.pack_bits!(column.values, bits, rows);
    body.buffer(bits, (rows + 7) >>> 3);
  } else if (column.physical === 'view') {
    const validity = nullCount === 0 ? 0 : column.validity;
    const offsets = scratch.reserve((rows + 1) * 4);
    const bytes = (kernels.views_to_offsets!(column.values, validity, offsets, rows) as number) >>> 0;
    const data = scratch.reserve(bytes + SLACK);
    kernels.copy_views!(column.values, offsets, data, rows);
    body.buffer(offsets, (rows + 1) * 4);
    body.buffer(data, bytes);
  } else if (type.name === 'decimal' && column.physical === 'i64') {
    const wide = scratch.reserve(rows * 16);
    kernels.widen!(column.values, wide, rows);
    body.buffer(wide, rows * 16);
  } else if (type.name === 'timestamp' && column.physical === 'i128') {
    const short = scratch.reserve(rows * 8);
    const overflow = kernels.narrow!(column.values, nullCount === 0 ? 0 : column.validity, short, rows) as number;
    if (overflow >= 0) {
      throw new EngineError('DATA-ARROW', `a timestamp of column ${field.name} does not fit 64-bit nanoseconds`, {
        hint: 'Arrow files hold nanoseconds from 1677 to 2262; cast the column to TIMESTAMP(6)',
      });
    }
    body.buffer(short, rows * 8);
  } else {
    body.buffer(column.values, rows * WIDTH[column.physical]);
  }
}
