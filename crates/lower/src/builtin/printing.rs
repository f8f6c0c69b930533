//! `print` and `println`.

use ir::ValueId;
use syntax::ExprId;
use types::{Basic, BasicInfo, Type, TypeId};

use crate::{func::FnCx, value::Val};

impl FnCx<'_, '_, '_> {
    pub(super) fn print(&mut self, args: &[ExprId], is_println: bool) -> Vec<(Val, TypeId)> {
        let vals: Vec<(Val, TypeId)> = self
            .args(args)
            .iter()
            .map(|arg| {
                let ty = self.arg_type(arg);
                let ty = if ty == TypeId::UNTYPED_NIL { TypeId::UNSAFE_POINTER } else { ty };
                let val = self.arg_as(arg, ty);
                (self.keep(val, ty), ty)
            })
            .collect();
        self.print_values(&vals, is_println);
        Vec::new()
    }

    /// Prints evaluated operands.
    pub(crate) fn print_values(&mut self, vals: &[(Val, TypeId)], is_println: bool) {
        self.runtime("printlock", &[], &[]);
        for (idx, (val, ty)) in vals.iter().enumerate() {
            if is_println && idx > 0 {
                self.runtime("printsp", &[], &[]);
            }
            self.print_one(val, *ty);
        }
        if is_println {
            self.runtime("printnl", &[], &[]);
        }
        self.runtime("printunlock", &[], &[]);
    }

    fn print_one(&mut self, val: &Val, ty: TypeId) {
        let (name, wide) = match self.types.under(ty) {
            Type::Basic(basic) => print_basic(*basic),
            Type::Interface(_) if crate::methods::interface_methods(self.types, ty).is_empty() => {
                ("printeface", None)
            }
            Type::Interface(_) => ("printiface", None),
            Type::Slice(_) => ("printslice", None),
            _ => ("printpointer", None),
        };
        let args: Vec<ValueId> = val
            .scalars()
            .iter()
            .map(|&value| match wide {
                Some(is_unsigned) => self.extend(value, is_unsigned),
                None => value,
            })
            .collect();
        self.runtime(name, &args, &[]);
    }
}

/// The function that prints a basic type; and whether to extend the operand to 64 bits, and how.
fn print_basic(basic: Basic) -> (&'static str, Option<bool>) {
    match basic {
        Basic::Bool | Basic::UntypedBool => ("printbool", None),
        Basic::String | Basic::UntypedString => ("printstring", None),
        Basic::Float32 => ("printfloat32", None),
        Basic::Float64 | Basic::UntypedFloat => ("printfloat64", None),
        Basic::Complex64 => ("printcomplex64", None),
        Basic::Complex128 | Basic::UntypedComplex => ("printcomplex128", None),
        Basic::UnsafePointer | Basic::UntypedNil => ("printpointer", None),
        Basic::Uintptr => ("printuintptr", None),
        _ if basic.info().intersects(BasicInfo::UNSIGNED) => ("printuint", Some(true)),
        _ => ("printint", Some(false)),
    }
}
