//! The functions of package `unsafe`.

use constant::Value;
use diag::Code;
use syntax::ExprKind;
use types::{Lookup, Member, Selected, Type, TypeId};

use crate::{
    GoVersion, Selection, SelectionKind,
    call::Call,
    checker::Checker,
    message::INVALID_ARG,
    operand::{Mode, Operand},
};

impl Checker<'_> {
    /// `unsafe.Add(ptr Pointer, len IntegerType) Pointer`.
    pub(super) fn unsafe_add(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        let [x, y] = args else { return None };
        self.require(self.at(call.fun), GoVersion::new(17), "unsafe.Add");
        self.assignment(x, Some(TypeId::UNSAFE_POINTER), "argument to unsafe.Add");
        if !x.is_valid() || !self.is_valid_index(y, Code::InvalidUnsafeAdd, "length", true) {
            return None;
        }
        Some(self.computed(call, &[TypeId::UNSAFE_POINTER, y.ty], TypeId::UNSAFE_POINTER))
    }

    /// `unsafe.Alignof(x T) uintptr`.
    pub(super) fn unsafe_alignof(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        let x = &mut args[0];
        self.assignment(x, None, "argument to unsafe.Alignof");
        if !x.is_valid() {
            return None;
        }
        if self.has_var_size(x.ty) {
            return Some(self.computed(call, &[x.ty], TypeId::UINTPTR));
        }
        Some(uintptr_constant(call, self.types.align_of(x.ty)))
    }

    /// `unsafe.Sizeof(x T) uintptr`.
    pub(super) fn unsafe_sizeof(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        let x = &mut args[0];
        self.assignment(x, None, "argument to unsafe.Sizeof");
        if !x.is_valid() {
            return None;
        }
        if self.has_var_size(x.ty) {
            return Some(self.computed(call, &[x.ty], TypeId::UINTPTR));
        }
        match self.types.size_of(x.ty) {
            Some(size) => Some(uintptr_constant(call, size)),
            None => self.too_large(x),
        }
    }

    fn too_large(&mut self, x: &Operand) -> Option<Operand> {
        let message = format!("{} is too large", self.describe(x));
        self.error(self.at_operand(x), Code::TypeTooLarge, message);
        None
    }

    /// `unsafe.Offsetof(x.f) uintptr`.
    pub(super) fn unsafe_offsetof(&mut self, call: Call) -> Option<Operand> {
        let file = self.file();
        let arg = file[call.args][0];
        let selector = file.unparen(arg);
        let ExprKind::Selector { x: inner, sel } = file[selector].kind else {
            let message = format!("{INVALID_ARG}{} is not a selector expression", self.expr_text(arg));
            self.error(self.at(arg), Code::BadOffsetofSyntax, message);
            self.use_exprs(&[arg]);
            return None;
        };
        let x = self.expr(None, inner);
        if !x.is_valid() {
            return None;
        }
        let base = self.struct_behind(x.ty);
        let selected = self.offset_field(arg, &x, base, file.name(sel))?;
        let ty = self.types.member_type(selected.member).unwrap_or(TypeId::INVALID);
        let kind = SelectionKind::Field;
        self.record_selection(selector, Selection { kind, receiver: base, selected: selected.clone(), ty });
        let mode = if x.is_variable() { Mode::Variable } else { Mode::Value };
        self.record_expr(selector, &mode, ty);
        if self.has_var_size(base) {
            return Some(self.computed(call, &[ty], TypeId::UINTPTR));
        }
        match self.offset_of(base, &selected) {
            Some(offset) => Some(uintptr_constant(call, offset)),
            None => self.too_large(&x),
        }
    }

    /// The field whose offset is asked for. It must not lie behind a pointer.
    fn offset_field(
        &mut self,
        arg: syntax::ExprId,
        x: &Operand,
        base: TypeId,
        name: base::Symbol,
    ) -> Option<Selected> {
        let (at, code, message) = match self.types.lookup(base, false, Some(self.package), name) {
            Lookup::Found(selected @ Selected { member: Member::Field { .. }, indirect: false, .. }) => {
                return Some(selected);
            }
            Lookup::Found(Selected { member: Member::Field { .. }, .. }) => {
                let message = format!("field {name} is embedded via a pointer in {}", self.ty(base));
                (self.at_operand(x), Code::InvalidOffsetof, message)
            }
            Lookup::Found(_) => {
                (self.at(arg), Code::InvalidOffsetof, format!("{} is a method value", self.expr_text(arg)))
            }
            _ => {
                let message = format!("{} has no single field {name}", self.ty(base));
                (self.at_operand(x), Code::MissingFieldOrMethod, message)
            }
        };
        self.error(at, code, format!("{INVALID_ARG}{message}"));
        None
    }

    fn offset_of(&self, mut ty: TypeId, selected: &Selected) -> Option<i64> {
        let Member::Field { index: last, .. } = selected.member else { return None };
        let mut offset = 0i64;
        for &index in selected.path.iter().chain([&last]) {
            let start = self.types.struct_layout(ty).offsets[index as usize];
            offset = offset.checked_add(start).filter(|_| start >= 0)?;
            ty = self.types.as_struct(ty)?.1.fields[index as usize].ty;
        }
        Some(offset)
    }

    /// `unsafe.Slice(ptr *T, len IntegerType) []T`.
    pub(super) fn unsafe_slice(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        let [x, y] = args else { return None };
        self.require(self.at(call.fun), GoVersion::new(17), "unsafe.Slice");
        let Some((pointer, elem)) = self.common_pointer(x.ty) else {
            let message = format!("{INVALID_ARG}{} is not a pointer", self.describe(x));
            self.error(self.at_operand(x), Code::InvalidUnsafeSlice, message);
            return None;
        };
        if !self.is_valid_index(y, Code::InvalidUnsafeSlice, "length", false) {
            return None;
        }
        Some(self.computed(call, &[pointer, y.ty], self.types.slice(elem)))
    }

    fn common_pointer(&self, ty: TypeId) -> Option<(TypeId, TypeId)> {
        let pointer = self.common_under(ty).ok()?;
        match *self.types.get(pointer) {
            Type::Pointer(elem) => Some((pointer, elem)),
            _ => None,
        }
    }

    /// `unsafe.SliceData(slice []T) *T`.
    pub(super) fn unsafe_slice_data(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        self.require(self.at(call.fun), GoVersion::new(20), "unsafe.SliceData");
        let x = &args[0];
        let slice = self.common_under(x.ty).unwrap_or(TypeId::INVALID);
        let &Type::Slice(elem) = self.types.get(slice) else {
            let message = format!("{INVALID_ARG}{} is not a slice", self.describe(x));
            self.error(self.at_operand(x), Code::InvalidUnsafeSliceData, message);
            return None;
        };
        Some(self.computed(call, &[slice], self.types.pointer(elem)))
    }

    /// `unsafe.String(ptr *byte, len IntegerType) string`.
    pub(super) fn unsafe_string(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        let [x, y] = args else { return None };
        self.require(self.at(call.fun), GoVersion::new(20), "unsafe.String");
        let pointer = self.types.pointer(TypeId::BYTE);
        self.assignment(x, Some(pointer), "argument to unsafe.String");
        if !x.is_valid() || !self.is_valid_index(y, Code::InvalidUnsafeString, "length", false) {
            return None;
        }
        Some(self.computed(call, &[pointer, y.ty], TypeId::STRING))
    }

    /// `unsafe.StringData(str string) *byte`.
    pub(super) fn unsafe_string_data(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        self.require(self.at(call.fun), GoVersion::new(20), "unsafe.StringData");
        self.assignment(&mut args[0], Some(TypeId::STRING), "argument to unsafe.StringData");
        if !args[0].is_valid() {
            return None;
        }
        Some(self.computed(call, &[TypeId::STRING], self.types.pointer(TypeId::BYTE)))
    }
}

fn uintptr_constant(call: Call, value: i64) -> Operand {
    Operand::new(Mode::Constant(Value::i64(value)), TypeId::UINTPTR, call.expr)
}
