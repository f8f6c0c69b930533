//! The predeclared functions, one function each. Spec: "Built-in functions", "Package unsafe".

mod length;
mod making;
mod package_unsafe;
mod printing;
mod slices;

use ir::{Op, Type as IrType, ValueId};
use syntax::{BinaryOp, ExprId, List};
use types::{Basic, BasicInfo, Builtin, TypeId};

use crate::{
    func::FnCx,
    value::{MapPlace, Val},
};

/// An argument: an expression, or a result of the one call whose results are all arguments.
pub(crate) enum Arg {
    Expr(ExprId),
    Result(Val, TypeId),
}

impl FnCx<'_, '_, '_> {
    /// A call of a predeclared function.
    pub(crate) fn builtin(
        &mut self,
        id: ExprId,
        builtin: Builtin,
        args: List<ExprId>,
        has_dots: bool,
    ) -> Vec<(Val, TypeId)> {
        self.ensure_block();
        let args = &self.src.tree[args];
        let pos = self.src.tree[id].pos;
        let val = match builtin {
            Builtin::Append if has_dots => self.append_slice(id, args[0], args[1]),
            Builtin::Append => self.append(id, args),
            Builtin::Cap => self.cap(args[0]),
            Builtin::Clear => return self.clear_builtin(args[0]),
            Builtin::Close => return self.close(args[0], pos),
            Builtin::Complex => self.complex(id, args),
            Builtin::Copy => self.copy_builtin(args),
            Builtin::Delete => return self.delete(args, pos),
            Builtin::Imag => self.complex_part(args[0], 1),
            Builtin::Real => self.complex_part(args[0], 0),
            Builtin::Len => self.len(args[0]),
            Builtin::Make => self.make(id, args),
            Builtin::Max => self.min_max(id, args, BinaryOp::Gtr),
            Builtin::Min => self.min_max(id, args, BinaryOp::Lss),
            Builtin::New => self.new_builtin(id, args[0]),
            Builtin::Panic => return self.panic(args[0], pos),
            Builtin::Print => return self.print(args, false),
            Builtin::Println => return self.print(args, true),
            Builtin::Recover => self.recover(),
            Builtin::UnsafeAdd => self.unsafe_add(args),
            Builtin::UnsafeSlice => self.unsafe_slice(args, pos),
            Builtin::UnsafeSliceData => self.slice_data(args[0]),
            Builtin::UnsafeString => self.unsafe_string(args, pos),
            Builtin::UnsafeStringData => Val::one(self.expr(args[0]).scalars()[0]),
            Builtin::UnsafeAlignof => self.alignof(args[0]),
            Builtin::UnsafeOffsetof => self.offsetof(args[0]),
            Builtin::UnsafeSizeof => self.sizeof(args[0]),
            Builtin::Assert | Builtin::Trace => unreachable!("only in the checker's tests"),
        };
        vec![(val, self.type_of(id))]
    }

    // ---- arguments --------------------------------------------------------------------------------------------------------

    /// The arguments as they are written, or the results of the call that stands for them.
    pub(crate) fn args(&mut self, args: &[ExprId]) -> Vec<Arg> {
        match args {
            &[only] if self.is_multi_value(only) => {
                self.call(only).into_iter().map(|(val, ty)| Arg::Result(val, ty)).collect()
            }
            _ => args.iter().map(|&arg| Arg::Expr(arg)).collect(),
        }
    }

    pub(crate) fn arg_type(&self, arg: &Arg) -> TypeId {
        match arg {
            Arg::Expr(x) => self.type_of(*x),
            Arg::Result(_, ty) => *ty,
        }
    }

    fn arg(&mut self, arg: &Arg) -> Val {
        match arg {
            Arg::Expr(x) => self.expr(*x),
            Arg::Result(val, _) => val.clone(),
        }
    }

    pub(crate) fn arg_as(&mut self, arg: &Arg, ty: TypeId) -> Val {
        match arg {
            Arg::Expr(x) => self.expr_as(*x, ty),
            Arg::Result(val, from) => self.assign_convert(val.clone(), *from, ty),
        }
    }

    /// An integer argument extended to 64 bits, and whether its type is unsigned.
    fn index_arg(&mut self, arg: &Arg) -> (ValueId, bool) {
        match arg {
            Arg::Expr(x) => self.index_value(*x),
            Arg::Result(val, ty) => {
                let is_unsigned = self.is_unsigned(*ty);
                (self.extend(val.scalar(), is_unsigned), is_unsigned)
            }
        }
    }

    // ---- maps and channels ------------------------------------------------------------------------------------------------

    fn delete(&mut self, args: &[ExprId], pos: base::Pos) -> Vec<(Val, TypeId)> {
        let args = self.args(args);
        let ty = self.arg_type(&args[0]);
        let (key_ty, _) = self.map_types(ty);
        let map = self.arg(&args[0]).scalar();
        let key = self.arg_as(&args[1], key_ty);
        self.at(pos);
        self.map_delete(&MapPlace { ty, map, key });
        Vec::new()
    }

    fn close(&mut self, chan: ExprId, pos: base::Pos) -> Vec<(Val, TypeId)> {
        let chan = self.scalar(chan);
        self.at(pos);
        self.runtime("closechan", &[chan], &[]);
        Vec::new()
    }

    // ---- numbers ----------------------------------------------------------------------------------------------------------

    fn complex(&mut self, id: ExprId, args: &[ExprId]) -> Val {
        let ty = self.type_of(id);
        let is_single = self.types.as_basic(ty) == Some(Basic::Complex64);
        let part = if is_single { TypeId::FLOAT32 } else { TypeId::FLOAT64 };
        let args = self.args(args);
        let re = self.arg_as(&args[0], part).scalar();
        let im = self.arg_as(&args[1], part).scalar();
        Val::many(&[re, im])
    }

    fn complex_part(&mut self, x: ExprId, part: usize) -> Val {
        let val = self.expr(x);
        Val::one(val.scalars()[part])
    }

    fn min_max(&mut self, id: ExprId, args: &[ExprId], better: BinaryOp) -> Val {
        let ty = self.type_of(id);
        let vals: Vec<Val> = self.args(args).iter().map(|arg| self.arg_as(arg, ty)).collect();
        self.at(self.src.tree[id].pos);
        let mut vals = vals.into_iter();
        let first = vals.next().expect("min and max have an argument");
        vals.fold(first, |best, next| self.better(best, next, ty, better))
    }

    fn better(&mut self, best: Val, next: Val, ty: TypeId, better: BinaryOp) -> Val {
        let is_min = better == BinaryOp::Lss;
        if self.is_string(ty) {
            let name = if is_min { "strmin" } else { "strmax" };
            let args: Vec<ValueId> = best.scalars().iter().chain(next.scalars()).copied().collect();
            return Val::Scalars(self.runtime(name, &args, &[IrType::Ptr, IrType::I64]));
        }
        let op = match (self.types.is_basic(ty, BasicInfo::FLOAT), self.is_unsigned(ty), is_min) {
            (true, _, true) => Op::Fmin,
            (true, _, false) => Op::Fmax,
            (_, true, true) => Op::Umin,
            (_, true, false) => Op::Umax,
            (_, false, true) => Op::Smin,
            (_, false, false) => Op::Smax,
        };
        Val::one(self.b.binary(op, best.scalar(), next.scalar()))
    }

    // ---- panics -----------------------------------------------------------------------------------------------------------

    fn panic(&mut self, x: ExprId, pos: base::Pos) -> Vec<(Val, TypeId)> {
        let any = self.any_type();
        let val = self.expr_as(x, any);
        self.at(pos);
        self.runtime_panic("gopanic", val.scalars());
        Vec::new()
    }

    /// `interface{}`
    pub(crate) fn any_type(&self) -> TypeId {
        self.types.canonical(self.types.interface(Vec::new(), Vec::new()))
    }
}
