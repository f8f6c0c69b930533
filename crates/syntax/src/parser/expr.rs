//! Expressions.

use super::Parser;
use crate::token::Token;
use crate::tree::{BinaryOp, Expr, ExprId, ExprKind, List, UnaryOp};
use base::Pos;

impl Parser<'_> {
    pub(super) fn expr(&mut self) -> ExprId {
        self.binary_expr(None, 0)
    }

    /// `ExpressionList = Expression { "," Expression } .`
    pub(super) fn expr_list(&mut self) -> List<ExprId> {
        let start = self.scratch.exprs.len();
        loop {
            let expr = self.expr();
            self.scratch.exprs.push(expr);
            if !self.got(Token::Comma) {
                return self.finish_exprs(start);
            }
        }
    }

    /// `Expression = UnaryExpr | Expression binary_op Expression .` The operators bind tighter than `precedence`; the
    /// first operand may be parsed already.
    pub(super) fn binary_expr(&mut self, first: Option<ExprId>, precedence: u8) -> ExprId {
        let mut x = first.unwrap_or_else(|| self.unary_expr());
        while let Some(op) = self.binary_op()
            && op.precedence() > precedence
        {
            let pos = self.pos();
            self.next();
            let y = self.binary_expr(None, op.precedence());
            x = self.expr_node(pos, ExprKind::Binary { op, x, y });
        }
        x
    }

    #[inline]
    fn binary_op(&self) -> Option<BinaryOp> {
        match self.op() {
            crate::token::Op::Binary(op) if matches!(self.token, Token::Operator | Token::Star) => Some(op),
            _ => None,
        }
    }

    /// `UnaryExpr = PrimaryExpr | unary_op UnaryExpr .`
    fn unary_expr(&mut self) -> ExprId {
        self.nested(Self::unary_expr_nested, Self::bad_expr)
    }

    fn unary_expr_nested(&mut self) -> ExprId {
        let pos = self.pos();
        match self.token {
            Token::Operator | Token::Star if let Some(op) = self.op().unary() => {
                self.next();
                let mut x = self.unary_expr();
                if op == UnaryOp::Addr {
                    // `&(T{})` may have kept its parentheses.
                    x = self.file.unparen(x);
                }
                self.expr_node(pos, ExprKind::Unary { op, x })
            }
            Token::Arrow => self.receive_expr(pos),
            _ => self.primary_expr(None, true),
        }
    }

    /// `<-x`, or the channel type `<-chan T`: which of them it is shows only when `x` is complete.
    fn receive_expr(&mut self, pos: Pos) -> ExprId {
        self.next();
        let x = self.unary_expr();
        if matches!(self.file[x].kind, ExprKind::ChanType { .. }) {
            self.receive_from_chan_type(x);
            return x;
        }
        self.expr_node(pos, ExprKind::Unary { op: UnaryOp::Recv, x })
    }

    /// `Operand = Literal | OperandName | "(" Expression ")" .` Composite literals are parsed by the caller.
    ///
    /// Parentheses are kept with `keep_parens`, and where they might be around the type of a composite literal.
    fn operand(&mut self, keep_parens: bool) -> ExprId {
        match self.token {
            Token::Name => {
                let name = self.ident();
                self.name_expr(name)
            }
            Token::Literal => self.literal().expect("there is a literal"),
            Token::Lparen => self.paren_expr(keep_parens),
            Token::Func => self.func_type_or_lit(),
            Token::Lbrack | Token::Chan | Token::Map | Token::Struct | Token::Interface => self.type_(),
            _ => {
                let bad = self.bad_expr();
                self.syntax_error("expected expression");
                self.advance(&[Token::Rparen, Token::Rbrack, Token::Rbrace]);
                bad
            }
        }
    }

    fn paren_expr(&mut self, keep_parens: bool) -> ExprId {
        let pos = self.pos();
        self.next();
        self.expr_level += 1;
        let x = self.expr();
        self.expr_level -= 1;
        self.want(Token::Rparen);
        if keep_parens || self.at(Token::Lbrace) { self.expr_node(pos, ExprKind::Paren(x)) } else { x }
    }

    fn func_type_or_lit(&mut self) -> ExprId {
        let pos = self.pos();
        self.next();
        let (_, ty) = self.func_type("function type");
        if !self.at(Token::Lbrace) {
            return ty;
        }
        self.expr_level += 1;
        let body = self.func_body();
        self.expr_level -= 1;
        self.expr_node(pos, ExprKind::FuncLit { ty, body })
    }

    /// `PrimaryExpr = Operand { Selector | Index | Slice | TypeAssertion | Arguments | LiteralValue } .` The operand may
    /// be parsed already.
    pub(super) fn primary_expr(&mut self, operand: Option<ExprId>, keep_parens: bool) -> ExprId {
        let mut x = operand.unwrap_or_else(|| self.operand(keep_parens));
        loop {
            x = match self.token {
                Token::Dot => self.selector_or_assert(x),
                Token::Lbrack => self.index_or_slice(x),
                Token::Lparen => self.call(x),
                Token::Lbrace if self.may_be_literal_type(x) => {
                    if matches!(self.file[x].kind, ExprKind::Paren(_)) {
                        self.syntax_error("cannot parenthesize type in composite literal");
                    }
                    self.composite_lit(Some(x))
                }
                _ => return x,
            };
        }
    }

    fn selector_or_assert(&mut self, x: ExprId) -> ExprId {
        let pos = self.pos();
        self.next();
        match self.token {
            Token::Name => {
                let sel = self.ident();
                self.expr_node(pos, ExprKind::Selector { x, sel })
            }
            Token::Lparen => {
                self.next();
                let kind = if self.got(Token::Type) {
                    ExprKind::TypeSwitchGuard { lhs: None, x }
                } else {
                    ExprKind::Assert { x, ty: self.type_() }
                };
                self.want(Token::Rparen);
                self.expr_node(pos, kind)
            }
            _ => {
                self.syntax_error("expected name or (");
                self.advance(&[Token::Semi, Token::Rparen]);
                x
            }
        }
    }

    fn index_or_slice(&mut self, x: ExprId) -> ExprId {
        let pos = self.pos();
        self.next();
        let start = self.scratch.exprs.len();
        if !self.at(Token::Colon) {
            let mut has_comma = false;
            if self.at(Token::Rbrack) {
                self.syntax_error("expected operand");
                let bad = self.bad_expr();
                self.scratch.exprs.push(bad);
            } else {
                has_comma = self.type_list(false);
            }
            if has_comma || self.at(Token::Rbrack) {
                self.want(Token::Rbrack);
                let indices = self.finish_exprs(start);
                return self.expr_node(pos, ExprKind::Index { x, indices });
            }
        }
        let low = self.scratch.exprs.drain(start..).next();
        self.slice(pos, x, low)
    }

    /// The rest of a slice expression, from the first colon on.
    fn slice(&mut self, pos: Pos, x: ExprId, low: Option<ExprId>) -> ExprId {
        if !self.got(Token::Colon) {
            self.syntax_error("expected comma, : or ]");
            self.advance(&[Token::Comma, Token::Colon, Token::Rbrack]);
        }
        self.expr_level += 1;
        let mut high = None;
        if !self.at_any(&[Token::Colon, Token::Rbrack]) {
            high = Some(self.expr());
        }
        let mut max = None;
        if self.at(Token::Colon) {
            if high.is_none() {
                self.error("middle index required in 3-index slice");
                high = Some(self.bad_expr());
            }
            self.next();
            max = Some(if self.at(Token::Rbrack) {
                self.error("final index required in 3-index slice");
                self.bad_expr()
            } else {
                self.expr()
            });
        }
        self.expr_level -= 1;
        self.want(Token::Rbrack);
        self.expr_node(pos, ExprKind::Slice { x, low, high, max })
    }

    /// `Arguments = "(" [ arg { "," arg } [ "..." ] [ "," ] ] ")" .`
    fn call(&mut self, fun: ExprId) -> ExprId {
        let pos = self.pos();
        self.next();
        self.expr_level += 1;
        let start = self.scratch.exprs.len();
        let mut has_dots = false;
        self.list("argument list", Token::Comma, Token::Rparen, |parser| {
            let arg = parser.expr();
            parser.scratch.exprs.push(arg);
            has_dots = parser.got(Token::DotDotDot);
            has_dots
        });
        self.expr_level -= 1;
        let args = self.finish_exprs(start);
        self.expr_node(pos, ExprKind::Call { fun, args, has_dots })
    }

    /// Whether a brace behind `x` starts the elements of a composite literal of type `x`, and not a block.
    fn may_be_literal_type(&self, x: ExprId) -> bool {
        let x = self.file.unparen(x);
        match self.file[x].kind {
            ExprKind::Name(_) | ExprKind::Selector { .. } => self.expr_level >= 0,
            ExprKind::Index { .. } => self.expr_level >= 0 && !self.must_be_value(x),
            ExprKind::ArrayType { .. }
            | ExprKind::SliceType { .. }
            | ExprKind::StructType { .. }
            | ExprKind::MapType { .. } => true,
            _ => false,
        }
    }

    /// Whether `x` can be nothing but a value.
    fn must_be_value(&self, mut x: ExprId) -> bool {
        loop {
            x = match self.file[x].kind {
                ExprKind::BasicLit(_)
                | ExprKind::CompositeLit { .. }
                | ExprKind::FuncLit { .. }
                | ExprKind::Slice { .. }
                | ExprKind::Assert { .. }
                | ExprKind::TypeSwitchGuard { .. }
                | ExprKind::Call { .. }
                | ExprKind::Binary { .. } => return true,
                ExprKind::Unary { op, .. } => return op != UnaryOp::Deref,
                ExprKind::Paren(inner) => inner,
                ExprKind::Index { x, indices } => {
                    // Several indices are type arguments.
                    if let &[index] = &self.file[indices]
                        && self.must_be_value(index)
                    {
                        return true;
                    }
                    x
                }
                _ => return false,
            }
        }
    }

    /// `LiteralValue = "{" [ ElementList [ "," ] ] "}" .`
    fn composite_lit(&mut self, ty: Option<ExprId>) -> ExprId {
        let pos = self.pos();
        self.expr_level += 1;
        self.want(Token::Lbrace);
        let start = self.scratch.exprs.len();
        self.list("composite literal", Token::Comma, Token::Rbrace, |parser| {
            let mut elem = parser.element();
            let pos = parser.pos();
            if parser.got(Token::Colon) {
                let value = parser.element();
                elem = parser.expr_node(pos, ExprKind::KeyValue { key: elem, value });
            }
            parser.scratch.exprs.push(elem);
            false
        });
        self.expr_level -= 1;
        let elems = self.finish_exprs(start);
        self.expr_node(pos, ExprKind::CompositeLit { ty, elems })
    }

    /// `Element = Expression | LiteralValue .`
    fn element(&mut self) -> ExprId {
        if self.at(Token::Lbrace) {
            return self.nested(|parser| parser.composite_lit(None), Self::bad_expr);
        }
        self.expr()
    }

    /// The operand of `go` and `defer`, without parentheses around it, which are reported.
    pub(super) fn called_expr(&mut self, keyword: &str) -> ExprId {
        let keep_parens = self.at(Token::Lparen);
        let x = self.primary_expr(None, keep_parens);
        if let Expr { pos, kind: ExprKind::Paren(_), .. } = self.file[x] {
            self.error_at(pos, format!("expression in {keyword} must not be parenthesized"));
        }
        self.file.unparen(x)
    }
}
