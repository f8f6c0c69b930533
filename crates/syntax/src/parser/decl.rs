//! The file and its declarations.

use super::Parser;
use crate::directive::Place;
use crate::token::Token;
use crate::tree::{
    BinaryOp, Decl, DeclId, DeclKind, Directives, ExprId, ExprKind, FieldId, GroupId, IdentId, List, LitKind,
    UnaryOp,
};
use base::{Pos, sym};
use diag::Code;

/// What starts a declaration at the top level.
const DECL_START: &[Token] = &[Token::Import, Token::Const, Token::Type, Token::Var, Token::Func];

/// How a kind of spec is parsed: what directives may stand above it, and the rest.
type Spec<'a> = fn(&mut Parser<'a>, Option<GroupId>) -> DeclId;

/// `name expr`, or just `name`, out of an expression that may be the start of a type parameter list.
struct TypeParamStart {
    name: IdentId,
    constraint: Option<ExprId>,
}

impl<'a> Parser<'a> {
    /// `SourceFile = PackageClause ";" { ImportDecl ";" } { TopLevelDecl ";" } .`
    pub(super) fn file(&mut self) {
        if self.package_clause() {
            self.file.decls = self.top_level_decls();
        }
    }

    /// Returns whether it makes sense to go on.
    fn package_clause(&mut self) -> bool {
        self.is_at_top = false;
        if !self.got(Token::Package) {
            self.syntax_error("package statement must be first");
            return false;
        }
        self.file.package_directives = self.directives_for(Place::Package);
        let package = self.ident();
        self.want(Token::Semi);
        let is_ok = self.n_errors == 0;
        self.file.package = is_ok.then_some(package);
        is_ok
    }

    fn top_level_decls(&mut self) -> List<DeclId> {
        let start = self.scratch.decls.len();
        let mut previous = Token::Import;
        while !self.at(Token::Eof) {
            if self.at(Token::Import) && previous != Token::Import {
                self.syntax_error("imports must appear before other declarations");
            }
            previous = self.token;
            if !self.top_level_decl(start) {
                self.advance(DECL_START);
                continue;
            }
            // Before the semicolon: comments after it may hold directives for the next declaration.
            self.drop_directives();
            if !self.at(Token::Eof) && !self.got(Token::Semi) {
                self.syntax_error("after top level declaration");
                self.advance(DECL_START);
            }
        }
        self.drop_directives();
        self.finish_decls(start)
    }

    /// Returns whether there was a declaration.
    fn top_level_decl(&mut self, first_decl: usize) -> bool {
        match self.token {
            Token::Import => self.decl_group(Self::import_spec),
            Token::Const => self.decl_group(Self::const_spec),
            Token::Type => self.decl_group(Self::type_spec),
            Token::Var => self.decl_group(Self::var_spec),
            Token::Func => self.func_decl(),
            Token::Lbrace if self.follows_func_without_body(first_decl) => {
                self.syntax_error("unexpected semicolon or newline before {");
                return false;
            }
            _ => {
                self.syntax_error("non-declaration statement outside function body");
                return false;
            }
        }
        true
    }

    fn follows_func_without_body(&self, first_decl: usize) -> bool {
        let last = self.scratch.decls[first_decl..].last();
        last.is_some_and(|&decl| matches!(self.file[decl].kind, DeclKind::Func { body: None, .. }))
    }

    /// `keyword ( spec | "(" { spec ";" } ")" ) .` The specs are left on the scratch stack.
    fn decl_group(&mut self, spec: Spec<'a>) {
        self.next();
        if !self.at(Token::Lparen) {
            let decl = spec(self, None);
            self.scratch.decls.push(decl);
            return;
        }
        let group = GroupId::new(self.file.n_groups as usize);
        self.file.n_groups += 1;
        self.drop_directives();
        self.next();
        self.list("grouped declaration", Token::Semi, Token::Rparen, |parser| {
            let decl = spec(parser, Some(group));
            parser.scratch.decls.push(decl);
            false
        });
    }

    /// The declarations of a `const`, `type` or `var` statement.
    pub(super) fn local_decls(&mut self) -> List<DeclId> {
        let start = self.scratch.decls.len();
        self.decl_group(match self.token {
            Token::Const => Self::const_spec,
            Token::Type => Self::type_spec,
            _ => Self::var_spec,
        });
        self.finish_decls(start)
    }

    /// The directives above a declaration that takes those of `place`.
    fn directives_for(&mut self, place: Place) -> Directives {
        let directives = self.take_directives();
        self.check_directives(directives, place);
        directives
    }

    fn decl_node(
        &mut self,
        pos: Pos,
        group: Option<GroupId>,
        directives: Directives,
        kind: DeclKind,
    ) -> DeclId {
        let end = self.last_end.max(pos);
        self.file.arenas.decls.push(Decl { pos, end, group, directives, kind })
    }

    /// `ImportSpec = [ "." | PackageName ] ImportPath .`
    fn import_spec(&mut self, group: Option<GroupId>) -> DeclId {
        let pos = self.pos();
        let directives = self.directives_for(Place::Nowhere);
        let local = match self.token {
            Token::Name => Some(self.ident()),
            Token::Dot => {
                self.next();
                Some(self.ident_named(pos, sym::DOT))
            }
            _ => None,
        };
        let path = self.literal();
        match path {
            None => {
                self.syntax_error("missing import path");
                self.advance(&[Token::Semi, Token::Rparen]);
            }
            Some(path) => self.check_import_path(path),
        }
        self.decl_node(pos, group, directives, DeclKind::Import { local, path })
    }

    fn check_import_path(&mut self, path: ExprId) {
        let pos = self.file[path].pos;
        if let ExprKind::BasicLit(literal) = &mut self.file.arenas.exprs[path].kind
            && !literal.is_bad
            && literal.kind != LitKind::String
        {
            literal.is_bad = true;
            self.syntax_error_at(pos, "import path must be a string");
        }
    }

    /// `ConstSpec = IdentifierList [ [ Type ] "=" ExpressionList ] .`
    fn const_spec(&mut self, group: Option<GroupId>) -> DeclId {
        let pos = self.pos();
        let directives = self.directives_for(Place::Nowhere);
        let first = self.ident();
        let names = self.ident_list(first);
        let (mut ty, mut values) = (None, List::EMPTY);
        if !self.at_any(&[Token::Eof, Token::Semi, Token::Rparen]) {
            ty = self.type_or_none();
            values = self.initializer();
        }
        self.decl_node(pos, group, directives, DeclKind::Const { names, ty, values })
    }

    /// `VarSpec = IdentifierList ( Type [ "=" ExpressionList ] | "=" ExpressionList ) .`
    fn var_spec(&mut self, group: Option<GroupId>) -> DeclId {
        let pos = self.pos();
        let directives = self.directives_for(Place::Var);
        let first = self.ident();
        let names = self.ident_list(first);
        let ty = if self.at_any(&[Token::Assign, Token::Define]) { None } else { Some(self.type_()) };
        let values = self.initializer();
        self.decl_node(pos, group, directives, DeclKind::Var { names, ty, values })
    }

    fn initializer(&mut self) -> List<ExprId> {
        if self.got_assign() { self.expr_list() } else { List::EMPTY }
    }

    /// `TypeSpec = identifier [ TypeParams ] [ "=" ] Type .`
    fn type_spec(&mut self, group: Option<GroupId>) -> DeclId {
        let pos = self.pos();
        let directives = self.directives_for(Place::Nowhere);
        let name = self.ident();
        let (mut tparams, mut is_alias) = (List::EMPTY, false);
        let ty = if self.at(Token::Lbrack) {
            self.type_after_bracket(&mut tparams, &mut is_alias)
        } else {
            is_alias = self.got_assign();
            self.type_or_none()
        };
        let ty = ty.unwrap_or_else(|| {
            let bad = self.bad_expr();
            self.syntax_error("in type declaration");
            self.advance(&[Token::Semi, Token::Rparen]);
            bad
        });
        self.decl_node(pos, group, directives, DeclKind::Type { name, tparams, is_alias, ty })
    }

    /// What follows `type T` when that is a bracket: type parameters and a type, or an array or slice type.
    fn type_after_bracket(&mut self, tparams: &mut List<FieldId>, is_alias: &mut bool) -> Option<ExprId> {
        let pos = self.pos();
        self.next();
        match self.token {
            Token::Name => {
                let x = self.array_length_or_type_param();
                let force = self.at(Token::Comma);
                match self.split_type_param(x, force) {
                    Some(start) if start.constraint.is_some() || !self.at(Token::Rbrack) => {
                        *tparams = self.type_params_from(start.name, start.constraint);
                        *is_alias = self.got_assign();
                        self.type_or_none()
                    }
                    _ => Some(self.array_type(pos, Some(x))),
                }
            }
            Token::Rbrack => {
                self.next();
                Some(self.slice_type(pos))
            }
            _ => Some(self.array_type(pos, None)),
        }
    }

    /// After `type T [`, a name and what follows it, as an expression.
    ///
    /// `type T[P []E]` would not parse as one; but what is indexed is no constant, hence no array length, so a name
    /// before a bracket is a type parameter and is left alone.
    fn array_length_or_type_param(&mut self) -> ExprId {
        let name = self.ident();
        let x = self.name_expr(name);
        if self.at(Token::Lbrack) {
            return x;
        }
        self.expr_level += 1;
        let x = self.primary_expr(Some(x), false);
        let x = self.binary_expr(Some(x), 0);
        self.expr_level -= 1;
        x
    }

    /// Splits `x` into a type parameter and its constraint, if that is how it reads: `P *C`, `P (C)`, `P *C|D`.
    ///
    /// Most such expressions are also products or calls; they are split only if the constraint can be nothing but a
    /// type, or with `force`.
    fn split_type_param(&mut self, x: ExprId, force: bool) -> Option<TypeParamStart> {
        // The unions on the left spine, outermost first.
        let mut unions = Vec::new();
        let (mut left, mut force) = (x, force);
        while let ExprKind::Binary { op: BinaryOp::Or, x, y } = self.file[left].kind {
            force = force || self.is_type_elem(y);
            unions.push(left);
            left = x;
        }
        let start = self.split_term(left, force)?;
        if unions.is_empty() {
            return Some(start);
        }
        let mut constraint = start.constraint?;
        while let Some(union) = unions.pop() {
            let mut node = self.file[union];
            if let ExprKind::Binary { x, .. } = &mut node.kind {
                *x = constraint;
            }
            constraint = self.file.arenas.exprs.push(node);
        }
        Some(TypeParamStart { constraint: Some(constraint), ..start })
    }

    fn split_term(&mut self, x: ExprId, force: bool) -> Option<TypeParamStart> {
        match self.file[x].kind {
            ExprKind::Name(name) => Some(TypeParamStart { name, constraint: None }),
            ExprKind::Binary { op: BinaryOp::Mul, x: left, y } => {
                let name = self.file.as_name(left)?;
                if !(force || self.is_type_elem(y)) {
                    return None;
                }
                let mut pointer = self.file[x];
                pointer.kind = ExprKind::Unary { op: UnaryOp::Deref, x: y };
                Some(TypeParamStart { name, constraint: Some(self.file.arenas.exprs.push(pointer)) })
            }
            ExprKind::Call { fun, args, has_dots: false } => {
                let name = self.file.as_name(fun)?;
                let &[arg] = &self.file[args] else { return None };
                let is_split = force || self.is_type_elem(arg);
                is_split.then(|| TypeParamStart { name, constraint: Some(self.file.unparen(arg)) })
            }
            _ => None,
        }
    }

    /// Whether `x` can be nothing but a type element.
    fn is_type_elem(&self, mut x: ExprId) -> bool {
        loop {
            x = match self.file[x].kind {
                ExprKind::ArrayType { .. }
                | ExprKind::StructType { .. }
                | ExprKind::FuncType { .. }
                | ExprKind::InterfaceType { .. }
                | ExprKind::SliceType { .. }
                | ExprKind::MapType { .. }
                | ExprKind::ChanType { .. }
                | ExprKind::Unary { op: UnaryOp::Tilde, .. } => return true,
                ExprKind::Binary { y, .. } if self.is_type_elem(y) => return true,
                ExprKind::Binary { x, .. } | ExprKind::Unary { x, .. } | ExprKind::Paren(x) => x,
                _ => return false,
            }
        }
    }

    /// `FunctionDecl = "func" [ Receiver ] identifier [ TypeParams ] Signature [ FunctionBody ] .`
    ///
    /// The declaration is left on the scratch stack.
    fn func_decl(&mut self) {
        self.next();
        let pos = self.pos();
        let directives = self.directives_for(Place::Func);
        let has_receiver = self.got(Token::Lparen);
        let recv = if has_receiver { self.receiver() } else { None };
        let (name, tparams, ty) = if self.at(Token::Name) {
            let name = self.ident();
            let (tparams, ty) = self.func_type("");
            (name, tparams, ty)
        } else {
            let (name, ty) = self.missing_signature();
            self.syntax_error(if has_receiver { "expected name" } else { "expected name or (" });
            self.advance(&[Token::Lbrace, Token::Semi]);
            (name, List::EMPTY, ty)
        };
        let body = self.at(Token::Lbrace).then(|| self.func_body());
        let decl = self.decl_node(pos, None, directives, DeclKind::Func { recv, name, tparams, ty, body });
        self.scratch.decls.push(decl);
    }

    fn missing_signature(&mut self) -> (IdentId, ExprId) {
        let pos = self.pos();
        let kind = ExprKind::FuncType { params: List::EMPTY, results: List::EMPTY };
        (self.blank_ident(pos), self.expr_node(pos, kind))
    }

    fn receiver(&mut self) -> Option<FieldId> {
        let receivers = self.params(Token::Rparen, super::params::Rules::RESULTS);
        match receivers.len() {
            0 => self.error_as(Code::BadRecv, "method has no receiver"),
            1 => {}
            _ => self.error_as(Code::BadRecv, "method has multiple receivers"),
        }
        self.file[receivers].first().copied()
    }
}
