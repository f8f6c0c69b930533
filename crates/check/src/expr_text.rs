//! Expressions as text on one line, the way Go's messages show them.
//!
//! Bodies of function literals and elements of composite literals are shortened to an ellipsis.

use syntax::{ChanDir, ExprId, ExprKind, FieldId, File, IdentId, List, StmtKind};

/// The text of `expr`.
pub(crate) fn expr_text(file: &File, expr: ExprId) -> String {
    let mut text = Text { file, out: String::new() };
    text.expr(expr);
    text.out
}

struct Text<'a> {
    file: &'a File,
    out: String,
}

impl Text<'_> {
    fn word(&mut self, word: &str) -> &mut Self {
        self.out.push_str(word);
        self
    }

    fn ident(&mut self, ident: IdentId) -> &mut Self {
        self.word(self.file.name(ident).as_str())
    }

    fn optional(&mut self, expr: Option<ExprId>) -> &mut Self {
        if let Some(expr) = expr {
            self.expr(expr);
        }
        self
    }

    fn list(&mut self, exprs: List<ExprId>) -> &mut Self {
        for (i, &expr) in self.file[exprs].iter().enumerate() {
            self.word(if i > 0 { ", " } else { "" }).expr(expr);
        }
        self
    }

    fn expr(&mut self, expr: ExprId) -> &mut Self {
        match self.file[expr].kind {
            ExprKind::Bad => self.word("<bad expr>"),
            ExprKind::Name(ident) => self.ident(ident),
            ExprKind::BasicLit(_) => self.word(self.file.literal_text(expr)),
            ExprKind::CompositeLit { ty, elems } => {
                self.optional(ty).word(if elems.is_empty() { "{}" } else { "{…}" })
            }
            ExprKind::KeyValue { key, value } => self.expr(key).word(": ").expr(value),
            ExprKind::FuncLit { ty, body } => {
                let is_empty = matches!(self.file[body].kind, StmtKind::Block(list) if list.is_empty());
                self.expr(ty).word(if is_empty { " {}" } else { " {…}" })
            }
            ExprKind::Paren(x) => self.word("(").expr(x).word(")"),
            ExprKind::Selector { x, sel } => self.expr(x).word(".").ident(sel),
            ExprKind::Index { x, indices } => self.expr(x).word("[").list(indices).word("]"),
            ExprKind::Slice { x, low, high, max } => {
                self.expr(x).word("[").optional(low).word(":").optional(high);
                self.word(if max.is_some() { ":" } else { "" }).optional(max).word("]")
            }
            ExprKind::Assert { x, ty } => self.expr(x).word(".(").expr(ty).word(")"),
            ExprKind::TypeSwitchGuard { lhs, x } => {
                if let Some(lhs) = lhs {
                    self.ident(lhs).word(" := ");
                }
                self.expr(x).word(".(type)")
            }
            ExprKind::Unary { op, x } => self.word(op.as_str()).expr(x),
            ExprKind::Binary { op, x, y } => self.expr(x).word(" ").word(op.as_str()).word(" ").expr(y),
            ExprKind::Call { fun, args, has_dots } => {
                self.expr(fun).word("(").list(args).word(if has_dots { "...)" } else { ")" })
            }
            ExprKind::ArrayType { len: Some(len), elem } => self.word("[").expr(len).word("]").expr(elem),
            ExprKind::ArrayType { len: None, elem } => self.word("[...]").expr(elem),
            ExprKind::SliceType { elem } => self.word("[]").expr(elem),
            ExprKind::DotsType { elem } => self.word("...").expr(elem),
            ExprKind::StructType { fields } => self.word("struct{").fields(fields).word("}"),
            ExprKind::FuncType { params, results } => self.word("func").signature(params, results),
            ExprKind::InterfaceType { elems } => self.word("interface{").methods(elems).word("}"),
            ExprKind::MapType { key, value } => self.word("map[").expr(key).word("]").expr(value),
            ExprKind::ChanType { dir, elem } => self.chan(dir, elem),
        }
    }

    fn chan(&mut self, dir: ChanDir, elem: ExprId) -> &mut Self {
        self.word(match dir {
            ChanDir::Both => "chan ",
            ChanDir::SendOnly => "chan<- ",
            ChanDir::RecvOnly => "<-chan ",
        });
        // `chan (<-chan T)` is not `chan <-chan T`, which reads as `chan<- chan T`.
        let is_receiver = matches!(self.file[elem].kind, ExprKind::ChanType { dir: ChanDir::RecvOnly, .. });
        if dir == ChanDir::Both && is_receiver {
            self.word("(").expr(elem).word(")")
        } else {
            self.expr(elem)
        }
    }

    /// Fields that are declared together share their type, which is written once.
    fn fields(&mut self, fields: List<FieldId>) -> &mut Self {
        let fields = &self.file[fields];
        for (i, &field) in fields.iter().enumerate() {
            let field = self.file[field];
            if let Some(name) = field.name {
                self.ident(name);
                let next = fields.get(i + 1).map(|&next| self.file[next]);
                if next.is_some_and(|next| next.name.is_some() && next.ty == field.ty) {
                    self.word(", ");
                    continue;
                }
                self.word(" ");
            }
            self.expr(field.ty);
            if let Some(tag) = field.tag {
                self.word(" ").expr(tag);
            }
            self.word(if i + 1 < fields.len() { "; " } else { "" });
        }
        self
    }

    fn methods(&mut self, elems: List<FieldId>) -> &mut Self {
        for (i, &elem) in self.file[elems].iter().enumerate() {
            self.word(if i > 0 { "; " } else { "" });
            let elem = self.file[elem];
            match (elem.name, self.file[elem.ty].kind) {
                (Some(name), ExprKind::FuncType { params, results }) => {
                    self.ident(name).signature(params, results);
                }
                _ => {
                    self.expr(elem.ty);
                }
            }
        }
        self
    }

    fn signature(&mut self, params: List<FieldId>, results: List<FieldId>) -> &mut Self {
        self.params(params);
        let file = self.file;
        match file[results] {
            [] => self,
            [only] if file[only].name.is_none() => self.word(" ").expr(file[only].ty),
            _ => self.word(" ").params(results),
        }
    }

    fn params(&mut self, params: List<FieldId>) -> &mut Self {
        self.word("(");
        let params = &self.file[params];
        for (i, &param) in params.iter().enumerate() {
            self.word(if i > 0 { ", " } else { "" });
            let param = self.file[param];
            if let Some(name) = param.name {
                self.ident(name);
                let next = params.get(i + 1).map(|&next| self.file[next]);
                if next.is_some_and(|next| next.name.is_some() && next.ty == param.ty) {
                    continue;
                }
                self.word(" ");
            }
            self.expr(param.ty);
        }
        self.word(")")
    }
}
