/** Binary search in sorted tables of constants: IN over a long list. */
import { bytesLibrary } from '../../../kernel/library/bytes.ts';
import { kernels } from '../../../kernel/text.ts';

export const searchLibrary = kernels('search', [bytesLibrary])`
  // 1 if key is among the n ascending values.
  fn search_i64(values: i32, n: i32, key: i64): i32 {
    let low = 0;
    let high = n;
    while (low < high) {
      let middle = (low + high) >>> 1;
      let value = load.i64(values + (middle << 3));
      if (value == key) return 1;
      if (value < key) low = middle + 1;
      else high = middle;
    }
    return 0;
  }

  // As search_i64, of strings in the order of their bytes.
  fn search_view(values: i32, n: i32, key: i64): i32 {
    let low = 0;
    let high = n;
    while (low < high) {
      let middle = (low + high) >>> 1;
      let order = view_compare(load.i64(values + (middle << 3)), key);
      if (order == 0) return 1;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return 0;
  }
`;
