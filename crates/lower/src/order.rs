//! The order of operands: what calls do happens first, left to right; then variables, fields and elements are read.
//!
//! Spec: "Order of evaluation". It fixes the order of calls, receives and logical operators, and leaves open when the other
//! operands are read. gc reads them last, and programs have come to depend on it: `return o, o.parse(s)` gives what `parse`
//! made of `o`.
//!
//! ```text
//!  statement or call:        x.f  +  g(y)  ,  s[i]  ,  <-c  ,  len(s)  ,  a && h()
//!  early, left to right:             g(y)              <-c     len(s)     a && h()
//!  then, where they stand:   x.f  +   .    ,  s[i]  ,   .   ,    .     ,     .
//! ```
//!
//! What is early is a *unit*: see [`FnCx::is_unit`]. The operands of a unit are ordered in the same way when the unit is
//! evaluated; the right operand of `&&` only where it is evaluated at all. The values wait in [`Early`] until the expression
//! is asked for, so they are evaluated once. As long as nothing is read before a unit that does something, all is evaluated
//! in its place.

use rustc_hash::FxHashMap;
use syntax::{BinaryOp, ExprId, ExprKind, List, UnaryOp};
use types::{Builtin, Type, TypeId};

use crate::{
    func::{FnCx, Storage},
    value::Val,
};

/// The results of units that were evaluated before the operands around them.
#[derive(Default)]
pub(crate) struct Early(FxHashMap<ExprId, Vec<(Val, TypeId)>>);

impl Early {
    /// The results of a unit, if they are here; they are asked for once.
    pub(crate) fn take(&mut self, id: ExprId) -> Option<Vec<(Val, TypeId)>> {
        if self.0.is_empty() { None } else { self.0.remove(&id) }
    }

    /// Whether the results of a unit are here.
    pub(crate) fn has(&self, id: ExprId) -> bool {
        self.0.contains_key(&id)
    }

    /// Forgets what nobody asked for.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// More units than this, as in a table of thousands of entries, are evaluated in their place: their results would all be
/// alive at once.
const MOST_EARLY: usize = 256;

/// What was found among operands.
#[derive(Default)]
struct Survey {
    /// The units, left to right.
    units: Vec<ExprId>,
    /// The length of `units` up to the last one that may change what others read.
    n_needed: usize,
    /// Whether something before is read late, or can panic.
    reads: bool,
    /// Whether such a read comes before a unit that may change it.
    is_needed: bool,
}

impl FnCx<'_, '_, '_> {
    /// Evaluates the units among the operands of a statement or unit, if evaluating them in their place would be different.
    pub(crate) fn units_first(&mut self, operands: &[ExprId]) {
        let mut survey = Survey::default();
        for &operand in operands {
            self.survey(operand, &mut survey);
        }
        if survey.is_needed && survey.n_needed <= MOST_EARLY {
            self.evaluate(&survey.units[..survey.n_needed]);
        }
    }

    /// Evaluates the units among the operands of a call.
    pub(crate) fn units_of_call(&mut self, fun: ExprId, args: List<ExprId>) {
        let args = &self.src.tree[args];
        if args.is_empty() {
            return self.units_first(&[fun]);
        }
        let operands: Vec<ExprId> = std::iter::once(fun).chain(args.iter().copied()).collect();
        self.units_first(&operands);
    }

    /// Evaluates all units among operands that are otherwise looked at later.
    pub(crate) fn units_of_later(&mut self, operands: &[ExprId]) {
        let mut survey = Survey::default();
        for &operand in operands {
            self.survey(operand, &mut survey);
        }
        self.evaluate(&survey.units);
    }

    fn evaluate(&mut self, units: &[ExprId]) {
        let loc = self.b.loc();
        for &unit in units {
            let vals = match self.src.tree[unit].kind {
                ExprKind::Call { .. } => self.call(unit),
                _ => vec![(self.expr(unit), self.type_of(unit))],
            };
            let kept = vals.into_iter().map(|(val, ty)| (self.keep(val, ty), ty)).collect();
            self.early.0.insert(unit, kept);
        }
        self.b.set_loc(loc);
    }

    // ---- looking for units -------------------------------------------------------------------------------------------

    /// Adds the units in an expression.
    fn survey(&self, id: ExprId, survey: &mut Survey) {
        let tree = self.src.tree;
        let mode = self.src.info.exprs[id].mode;
        if self.const_of(id).is_some() || matches!(mode, check::Mode::Type | check::Mode::Nil) {
            return;
        }
        if self.early.has(id) {
            return;
        }
        if self.is_unit(id) {
            return self.add_unit(id, survey);
        }
        match tree[id].kind {
            ExprKind::Paren(x) => self.survey(x, survey),
            ExprKind::Name(ident) => survey.reads |= self.is_in_memory(ident),
            ExprKind::CompositeLit { elems, .. } => self.survey_elems(elems, survey),
            ExprKind::KeyValue { value, .. } => self.survey(value, survey),
            ExprKind::Unary { op: UnaryOp::Addr, x } if tree.as_name(tree.unparen(x)).is_some() => {}
            ExprKind::Unary { op, x } => {
                self.survey(x, survey);
                survey.reads |= op == UnaryOp::Deref;
            }
            ExprKind::Binary { op, x, y } => {
                self.survey(x, survey);
                self.survey(y, survey);
                survey.reads |= self.can_panic(op, x, y);
            }
            ExprKind::Selector { x, .. } => {
                if self.src.info.selections.contains_key(&id) {
                    self.survey(x, survey);
                }
                survey.reads = true;
            }
            ExprKind::Index { x, indices } => {
                self.survey(x, survey);
                for &index in &tree[indices] {
                    self.survey(index, survey);
                }
                survey.reads = true;
            }
            ExprKind::Assert { x, .. } => {
                self.survey(x, survey);
                survey.reads = true;
            }
            // A conversion, or a function of package unsafe.
            ExprKind::Call { args, .. } => {
                for &arg in &tree[args] {
                    self.survey(arg, survey);
                }
                survey.reads = true;
            }
            _ => {}
        }
    }

    fn survey_elems(&self, elems: List<ExprId>, survey: &mut Survey) {
        for &elem in &self.src.tree[elems] {
            self.survey(elem, survey);
        }
    }

    fn add_unit(&self, id: ExprId, survey: &mut Survey) {
        survey.units.push(id);
        if crate::visit::in_expr(self.src.tree, id, |id| self.has_effect(id)) {
            survey.n_needed = survey.units.len();
            survey.is_needed |= survey.reads;
        }
    }

    /// Whether gc evaluates an expression before it reads the other operands.
    fn is_unit(&self, id: ExprId) -> bool {
        let tree = self.src.tree;
        match tree[id].kind {
            ExprKind::Slice { .. } => true,
            ExprKind::Binary { op, .. } => matches!(op, BinaryOp::AndAnd | BinaryOp::OrOr),
            ExprKind::Unary { op: UnaryOp::Recv, .. } => true,
            ExprKind::Unary { op: UnaryOp::Addr, x } => self.is_map_literal(tree.unparen(x)),
            ExprKind::CompositeLit { .. } => self.is_map_literal(id),
            ExprKind::Assert { .. } => !self.is_pointer_shaped(self.type_of(id)),
            // A map is read late, but not by bytes that may change.
            ExprKind::Index { indices, .. } => {
                matches!(tree[indices], [key] if self.bytes_of_string(key).is_some())
            }
            ExprKind::Call { fun, args, .. } if self.is_type(fun) => {
                self.makes_slice_of_string(id, tree[args][0])
            }
            ExprKind::Call { fun, .. } => match self.builtin_of(fun) {
                Some(builtin) => !is_unsafe(builtin),
                None => true,
            },
            _ => false,
        }
    }

    /// Whether evaluating this node, its operands aside, may change what is read after it.
    fn has_effect(&self, id: ExprId) -> bool {
        match self.src.tree[id].kind {
            ExprKind::Unary { op, .. } => op == UnaryOp::Recv,
            ExprKind::Call { .. } if self.const_of(id).is_some() => false,
            ExprKind::Call { fun, .. } if self.is_type(fun) => false,
            ExprKind::Call { fun, .. } => match self.builtin_of(fun) {
                Some(builtin) => matches!(builtin, Builtin::Append | Builtin::Copy | Builtin::Recover),
                None => true,
            },
            _ => false,
        }
    }

    // ---- what expressions are ----------------------------------------------------------------------------------------

    /// Whether a name is that of a variable whose value others may change.
    fn is_in_memory(&self, ident: syntax::IdentId) -> bool {
        let Some(object) = self.object_of(ident) else { return false };
        let is_var = matches!(self.types.object(object).kind, types::ObjectKind::Var(_));
        is_var && !matches!(self.vars.get(&object), Some(Storage::Ssa(_)))
    }

    /// A literal of a map, or of a pointer to one where `&T` is left out.
    fn is_map_literal(&self, id: ExprId) -> bool {
        let ExprKind::CompositeLit { elems, .. } = self.src.tree[id].kind else { return false };
        let ty = self.type_of(id);
        let ty = self.types.as_pointer(ty).unwrap_or(ty);
        !elems.is_empty() && matches!(self.types.under(ty), Type::Map { .. })
    }

    /// Whether a conversion copies a string into a slice.
    fn makes_slice_of_string(&self, id: ExprId, x: ExprId) -> bool {
        let is_slice = matches!(self.types.under(self.type_of(id)), Type::Slice(_));
        is_slice && self.src.info.exprs[x].mode != check::Mode::Nil && self.is_string(self.type_of(x))
    }

    /// Whether values of a type are one pointer, which an interface holds itself.
    fn is_pointer_shaped(&self, ty: TypeId) -> bool {
        match self.types.under(ty) {
            Type::Pointer(_) | Type::Map { .. } | Type::Chan { .. } | Type::Signature(_) => true,
            Type::Basic(basic) => *basic == types::Basic::UnsafePointer,
            Type::Array { n_elems: 1, elem } => self.is_pointer_shaped(self.types.canonical(*elem)),
            Type::Struct(struct_) => {
                matches!(&struct_.fields[..], [only] if self.is_pointer_shaped(self.types.canonical(only.ty)))
            }
            _ => false,
        }
    }

    /// Whether an operator panics for some operands.
    fn can_panic(&self, op: BinaryOp, x: ExprId, y: ExprId) -> bool {
        let is_basic = |x: ExprId| {
            let mode = self.src.info.exprs[x].mode;
            mode == check::Mode::Nil || matches!(self.types.under(self.type_of(x)), Type::Basic(_))
        };
        match op {
            BinaryOp::Div | BinaryOp::Rem | BinaryOp::Shl | BinaryOp::Shr => self.const_of(y).is_none(),
            _ => op.is_comparison() && !(is_basic(x) && is_basic(y)),
        }
    }
}

/// The functions of package unsafe are expressions like others.
fn is_unsafe(builtin: Builtin) -> bool {
    matches!(
        builtin,
        Builtin::UnsafeAdd
            | Builtin::UnsafeSlice
            | Builtin::UnsafeSliceData
            | Builtin::UnsafeString
            | Builtin::UnsafeStringData
            | Builtin::UnsafeAlignof
            | Builtin::UnsafeOffsetof
            | Builtin::UnsafeSizeof
    )
}
