//! Interface types and unions. Spec: "Interface types".

use base::Span;
use diag::{Code, Diagnostic};
use rustc_hash::FxHashMap;
use syntax::{BinaryOp, ExprId, ExprKind, FieldId, List, UnaryOp};
use types::{MemberName, Method, Term, Type, TypeId};

use crate::{GoVersion, checker::Checker, operand::Mode};

/// The longest union. As types2/union.go, `maxTermCount`.
const MAX_TERMS: usize = 100;

/// The methods of an interface with where they come from.
type Methods = FxHashMap<MemberName, (TypeId, Span)>;

impl<'a> Checker<'a> {
    pub(crate) fn interface_type(&mut self, expr: ExprId, elems: List<FieldId>) -> TypeId {
        let file = self.file();
        let mut methods = Vec::new();
        let mut places = Vec::new();
        let mut embedded = Vec::new();
        let mut embedded_places = Vec::new();
        for &id in &file[elems] {
            let field = file[id];
            let Some(name) = field.name else {
                let at = self.at(field.ty);
                embedded.push(self.union(field.ty));
                embedded_places.push(at);
                continue;
            };
            let symbol = file.name(name);
            if symbol.is_blank() {
                let message = "methods must have a unique non-blank name";
                self.error(file.ident_span(name), Code::BlankIfaceMethod, message);
                continue;
            }
            let ty = self.typ(field.ty);
            if matches!(self.types.get(ty), Type::Signature(_)) {
                methods.push(Method { name: self.types.member_name(symbol, Some(self.package)), ty });
                places.push(file.ident_span(name));
            }
        }
        if methods.is_empty() && embedded.is_empty() {
            return TypeId::EMPTY_INTERFACE;
        }
        let elements: Vec<_> = embedded.iter().copied().zip(embedded_places).collect();
        let explicit: Vec<_> = methods.iter().copied().zip(places).collect();
        self.types.sort_methods(&mut methods);
        if !self.allows(GoVersion::new(18)) {
            // What is no interface is reported below; without it nothing else follows from the mistake.
            let types = self.types;
            let may_be_interface = |ty| {
                matches!(
                    types.get(ty),
                    Type::Interface(_) | Type::Named(_) | Type::Alias(_) | Type::TypeParam(_)
                )
            };
            embedded.retain(|&element| may_be_interface(element));
        }
        let ty = self.types.interface(methods, embedded);
        let at = Span::at(file[expr].pos);
        self.later(move |check| check.check_interface(at, &explicit, &elements));
        ty
    }

    /// The interface for a constraint that is written without `interface{}` around it.
    pub(crate) fn implicit_constraint(&mut self, expr: ExprId) -> TypeId {
        let at = self.at(expr);
        let union = self.union(expr);
        self.later(move |check| check.check_interface(at, &[], &[(union, at)]));
        let ty = self.types.implicit_interface(union);
        self.record_type(expr, ty);
        ty
    }

    /// Reports methods that are declared twice, and what the file's language version does not allow.
    fn check_interface(&mut self, at: Span, explicit: &[(Method, Span)], elements: &[(TypeId, Span)]) {
        let mut methods = Methods::default();
        for &(method, place) in explicit {
            match methods.get(&method.name) {
                Some(&(_, other)) => self.duplicate_method(method.name, place, other),
                None => {
                    methods.insert(method.name, (method.ty, place));
                }
            }
        }
        for &(element, place) in elements {
            let place = if place.start.is_known() { place } else { at };
            self.check_element(element, place, &mut methods);
        }
    }

    fn check_element(&mut self, element: TypeId, at: Span, methods: &mut Methods) {
        let types = self.types;
        let underlying = types.underlying(element);
        match types.get(underlying) {
            Type::Interface(_) => {
                if self.is_imported_constraint(element) {
                    let what = format!("embedding constraint interface {}", self.ty(element));
                    if !self.require(at, GoVersion::new(18), &what) {
                        return;
                    }
                }
                for method in &types.type_set(underlying).methods {
                    self.embedded_method(*method, at, methods);
                }
            }
            Type::Union(terms) => {
                let what = format!("embedding interface element {}", self.ty(underlying));
                if self.require(at, GoVersion::new(18), &what)
                    && terms.iter().all(|term| types.is_complete(term.ty))
                    && types.union_terms(terms).is_none()
                {
                    self.too_many_terms(at);
                }
            }
            _ if underlying == TypeId::INVALID => {}
            _ => {
                let what = format!("embedding non-interface type {}", self.ty(element));
                self.require(at, GoVersion::new(18), &what);
            }
        }
    }

    /// Spec: methods with the same name in embedded interfaces must have identical signatures; before Go 1.14 there must
    /// be none.
    fn embedded_method(&mut self, method: Method, at: Span, methods: &mut Methods) {
        let Some(&(other_ty, other)) = methods.get(&method.name) else {
            methods.insert(method.name, (method.ty, at));
            return;
        };
        self.later(move |check| {
            if !check.allows(GoVersion::new(14)) || !check.types.identical(method.ty, other_ty) {
                check.duplicate_method(method.name, at, other);
            }
        });
    }

    fn duplicate_method(&mut self, name: MemberName, at: Span, other: Span) {
        let name = name.symbol;
        let error = Diagnostic::error(Code::DuplicateDecl, at, format!("duplicate method {name}"));
        self.report(error.with_note(other, format!("other declaration of method {name}")));
    }

    fn too_many_terms(&mut self, at: Span) {
        let message = format!("cannot handle more than {MAX_TERMS} union terms (implementation limitation)");
        self.error(at, Code::InvalidUnion, message);
    }

    /// Checks an element of an interface: a type, or a union of terms.
    fn union(&mut self, expr: ExprId) -> TypeId {
        let mut operators = Vec::new();
        let mut exprs = Vec::new();
        self.flatten_union(expr, &mut operators, &mut exprs);
        let mut terms: Vec<Term> = Vec::with_capacity(exprs.len());
        let mut is_too_long = false;
        for (i, &term_expr) in exprs.iter().enumerate() {
            let term = self.term(term_expr);
            if exprs.len() == 1 && !term.tilde {
                return term.ty; // An embedded type; all that could be wrong with it is checked.
            }
            if terms.len() < MAX_TERMS {
                terms.push(term);
            } else if !is_too_long {
                self.too_many_terms(self.at(term_expr));
                is_too_long = true;
            }
            if i > 0 {
                let so_far = if is_too_long { TypeId::INVALID } else { self.types.union(terms.clone()) };
                self.record_type(operators[i - 1], so_far);
            }
        }
        if is_too_long {
            return TypeId::INVALID;
        }
        let union = self.types.union(terms.clone());
        self.later(move |check| check.check_terms(&exprs, &terms));
        union
    }

    /// Takes `a | b | c` apart.
    fn flatten_union(&self, expr: ExprId, operators: &mut Vec<ExprId>, terms: &mut Vec<ExprId>) {
        let mut pending = expr;
        let mut reversed = Vec::new();
        while let ExprKind::Binary { op: BinaryOp::Or, x, y } = self.file()[pending].kind {
            operators.push(pending);
            reversed.push(y);
            pending = x;
        }
        terms.push(pending);
        terms.extend(reversed.into_iter().rev());
        operators.reverse();
    }

    fn term(&mut self, expr: ExprId) -> Term {
        let (tilde, x) = match self.file()[expr].kind {
            ExprKind::Unary { op: UnaryOp::Tilde, x } => (true, x),
            _ => (false, expr),
        };
        let mut ty = self.typ(x);
        if self.types.is_type_param(ty) {
            let message = if tilde {
                format!("type in term {} cannot be a type parameter", self.expr_text(expr))
            } else {
                "term cannot be a type parameter".to_owned()
            };
            self.error(self.at(x), Code::MisplacedTypeParam, message);
            ty = TypeId::INVALID;
        }
        let term = Term { tilde, ty };
        if tilde {
            let union = self.types.union([term]);
            self.record_expr(expr, &Mode::TypeExpr, union);
        }
        term
    }

    fn check_terms(&mut self, exprs: &[ExprId], terms: &[Term]) {
        for (i, (&expr, &term)) in exprs.iter().zip(terms).enumerate() {
            if let Some(message) = self.term_problem(term, &terms[..i]) {
                self.error(self.at(expr), Code::InvalidUnion, message);
            }
        }
    }

    /// What is wrong with a term, given those before it.
    fn term_problem(&self, term: Term, before: &[Term]) -> Option<String> {
        let types = self.types;
        if !types.is_valid(term.ty) {
            return None;
        }
        let underlying = types.underlying(term.ty);
        let is_interface = matches!(types.get(underlying), Type::Interface(_));
        if term.tilde {
            let name = self.ty(term.ty);
            if is_interface {
                return Some(format!("invalid use of ~ ({name} is an interface)"));
            }
            if !types.identical(underlying, term.ty) {
                let underlying = self.ty(underlying);
                return Some(format!("invalid use of ~ (underlying type of {name} is {underlying})"));
            }
        }
        if is_interface {
            let set = types.type_set(underlying);
            let name = self.term_text(term);
            return if !set.methods.is_empty() {
                Some(format!("cannot use {name} in union ({name} contains methods)"))
            } else if types.unalias(term.ty) == TypeId::COMPARABLE {
                Some("cannot use comparable in union".to_owned())
            } else if set.comparable {
                Some(format!("cannot use {name} in union ({name} embeds comparable)"))
            } else {
                None
            };
        }
        let overlap = before.iter().find(|other| {
            types.is_valid(other.ty) && !types.is_interface(other.ty) && !other.is_disjoint(term, types)
        })?;
        Some(format!("overlapping terms {} and {}", self.term_text(term), self.term_text(*overlap)))
    }
}
