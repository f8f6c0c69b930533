//! Types.

use super::Parser;
use super::params::Rules;
use crate::token::{Op, Token};
use crate::tree::{
    BasicLit, BinaryOp, ChanDir, Expr, ExprId, ExprKind, Field, FieldId, IdentId, List, UnaryOp,
};
use base::Pos;

impl Parser<'_> {
    /// `Type = TypeName | TypeLit | "(" Type ")" .`
    pub(super) fn type_(&mut self) -> ExprId {
        if let Some(ty) = self.type_or_none() {
            return ty;
        }
        let bad = self.bad_expr();
        self.syntax_error("expected type");
        self.advance(&[Token::Comma, Token::Colon, Token::Semi, Token::Rparen, Token::Rbrack, Token::Rbrace]);
        bad
    }

    /// A type, if there is the start of one.
    pub(super) fn type_or_none(&mut self) -> Option<ExprId> {
        self.nested(Self::type_or_none_nested, |parser| Some(parser.bad_expr()))
    }

    fn type_or_none_nested(&mut self) -> Option<ExprId> {
        let pos = self.pos();
        Some(match self.token {
            Token::Name => self.qualified_name(None),
            Token::Star => {
                self.next();
                let elem = self.type_();
                self.pointer_to(pos, elem)
            }
            Token::Arrow => {
                self.next();
                self.want(Token::Chan);
                self.chan_type(pos, ChanDir::RecvOnly)
            }
            Token::Func => {
                self.next();
                self.func_type("function type").1
            }
            Token::Lbrack => {
                self.next();
                if self.got(Token::Rbrack) { self.slice_type(pos) } else { self.array_type(pos, None) }
            }
            Token::Chan => {
                self.next();
                let dir = if self.got(Token::Arrow) { ChanDir::SendOnly } else { ChanDir::Both };
                self.chan_type(pos, dir)
            }
            Token::Map => self.map_type(),
            Token::Struct => self.struct_type(),
            Token::Interface => self.interface_type(),
            Token::Lparen => {
                self.next();
                let ty = self.type_();
                self.want(Token::Rparen);
                ty
            }
            _ => return None,
        })
    }

    fn pointer_to(&mut self, pos: Pos, elem: ExprId) -> ExprId {
        self.expr_node(pos, ExprKind::Unary { op: UnaryOp::Deref, x: elem })
    }

    fn chan_type(&mut self, pos: Pos, dir: ChanDir) -> ExprId {
        let elem = self.type_or_none().unwrap_or_else(|| {
            let bad = self.bad_expr();
            self.syntax_error("missing channel element type");
            bad
        });
        self.expr_node(pos, ExprKind::ChanType { dir, elem })
    }

    fn map_type(&mut self) -> ExprId {
        let pos = self.pos();
        self.next();
        self.want(Token::Lbrack);
        let key = self.type_();
        self.want(Token::Rbrack);
        let value = self.type_();
        self.expr_node(pos, ExprKind::MapType { key, value })
    }

    /// An array type of which the bracket at `pos`, and perhaps the length, are consumed already.
    pub(super) fn array_type(&mut self, pos: Pos, len: Option<ExprId>) -> ExprId {
        let mut len = len;
        if len.is_none() && !self.got(Token::DotDotDot) {
            self.expr_level += 1;
            len = Some(self.expr());
            self.expr_level -= 1;
        }
        if self.at(Token::Comma) {
            // A trailing comma would be fine in a list of type parameters.
            self.syntax_error("unexpected comma; expected ]");
            self.next();
        }
        self.want(Token::Rbrack);
        let elem = self.type_();
        self.expr_node(pos, ExprKind::ArrayType { len, elem })
    }

    /// A slice type of which the brackets, the first at `pos`, are consumed already.
    pub(super) fn slice_type(&mut self, pos: Pos) -> ExprId {
        let elem = self.type_();
        self.expr_node(pos, ExprKind::SliceType { elem })
    }

    /// `Signature = [ TypeParams ] Parameters [ Result ] .` With a context, type parameters are a mistake.
    pub(super) fn func_type(&mut self, context: &str) -> (List<FieldId>, ExprId) {
        let pos = self.pos();
        let mut tparams = List::EMPTY;
        if self.got(Token::Lbrack) {
            if !context.is_empty() {
                self.syntax_error_at(pos, &format!("{context} must have no type parameters"));
            }
            if self.at(Token::Rbrack) {
                self.syntax_error("empty type parameter list");
                self.next();
            } else {
                tparams = self.params(Token::Rbrack, Rules::TYPE_PARAMS);
            }
        }
        self.want(Token::Lparen);
        let params = self.params(Token::Rparen, Rules::PARAMS);
        let results = self.results();
        (tparams, self.expr_node(pos, ExprKind::FuncType { params, results }))
    }

    /// `Result = Parameters | Type .`
    fn results(&mut self) -> List<FieldId> {
        if self.got(Token::Lparen) {
            return self.params(Token::Rparen, Rules::RESULTS);
        }
        let pos = self.pos();
        let start = self.scratch.fields.len();
        if let Some(ty) = self.type_or_none() {
            self.push_field(pos, None, ty, None);
        }
        self.finish_fields(start)
    }

    fn push_field(&mut self, pos: Pos, name: Option<IdentId>, ty: ExprId, tag: Option<ExprId>) {
        let field = self.file.arenas.fields.push(Field { pos, name, ty, tag });
        self.scratch.fields.push(field);
    }

    // ---- Structs.

    /// `StructType = "struct" "{" { FieldDecl ";" } "}" .`
    fn struct_type(&mut self) -> ExprId {
        let pos = self.pos();
        self.next();
        self.want(Token::Lbrace);
        let start = self.scratch.fields.len();
        self.list("struct type", Token::Semi, Token::Rbrace, |parser| {
            parser.field_decl();
            false
        });
        let fields = self.finish_fields(start);
        self.expr_node(pos, ExprKind::StructType { fields })
    }

    /// `FieldDecl = (IdentifierList Type | EmbeddedField) [ Tag ] .`
    fn field_decl(&mut self) {
        let pos = self.pos();
        match self.token {
            Token::Name => self.field_decl_from_name(pos),
            Token::Star => {
                self.next();
                let elem = self.embedded_type_name();
                let ty = self.pointer_to(pos, elem);
                let tag = self.literal();
                self.push_field(pos, None, ty, tag);
            }
            Token::Lparen => {
                self.syntax_error("cannot parenthesize embedded type");
                self.next();
                let star = self.pos();
                let ty = if self.got(Token::Star) {
                    let elem = self.qualified_name(None);
                    self.pointer_to(star, elem)
                } else {
                    self.qualified_name(None)
                };
                self.got(Token::Rparen);
                let tag = self.literal();
                self.push_field(pos, None, ty, tag);
            }
            _ => {
                self.syntax_error("expected field name or embedded type");
                self.advance(&[Token::Semi, Token::Rbrace]);
            }
        }
    }

    /// What follows the star of an embedded pointer.
    fn embedded_type_name(&mut self) -> ExprId {
        if !self.at(Token::Lparen) {
            return self.qualified_name(None);
        }
        self.syntax_error("cannot parenthesize embedded type");
        self.next();
        let ty = self.qualified_name(None);
        self.got(Token::Rparen);
        ty
    }

    fn field_decl_from_name(&mut self, pos: Pos) {
        let name = self.ident();
        if self.at_any(&[Token::Dot, Token::Literal, Token::Semi, Token::Rbrace]) {
            let ty = self.qualified_name(Some(name));
            let tag = self.literal();
            self.push_field(pos, None, ty, tag);
            return;
        }
        let names = self.ident_list(name);
        let ty = if names.len() == 1 && self.at(Token::Lbrack) {
            // An embedded `T[P1, P2]`, or a field `T` of type `[P]E` or `[]E`.
            let ty = self.array_or_type_args(name);
            if matches!(self.file[ty].kind, ExprKind::Index { .. }) {
                let tag = self.literal();
                self.push_field(pos, None, ty, tag);
                return;
            }
            ty
        } else {
            self.type_()
        };
        let tag = self.literal();
        for index in 0..names.len() {
            let name = self.file[names][index];
            self.push_field(self.file[name].pos, Some(name), ty, tag);
        }
    }

    /// After `name` and at `[`: an array or slice type, or the instantiation `name[...]`.
    pub(super) fn array_or_type_args(&mut self, name: IdentId) -> ExprId {
        let pos = self.pos();
        self.want(Token::Lbrack);
        if self.got(Token::Rbrack) {
            return self.slice_type(pos);
        }
        let start = self.scratch.exprs.len();
        let has_comma = self.type_list(false);
        self.want(Token::Rbrack);
        if !has_comma && let Some(elem) = self.type_or_none() {
            let len = self.scratch.exprs[start..].first().copied();
            self.scratch.exprs.truncate(start);
            return self.expr_node(pos, ExprKind::ArrayType { len, elem });
        }
        let indices = self.finish_exprs(start);
        let x = self.name_expr(name);
        self.expr_node(pos, ExprKind::Index { x, indices })
    }

    /// A literal, if there is one.
    pub(super) fn literal(&mut self) -> Option<ExprId> {
        if !self.at(Token::Literal) {
            return None;
        }
        let pos = self.pos();
        let payload = self.scanner.payload;
        self.next();
        let literal = BasicLit { kind: payload.lit_kind, is_bad: payload.lit_is_bad };
        Some(self.expr_node(pos, ExprKind::BasicLit(literal)))
    }

    // ---- Interfaces.

    /// `InterfaceType = "interface" "{" { ( MethodDecl | EmbeddedElem ) ";" } "}" .`
    fn interface_type(&mut self) -> ExprId {
        let pos = self.pos();
        self.next();
        self.want(Token::Lbrace);
        let start = self.scratch.fields.len();
        self.list("interface type", Token::Semi, Token::Rbrace, |parser| {
            let pos = parser.pos();
            let (name, ty) = if parser.at(Token::Name) { parser.method_or_type() } else { (None, None) };
            let ty = if name.is_none() { Some(parser.union(ty)) } else { ty };
            if let Some(ty) = ty {
                parser.push_field(pos, name, ty, None);
            }
            false
        });
        let elems = self.finish_fields(start);
        self.expr_node(pos, ExprKind::InterfaceType { elems })
    }

    /// A method (its name and type), or the first term of an embedded element (just its type).
    fn method_or_type(&mut self) -> (Option<IdentId>, Option<ExprId>) {
        let name = self.ident();
        match self.token {
            Token::Lparen => self.method_signature(name),
            Token::Lbrack => self.method_or_instance(name),
            _ => (None, Some(self.qualified_name(Some(name)))),
        }
    }

    fn method_signature(&mut self, name: IdentId) -> (Option<IdentId>, Option<ExprId>) {
        (Some(name), Some(self.func_type("interface method").1))
    }

    /// `m[T C](x T)`, which is an error, or the embedded `T[P1, P2]`: both are read as a parameter list.
    fn method_or_instance(&mut self, name: IdentId) -> (Option<IdentId>, Option<ExprId>) {
        let pos = self.pos();
        self.next();
        if self.at(Token::Rbrack) {
            let close = self.pos();
            self.next();
            let is_method = self.at(Token::Lparen);
            let what = if is_method { "empty type parameter list" } else { "empty type argument list" };
            self.error_at(close, what);
            return self.method_or_name(name);
        }
        let list = self.params(Token::Rbrack, Rules::RESULTS);
        let Some(&first) = self.file[list].first() else {
            return self.method_or_name(name);
        };
        if self.file[first].name.is_some() {
            let method = self.method_signature(name);
            self.error_at(pos, "interface method must have no type parameters");
            return method;
        }
        let start = self.scratch.exprs.len();
        for index in 0..list.len() {
            let field = self.file[list][index];
            self.scratch.exprs.push(self.file[field].ty);
        }
        let indices = self.finish_exprs(start);
        let x = self.name_expr(name);
        (None, Some(self.expr_node(pos, ExprKind::Index { x, indices })))
    }

    fn method_or_name(&mut self, name: IdentId) -> (Option<IdentId>, Option<ExprId>) {
        if self.at(Token::Lparen) { self.method_signature(name) } else { (None, Some(self.name_expr(name))) }
    }

    /// `EmbeddedElem = EmbeddedTerm { "|" EmbeddedTerm } .` The first term may be parsed already.
    pub(super) fn union(&mut self, first: Option<ExprId>) -> ExprId {
        let mut ty = first.unwrap_or_else(|| self.union_term());
        while self.at_or() {
            let pos = self.pos();
            self.next();
            let y = self.union_term();
            ty = self.expr_node(pos, ExprKind::Binary { op: BinaryOp::Or, x: ty, y });
        }
        ty
    }

    /// `EmbeddedTerm = [ "~" ] Type .`
    fn union_term(&mut self) -> ExprId {
        let pos = self.pos();
        if self.at_op(Op::Tilde) {
            self.next();
            let x = self.type_();
            return self.expr_node(pos, ExprKind::Unary { op: UnaryOp::Tilde, x });
        }
        if let Some(ty) = self.type_or_none() {
            return ty;
        }
        let bad = self.bad_expr();
        self.syntax_error("expected ~ term or type");
        self.advance(&[Token::Operator, Token::Semi, Token::Rparen, Token::Rbrack, Token::Rbrace]);
        bad
    }

    // ---- Names of types.

    /// `TypeName = [ PackageName "." ] identifier [ TypeArgs ] .` The first identifier may be parsed already.
    pub(super) fn qualified_name(&mut self, first: Option<IdentId>) -> ExprId {
        let first = match first {
            Some(first) => first,
            None if self.at(Token::Name) => self.ident(),
            None => {
                let blank = self.blank_ident(self.pos());
                self.syntax_error("expected name");
                self.advance(&[Token::Dot, Token::Semi, Token::Rbrace]);
                blank
            }
        };
        let mut ty = self.name_expr(first);
        let dot = self.pos();
        if self.got(Token::Dot) {
            let sel = self.ident();
            ty = self.expr_node(dot, ExprKind::Selector { x: ty, sel });
        }
        if self.at(Token::Lbrack) { self.type_instance(ty) } else { ty }
    }

    fn type_instance(&mut self, x: ExprId) -> ExprId {
        let pos = self.pos();
        self.next();
        let start = self.scratch.exprs.len();
        if self.at(Token::Rbrack) {
            self.syntax_error("expected type argument list");
            let bad = self.bad_expr();
            self.scratch.exprs.push(bad);
        } else {
            self.type_list(true);
        }
        self.want(Token::Rbrack);
        let indices = self.finish_exprs(start);
        self.expr_node(pos, ExprKind::Index { x, indices })
    }

    /// `TypeList = Type { "," Type } [ "," ] .` Unless `strict`, the first may be any expression.
    ///
    /// The types are left on the scratch stack. Returns whether there was a comma.
    pub(super) fn type_list(&mut self, strict: bool) -> bool {
        self.expr_level += 1;
        let first = if strict { self.type_() } else { self.expr() };
        self.scratch.exprs.push(first);
        let mut has_comma = false;
        while self.got(Token::Comma) {
            has_comma = true;
            let Some(ty) = self.type_or_none() else { break };
            self.scratch.exprs.push(ty);
        }
        self.expr_level -= 1;
        has_comma
    }

    /// `<-` before the type `ty`, which is a channel type: makes it receive-only, and moves the arrow of a send-only one
    /// on to its element: `<-(chan<- T)` reads `<-chan (<-T)`.
    pub(super) fn receive_from_chan_type(&mut self, ty: ExprId) {
        let mut current = ty;
        let mut moved = ChanDir::SendOnly;
        while moved == ChanDir::SendOnly {
            let Expr { kind: ExprKind::ChanType { dir, elem }, .. } = &mut self.file.arenas.exprs[current]
            else {
                break;
            };
            moved = std::mem::replace(dir, ChanDir::RecvOnly);
            current = *elem;
            if moved == ChanDir::RecvOnly {
                self.syntax_error("unexpected <-, expected chan");
            }
        }
        if moved == ChanDir::SendOnly {
            let text = self.file.expr_string(current);
            self.syntax_error(&format!("unexpected {text}, expected chan"));
        }
    }
}
