//! Binary operators on numbers and strings. Spec: "Arithmetic operators", "Integer overflow", "String concatenation".

use ir::{FloatCond, IntCond, Op, PanicKind, Type as IrType, ValueId};
use smallvec::SmallVec;
use syntax::{BinaryOp, ExprId, ExprKind};
use types::{BasicInfo, TypeId};

use crate::{func::FnCx, value::Val};

impl FnCx<'_, '_, '_> {
    /// `x op y`
    pub(crate) fn binary(&mut self, id: ExprId, op: BinaryOp, x: ExprId, y: ExprId) -> Val {
        match op {
            BinaryOp::AndAnd | BinaryOp::OrOr => self.short_circuit(id),
            _ if op.is_comparison() => Val::one(self.comparison(id, op, x, y)),
            _ if op.is_shift() => {
                let ty = self.type_of(id);
                let value = self.expr_as(x, ty).scalar();
                let pos = self.src.tree[id].pos;
                Val::one(self.shift(op, value, ty, y, pos))
            }
            BinaryOp::Add if self.is_string(self.type_of(id)) => self.concat(id),
            _ => {
                let ty = self.type_of(id);
                let left = self.expr_as(x, ty);
                let right = self.expr_as(y, ty);
                self.at(self.src.tree[id].pos);
                let divisor = self.const_of(y).map(crate::expr::int_bits);
                self.arithmetic(op, &left, &right, ty, divisor)
            }
        }
    }

    pub(crate) fn is_string(&self, ty: TypeId) -> bool {
        self.types.is_basic(ty, BasicInfo::STRING)
    }

    /// An arithmetic operator on evaluated operands of one type; `divisor` is the right one if it is constant.
    pub(crate) fn arithmetic(
        &mut self,
        op: BinaryOp,
        x: &Val,
        y: &Val,
        ty: TypeId,
        divisor: Option<i64>,
    ) -> Val {
        if self.is_string(ty) {
            return self.concat_values(&[x.clone(), y.clone()]);
        }
        if self.types.is_basic(ty, BasicInfo::COMPLEX) {
            return self.complex_arithmetic(op, x, y);
        }
        let (x, y) = (x.scalar(), y.scalar());
        if self.b.func.ty(x).is_float() {
            return Val::one(self.b.binary(float_op(op), x, y));
        }
        let is_unsigned = self.is_unsigned(ty);
        Val::one(match op {
            BinaryOp::Div | BinaryOp::Rem => self.divide(op, x, y, is_unsigned, divisor),
            BinaryOp::AndNot => {
                let y = self.b.unary(Op::Inot, y);
                self.b.binary(Op::And, x, y)
            }
            _ => self.b.binary(int_op(op), x, y),
        })
    }

    /// Integer division: by zero panics, MIN / -1 is MIN.
    fn divide(
        &mut self,
        op: BinaryOp,
        x: ValueId,
        y: ValueId,
        is_unsigned: bool,
        divisor: Option<i64>,
    ) -> ValueId {
        if divisor.is_none_or(|divisor| divisor == 0) {
            let is_zero = self.b.icmp_imm(IntCond::Eq, y, 0);
            self.b.panic_if(PanicKind::Divide, is_zero);
        }
        let is_div = op == BinaryOp::Div;
        if is_unsigned {
            return self.b.binary(if is_div { Op::Udiv } else { Op::Urem }, x, y);
        }
        let machine_op = if is_div { Op::Sdiv } else { Op::Srem };
        match divisor {
            Some(-1) if is_div => self.b.unary(Op::Ineg, x),
            Some(-1) => self.b.zero(self.b.func.ty(x)),
            Some(_) => self.b.binary(machine_op, x, y),
            None if !is_div => self.b.binary(machine_op, x, y),
            None => {
                let ty = self.b.func.ty(x);
                let is_minus_one = self.b.icmp_imm(IntCond::Eq, y, -1);
                let one = self.b.iconst(ty, 1);
                let safe = self.b.select(is_minus_one, one, y);
                let result = self.b.binary(machine_op, x, safe);
                let negated = self.b.unary(Op::Ineg, x);
                self.b.select(is_minus_one, negated, result)
            }
        }
    }

    /// `value << count`, `value >> count`: a negative count panics, one beyond the width shifts everything out.
    pub(crate) fn shift(
        &mut self,
        op: BinaryOp,
        value: ValueId,
        ty: TypeId,
        count: ExprId,
        pos: base::Pos,
    ) -> ValueId {
        let width = i64::from(self.b.func.ty(value).n_bits());
        let is_unsigned = self.is_unsigned(ty);
        if let Some(count) = self.const_of(count) {
            let count = count.to_int().as_u64().map_or(width, |count| count.min(width as u64) as i64);
            return self.shift_const(op, value, is_unsigned, count, width);
        }
        let count_ty = self.type_of(count);
        let amount = self.scalar(count);
        self.at(pos);
        let count_is_unsigned = self.is_unsigned(count_ty);
        if !count_is_unsigned {
            let is_negative = self.b.icmp_imm(IntCond::Slt, amount, 0);
            self.b.panic_if(PanicKind::Shift, is_negative);
        }
        let amount = self.extend(amount, count_is_unsigned);
        let in_range = self.b.icmp_imm(IntCond::Ult, amount, width);
        if op == BinaryOp::Shr && !is_unsigned {
            let most = self.int(width - 1);
            let amount = self.b.select(in_range, amount, most);
            return self.b.binary(Op::Sshr, value, amount);
        }
        let machine_op = if op == BinaryOp::Shl { Op::Shl } else { Op::Ushr };
        let shifted = self.b.binary(machine_op, value, amount);
        let zero = self.b.zero(self.b.func.ty(value));
        self.b.select(in_range, shifted, zero)
    }

    fn shift_const(
        &mut self,
        op: BinaryOp,
        value: ValueId,
        is_unsigned: bool,
        count: i64,
        width: i64,
    ) -> ValueId {
        let is_signed_right = op == BinaryOp::Shr && !is_unsigned;
        if count >= width && !is_signed_right {
            return self.b.zero(self.b.func.ty(value));
        }
        let count = self.int(count.min(width - 1));
        let machine_op = match (op, is_signed_right) {
            (_, true) => Op::Sshr,
            (BinaryOp::Shl, _) => Op::Shl,
            _ => Op::Ushr,
        };
        self.b.binary(machine_op, value, count)
    }

    // ---- complex numbers -------------------------------------------------------------------------------------------

    fn complex_arithmetic(&mut self, op: BinaryOp, x: &Val, y: &Val) -> Val {
        let (&[a, b], &[c, d]) = (x.scalars(), y.scalars()) else {
            unreachable!("a complex number has two scalars")
        };
        match op {
            BinaryOp::Add | BinaryOp::Sub => {
                let op = float_op(op);
                Val::many(&[self.b.binary(op, a, c), self.b.binary(op, b, d)])
            }
            BinaryOp::Mul => self.complex_product(a, b, c, d),
            _ => self.complex_quotient(a, b, c, d),
        }
    }

    fn complex_product(&mut self, a: ValueId, b: ValueId, c: ValueId, d: ValueId) -> Val {
        let product = |cx: &mut Self, x, y| cx.b.binary(Op::Fmul, x, y);
        let (ac, bd, ad, bc) =
            (product(self, a, c), product(self, b, d), product(self, a, d), product(self, b, c));
        Val::many(&[self.b.binary(Op::Fsub, ac, bd), self.b.binary(Op::Fadd, ad, bc)])
    }

    /// Division is the runtime's: infinities and NaNs need care. It is done in complex128.
    fn complex_quotient(&mut self, a: ValueId, b: ValueId, c: ValueId, d: ValueId) -> Val {
        let is_single = self.b.func.ty(a) == IrType::F32;
        let args: SmallVec<[ValueId; 4]> = [a, b, c, d]
            .into_iter()
            .map(|x| if is_single { self.b.convert(Op::Fpromote, IrType::F64, x) } else { x })
            .collect();
        let result = self.runtime("complex128div", &args, &[IrType::F64, IrType::F64]);
        if !is_single {
            return Val::Scalars(result);
        }
        Val::Scalars(result.into_iter().map(|x| self.b.convert(Op::Fdemote, IrType::F32, x)).collect())
    }

    // ---- strings -----------------------------------------------------------------------------------------------------

    /// `a + b + c + ...`, all at once.
    fn concat(&mut self, id: ExprId) -> Val {
        let mut operands = Vec::new();
        self.flatten_concat(id, &mut operands);
        let vals: Vec<Val> = operands.into_iter().map(|operand| self.expr(operand)).collect();
        self.at(self.src.tree[id].pos);
        self.concat_values(&vals)
    }

    fn flatten_concat(&self, id: ExprId, operands: &mut Vec<ExprId>) {
        match self.src.tree[self.src.tree.unparen(id)].kind {
            ExprKind::Binary { op: BinaryOp::Add, x, y } if self.const_of(id).is_none() => {
                self.flatten_concat(x, operands);
                self.flatten_concat(y, operands);
            }
            _ => operands.push(id),
        }
    }

    /// Joins strings; the runtime has a function for each small number of them.
    pub(crate) fn concat_values(&mut self, vals: &[Val]) -> Val {
        const STRING: [IrType; 2] = [IrType::Ptr, IrType::I64];
        const NAMES: [&str; 4] = ["concatstring2", "concatstring3", "concatstring4", "concatstring5"];
        let buffer = self.result_buffer(crate::convert::STRING_BUFFER);
        let mut args = vec![buffer];
        if let 2..=5 = vals.len() {
            args.extend(vals.iter().flat_map(|val| val.scalars().iter().copied()));
            return Val::Scalars(self.runtime(NAMES[vals.len() - 2], &args, &STRING));
        }
        let list = self.side_alloc(16 * vals.len() as u64, 8, ir::AllocFlags::SIDE | ir::AllocFlags::UNINIT);
        for (idx, val) in vals.iter().enumerate() {
            self.store_val(list.plus(16 * idx as u64), TypeId::STRING, val);
        }
        let len = self.int(vals.len() as i64);
        args.extend([list.base, len, len]);
        Val::Scalars(self.runtime("concatstrings", &args, &STRING))
    }
}

fn float_op(op: BinaryOp) -> Op {
    match op {
        BinaryOp::Add => Op::Fadd,
        BinaryOp::Sub => Op::Fsub,
        BinaryOp::Mul => Op::Fmul,
        BinaryOp::Div => Op::Fdiv,
        other => unreachable!("{other} is not defined for floats"),
    }
}

fn int_op(op: BinaryOp) -> Op {
    match op {
        BinaryOp::Add => Op::Iadd,
        BinaryOp::Sub => Op::Isub,
        BinaryOp::Mul => Op::Imul,
        BinaryOp::And => Op::And,
        BinaryOp::Or => Op::Or,
        BinaryOp::Xor => Op::Xor,
        other => unreachable!("{other} needs more than one instruction"),
    }
}

/// The condition of a comparison of integers.
pub(crate) fn int_cond(op: BinaryOp, is_unsigned: bool) -> IntCond {
    match (op, is_unsigned) {
        (BinaryOp::Eql, _) => IntCond::Eq,
        (BinaryOp::Neq, _) => IntCond::Ne,
        (BinaryOp::Lss, false) => IntCond::Slt,
        (BinaryOp::Leq, false) => IntCond::Sle,
        (BinaryOp::Gtr, false) => IntCond::Sgt,
        (BinaryOp::Geq, false) => IntCond::Sge,
        (BinaryOp::Lss, true) => IntCond::Ult,
        (BinaryOp::Leq, true) => IntCond::Ule,
        (BinaryOp::Gtr, true) => IntCond::Ugt,
        (BinaryOp::Geq, true) => IntCond::Uge,
        (other, _) => unreachable!("{other} does not compare"),
    }
}

/// The condition of a comparison of floats.
pub(crate) fn float_cond(op: BinaryOp) -> FloatCond {
    match op {
        BinaryOp::Eql => FloatCond::Eq,
        BinaryOp::Neq => FloatCond::Ne,
        BinaryOp::Lss => FloatCond::Lt,
        BinaryOp::Leq => FloatCond::Le,
        BinaryOp::Gtr => FloatCond::Gt,
        BinaryOp::Geq => FloatCond::Ge,
        other => unreachable!("{other} does not compare"),
    }
}
