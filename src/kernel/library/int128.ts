/**
 * Integers of 128 bits: what DECIMAL(38) needs. A number is two i64, lower half first; a function returns the lower
 * half and leaves the upper half in the global hi. Results that do not fit saturate to the lowest or highest number,
 * which no decimal reaches, and set the global overflow to 1; it is never reset here.
 */
import { kernels } from '../text.ts';

export const int128Library = kernels('int128')`
  // The upper half of the result.
  global hi: i64;
  global overflow: i32;
  // The remainder of a division.
  global rem: i64;
  global rem_hi: i64;

  const LOW32: i64 = 0xffffffff;

  // Unsigned 64 x 64 to 128 bits.
  fn mul_u64(a: i64, b: i64): i64 {
    let al = a & LOW32;
    let ah = a >>> 32;
    let bl = b & LOW32;
    let bh = b >>> 32;
    let cross = al * bh;
    let middle = ((al * bl) >>> 32) + (cross & LOW32) + ah * bl;
    hi = ah * bh + (cross >>> 32) + (middle >>> 32);
    return a * b;
  }

  // Signed 64 x 64 to 128 bits; never overflows.
  fn mul_64(a: i64, b: i64): i64 {
    let low = mul_u64(a, b);
    hi = hi - ((a >> 63) & b) - ((b >> 63) & a);
    return low;
  }

  fn saturate(negative: i32): i64 {
    overflow = 1;
    hi = select(negative, -0x8000000000000000L, 0x7fffffffffffffffL);
    return select(negative, 0L, -1L);
  }

  fn neg_128(low: i64, high: i64): i64 {
    hi = -high - u64(low != 0);
    return -low;
  }

  fn abs_128(low: i64, high: i64): i64 {
    if (high < 0) return neg_128(low, high);
    hi = high;
    return low;
  }

  fn add_128(al: i64, ah: i64, bl: i64, bh: i64): i64 {
    let low = al + bl;
    let high = ah + bh + u64(ltu(low, al));
    if (((ah ^ high) & (bh ^ high)) < 0) return saturate(ah < 0);
    hi = high;
    return low;
  }

  fn sub_128(al: i64, ah: i64, bl: i64, bh: i64): i64 {
    let low = al - bl;
    let high = ah - bh - u64(ltu(al, bl));
    if (((ah ^ bh) & (ah ^ high)) < 0) return saturate(ah < 0);
    hi = high;
    return low;
  }

  // -1, 0 or 1.
  fn compare_128(al: i64, ah: i64, bl: i64, bh: i64): i32 {
    if (ah != bh) return select(ah < bh, -1, 1);
    return gtu(al, bl) - ltu(al, bl);
  }

  // Unsigned a < b.
  fn less_u128(al: i64, ah: i64, bl: i64, bh: i64): i32 {
    return ltu(ah, bh) | ((ah == bh) & ltu(al, bl));
  }

  fn fits_64(low: i64, high: i64): i32 {
    return high == low >> 63;
  }

  fn mul_128(al: i64, ah: i64, bl: i64, bh: i64): i64 {
    if (fits_64(al, ah) & fits_64(bl, bh)) return mul_64(al, bl);
    let negative = (ah ^ bh) < 0;
    al = abs_128(al, ah);
    ah = hi;
    bl = abs_128(bl, bh);
    bh = hi;
    if (ah != 0 && bh != 0) return saturate(negative);
    let cross = ah != 0 ? mul_u64(ah, bl) : mul_u64(bh, al);
    let cross_hi = hi;
    let low = mul_u64(al, bl);
    let high = hi + cross;
    if (cross_hi != 0 || ltu(high, cross) || high < 0) return saturate(negative);
    if (negative) return neg_128(low, high);
    hi = high;
    return low;
  }

  // Unsigned: the number high, low divided by d, when high < d. Remainder in rem. Knuth's algorithm D with two digits.
  fn div_step(high: i64, low: i64, d: i64): i64 {
    if (high == 0) {
      rem = remu(low, d);
      return divu(low, d);
    }
    let shift = clz(d);
    let v = d << shift;
    let vh = v >>> 32;
    let vl = v & LOW32;
    let u = (high << shift) | select(shift == 0, 0L, low >>> (64 - shift));
    let ul = low << shift;
    let q1 = divu(u, vh);
    let r = u - q1 * vh;
    while (gtu(q1, LOW32) || gtu(q1 * vl, (r << 32) + (ul >>> 32))) {
      q1 -= 1;
      r += vh;
      if (gtu(r, LOW32)) break;
    }
    let middle = (u << 32) + (ul >>> 32) - q1 * v;
    let q0 = divu(middle, vh);
    r = middle - q0 * vh;
    while (gtu(q0, LOW32) || gtu(q0 * vl, (r << 32) + (ul & LOW32))) {
      q0 -= 1;
      r += vh;
      if (gtu(r, LOW32)) break;
    }
    rem = ((middle << 32) + (ul & LOW32) - q0 * v) >>> shift;
    return (q1 << 32) + q0;
  }

  // Unsigned; quotient in hi and the result, remainder in rem and rem_hi. Traps when b is 0.
  fn div_u128(al: i64, ah: i64, bl: i64, bh: i64): i64 {
    if (bh == 0) {
      let upper = divu(ah, bl);
      let lower = div_step(ah - upper * bl, al, bl);
      rem_hi = 0;
      hi = upper;
      return lower;
    }
    if (less_u128(al, ah, bl, bh)) {
      rem = al;
      rem_hi = ah;
      hi = 0;
      return 0;
    }
    // An estimate from the upper halves, at most one too high; so take one off and correct upwards.
    let shift = clz(bh);
    let top = (bh << shift) | select(shift == 0, 0L, bl >>> (64 - shift));
    let q = div_step(ah >>> 1, (ah << 63) | (al >>> 1), top) >>> (63 - shift);
    if (q != 0) q -= 1;
    let low = mul_u64(q, bl);
    let high = hi + q * bh;
    let rl = al - low;
    let rh = ah - high - u64(ltu(al, low));
    if (!less_u128(rl, rh, bl, bh)) {
      q += 1;
      rh = rh - bh - u64(ltu(rl, bl));
      rl -= bl;
    }
    rem = rl;
    rem_hi = rh;
    hi = 0;
    return q;
  }

  // Towards zero; the remainder, in rem and rem_hi, has the sign of a. Traps when b is 0.
  fn div_128(al: i64, ah: i64, bl: i64, bh: i64): i64 {
    let negative = ah < 0;
    let opposite = (ah ^ bh) < 0;
    al = abs_128(al, ah);
    ah = hi;
    bl = abs_128(bl, bh);
    bh = hi;
    let low = div_u128(al, ah, bl, bh);
    let high = hi;
    if (negative) {
      rem = neg_128(rem, rem_hi);
      rem_hi = hi;
    }
    if (opposite) return neg_128(low, high);
    if (high < 0) return saturate(0);
    hi = high;
    return low;
  }

  fn rem_128(al: i64, ah: i64, bl: i64, bh: i64): i64 {
    let quotient = div_128(al, ah, bl, bh);
    hi = rem_hi;
    return rem;
  }

  // 10 to the power of k, 0 to 19, unsigned.
  fn pow10_64(k: i32): i64 {
    switch (k) {
      case 0: { return 1; }
      case 1: { return 10; }
      case 2: { return 100; }
      case 3: { return 1000; }
      case 4: { return 10000; }
      case 5: { return 100000; }
      case 6: { return 1000000; }
      case 7: { return 10000000; }
      case 8: { return 100000000; }
      case 9: { return 1000000000; }
      case 10: { return 10000000000; }
      case 11: { return 100000000000; }
      case 12: { return 1000000000000; }
      case 13: { return 10000000000000; }
      case 14: { return 100000000000000; }
      case 15: { return 1000000000000000; }
      case 16: { return 10000000000000000; }
      case 17: { return 100000000000000000; }
      case 18: { return 1000000000000000000; }
      case 19: { return 10000000000000000000; }
    }
    trap;
  }

  // 10 to the power of k, 0 to 38.
  fn pow10_128(k: i32): i64 {
    if (k <= 19) {
      hi = 0;
      return pow10_64(k);
    }
    return mul_u64(10000000000000000000, pow10_64(k - 19));
  }

  // Times 10 to the power of k.
  fn scale_up_128(low: i64, high: i64, k: i32): i64 {
    if (k > 38) {
      hi = 0;
      if ((low | high) == 0) return 0;
      return saturate(high < 0);
    }
    let factor = pow10_128(k);
    return mul_128(low, high, factor, hi);
  }

  // The quotient with the remainder of the last unsigned division by b: one more if it is half of b or above.
  fn half_up(low: i64, high: i64, bl: i64, bh: i64, negative: i32): i64 {
    let left = bl - rem;
    let left_hi = bh - rem_hi - u64(ltu(bl, rem));
    if (!less_u128(rem, rem_hi, left, left_hi)) {
      low += 1;
      high += u64(low == 0);
    }
    if (high < 0) return saturate(negative);
    if (negative) return neg_128(low, high);
    hi = high;
    return low;
  }

  // Divided by 10 to the power of k, rounded to the nearest, half away from zero (HALF_UP).
  fn scale_down_128(low: i64, high: i64, k: i32): i64 {
    if (k > 38) {
      hi = 0;
      return 0;
    }
    let divisor = pow10_128(k);
    return div_round_128(low, high, divisor, hi);
  }

  // a / b, rounded HALF_UP. Traps when b is 0.
  fn div_round_128(al: i64, ah: i64, bl: i64, bh: i64): i64 {
    let negative = (ah ^ bh) < 0;
    al = abs_128(al, ah);
    ah = hi;
    bl = abs_128(bl, bh);
    bh = hi;
    let quotient = div_u128(al, ah, bl, bh);
    return half_up(quotient, hi, bl, bh, negative);
  }

  // a * b / c, exact in between, rounded HALF_UP. Traps when c is 0.
  fn mul_div_128(al: i64, ah: i64, bl: i64, bh: i64, cl: i64, ch: i64): i64 {
    let negative = (ah ^ bh ^ ch) < 0;
    al = abs_128(al, ah);
    ah = hi;
    bl = abs_128(bl, bh);
    bh = hi;
    cl = abs_128(cl, ch);
    ch = hi;
    // The product: four digits of 64 bits, p0 lowest.
    let p0 = mul_u64(al, bl);
    let p1 = hi;
    let low = mul_u64(al, bh);
    let p2 = hi;
    p1 += low;
    p2 += u64(ltu(p1, low));
    low = mul_u64(ah, bl);
    let high = hi;
    p1 += low;
    high += u64(ltu(p1, low));
    p2 += high;
    let p3 = u64(ltu(p2, high));
    low = mul_u64(ah, bh);
    p3 += hi;
    p2 += low;
    p3 += u64(ltu(p2, low));
    if ((p2 | p3) == 0) {
      low = div_u128(p0, p1, cl, ch);
      return half_up(low, hi, cl, ch, negative);
    }
    if (!less_u128(p2, p3, cl, ch)) return saturate(negative);
    // Bit by bit: p3, p2 is the remainder; quotient bits come in at the right of p1, p0.
    for (let i = 0; i < 128; i += 1) {
      let carry = p3 < 0;
      p3 = (p3 << 1) | (p2 >>> 63);
      p2 = (p2 << 1) | (p1 >>> 63);
      p1 = (p1 << 1) | (p0 >>> 63);
      p0 = p0 << 1;
      if (carry || !less_u128(p2, p3, cl, ch)) {
        p3 = p3 - ch - u64(ltu(p2, cl));
        p2 -= cl;
        p0 = p0 | 1;
      }
    }
    rem = p2;
    rem_hi = p3;
    return half_up(p0, p1, cl, ch, negative);
  }

  // a * b / 10^k, rounded HALF_UP: the product of decimals at a smaller scale. k is 0 to 38.
  fn mul_scale_down_128(al: i64, ah: i64, bl: i64, bh: i64, k: i32): i64 {
    let divisor = pow10_128(k);
    return mul_div_128(al, ah, bl, bh, divisor, hi);
  }

  // a * 10^k / b, rounded HALF_UP: the quotient of decimals at a larger scale. k is 0 to 38. Traps when b is 0.
  fn scale_up_div_128(al: i64, ah: i64, bl: i64, bh: i64, k: i32): i64 {
    let factor = pow10_128(k);
    return mul_div_128(al, ah, factor, hi, bl, bh);
  }

  // 1 if the number has at most so many decimal digits, 0 to 38.
  fn fits_digits_128(low: i64, high: i64, digits: i32): i32 {
    let limit = pow10_128(digits);
    let limit_hi = hi;
    low = abs_128(low, high);
    return less_u128(low, hi, limit, limit_hi);
  }

  // The nearest double.
  fn to_f64_128(low: i64, high: i64): f64 {
    if (fits_64(low, high)) return f64(low);
    let negative = high < 0;
    low = abs_128(low, high);
    high = hi;
    let shift = i64(0);
    let top = low;
    if (high != 0) {
      // The upper 64 bits; what is cut off only matters in deciding a tie.
      let zeros = clz(high);
      top = (high << zeros) | select(zeros == 0, 0L, low >>> (64 - zeros));
      top = top | u64(low << zeros != 0);
      shift = 64 - zeros;
    }
    let value = f64u(top) * bits((1023 + shift) << 52);
    return negative ? -value : value;
  }
`;
