//! Parameter lists: of functions, of receivers, of results, and of types.

use super::Parser;
use crate::token::{Op, Token};
use crate::tree::{Expr, ExprId, ExprKind, Field, FieldId, IdentId, List};
use base::Pos;

/// An element of a parameter list, before it is known whether a lone name is a parameter or a type.
#[derive(Clone, Copy)]
pub(super) struct Param {
    pos: Pos,
    name: Option<IdentId>,
    ty: Option<ExprId>,
}

/// What a parameter list may contain.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// Every parameter must have a name: it is a list of type parameters.
    names_required: bool,
    /// The last one may be variadic.
    dots_allowed: bool,
}

impl Rules {
    pub(super) const PARAMS: Self = Self { names_required: false, dots_allowed: true };
    pub(super) const RESULTS: Self = Self { names_required: false, dots_allowed: false };
    pub(super) const TYPE_PARAMS: Self = Self { names_required: true, dots_allowed: false };
}

impl Parser<'_> {
    /// `Parameters = "(" [ ParameterList [ "," ] ] ")" .` The opening token is consumed already.
    pub(super) fn params(&mut self, close: Token, rules: Rules) -> List<FieldId> {
        self.params_from(None, close, rules)
    }

    /// A type parameter list of which the bracket, the first name, and perhaps its constraint, are consumed already.
    pub(super) fn type_params_from(&mut self, name: IdentId, constraint: Option<ExprId>) -> List<FieldId> {
        let pos = self.file[name].pos;
        let first = Param { pos, name: Some(name), ty: constraint };
        if constraint.is_some() && self.at(Token::Rbrack) {
            self.next();
            self.scratch.params.push(first);
            return self.finish_params(self.scratch.params.len() - 1);
        }
        self.params_from(Some(first), Token::Rbrack, Rules::TYPE_PARAMS)
    }

    fn params_from(&mut self, mut first: Option<Param>, close: Token, rules: Rules) -> List<FieldId> {
        let start = self.scratch.params.len();
        let end = self.list("parameter list", Token::Comma, close, |parser| {
            let param = match first.take() {
                Some(Param { ty: None, name, .. }) => parser.param(name, close),
                Some(param) => Some(param),
                None => parser.param(None, close),
            };
            parser.scratch.params.extend(param);
            false
        });
        if self.scratch.params.len() == start {
            return List::EMPTY;
        }
        self.distribute_types(start, end, rules.names_required);
        self.check_dots(start, rules.dots_allowed);
        self.finish_params(start)
    }

    fn finish_params(&mut self, start: usize) -> List<FieldId> {
        let first = self.scratch.fields.len();
        for index in start..self.scratch.params.len() {
            let Param { pos, name, ty } = self.scratch.params[index];
            let ty = ty.expect("types are distributed");
            let field = self.file.arenas.fields.push(Field { pos, name, ty, tag: None });
            self.scratch.fields.push(field);
        }
        self.scratch.params.truncate(start);
        self.finish_fields(first)
    }

    /// `ParameterDecl = [ IdentifierList ] [ "..." ] Type .` A lone name has no type here.
    fn param(&mut self, name: Option<IdentId>, follow: Token) -> Option<Param> {
        let unions_ok = follow == Token::Rbrack;
        let pos = name.map_or(self.pos(), |name| self.file[name].pos);
        if name.is_none() && unions_ok && self.at_op(Op::Tilde) {
            let ty = self.union(None);
            return Some(Param { pos, name: None, ty: Some(ty) });
        }
        let mut param = Param { pos, name: None, ty: None };
        if name.is_some() || self.at(Token::Name) {
            let name = name.unwrap_or_else(|| self.ident());
            if self.param_after_name(&mut param, name, unions_ok) {
                return Some(param);
            }
        }
        if self.at(Token::DotDotDot) {
            param.ty = Some(self.dots_type());
        } else if unions_ok && self.at_op(Op::Tilde) {
            param.ty = Some(self.union(None));
        } else {
            param.ty = self.type_or_none();
            param.ty = param.ty.map(|ty| if unions_ok && self.at_or() { self.union(Some(ty)) } else { ty });
        }
        if param.name.is_some() || param.ty.is_some() {
            return Some(param);
        }
        self.syntax_error(&format!("expected {}", follow.describe()));
        self.advance(&[Token::Comma, follow]);
        None
    }

    /// What follows `name` when the two are one type, or when `name` is the parameter and an array or slice its type.
    /// Returns whether the parameter is complete.
    fn param_after_name(&mut self, param: &mut Param, name: IdentId, unions_ok: bool) -> bool {
        let is_union = unions_ok && self.at_or();
        match self.token {
            Token::Lbrack => {
                let ty = self.array_or_type_args(name);
                if !matches!(self.file[ty].kind, ExprKind::Index { .. }) {
                    param.name = Some(name);
                }
                param.ty = Some(ty);
            }
            Token::Dot => param.ty = Some(self.qualified_name(Some(name))),
            _ if is_union => param.ty = Some(self.name_expr(name)),
            _ => {
                param.name = Some(name);
                return false;
            }
        }
        if unions_ok && self.at_or() {
            param.ty = Some(self.union(param.ty));
        }
        true
    }

    fn dots_type(&mut self) -> ExprId {
        let pos = self.pos();
        self.next();
        match self.type_or_none() {
            Some(elem) => self.expr_node(pos, ExprKind::DotsType { elem }),
            None => {
                let bad = self.bad_expr();
                self.syntax_error("... is missing type");
                bad
            }
        }
    }

    /// Gives every parameter a type, and makes lone names types if no parameter is named. `end` is the closing token.
    fn distribute_types(&mut self, start: usize, end: Pos, names_required: bool) {
        let params = &self.scratch.params[start..];
        let n_params = params.len();
        let n_named = params.iter().filter(|param| param.name.is_some() && param.ty.is_some()).count();
        let n_typed = params.iter().filter(|param| param.ty.is_some()).count();
        if n_named == 0 && !names_required {
            for index in start..self.scratch.params.len() {
                if let Some(name) = self.scratch.params[index].name.take() {
                    self.scratch.params[index].ty = Some(self.name_expr(name));
                }
            }
        } else if n_named != n_params
            && let Some(pos) = self.complete_params(start)
        {
            // With as many types as pairs of name and type, it is the types at the end that are missing.
            let (pos, message) = match (n_named == n_typed, names_required) {
                (true, true) => (end, "missing type constraint"),
                (true, false) => (end, "missing parameter type"),
                (false, true) if n_params == 1 => {
                    (pos, "missing type parameter name or invalid array length")
                }
                (false, true) => (pos, "missing type parameter name"),
                (false, false) => (pos, "missing parameter name"),
            };
            self.syntax_error_at(pos, message);
        }
    }

    /// Gives the type of `a, b int` to both, from right to left. Returns where the leftmost mistake is.
    fn complete_params(&mut self, start: usize) -> Option<Pos> {
        let mut mistake = None;
        let mut current = None;
        for index in (start..self.scratch.params.len()).rev() {
            let Param { name, ty, .. } = self.scratch.params[index];
            match (name, ty) {
                (_, Some(ty)) => {
                    current = Some(ty);
                    if name.is_none() {
                        let pos = self.file.start_of(ty);
                        self.scratch.params[index].name = Some(self.blank_ident(pos));
                        mistake = Some(pos);
                    }
                }
                (Some(name), None) if current.is_none() => {
                    let pos = self.file[name].pos;
                    self.scratch.params[index].ty = Some(self.bad_expr_at(pos));
                    mistake = Some(pos);
                }
                _ => self.scratch.params[index].ty = current,
            }
        }
        mistake
    }

    /// Complains of the first `...` that is not allowed, and takes the element type for each.
    fn check_dots(&mut self, start: usize, dots_allowed: bool) {
        let mut is_first = true;
        let last = self.scratch.params.len() - 1;
        for index in start..=last {
            let Some(ty) = self.scratch.params[index].ty else { continue };
            let Expr { pos, kind: ExprKind::DotsType { elem }, .. } = self.file[ty] else { continue };
            if dots_allowed && index == last {
                continue;
            }
            self.scratch.params[index].ty = Some(elem);
            if std::mem::take(&mut is_first) {
                let message =
                    if dots_allowed { "can only use ... with final parameter" } else { "invalid use of ..." };
                self.error_at(pos, message);
            }
        }
    }
}
