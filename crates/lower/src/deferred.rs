//! `go` and `defer`: calls that happen elsewhere. Spec: "Go statements", "Defer statements".
//!
//! Function value and arguments are evaluated by the statement and kept in a closure `func()`. A deferred one is entered in
//! the list of the function's record (`abi::DeferFrame`). What belongs to statements that run at most once is behind the
//! record, in the frame of the function's wrapper:
//!
//! ```text
//!   side stack   | DeferFrame | DeferEntry | code, captured values | DeferEntry | code, captured values | ...
//!                    defers ------------------------------------------^  |  closure ---^
//!                                  ^------------------ link -------------+
//! ```

use abi::{DeferEntry, DeferFrame};
use base::Symbol;
use ir::{MemFlags, Op, Region, Type as IrType, ValueId};
use syntax::{ExprId, ExprKind};
use types::{Builtin, TypeId};

use crate::{
    builtin::Arg,
    call::{Callee, Code},
    func::FnCx,
    value::{Address, Val},
    wrapper::Wrapper,
};

/// A func value without parameters and results that makes a call.
enum Later {
    /// It exists already.
    Value(ValueId),
    /// It is made of this code and these captured values.
    New { code: Symbol, captured: Vec<(Val, TypeId)> },
}

/// Bigger closures are not kept behind the record, which is zeroed at every call of the function.
const MAX_KEPT_BYTES: u64 = 128;

impl FnCx<'_, '_, '_> {
    /// `go f(x)`
    pub(crate) fn go_stmt(&mut self, call: ExprId) {
        let pos = self.b.loc().pos;
        let later = self.call_later(call, None);
        let closure = self.closure_of(later);
        self.at(pos);
        self.runtime("newproc", &[closure], &[]);
    }

    /// `defer f(x)`
    pub(crate) fn defer_stmt(&mut self, call: ExprId) {
        let pos = self.b.loc().pos;
        let state = self.flow.defer.clone().expect("a function with a defer statement has a record");
        let record = self.b.use_var(state.record);
        let later = self.call_later(call, Some(record));
        self.at(pos);
        let record = self.b.use_var(state.record);
        let runs_once = state.owns_frame && self.flow.loop_depth == 0 && self.flow.labels.is_empty();
        if runs_once {
            self.defer_in_record(record, later);
        } else {
            self.defer_in_heap(record, later);
        }
    }

    /// Enters a deferred call whose entry, and closure, are behind the record. No barriers: that is the side stack.
    fn defer_in_record(&mut self, record: ValueId, later: Later) {
        let entry = self.behind_record(record, size_of::<DeferEntry>() as u64);
        let closure = match later {
            Later::New { code, captured } if !captured.is_empty() => {
                self.kept_closure(record, code, &captured)
            }
            later => self.closure_of(later),
        };
        let link = self.load_defers(record);
        self.b.store(link, entry, 0, MemFlags::NOTRAP, Region::ANY);
        self.b.store(closure, entry, 8, MemFlags::NOTRAP, Region::ANY);
        self.b.store(entry, record, i64::from(DeferFrame::DEFERS), MemFlags::NOTRAP, Region::ANY);
    }

    fn defer_in_heap(&mut self, record: ValueId, later: Later) {
        let closure = self.closure_of(later);
        let pointers = self.types.canonical(self.types.array(2, TypeId::UNSAFE_POINTER));
        let entry = self.new_object(pointers);
        let link = self.load_defers(record);
        self.b.store_wb(link, entry, 0, MemFlags::NOTRAP, Region::ANY);
        self.b.store_wb(closure, entry, 8, MemFlags::NOTRAP, Region::ANY);
        self.b.store(entry, record, i64::from(DeferFrame::DEFERS), MemFlags::NOTRAP, Region::ANY);
    }

    /// The latest entry of a record.
    fn load_defers(&mut self, record: ValueId) -> ValueId {
        self.b.load(IrType::Ptr, record, i64::from(DeferFrame::DEFERS), MemFlags::NOTRAP, Region::ANY)
    }

    /// Reserves memory behind the record.
    fn behind_record(&mut self, record: ValueId, n_bytes: u64) -> ValueId {
        let offset = self.flow.record_bytes;
        self.flow.record_bytes += n_bytes.next_multiple_of(8);
        self.b.ptr_add_imm(record, offset as i64)
    }

    /// A closure object behind the record, if it is not too big for that.
    fn kept_closure(&mut self, record: ValueId, code: Symbol, captured: &[(Val, TypeId)]) -> ValueId {
        let ty = self.type_of_closure(captured);
        let shape = self.shape(ty);
        if shape.n_bytes > MAX_KEPT_BYTES || shape.align > 8 {
            return self.new_closure(code, captured);
        }
        let object = self.behind_record(record, shape.n_bytes);
        self.fill_closure(Address::side(object), ty, code, captured);
        object
    }

    fn closure_of(&mut self, later: Later) -> ValueId {
        match later {
            Later::Value(closure) => closure,
            Later::New { code, captured } if captured.is_empty() => {
                let object = self.unit.static_closure(code);
                self.b.data_addr(object, 0)
            }
            Later::New { code, captured } => self.new_closure(code, &captured),
        }
    }

    /// What makes a call later; `record` is that of a deferring function.
    fn call_later(&mut self, call: ExprId, record: Option<ValueId>) -> Later {
        let tree = self.src.tree;
        let call = tree.unparen(call);
        let ExprKind::Call { fun, args, has_dots } = tree[call].kind else { unreachable!("a call") };
        if let Some(builtin) = self.builtin_of(fun) {
            return self.builtin_later(call, builtin, record);
        }
        self.units_of_call(fun, args);
        let fun = tree.unparen(fun);
        let signature = self.types.as_signature(self.type_of(fun)).expect("the callee is a function");
        let is_plain = signature.params.is_empty() && signature.results.is_empty();
        if let (ExprKind::FuncLit { ty, body }, true) = (tree[fun].kind, is_plain) {
            let (code, captured) = self.literal_parts(fun, ty, body);
            return Later::New { code, captured };
        }
        let callee = self.callee(fun, tree[call].pos);
        if let (Code::Closure(closure), true) = (&callee.code, is_plain) {
            return Later::Value(*closure);
        }
        let vals = self.arguments(args, callee.signature, has_dots);
        self.wrapped_later(callee, vals)
    }

    /// A closure that passes these arguments to the callee.
    fn wrapped_later(&mut self, callee: Callee, vals: Vec<Val>) -> Later {
        let signature = self.types.as_signature(callee.signature).expect("the callee is a function");
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
        let captured = parts.into_iter().map(|(val, ty)| self.kept(val, ty)).collect();
        Later::New { code, captured }
    }

    /// A predeclared function called later: its operands are kept as the builtin wants them.
    fn builtin_later(&mut self, call: ExprId, builtin: Builtin, record: Option<ValueId>) -> Later {
        let ExprKind::Call { args, .. } = self.src.tree[call].kind else { unreachable!("a call") };
        let args = &self.src.tree[args];
        self.units_first(args);
        let args = self.args(args);
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
        Later::New { code, captured: parts }
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
