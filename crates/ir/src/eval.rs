//! What pure scalar instructions compute: the one definition that the interpreter and the constant folder share.
//!
//! Integers and pointers are `i64`, sign-extended from their type ([`normalize`]); floats are their bits.

use crate::builder::normalize;
use crate::inst::Inst;
use crate::op::Op;
use crate::types::{FloatCond, IntCond, Type};
use smallvec::{SmallVec, smallvec};

/// The results of an instruction on constant operands. `None` if the instruction is not a pure scalar operation, or if it
/// has no defined result (division by zero). `arg_ty` is the type of the first operand.
pub fn eval(inst: &Inst, arg_ty: Type, args: &[i64]) -> Option<SmallVec<[i64; 2]>> {
    let ty = inst.ty;
    if ty == Type::V128 || arg_ty == Type::V128 {
        return None;
    }
    let results = match (inst.op, args) {
        (Op::Iconst | Op::Fconst, []) => smallvec![inst.imm],
        (Op::Select, &[cond, yes, no]) => smallvec![if cond != 0 { yes } else { no }],
        (Op::AddCarry | Op::SubBorrow | Op::UdivWide, &[a, b, c]) => return wide(inst.op, ty, a, b, c),
        (Op::UmulWide, &[a, b]) => {
            let product = u128::from(a as u64) * u128::from(b as u64);
            smallvec![(product >> 64) as i64, product as i64]
        }
        (Op::Icmp, &[a, b]) => smallvec![i64::from(int_compare(inst.int_cond(), ty, a, b))],
        (Op::Fcmp, &[a, b]) => {
            smallvec![i64::from(float_compare(inst.float_cond(), to_f64(ty, a), to_f64(ty, b)))]
        }
        (Op::PtrAdd, &[a, b]) => smallvec![a.wrapping_add(b)],
        (Op::PtrToInt | Op::IntToPtr | Op::Hide, &[a]) => smallvec![a],
        (op, &[a]) if op >= Op::Sextend && op <= Op::Bitcast => smallvec![convert(op, arg_ty, ty, a)?],
        (op, &[a]) if ty.is_int() => smallvec![normalize(ty, int_unary(op, ty, a)?)],
        (op, &[a, b]) if ty.is_int() => smallvec![normalize(ty, int_binary(op, ty, a, b)?)],
        (op, args) if ty.is_float() => smallvec![float_op(op, ty, args)?],
        _ => return None,
    };
    Some(results)
}

/// The value without its sign extension.
pub fn zero_extend(ty: Type, value: i64) -> u64 {
    match ty {
        Type::I8 => u64::from(value as u8),
        Type::I16 => u64::from(value as u16),
        Type::I32 | Type::F32 => u64::from(value as u32),
        _ => value as u64,
    }
}

/// Whether the condition holds between two integers.
pub fn int_compare(cond: IntCond, ty: Type, a: i64, b: i64) -> bool {
    let (ua, ub) = (zero_extend(ty, a), zero_extend(ty, b));
    match cond {
        IntCond::Eq => a == b,
        IntCond::Ne => a != b,
        IntCond::Slt => a < b,
        IntCond::Sle => a <= b,
        IntCond::Sgt => a > b,
        IntCond::Sge => a >= b,
        IntCond::Ult => ua < ub,
        IntCond::Ule => ua <= ub,
        IntCond::Ugt => ua > ub,
        IntCond::Uge => ua >= ub,
    }
}

fn float_compare(cond: FloatCond, a: f64, b: f64) -> bool {
    match cond {
        FloatCond::Eq => a == b,
        FloatCond::Ne => a != b,
        FloatCond::Lt => a < b,
        FloatCond::Le => a <= b,
        FloatCond::Gt => a > b,
        FloatCond::Ge => a >= b,
    }
}

fn wide(op: Op, ty: Type, a: i64, b: i64, c: i64) -> Option<SmallVec<[i64; 2]>> {
    let (ua, ub) = (i128::from(zero_extend(ty, a)), i128::from(zero_extend(ty, b)));
    let carry = i128::from(c & 1);
    let (value, carry_out) = match op {
        Op::AddCarry => (ua + ub + carry, (ua + ub + carry) >> ty.n_bits() != 0),
        Op::SubBorrow => (ua - ub - carry, ua - ub - carry < 0),
        _ => {
            let (dividend, divisor) = ((a as u64 as u128) << 64 | b as u64 as u128, u128::from(c as u64));
            let is_defined = divisor > u128::from(a as u64);
            return is_defined.then(|| smallvec![(dividend / divisor) as i64, (dividend % divisor) as i64]);
        }
    };
    Some(smallvec![normalize(ty, value as i64), i64::from(carry_out)])
}

fn int_unary(op: Op, ty: Type, a: i64) -> Option<i64> {
    let bits = zero_extend(ty, a);
    let n_above = 64 - ty.n_bits();
    Some(match op {
        Op::Ineg => a.wrapping_neg(),
        Op::Inot => !a,
        Op::Clz => i64::from(bits.leading_zeros() - n_above),
        Op::Ctz => i64::from(bits.trailing_zeros().min(ty.n_bits())),
        Op::Popcnt => i64::from(bits.count_ones()),
        Op::Bswap => (bits.swap_bytes() >> n_above) as i64,
        Op::Bitrev => (bits.reverse_bits() >> n_above) as i64,
        _ => return None,
    })
}

fn int_binary(op: Op, ty: Type, a: i64, b: i64) -> Option<i64> {
    let (ua, ub) = (zero_extend(ty, a), zero_extend(ty, b));
    let n_bits = ty.n_bits();
    let amount = b as u32 & (n_bits - 1);
    Some(match op {
        Op::Iadd => a.wrapping_add(b),
        Op::Isub => a.wrapping_sub(b),
        Op::Imul => a.wrapping_mul(b),
        Op::Sdiv => a.checked_div(b)?,
        Op::Udiv => ua.checked_div(ub)? as i64,
        Op::Srem if b == 0 => return None,
        Op::Srem => a.wrapping_rem(b),
        Op::Urem => ua.checked_rem(ub)? as i64,
        Op::And => a & b,
        Op::Or => a | b,
        Op::Xor => a ^ b,
        Op::Shl => a << amount,
        Op::Ushr => (ua >> amount) as i64,
        Op::Sshr => a >> amount,
        Op::Rotl => (ua << amount | ua.checked_shr(n_bits - amount).unwrap_or(0)) as i64,
        Op::Smin => a.min(b),
        Op::Smax => a.max(b),
        Op::Umin => ua.min(ub) as i64,
        Op::Umax => ua.max(ub) as i64,
        Op::UmulHi => ((u128::from(ua) * u128::from(ub)) >> n_bits) as i64,
        Op::SmulHi => ((i128::from(a) * i128::from(b)) >> n_bits) as i64,
        _ => return None,
    })
}

/// A float as a double; exact.
pub fn to_f64(ty: Type, bits: i64) -> f64 {
    match ty {
        Type::F32 => f64::from(f32::from_bits(bits as u32)),
        _ => f64::from_bits(bits as u64),
    }
}

fn from_f64(ty: Type, value: f64) -> i64 {
    match ty {
        Type::F32 => i64::from((value as f32).to_bits()),
        _ => value.to_bits() as i64,
    }
}

/// As amd64's cvttsd2sq and gc's code around it.
fn convert(op: Op, from: Type, to: Type, a: i64) -> Option<i64> {
    Some(match op {
        Op::Sextend => a,
        Op::Uextend => zero_extend(from, a) as i64,
        Op::Ireduce => normalize(to, a),
        Op::FcvtFromSint if to == Type::F32 => i64::from((a as f32).to_bits()),
        Op::FcvtFromSint => (a as f64).to_bits() as i64,
        Op::FcvtFromUint if to == Type::F32 => i64::from((zero_extend(from, a) as f32).to_bits()),
        Op::FcvtFromUint => (zero_extend(from, a) as f64).to_bits() as i64,
        Op::FcvtToSint => float_to_signed(to, to_f64(from, a)),
        Op::FcvtToUint => float_to_unsigned(to, to_f64(from, a)),
        Op::Fpromote => (f64::from(f32::from_bits(a as u32))).to_bits() as i64,
        Op::Fdemote => i64::from((f64::from_bits(a as u64) as f32).to_bits()),
        Op::Bitcast if to == Type::F32 => i64::from(a as u32),
        Op::Bitcast => normalize(to, a),
        _ => return None,
    })
}

fn float_to_signed(to: Type, x: f64) -> i64 {
    let (min, limit) = if to == Type::I32 {
        (i64::from(i32::MIN), 2_147_483_648.0)
    } else {
        (i64::MIN, 9_223_372_036_854_775_808.0)
    };
    let x = x.trunc();
    if x >= -limit && x < limit { x as i64 } else { min }
}

fn float_to_unsigned(to: Type, x: f64) -> i64 {
    if to == Type::I32 {
        return normalize(to, float_to_signed(Type::I64, x));
    }
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    if x < TWO_63 { float_to_signed(to, x) } else { float_to_signed(to, x - TWO_63) | i64::MIN }
}

fn float_op(op: Op, ty: Type, args: &[i64]) -> Option<i64> {
    if let (Op::Fma, &[a, b, c]) = (op, args) {
        return Some(match ty {
            Type::F32 => {
                let f = |bits: i64| f32::from_bits(bits as u32);
                i64::from(f(a).mul_add(f(b), f(c)).to_bits())
            }
            _ => to_f64(ty, a).mul_add(to_f64(ty, b), to_f64(ty, c)).to_bits() as i64,
        });
    }
    let sign_bit = if ty == Type::F32 { 1 << 31 } else { i64::MIN };
    match (op, args) {
        (Op::Fneg, &[a]) => return Some(a ^ sign_bit),
        (Op::Fabs, &[a]) => return Some(a & !sign_bit),
        (Op::Fcopysign, &[a, b]) => return Some(a & !sign_bit | b & sign_bit),
        _ => {}
    }
    // Doubles have more than twice the digits of singles, so rounding twice is rounding once.
    let x = to_f64(ty, *args.first()?);
    let value = match (op, args.get(1).map(|&b| to_f64(ty, b))) {
        (Op::Fsqrt, None) => x.sqrt(),
        (Op::Ffloor, None) => x.floor(),
        (Op::Fceil, None) => x.ceil(),
        (Op::Ftrunc, None) => x.trunc(),
        (Op::Fnearest, None) => x.round_ties_even(),
        (Op::Fadd, Some(y)) => x + y,
        (Op::Fsub, Some(y)) => x - y,
        (Op::Fmul, Some(y)) => x * y,
        (Op::Fdiv, Some(y)) => x / y,
        (Op::Fmin, Some(y)) => float_min(x, y),
        (Op::Fmax, Some(y)) => -float_min(-x, -y),
        _ => return None,
    };
    Some(from_f64(ty, value))
}

/// Spec: "Min and max": NaN if either is NaN, and -0 is less than 0.
fn float_min(x: f64, y: f64) -> f64 {
    match x.partial_cmp(&y) {
        None => f64::NAN,
        Some(std::cmp::Ordering::Less) => x,
        Some(std::cmp::Ordering::Greater) => y,
        Some(std::cmp::Ordering::Equal) => {
            if x.is_sign_negative() {
                x
            } else {
                y
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(op: Op, ty: Type, arg_ty: Type, args: &[i64]) -> i64 {
        eval(&Inst::new(op, ty), arg_ty, args).expect("defined")[0]
    }

    #[test]
    fn narrow_integers_wrap_and_stay_sign_extended() {
        assert_eq!(run(Op::Iadd, Type::I8, Type::I8, &[127, 1]), -128);
        assert_eq!(run(Op::Ushr, Type::I8, Type::I8, &[-1, 4]), 15);
        assert_eq!(run(Op::Shl, Type::I32, Type::I64, &[1, 33]), 2);
        assert_eq!(run(Op::Clz, Type::I16, Type::I16, &[1]), 15);
        assert_eq!(run(Op::Rotl, Type::I8, Type::I8, &[0x41, 9]), normalize(Type::I8, 0x82));
        assert_eq!(run(Op::Bswap, Type::I16, Type::I16, &[0x0102]), 0x0201);
    }

    #[test]
    fn division_by_zero_has_no_result() {
        assert_eq!(eval(&Inst::new(Op::Udiv, Type::I64), Type::I64, &[1, 0]), None);
        assert_eq!(eval(&Inst::new(Op::Sdiv, Type::I64), Type::I64, &[i64::MIN, -1]), None);
        assert_eq!(run(Op::Srem, Type::I64, Type::I64, &[i64::MIN, -1]), 0);
    }

    #[test]
    fn float_to_integer_is_amd64s() {
        let bits = |x: f64| x.to_bits() as i64;
        assert_eq!(run(Op::FcvtToSint, Type::I64, Type::F64, &[bits(f64::NAN)]), i64::MIN);
        assert_eq!(run(Op::FcvtToSint, Type::I32, Type::F64, &[bits(3e9)]), i64::from(i32::MIN));
        assert_eq!(
            run(Op::FcvtToUint, Type::I64, Type::F64, &[bits(1.5e19)]),
            15_000_000_000_000_000_000_u64 as i64
        );
        assert_eq!(run(Op::FcvtToUint, Type::I64, Type::F64, &[bits(-1.0)]), -1);
    }

    #[test]
    fn carries_travel() {
        let add = eval(&Inst::new(Op::AddCarry, Type::I64), Type::I64, &[-1, 0, 1]).expect("defined");
        assert_eq!(add.as_slice(), [0, 1]);
        let sub = eval(&Inst::new(Op::SubBorrow, Type::I64), Type::I64, &[0, 0, 1]).expect("defined");
        assert_eq!(sub.as_slice(), [-1, 1]);
        let div = eval(&Inst::new(Op::UdivWide, Type::I64), Type::I64, &[1, 0, 2]).expect("defined");
        assert_eq!(div.as_slice(), [i64::MIN, 0]);
    }

    #[test]
    fn min_orders_zeros() {
        let (zero, negative) = (0, i64::MIN);
        assert_eq!(run(Op::Fmin, Type::F64, Type::F64, &[zero, negative]), negative);
        assert_eq!(run(Op::Fmax, Type::F64, Type::F64, &[negative, zero]), zero);
    }
}
