//! Slice expressions. Spec: "Slice expressions".

use diag::Code;
use syntax::ExprId;
use types::{BasicInfo, Type, TypeId};

use crate::{
    checker::Checker,
    message::INVALID_OP,
    operand::{Mode, Operand},
};

/// The result type of a slice expression and the length of what is sliced, if that is known.
struct Sliced {
    ty: TypeId,
    length: Option<i64>,
}

impl Checker<'_> {
    /// `x[low:high:max]`.
    pub(super) fn slice_expr(
        &mut self,
        expr: ExprId,
        inner: ExprId,
        indices: [Option<ExprId>; 3],
    ) -> Operand {
        let x = self.expr(None, inner);
        if !x.is_valid() {
            let written: Vec<ExprId> = indices.into_iter().flatten().collect();
            self.use_exprs(&written);
            return Operand::invalid(expr);
        }
        let Some(common) = self.sliceable_type(&x) else { return Operand::invalid(expr) };
        if self.types.as_pointer(x.ty).is_some_and(|base| !self.is_complete(base)) {
            return Operand::invalid(expr);
        }
        let Some(sliced) = self.sliced(&x, common, indices[2]) else { return Operand::invalid(expr) };
        if indices[2].is_some() && indices[1].is_none() {
            // The parser has reported the missing index.
            return Operand::invalid(expr);
        }
        self.check_slice_indices(indices, sliced.length);
        Operand::new(Mode::Value, sliced.ty, expr)
    }

    /// The underlying type that all types of `x` have in common, strings counting as byte slices where both occur.
    fn sliceable_type(&mut self, x: &Operand) -> Option<TypeId> {
        let bytes = self.types.slice(TypeId::BYTE);
        let mut has_string = false;
        let mut common: Option<(TypeId, TypeId)> = None;
        let mut problem = None;
        for specific in self.specific(x.ty) {
            let Some((t, mut under)) = specific else {
                problem = Some(format!("no specific type in {}", self.ty(x.ty)));
                break;
            };
            if self.is(under, BasicInfo::STRING) {
                under = bytes;
                has_string = true;
            }
            match common {
                None => common = Some((t, under)),
                Some((first, common)) if !self.types.identical(common, under) => {
                    problem = Some(format!(
                        "{} and {} have different underlying types",
                        self.ty(first),
                        self.ty(t)
                    ));
                    break;
                }
                Some(_) => {}
            }
        }
        if let Some(problem) = problem {
            let message = format!("cannot slice {}: {problem}", self.describe(x));
            self.error(self.at_operand(x), Code::NonSliceableOperand, message);
            // A string among the types keeps the check going.
            return has_string.then_some(TypeId::STRING);
        }
        if has_string {
            let is_param = self.types.is_type_param(x.ty);
            return Some(if is_param { TypeId::STRING } else { self.types.underlying(x.ty) });
        }
        common.map(|(_, under)| under)
    }

    fn sliced(&mut self, x: &Operand, common: TypeId, max: Option<ExprId>) -> Option<Sliced> {
        let through = |base: TypeId| match *self.types.under(base) {
            Type::Array { n_elems, elem } => {
                Some(Sliced { ty: self.types.slice(elem), length: Some(n_elems) })
            }
            _ => None,
        };
        let sliced = match *self.types.get(common) {
            Type::Basic(basic) if basic.info().intersects(BasicInfo::STRING) => {
                if let Some(max) = max {
                    let message = format!("{INVALID_OP}3-index slice of string");
                    self.error(self.at(max), Code::InvalidSliceExpr, message);
                    return None;
                }
                let n_bytes = x.value().and_then(|value| value.string_len());
                // Spec: "For untyped string operands the result is a non-constant value of type string."
                let ty = if self.types.is_untyped(x.ty) { TypeId::STRING } else { x.ty };
                Some(Sliced { ty, length: n_bytes.and_then(|n_bytes| i64::try_from(n_bytes).ok()) })
            }
            Type::Array { .. } if !x.is_variable() => {
                let message = format!("cannot slice unaddressable value {}", self.describe(x));
                self.error(self.at_operand(x), Code::NonSliceableOperand, message);
                return None;
            }
            Type::Array { .. } => through(common),
            Type::Pointer(base) => through(base),
            Type::Slice(_) => Some(Sliced { ty: x.ty, length: None }),
            _ => None,
        };
        if sliced.is_none() {
            let message = format!("cannot slice {}", self.describe(x));
            self.error(self.at_operand(x), Code::NonSliceableOperand, message);
        }
        sliced
    }

    /// Constant indices must be in range and in order.
    fn check_slice_indices(&mut self, indices: [Option<ExprId>; 3], length: Option<i64>) {
        let mut values = [None; 3];
        for (i, index) in indices.into_iter().enumerate() {
            values[i] = match index {
                Some(expr) => self.index(expr, length.map(|length| length + 1)).and_then(|index| index.value),
                None if i == 0 => Some(0),
                None => length,
            };
        }
        for (i, x) in values.iter().enumerate() {
            let Some(x) = x.filter(|&x| x > 0) else { continue };
            for (j, y) in values.iter().enumerate().skip(i + 1) {
                if let Some(y) = y.filter(|&y| y < x)
                    && let Some(at) = indices[j]
                {
                    let message = format!("invalid slice indices: {y} < {x}");
                    self.error(self.at(at), Code::SwappedSliceIndices, message);
                    return;
                }
            }
        }
    }
}
