//! Index expressions. Spec: "Index expressions".

use diag::Code;
use syntax::{ExprId, ExprKind};
use types::{BasicInfo, Type, TypeId};

use crate::{
    checker::Checker,
    expr::Indexed,
    message::{INVALID_ARG, INVALID_OP},
    operand::{Mode, Operand},
    untyped::represent,
};

/// What indexing a type gives.
struct Element {
    ty: TypeId,
    mode: Mode,
    /// The key type of a map.
    key: Option<TypeId>,
    /// The number of elements, if it is known.
    n_elems: Option<i64>,
}

/// An index that is in order.
pub(crate) struct Index {
    pub(crate) ty: TypeId,
    /// The value of a constant index.
    pub(crate) value: Option<i64>,
}

impl Checker<'_> {
    /// `x[indices]`: an element, a type, or a generic function with type arguments.
    pub(crate) fn index_expr(&mut self, expr: ExprId) -> Indexed {
        let file = self.file();
        let ExprKind::Index { x: inner, indices } = file[expr].kind else {
            unreachable!("the caller has an index expression")
        };
        let mut x = self.expr_or_type(inner, true);
        match x.mode {
            Mode::Invalid => {
                self.use_exprs(&file[indices]);
                return Indexed::Operand(Operand::invalid(expr));
            }
            Mode::TypeExpr => {
                let ty = self.var_type(expr);
                let mode = if self.types.is_valid(ty) { Mode::TypeExpr } else { Mode::Invalid };
                return Indexed::Operand(Operand::new(mode, ty, expr));
            }
            Mode::Value if self.n_type_params(self.types.underlying(x.ty)) > 0 => {
                return Indexed::GenericFunction(x);
            }
            _ => {}
        }
        self.require_instantiated(None, &mut x);
        if !x.is_valid() || !self.is_complete_for_index(x.ty) {
            return Indexed::Operand(Operand::invalid(expr));
        }
        Indexed::Operand(self.element(expr, &x))
    }

    /// Everything that indexing looks at must be complete: the type, the array behind a pointer, the element of a map.
    fn is_complete_for_index(&mut self, ty: TypeId) -> bool {
        self.is_complete(ty)
            && match *self.types.under(ty) {
                Type::Pointer(base) => self.is_complete(base),
                Type::Map { elem, .. } => self.is_complete(elem),
                _ => true,
            }
    }

    fn element(&mut self, expr: ExprId, x: &Operand) -> Operand {
        let file = self.file();
        let ExprKind::Index { indices, .. } = file[expr].kind else {
            unreachable!("the caller has an index expression")
        };
        let element = if self.types.is_type_param(x.ty) {
            self.common_element(x)
        } else {
            self.element_of(x, self.types.underlying(x.ty))
        };
        let Some(element) = element else {
            let message = format!("cannot index {}", self.describe(x));
            self.error(self.at_token(expr), Code::NonIndexableOperand, message);
            self.use_exprs(&file[indices]);
            return Operand::invalid(expr);
        };
        let index = self.single_index(&file[indices]);
        match element.key {
            Some(key) => {
                let mut index = self.generic_expr(index, None);
                // The type of the element is known even if the key is wrong.
                self.assignment(&mut index, Some(key), "map index");
            }
            None => {
                self.index(index, element.n_elems);
            }
        }
        Operand::new(element.mode, element.ty, expr)
    }

    /// What indexing `x` gives, if its underlying type is `under`.
    fn element_of(&self, x: &Operand, under: TypeId) -> Option<Element> {
        let through = |base: TypeId| match *self.types.under(base) {
            Type::Array { n_elems, elem } => {
                Some(Element { ty: elem, mode: Mode::Variable, key: None, n_elems: Some(n_elems) })
            }
            _ => None,
        };
        match *self.types.get(under) {
            Type::Basic(basic) if basic.info().intersects(BasicInfo::STRING) => {
                let n_bytes = x.value().and_then(|value| value.string_len());
                // Even of a constant string a byte is no constant.
                let n_elems = n_bytes.and_then(|n_bytes| i64::try_from(n_bytes).ok());
                Some(Element { ty: TypeId::BYTE, mode: Mode::Value, key: None, n_elems })
            }
            Type::Array { n_elems, elem } => {
                let mode = if x.is_variable() { Mode::Variable } else { Mode::Value };
                Some(Element { ty: elem, mode, key: None, n_elems: Some(n_elems) })
            }
            Type::Pointer(base) => through(base),
            Type::Slice(elem) => Some(Element { ty: elem, mode: Mode::Variable, key: None, n_elems: None }),
            Type::Map { key, elem } => {
                Some(Element { ty: elem, mode: Mode::MapIndex, key: Some(key), n_elems: None })
            }
            _ => None,
        }
    }

    /// What indexing a type parameter gives: the same for all types of its type set, and of all maps or of none.
    fn common_element(&self, x: &Operand) -> Option<Element> {
        let mut common: Option<Element> = None;
        for specific in self.specific(x.ty) {
            let element = self.element_of(x, specific?.1)?;
            let Some(so_far) = &mut common else {
                common = Some(element);
                continue;
            };
            let same_key = match (so_far.key, element.key) {
                (None, None) => true,
                (Some(a), Some(b)) => self.types.identical(a, b),
                _ => false,
            };
            if !same_key || !self.types.identical(so_far.ty, element.ty) {
                return None;
            }
            if let Some(n) = element.n_elems {
                so_far.n_elems = so_far.n_elems.map(|so_far| so_far.min(n));
            }
            if matches!(element.mode, Mode::Value) {
                so_far.mode = Mode::Value;
            }
        }
        common
    }

    /// The only index; reports if there are more and goes on with the first.
    fn single_index(&mut self, indices: &[ExprId]) -> ExprId {
        if let Some(&second) = indices.get(1) {
            self.error(self.at(second), Code::InvalidIndex, format!("{INVALID_OP}more than one index"));
        }
        indices[0]
    }

    /// Checks an index; a constant one must be below `limit`.
    pub(crate) fn index(&mut self, expr: ExprId, limit: Option<i64>) -> Option<Index> {
        let mut x = self.expr(None, expr);
        if !self.is_valid_index(&mut x, Code::InvalidIndex, "index", false) {
            return None;
        }
        let Some(value) = x.value() else { return Some(Index { ty: x.ty, value: None }) };
        let value = value.as_i64()?;
        if let Some(limit) = limit.filter(|&limit| value >= limit) {
            let message = format!("{INVALID_ARG}index {value} out of bounds [0:{limit}]");
            self.error(self.at_operand(&x), Code::InvalidIndex, message);
            return None;
        }
        Some(Index { ty: x.ty, value: Some(value) })
    }

    /// Whether `x` is an integer that can index or measure something; reports it as `what` if not.
    pub(crate) fn is_valid_index(
        &mut self,
        x: &mut Operand,
        code: Code,
        what: &str,
        allow_negative: bool,
    ) -> bool {
        if !x.is_valid() {
            return false;
        }
        // Spec: "A constant index that is untyped is given type int."
        self.convert_untyped(x, TypeId::INT);
        if !x.is_valid() {
            return false;
        }
        let problem = if !self.all(x.ty, BasicInfo::INTEGER) {
            "must be integer"
        } else if let Some(value) = x.value() {
            if !allow_negative && !value.is_unknown() && value.signum() < 0 {
                "must not be negative"
            } else if let Some(value) = represent(value, types::Basic::Int) {
                x.mode = Mode::Constant(value);
                return true;
            } else {
                "overflows int"
            }
        } else {
            return true;
        };
        let message = format!("{INVALID_ARG}{what} {} {problem}", self.describe(x));
        self.error(self.at_operand(x), code, message);
        false
    }
}
