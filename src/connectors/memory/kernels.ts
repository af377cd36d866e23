/** What filling a table in memory needs: copies of strings, and the range of integers. */
import { bytesLibrary } from '../../kernel/library/bytes.ts';
import { hashLibrary } from '../../kernel/library/hash.ts';
import { kernels } from '../../kernel/text.ts';

/** Views that are remembered while a column is copied, and the longest string that is. */
export const RECENT = 256;
const SHORT = 32;

export const memoryLibrary = kernels('memory-table', [hashLibrary, bytesLibrary])`
  // Bytes of the strings behind n views, NULLs left out.
  fn view_bytes(views: i32, validity: i32, n: i32): i32 {
    let total: i32 = 0;
    for (let i = 0; i < n; i += 1) {
      if (validity == 0 || load.u8(validity + i) != 0) total += load.i32(views + (i << 3), 4);
    }
    return total;
  }

  // Copies the strings behind n views to bytes and writes their new views; those of NULLs are empty. Short strings that
  // come again share their bytes: recent is a zeroed table of ${RECENT} views by hash. Returns the end of the bytes.
  fn copy_views(to: i32, views: i32, validity: i32, n: i32, bytes: i32, recent: i32): i32 {
    for (let i = 0; i < n; i += 1) {
      let view: i64 = 0;
      if (validity == 0 || load.u8(validity + i) != 0) {
        view = load.i64(views + (i << 3));
        let length = i32(view >>> 32);
        let entry: i32 = 0;
        let known: i64 = 0;
        if (length <= ${SHORT}) {
          entry = recent + ((i32(hash_view(view)) & ${RECENT - 1}) << 3);
          known = load.i64(entry);
        }
        if (known != 0 && view_equal(known, view)) {
          view = known;
        } else {
          copy(bytes, i32(view), length);
          view = (view & -0x100000000L) | u64(bytes);
          if (entry != 0) store.i64(entry, view);
          bytes += length;
        }
      }
      store.i64(to + (i << 3), view);
    }
    return bytes;
  }

  // The range of the valid ones among n numbers goes to out (lowest, highest); lowest is above highest if there is
  // none.
  fn range_i32(values: i32, validity: i32, n: i32, out: i32) {
    let least: i64 = 0x7fffffffffffffff;
    let most: i64 = -0x7fffffffffffffff;
    for (let i = 0; i < n; i += 1) {
      if (validity == 0 || load.u8(validity + i) != 0) {
        let value = i64(load.i32(values + (i << 2)));
        least = select(value < least, value, least);
        most = select(value > most, value, most);
      }
    }
    store.i64(out, least);
    store.i64(out, most, 8);
  }

  fn range_i64(values: i32, validity: i32, n: i32, out: i32) {
    let least: i64 = 0x7fffffffffffffff;
    let most: i64 = -0x7fffffffffffffff;
    for (let i = 0; i < n; i += 1) {
      if (validity == 0 || load.u8(validity + i) != 0) {
        let value = load.i64(values + (i << 3));
        least = select(value < least, value, least);
        most = select(value > most, value, most);
      }
    }
    store.i64(out, least);
    store.i64(out, most, 8);
  }

  // NULLs among n rows.
  fn count_nulls(validity: i32, n: i32): i32 {
    let count: i32 = 0;
    for (let i = 0; i < n; i += 1) count += 1 - load.u8(validity + i);
    return count;
  }
`;
