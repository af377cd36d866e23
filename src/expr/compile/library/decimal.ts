/**
 * Integer divisions of 64 and 128 bits as DECIMAL rounds them; see kernel/library/int128.ts for how numbers are passed.
 */
import { int128Library } from '../../../kernel/library/int128.ts';
import { kernels } from '../../../kernel/text.ts';

export const decimalLibrary = kernels('decimal', [int128Library])`
  global hi: i64;
  global rem_hi: i64;
  global rem: i64;

  // a / b, rounded half away from zero; neither is the lowest number, b is not 0.
  fn div_half_up_64(a: i64, b: i64): i64 {
    let quotient = a / b;
    let rest = a - quotient * b;
    rest = select(rest < 0, -rest, rest);
    if (rest < select(b < 0, -b, b) - rest) return quotient;
    return quotient + (((a ^ b) >> 63) | 1L);
  }

  // a / b, towards minus infinity; b is positive.
  fn floor_div_128(al: i64, ah: i64, bl: i64, bh: i64): i64 {
    let low = div_128(al, ah, bl, bh);
    if (ah < 0 && (rem | rem_hi) != 0) {
      let high = hi - u64(low == 0);
      hi = high;
      return low - 1L;
    }
    return low;
  }

  // 1 if both sums or differences of two numbers of 128 bits and their result have signs that mean an overflow.
  fn add_overflows(a: i64, b: i64, sum: i64): i32 {
    return ((a ^ sum) & (b ^ sum)) < 0;
  }
`;
