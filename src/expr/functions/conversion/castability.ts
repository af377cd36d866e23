/** Which types CAST accepts. */
import type { DataType } from '../../../types/data-type.ts';

/** Can a value of type `from` be cast to `to` at all (values may still fail at run time)? */
export function castability(_from: DataType, _to: DataType): boolean {
  return true;
}
