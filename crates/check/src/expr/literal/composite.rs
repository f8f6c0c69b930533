//! Composite literals. Spec: "Composite literals".

use base::Symbol;
use constant::{Kind, Value};
use diag::Code;
use rustc_hash::{FxHashMap, FxHashSet};
use syntax::{ExprId, ExprKind, List};
use types::{Lookup, Member, Selected, Struct, Type, TypeId};

use crate::{
    GoVersion, Selection, SelectionKind,
    checker::Checker,
    operand::{Mode, Operand},
};

/// The type of a composite literal.
struct LiteralType {
    /// The type of the whole.
    ty: TypeId,
    /// The type that is built: `T` where the literal `{...}` stands for `&T{...}`.
    base: TypeId,
    /// Whether it comes from the literal around this one.
    is_elem: bool,
    /// Whether the length of the array is that of the literal.
    is_open: bool,
}

impl Checker<'_> {
    pub(in crate::expr) fn composite_literal(
        &mut self,
        expr: ExprId,
        ty: Option<ExprId>,
        elems: List<ExprId>,
        hint: Option<TypeId>,
    ) -> Operand {
        let literal = self.literal_type(expr, ty, hint);
        if !self.is_complete(literal.base) {
            return Operand::invalid(expr);
        }
        let elems = &self.file()[elems];
        let common = self.common_under(literal.base);
        let built = match common {
            Ok(under) => self.types.get(under),
            Err(_) => &Type::Basic(types::Basic::Invalid),
        };
        let mut result = literal.ty;
        match *built {
            Type::Struct(ref struct_) => {
                let under = common.unwrap_or(TypeId::INVALID);
                self.struct_literal(expr, literal.base, under, struct_, elems);
            }
            Type::Array { n_elems, elem } => {
                let length = (!literal.is_open).then_some(n_elems);
                let n = self.indexed_elements(elems, elem, length);
                if let (true, Some(ty)) = (literal.is_open, ty) {
                    result = self.types.array(n, elem);
                    self.record_type(ty, result);
                }
            }
            Type::Slice(elem) => {
                self.indexed_elements(elems, elem, None);
            }
            Type::Map { key, elem } => self.map_literal(elems, key, elem),
            _ => {
                self.use_values(elems);
                if common.as_ref().map_or(true, |&under| self.types.is_valid(under)) {
                    let qualifier = if literal.is_elem { " element" } else { "" };
                    let cause = if common.is_err() { " (no common underlying type)" } else { "" };
                    let message =
                        format!("invalid composite literal{qualifier} type {}{cause}", self.ty(literal.ty));
                    self.error(self.at(expr), Code::InvalidLit, message);
                    return Operand::invalid(expr);
                }
            }
        }
        Operand::new(Mode::Value, result, expr)
    }

    fn literal_type(&mut self, expr: ExprId, ty: Option<ExprId>, hint: Option<TypeId>) -> LiteralType {
        let of = |ty| LiteralType { ty, base: ty, is_elem: false, is_open: false };
        if let Some(ty) = ty {
            if let ExprKind::ArrayType { len: None, elem } = self.file()[ty].kind {
                let elem = self.var_type(elem);
                return LiteralType { is_open: true, ..of(self.types.array(0, elem)) };
            }
            return of(self.typ(ty));
        }
        let Some(hint) = hint else {
            self.error(self.at(expr), Code::UntypedLit, "missing type in composite literal");
            return of(TypeId::INVALID);
        };
        // Spec: `&T` may be left out when the element type is `*T`.
        let base = match self.common_under(hint).map(|under| self.types.get(under)) {
            Ok(&Type::Pointer(base)) => base,
            _ => hint,
        };
        LiteralType { ty: hint, base, is_elem: true, is_open: false }
    }

    fn struct_literal(
        &mut self,
        expr: ExprId,
        base: TypeId,
        under: TypeId,
        struct_: &Struct,
        elems: &[ExprId],
    ) {
        match elems {
            [] => {}
            [first, ..] if matches!(self.file()[*first].kind, ExprKind::KeyValue { .. }) => {
                let mut given = GivenFields::default();
                for &elem in elems {
                    self.keyed_field(base, under, elem, &mut given);
                }
            }
            _ => self.positional_fields(expr, base, struct_, elems),
        }
    }

    fn keyed_field(&mut self, base: TypeId, under: TypeId, elem: ExprId, given: &mut GivenFields) {
        let file = self.file();
        let ExprKind::KeyValue { key, value } = file[elem].kind else {
            let message = "mixture of field:value and value elements in struct literal";
            self.error(self.at(elem), Code::MixedStructLit, message);
            return;
        };
        let mut x = self.generic_expr(value, None);
        let Some(ident) = file.as_name(key) else {
            let message = format!("invalid field name {} in struct literal", self.expr_text(key));
            self.error(self.at(elem), Code::InvalidLitField, message);
            return;
        };
        let name = file.name(ident);
        let selected = match self.types.lookup(under, false, Some(self.package), name) {
            Lookup::Found(selected) => selected,
            _ => {
                let similar = self.types.lookup_folding_case(under, false, name);
                let message = self.lookup_error(base, name, &similar, true);
                self.error(self.at(key), Code::MissingLitField, message);
                return;
            }
        };
        let Member::Field { .. } = selected.member else {
            self.error(self.at(key), Code::MissingLitField, format!("{name} is not a field"));
            return;
        };
        if !selected.path.is_empty() && !self.require_promoted_key(key, base, under, &selected) {
            return;
        }
        if selected.indirect {
            let message = format!("invalid implicit pointer indirection to reach {name}");
            self.error(self.at(key), Code::InvalidLitField, message);
            return;
        }
        let ty = self.types.member_type(selected.member).unwrap_or(TypeId::INVALID);
        let selection =
            Selection { kind: SelectionKind::Field, receiver: under, selected: selected.clone(), ty };
        self.record_selection(key, selection);
        self.assignment(&mut x, Some(ty), "struct literal");
        if let Some(message) = given.add(name, &selected) {
            self.error(self.at(elem), Code::DuplicateLitField, message);
        }
    }

    /// Go 1.27 allows fields of embedded structs as keys.
    fn require_promoted_key(
        &mut self,
        key: ExprId,
        base: TypeId,
        under: TypeId,
        selected: &Selected,
    ) -> bool {
        let version = GoVersion::new(27);
        if self.allows(version) {
            return true;
        }
        let path = self.field_path(under, selected).join(".");
        let what = format!("use of promoted field {path} in struct literal of type {}", self.ty(base));
        self.require(self.at(key), version, &what)
    }

    /// The names of the embedded fields on the way to a field, and its own.
    fn field_path(&self, mut ty: TypeId, selected: &Selected) -> Vec<&'static str> {
        let mut names = Vec::new();
        for &index in &selected.path {
            let Some((_, struct_)) = self.types.as_struct(self.struct_behind(ty)) else { break };
            let field = &struct_.fields[index as usize];
            names.push(field.name.symbol.as_str());
            ty = field.ty;
        }
        names.extend(self.types.member_symbol(selected.member).map(|symbol| symbol.as_str()));
        names
    }

    fn positional_fields(&mut self, expr: ExprId, base: TypeId, struct_: &Struct, elems: &[ExprId]) {
        let is_hidden = |name: types::MemberName| name.package.is_some_and(|package| package != self.package);
        let hidden: Vec<bool> = struct_.fields.iter().map(|field| is_hidden(field.name)).collect();
        for (i, &elem) in elems.iter().enumerate() {
            if matches!(self.file()[elem].kind, ExprKind::KeyValue { .. }) {
                let message = "mixture of field:value and value elements in struct literal";
                self.error(self.at(elem), Code::MixedStructLit, message);
                continue;
            }
            let mut x = self.generic_expr(elem, None);
            let Some(field) = struct_.fields.get(i) else {
                let message = format!("too many values in struct literal of type {}", self.ty(base));
                self.error(self.at_operand(&x), Code::InvalidStructLit, message);
                break;
            };
            if hidden[i] {
                let name = field.name.symbol;
                let message = format!(
                    "implicit assignment to unexported field {name} in struct literal of type {}",
                    self.ty(base)
                );
                self.error(self.at_operand(&x), Code::UnexportedLitField, message);
                continue;
            }
            self.assignment(&mut x, Some(field.ty), "struct literal");
        }
        if elems.len() < struct_.fields.len() {
            let hint = if hidden.contains(&true) {
                " (type has unexported fields - use key:value pairs)"
            } else {
                ""
            };
            let message = format!("too few values in struct literal of type {}{hint}", self.ty(base));
            // At the closing brace.
            let end = self.file()[expr].end;
            let brace = base::Pos::from_u32(end.as_u32().saturating_sub(1));
            self.error(brace, Code::InvalidStructLit, message);
        }
    }

    /// Checks the elements of an array or slice. Returns the largest index plus one.
    fn indexed_elements(&mut self, elems: &[ExprId], ty: TypeId, length: Option<i64>) -> i64 {
        let mut seen = FxHashSet::default();
        let (mut index, mut n) = (0, 0);
        for &elem in elems {
            let mut is_valid_index = false;
            let mut value = elem;
            if let ExprKind::KeyValue { key, value: keyed } = self.file()[elem].kind {
                value = keyed;
                match self.index(key, length) {
                    Some(super::super::index::Index { value: Some(given), .. }) => {
                        index = given;
                        is_valid_index = true;
                    }
                    Some(found) if self.types.is_valid(found.ty) => {
                        let message = format!("index {} must be integer constant", self.expr_text(key));
                        self.error(self.at(elem), Code::InvalidLitIndex, message);
                    }
                    _ => {}
                }
            } else if let Some(length) = length.filter(|&length| index >= length) {
                let message = format!("index {index} is out of bounds (>= {length})");
                self.error(self.at(elem), Code::OversizeArrayLit, message);
            } else {
                is_valid_index = true;
            }
            if is_valid_index && !seen.insert(index) {
                let message = format!("duplicate index {index} in array or slice literal");
                self.error(self.at(elem), Code::DuplicateLitKey, message);
            }
            index += 1;
            n = n.max(index);
            let mut x = self.generic_expr(value, Some(ty));
            self.assignment(&mut x, Some(ty), "array or slice literal");
        }
        n
    }

    fn map_literal(&mut self, elems: &[ExprId], key_type: TypeId, elem_type: TypeId) {
        // Keys of interface type are equal only if their dynamic types are.
        let by_type = self.types.is_interface_value(key_type);
        let mut seen: FxHashMap<ConstantKey, Vec<TypeId>> = FxHashMap::default();
        for &elem in elems {
            let ExprKind::KeyValue { key, value } = self.file()[elem].kind else {
                self.error(self.at(elem), Code::MissingLitKey, "missing key in map literal");
                continue;
            };
            let mut x = self.generic_expr(key, Some(key_type));
            self.assignment(&mut x, Some(key_type), "map literal");
            if !x.is_valid() {
                continue;
            }
            if let Some(constant) = x.value().filter(|value| !value.is_unknown()) {
                let earlier = seen.entry(ConstantKey::of(constant)).or_default();
                let is_duplicate = earlier.iter().any(|&ty| !by_type || self.types.identical(ty, x.ty));
                earlier.push(x.ty);
                if is_duplicate {
                    let message = format!("duplicate key {constant} in map literal");
                    self.error(self.at_operand(&x), Code::DuplicateLitKey, message);
                    continue;
                }
            }
            let mut x = self.generic_expr(value, Some(elem_type));
            self.assignment(&mut x, Some(elem_type), "map literal");
        }
    }

    /// Elements of a literal whose type is in error. Keys may be names of fields, so they are left alone.
    fn use_values(&mut self, elems: &[ExprId]) {
        for &elem in elems {
            match self.file()[elem].kind {
                ExprKind::KeyValue { value, .. } => self.use_exprs(&[value]),
                _ => self.use_exprs(&[elem]),
            };
        }
    }
}

/// The value of a constant, equal for constants of different kinds with the same value.
#[derive(PartialEq, Eq, Hash)]
pub(crate) enum ConstantKey {
    Text(std::sync::Arc<[u8]>),
    Other(String),
}

impl ConstantKey {
    pub(crate) fn of(value: &Value) -> Self {
        if let Some(bytes) = value.as_bytes() {
            return Self::Text(bytes);
        }
        let simplest = [value.to_int(), value.to_float(), value.clone()];
        let simplest = simplest.into_iter().find(|value| value.kind() != Kind::Unknown);
        Self::Other(simplest.map_or_else(String::new, |value| value.exact_string()))
    }
}

/// The fields that a struct literal has given values to, as paths of field indices.
#[derive(Default)]
struct GivenFields(Vec<(Vec<u32>, Symbol)>);

impl GivenFields {
    /// Adds a field; if it or a part of it has a value already, says so.
    fn add(&mut self, name: Symbol, selected: &Selected) -> Option<String> {
        let mut path = selected.path.to_vec();
        if let Member::Field { index, .. } = selected.member {
            path.push(index);
        }
        // Of several parts, the first in order of declaration is named.
        let clash = self
            .0
            .iter()
            .filter(|(other, _)| other.starts_with(&path) || path.starts_with(other))
            .min_by(|(a, _), (b, _)| a.cmp(b));
        let message = clash.map(|(other, other_name)| {
            if *other == path {
                format!("duplicate field name {name} in struct literal")
            } else if other.len() < path.len() {
                format!("cannot specify promoted field {name} and enclosing embedded field {other_name}")
            } else {
                format!("cannot specify embedded field {name} and enclosed promoted field {other_name}")
            }
        });
        if message.is_none() {
            self.0.push((path, name));
        }
        message
    }
}
