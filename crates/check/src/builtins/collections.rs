//! `append`, `cap`, `clear`, `close`, `copy`, `delete`, `len`, `make`.

use constant::Value;
use diag::Code;
use types::{BasicInfo, Builtin, ChanDir, Type, TypeId};

use crate::{
    GoVersion,
    call::Call,
    checker::Checker,
    message::{INVALID_ARG, INVALID_OP},
    operand::{Mode, Operand},
};

impl Checker<'_> {
    /// `append(s S, x ...E) S`, and `append([]byte, string...)`.
    pub(super) fn builtin_append(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        let elem = match self.slice_elem(&args[0]) {
            Ok(elem) => elem,
            Err(why) => {
                self.error(self.at_operand(&args[0]), Code::InvalidAppend, format!("invalid append: {why}"));
                return None;
            }
        };
        let slice = args[0].ty;
        if let [x, y] = args
            && call.has_dots
            && self.is_byte_slice(x)
            && self.holds_bytes(y.ty, true)
        {
            self.record_builtin(call.fun, &[slice, y.ty], Some(slice), true);
            return Some(Operand::new(Mode::Value, slice, call.expr));
        }
        let params = [slice, self.types.slice(elem)];
        let signature = self.types.func(&params, &[slice], true);
        // Even if an argument is wrong, the type of the result is known.
        self.arguments(call, signature, Default::default(), args.to_vec().into());
        self.record_builtin(call.fun, &params, Some(slice), true);
        Some(Operand::new(Mode::Value, slice, call.expr))
    }

    /// The element type of the slice `x`, or why it is no slice.
    fn slice_elem(&self, x: &Operand) -> Result<TypeId, String> {
        let mut common: Option<TypeId> = None;
        for specific in self.specific(x.ty) {
            let elem = match specific.map(|(_, under)| self.types.get(under)) {
                Some(&Type::Slice(elem)) => elem,
                _ if x.is_nil() => return Err("argument must be a slice; have untyped nil".to_owned()),
                _ => return Err(format!("argument must be a slice; have {}", self.describe(x))),
            };
            match common {
                None => common = Some(elem),
                Some(first) if !self.types.identical(first, elem) => {
                    let (first, elem) = (self.ty(first), self.ty(elem));
                    return Err(format!(
                        "mismatched slice element types {first} and {elem} in {}",
                        self.describe(x)
                    ));
                }
                Some(_) => {}
            }
        }
        Ok(common.unwrap_or(TypeId::INVALID))
    }

    fn is_byte_slice(&mut self, x: &Operand) -> bool {
        let bytes = self.types.slice(TypeId::BYTE);
        self.assignable_to(x, bytes).is_ok()
    }

    /// Whether all types of the type set are strings or byte slices; with `needs_string`, at least one a string.
    fn holds_bytes(&self, ty: TypeId, needs_string: bool) -> bool {
        let mut has_string = false;
        let all =
            self.types.all_underlying(ty, |under| match under.map(|under| (under, self.types.get(under))) {
                Some((_, Type::Slice(elem))) => self.types.identical(*elem, TypeId::BYTE),
                Some((under, _)) if self.is(under, BasicInfo::STRING) => {
                    has_string = true;
                    true
                }
                _ => false,
            });
        all && (has_string || !needs_string)
    }

    /// `cap(x)`, `len(x)`.
    pub(super) fn builtin_len(
        &mut self,
        call: Call,
        builtin: Builtin,
        args: &mut [Operand],
    ) -> Option<Operand> {
        let x = &args[0];
        let is_len = builtin == Builtin::Len;
        let mode = if self.types.is_type_param(x.ty) {
            let all = self.types.all_underlying(x.ty, |under| {
                under.is_some_and(|under| self.has_length(self.array_behind(under), is_len))
            });
            all.then_some(Mode::Value)
        } else {
            self.length_mode(x, is_len)
        };
        let Some(mode) = mode else {
            if self.types.is_valid(self.types.underlying(x.ty)) {
                let code = if is_len { Code::InvalidLen } else { Code::InvalidCap };
                let message =
                    format!("{INVALID_ARG}{} for built-in {}", self.describe(x), super::name(builtin));
                self.error(self.at_operand(x), code, message);
            }
            return None;
        };
        if !matches!(mode, Mode::Constant(_)) {
            let ty = x.ty;
            self.record_builtin(call.fun, &[ty], Some(TypeId::INT), false);
        }
        Some(Operand::new(mode, TypeId::INT, call.expr))
    }

    fn has_length(&self, ty: TypeId, is_len: bool) -> bool {
        match self.types.under(ty) {
            Type::Basic(basic) => is_len && basic.info().intersects(BasicInfo::STRING),
            Type::Array { .. } | Type::Slice(_) | Type::Chan { .. } => true,
            Type::Map { .. } => is_len,
            _ => false,
        }
    }

    /// Spec: "The expression len(s) is constant if s is a string constant. The expressions len(s) and cap(s) are constants
    /// if the type of s is an array or pointer to an array and s does not contain channel receives or function calls."
    fn length_mode(&self, x: &Operand, is_len: bool) -> Option<Mode> {
        let ty = self.array_behind(self.types.underlying(x.ty));
        if !self.has_length(ty, is_len) {
            return None;
        }
        let constant = match *self.types.get(ty) {
            Type::Array { n_elems, .. } if !self.env.has_call_or_receive => Some(n_elems),
            Type::Basic(_) => x.value().and_then(Value::string_len).and_then(|n| i64::try_from(n).ok()),
            _ => None,
        };
        Some(constant.map_or(Mode::Value, |n| Mode::Constant(Value::i64(n))))
    }

    /// `clear(m)`.
    pub(super) fn builtin_clear(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        self.require(self.at(call.fun), GoVersion::new(21), "clear");
        let x = &args[0];
        let clearable = self.types.all_underlying(x.ty, |under| {
            under.is_some_and(|under| matches!(self.types.get(under), Type::Map { .. } | Type::Slice(_)))
        });
        if !clearable {
            let message = format!(
                "{INVALID_ARG}cannot clear {}: argument must be (or constrained by) map or slice",
                self.describe(x)
            );
            self.error(self.at_operand(x), Code::InvalidClear, message);
            return None;
        }
        Some(self.done(call, &[x.ty]))
    }

    /// `close(c)`.
    pub(super) fn builtin_close(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        let x = &args[0];
        for specific in self.specific(x.ty) {
            let problem = match specific.map(|(_, under)| self.types.get(under)) {
                Some(Type::Chan { dir: ChanDir::ReceiveOnly, .. }) => "receive-only channel",
                Some(Type::Chan { .. }) => continue,
                _ => "non-channel",
            };
            let message = format!("{INVALID_OP}cannot close {problem} {}", self.describe(x));
            self.error(self.at_operand(x), Code::InvalidClose, message);
            return None;
        }
        Some(self.done(call, &[x.ty]))
    }

    /// `copy(dst, src []E) int`, and `copy([]byte, string)`.
    pub(super) fn builtin_copy(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        let [x, y] = args else { return None };
        let dst_elem = self.copied_elem(x)?;
        if !(self.is_byte_slice(x) && self.holds_bytes(y.ty, false)) {
            // With a string, the complaint is about the element types.
            let src_elem =
                if self.all(y.ty, BasicInfo::STRING) { TypeId::BYTE } else { self.copied_elem(y)? };
            if !self.types.identical(dst_elem, src_elem) {
                let message = format!(
                    "invalid copy: arguments {} and {} have different element types {} and {}",
                    self.describe(x),
                    self.describe(y),
                    self.ty(dst_elem),
                    self.ty(src_elem)
                );
                self.error(self.at_operand(x), Code::InvalidCopy, message);
                return None;
            }
        }
        Some(self.computed(call, &[x.ty, y.ty], TypeId::INT))
    }

    fn copied_elem(&mut self, x: &Operand) -> Option<TypeId> {
        match self.slice_elem(x) {
            Ok(elem) => Some(elem),
            Err(why) => {
                self.error(self.at_operand(x), Code::InvalidCopy, format!("invalid copy: {why}"));
                None
            }
        }
    }

    /// `delete(m, key)`.
    pub(super) fn builtin_delete(&mut self, call: Call, args: &mut [Operand]) -> Option<Operand> {
        let [map, x] = args else { return None };
        let mut key: Option<TypeId> = None;
        for specific in self.specific(map.ty) {
            let problem = match (specific.map(|(_, under)| self.types.get(under)), key) {
                (Some(Type::Map { key: k, .. }), Some(key)) if !self.types.identical(*k, key) => {
                    format!("maps of {} must have identical key types", self.describe(map))
                }
                (Some(Type::Map { key: k, .. }), _) => {
                    key = Some(*k);
                    continue;
                }
                _ => format!("{} is not a map", self.describe(map)),
            };
            self.error(self.at_operand(map), Code::InvalidDelete, format!("{INVALID_ARG}{problem}"));
            return None;
        }
        self.assignment(x, key, "argument to delete");
        if !x.is_valid() {
            return None;
        }
        Some(self.done(call, &[map.ty, key?]))
    }

    /// `make(T, n)`, `make(T, n, m)`.
    pub(super) fn builtin_make(&mut self, call: Call) -> Option<Operand> {
        let exprs = &self.file()[call.args];
        let ty = self.var_type(exprs[0]);
        if !self.types.is_valid(ty) {
            return None;
        }
        let common =
            self.common_under_if(ty, |specific| match specific.map(|(_, under)| self.types.get(under)) {
                Some(Type::Slice(_) | Type::Map { .. } | Type::Chan { .. }) => Ok(()),
                None => Err("no specific type".to_owned()),
                _ => Err("type must be slice, map, or channel".to_owned()),
            });
        let under = match common {
            Ok(under) => under,
            Err(cause) => {
                let message = format!("{INVALID_ARG}cannot make {}: {cause}", self.expr_text(exprs[0]));
                self.error(self.at(exprs[0]), Code::InvalidMake, message);
                return None;
            }
        };
        // A slice needs a length.
        let min = if matches!(self.types.get(under), Type::Slice(_)) { 2 } else { 1 };
        if exprs.len() < min || exprs.len() > min + 1 {
            let text = self.expr_text(call.expr);
            let message =
                format!("{INVALID_OP}{text} expects {min} or {} arguments; found {}", min + 1, exprs.len());
            self.error(self.at(call.expr), Code::WrongArgCount, message);
            return None;
        }
        let mut params = vec![ty];
        let mut sizes = Vec::new();
        for &expr in &exprs[1..] {
            let index = self.index(expr, None);
            params.push(index.as_ref().map_or(TypeId::INVALID, |index| index.ty));
            sizes.extend(index.and_then(|index| index.value));
        }
        if let [length, capacity] = sizes[..]
            && length > capacity
        {
            let message = format!("{INVALID_ARG}length and capacity swapped");
            self.error(self.at(exprs[1]), Code::SwappedMakeArgs, message);
        }
        Some(self.computed(call, &params, ty))
    }
}
