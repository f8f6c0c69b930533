//! `go` and `defer`: calls that happen elsewhere. Spec: "Go statements", "Defer statements".
//!
//! Function value and arguments are evaluated by the statement and kept in a closure `func()`. A deferred one is entered in
//! the list of the function's record (`abi::DeferFrame`). The entries of statements that run at most once are behind the
//! record.

use abi::{DeferEntry, DeferFrame};
use ir::{MemFlags, Op, Region, Type as IrType, ValueId};
use syntax::{ExprId, ExprKind};
use types::{Builtin, TypeId};

use crate::{builtin::Arg, call::Code, func::FnCx, value::Val, wrapper::Wrapper};

impl FnCx<'_, '_, '_> {
    /// `go f(x)`
    pub(crate) fn go_stmt(&mut self, call: ExprId) {
        let pos = self.b.loc().pos;
        let closure = self.call_later(call, None);
        self.at(pos);
        self.runtime("newproc", &[closure], &[]);
    }

    /// `defer f(x)`
    pub(crate) fn defer_stmt(&mut self, call: ExprId) {
        let pos = self.b.loc().pos;
        let state = self.flow.defer.clone().expect("a function with a defer statement has a record");
        let record = self.b.use_var(state.record);
        let closure = self.call_later(call, Some(record));
        self.at(pos);
        let record = self.b.use_var(state.record);
        let entry = if state.owns_frame && self.flow.loop_depth == 0 && self.flow.labels.is_empty() {
            let offset =
                size_of::<DeferFrame>() as u64 + self.flow.n_defer_entries * size_of::<DeferEntry>() as u64;
            self.flow.n_defer_entries += 1;
            self.b.ptr_add_imm(record, offset as i64)
        } else {
            let pointers = self.types.canonical(self.types.array(2, TypeId::UNSAFE_POINTER));
            self.new_object(pointers)
        };
        let link =
            self.b.load(IrType::Ptr, record, i64::from(DeferFrame::DEFERS), MemFlags::NOTRAP, Region::ANY);
        self.b.store_wb(link, entry, 0, MemFlags::NOTRAP, Region::ANY);
        self.b.store_wb(closure, entry, 8, MemFlags::NOTRAP, Region::ANY);
        self.b.store(entry, record, i64::from(DeferFrame::DEFERS), MemFlags::NOTRAP, Region::ANY);
    }

    /// A func value without parameters and results that makes the call; `record` is that of a deferring function.
    fn call_later(&mut self, call: ExprId, record: Option<ValueId>) -> ValueId {
        let tree = self.src.tree;
        let call = tree.unparen(call);
        let ExprKind::Call { fun, args, has_dots } = tree[call].kind else { unreachable!("a call") };
        if let Some(builtin) = self.builtin_of(fun) {
            return self.builtin_later(call, builtin, record);
        }
        let callee = self.callee(fun, tree[call].pos);
        let signature = self.types.as_signature(callee.signature).expect("the callee is a function");
        if let Code::Closure(closure) = callee.code
            && signature.params.is_empty()
            && signature.results.is_empty()
        {
            return closure;
        }
        let vals = self.arguments(args, callee.signature, has_dots);
        let params = signature.params.iter().map(|param| self.types.canonical(param.ty));
        let mut parts: Vec<(Val, TypeId)> = vals.into_iter().zip(params).collect();
        if let Some(receiver) = &callee.receiver {
            parts.insert(0, receiver.clone());
        }
        let receiver_ty = callee.receiver.as_ref().map(|(_, ty)| *ty);
        let wrapper = match callee.code {
            Code::Symbol(code) => Wrapper::Later { code, receiver: receiver_ty, signature: callee.signature },
            Code::Pointer(code) => {
                let code = self.b.convert(Op::PtrToInt, IrType::I64, code);
                parts.insert(0, (Val::one(code), TypeId::UINTPTR));
                Wrapper::LaterPointer { signature: callee.signature }
            }
            Code::Closure(closure) => {
                parts.insert(0, (Val::one(closure), TypeId::UNSAFE_POINTER));
                Wrapper::LaterClosure { signature: callee.signature }
            }
        };
        let code = self.unit.wrapper(wrapper);
        let parts: Vec<(Val, TypeId)> = parts.into_iter().map(|(val, ty)| self.kept(val, ty)).collect();
        self.new_closure(code, &parts)
    }

    /// A predeclared function called later: its operands are kept as the builtin wants them.
    fn builtin_later(&mut self, call: ExprId, builtin: Builtin, record: Option<ValueId>) -> ValueId {
        let ExprKind::Call { args, .. } = self.src.tree[call].kind else { unreachable!("a call") };
        let args = self.args(&self.src.tree[args]);
        let mut parts = Vec::with_capacity(args.len());
        for (idx, arg) in args.iter().enumerate() {
            let ty = self.later_type(builtin, idx, &args);
            let val = self.arg_as(arg, ty);
            parts.push((self.keep(val, ty), ty));
        }
        if let (Builtin::Recover, Some(record)) = (builtin, record) {
            parts.push((Val::one(record), TypeId::UNSAFE_POINTER));
        }
        let operands = parts.iter().map(|(_, ty)| *ty).collect();
        let code = self.unit.wrapper(Wrapper::LaterBuiltin { builtin, operands });
        self.new_closure(code, &parts)
    }

    /// The type in which an operand of a builtin is kept.
    fn later_type(&mut self, builtin: Builtin, idx: usize, args: &[Arg]) -> TypeId {
        match builtin {
            Builtin::Panic => self.any_type(),
            Builtin::Delete if idx == 1 => {
                let map = self.arg_type(&args[0]);
                self.map_types(map).0
            }
            _ => match self.arg_type(&args[idx]) {
                TypeId::UNTYPED_NIL => TypeId::UNSAFE_POINTER,
                ty => ty,
            },
        }
    }

    // ---- recover ---------------------------------------------------------------------------------------------------------

    /// `recover()`: stops a panic only when the caller of this function is what runs deferred calls.
    pub(crate) fn recover(&mut self) -> Val {
        let frame = match self.flow.recover_frame {
            Some(frame) => self.b.use_var(frame),
            None => {
                let inst = self.b.emit(ir::Inst::new(Op::ParentFrame, IrType::I64), &[]);
                self.b.func.result(inst)
            }
        };
        Val::Scalars(self.runtime("gorecover", &[frame], &[IrType::Ptr, IrType::Ptr]))
    }
}
