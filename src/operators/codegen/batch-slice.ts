/** Part of a batch without copying: the rows from `from` up to but not `to`. */
import { Batch } from '../../columnar/batch.ts';
import { WIDTH } from '../../columnar/physical.ts';

/** The caller releases the slice, which keeps the whole batch alive. */
export function sliceBatch(batch: Batch, from: number, to: number): Batch {
  const columns = batch.columns.map((column) => ({
    ...column,
    values: column.values + from * WIDTH[column.physical],
    validity: column.validity === 0 ? 0 : column.validity + from,
  }));
  return new Batch(to - from, columns, batch.kinds === 0 ? 0 : batch.kinds + from, () => {}, [batch]);
}
