//! Expressions as messages show them: one line, bodies and elements of literals shortened to `…`.
//!
//! As cmd/compile/internal/syntax, `String` (its short form): parentheses that the parser dropped are not put back.

use crate::tree::{ChanDir, ExprId, ExprKind, FieldId, File, List, StmtId, StmtKind};
use smallvec::SmallVec;

impl File {
    /// The text of `expr` in a message.
    #[must_use]
    pub fn expr_string(&self, expr: ExprId) -> String {
        let mut printer = Printer { file: self, out: String::new() };
        printer.expr(expr);
        printer.out
    }

    /// The text of several expressions in a message.
    #[must_use]
    pub fn expr_list_string(&self, list: List<ExprId>) -> String {
        let mut printer = Printer { file: self, out: String::new() };
        printer.expr_list(list);
        printer.out
    }

    /// The text of a simple statement in a message; of any other statement, nothing.
    #[must_use]
    pub fn simple_stmt_string(&self, stmt: StmtId) -> String {
        let mut printer = Printer { file: self, out: String::new() };
        printer.simple_stmt(stmt);
        printer.out
    }
}

struct Printer<'a> {
    file: &'a File,
    out: String,
}

impl Printer<'_> {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Prints the operand at the left end, then what is appended to it, outwards: such chains are long, and a tree of
    /// them deep.
    fn expr(&mut self, expr: ExprId) {
        if let ExprKind::TypeSwitchGuard { lhs: Some(lhs), .. } = self.file[expr].kind {
            self.text(self.file.name(lhs).as_str());
            self.text(" := ");
        }
        let mut chain: SmallVec<[ExprId; 8]> = SmallVec::new();
        let mut left = expr;
        while let ExprKind::Selector { x, .. }
        | ExprKind::Index { x, .. }
        | ExprKind::Slice { x, .. }
        | ExprKind::Assert { x, .. }
        | ExprKind::TypeSwitchGuard { x, .. }
        | ExprKind::Call { fun: x, .. }
        | ExprKind::Binary { x, .. } = self.file[left].kind
        {
            chain.push(left);
            left = x;
        }
        self.operand(left);
        for &link in chain.iter().rev() {
            self.link(link);
        }
    }

    /// What `expr` appends to its left operand.
    fn link(&mut self, expr: ExprId) {
        match self.file[expr].kind {
            ExprKind::Selector { sel, .. } => {
                self.text(".");
                self.text(self.file.name(sel).as_str());
            }
            ExprKind::Index { indices, .. } => {
                self.text("[");
                self.expr_list(indices);
                self.text("]");
            }
            ExprKind::Slice { low, high, max, .. } => self.slice(low, high, max),
            ExprKind::Assert { ty, .. } => {
                self.text(".(");
                self.expr(ty);
                self.text(")");
            }
            ExprKind::TypeSwitchGuard { .. } => self.text(".(type)"),
            ExprKind::Call { args, has_dots, .. } => {
                self.text("(");
                self.expr_list(args);
                self.text(if has_dots { "...)" } else { ")" });
            }
            ExprKind::Binary { op, y, .. } => {
                self.text(" ");
                self.text(op.as_str());
                self.text(" ");
                self.expr(y);
            }
            _ => unreachable!("the others have no left operand"),
        }
    }

    fn slice(&mut self, low: Option<ExprId>, high: Option<ExprId>, max: Option<ExprId>) {
        self.text("[");
        low.into_iter().for_each(|index| self.expr(index));
        self.text(":");
        high.into_iter().for_each(|index| self.expr(index));
        if let Some(max) = max {
            self.text(":");
            self.expr(max);
        }
        self.text("]");
    }

    /// An expression that does not start with another one.
    fn operand(&mut self, expr: ExprId) {
        match self.file[expr].kind {
            ExprKind::Name(ident) => self.text(self.file.name(ident).as_str()),
            ExprKind::BasicLit(_) => self.text(self.file.literal_text(expr)),
            ExprKind::CompositeLit { ty, elems } => {
                ty.into_iter().for_each(|ty| self.expr(ty));
                self.text(if elems.is_empty() { "{}" } else { "{…}" });
            }
            ExprKind::KeyValue { key, value } => {
                self.expr(key);
                self.text(": ");
                self.expr(value);
            }
            ExprKind::FuncLit { ty, body } => {
                self.expr(ty);
                let is_empty = matches!(self.file[body].kind, StmtKind::Block(stmts) if stmts.is_empty());
                self.text(if is_empty { " {}" } else { " {…}" });
            }
            ExprKind::Paren(x) => {
                self.text("(");
                self.expr(x);
                self.text(")");
            }
            ExprKind::Unary { op, x } => {
                self.text(op.as_str());
                self.expr(x);
            }
            _ => self.type_literal(expr),
        }
    }

    fn type_literal(&mut self, expr: ExprId) {
        match self.file[expr].kind {
            ExprKind::ArrayType { len, elem } => {
                self.text("[");
                match len {
                    Some(len) => self.expr(len),
                    None => self.text("..."),
                }
                self.text("]");
                self.expr(elem);
            }
            ExprKind::SliceType { elem } => {
                self.text("[]");
                self.expr(elem);
            }
            ExprKind::DotsType { elem } => {
                self.text("...");
                self.expr(elem);
            }
            ExprKind::StructType { fields } => {
                self.text("struct{");
                self.struct_fields(fields);
                self.text("}");
            }
            ExprKind::InterfaceType { elems } => {
                self.text("interface{");
                self.interface_elems(elems);
                self.text("}");
            }
            ExprKind::FuncType { params, results } => {
                self.text("func");
                self.signature(params, results);
            }
            ExprKind::MapType { key, value } => {
                self.text("map[");
                self.expr(key);
                self.text("]");
                self.expr(value);
            }
            ExprKind::ChanType { dir, elem } => self.chan_type(dir, elem),
            _ => self.text("<bad expr>"),
        }
    }

    fn chan_type(&mut self, dir: ChanDir, elem: ExprId) {
        self.text(match dir {
            ChanDir::Both => "chan ",
            ChanDir::SendOnly => "chan<- ",
            ChanDir::RecvOnly => "<-chan ",
        });
        let needs_parens = dir == ChanDir::Both
            && matches!(self.file[elem].kind, ExprKind::ChanType { dir: ChanDir::RecvOnly, .. });
        if needs_parens {
            self.text("(");
        }
        self.expr(elem);
        if needs_parens {
            self.text(")");
        }
    }

    fn expr_list(&mut self, list: List<ExprId>) {
        for (index, &expr) in self.file[list].iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            self.expr(expr);
        }
    }

    /// Names that share a type, the type: `a, b int`. Returns how many fields it was.
    fn field_run(&mut self, fields: &[FieldId]) -> usize {
        let first = self.file[fields[0]];
        let is_in_run =
            |field: &&FieldId| self.file[**field].name.is_some() && self.file[**field].ty == first.ty;
        let n_names = if first.name.is_some() { fields.iter().take_while(is_in_run).count() } else { 0 };
        for (index, &field) in fields[..n_names].iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            let name = self.file[field].name.map_or("", |name| self.file.name(name).as_str());
            self.text(name);
        }
        if n_names > 0 {
            self.text(" ");
        }
        self.expr(first.ty);
        if let Some(tag) = first.tag {
            self.text(" ");
            self.expr(tag);
        }
        n_names.max(1)
    }

    fn field_runs(&mut self, fields: List<FieldId>, separator: &str) {
        let mut rest = &self.file[fields];
        while !rest.is_empty() {
            let n_printed = self.field_run(rest);
            rest = &rest[n_printed..];
            if !rest.is_empty() {
                self.text(separator);
            }
        }
    }

    fn struct_fields(&mut self, fields: List<FieldId>) {
        self.field_runs(fields, "; ");
    }

    fn interface_elems(&mut self, elems: List<FieldId>) {
        for (index, &elem) in self.file[elems].iter().enumerate() {
            if index > 0 {
                self.text("; ");
            }
            let elem = self.file[elem];
            match (elem.name, self.file[elem.ty].kind) {
                (Some(name), ExprKind::FuncType { params, results }) => {
                    self.text(self.file.name(name).as_str());
                    self.signature(params, results);
                }
                _ => self.expr(elem.ty),
            }
        }
    }

    fn signature(&mut self, params: List<FieldId>, results: List<FieldId>) {
        self.text("(");
        self.field_runs(params, ", ");
        self.text(")");
        match &self.file[results] {
            [] => {}
            &[result] if self.file[result].name.is_none() => {
                self.text(" ");
                self.expr(self.file[result].ty);
            }
            _ => {
                self.text(" (");
                self.field_runs(results, ", ");
                self.text(")");
            }
        }
    }

    fn simple_stmt(&mut self, stmt: StmtId) {
        match self.file[stmt].kind {
            StmtKind::Expr(x) => self.expr(x),
            StmtKind::Send { chan, value } => self.infix(chan, "<-", value),
            StmtKind::OpAssign { op, lhs, rhs } => self.infix(lhs, &format!("{op}="), rhs),
            StmtKind::IncDec { op, x } => {
                self.expr(x);
                self.text(op.as_str());
                self.text(op.as_str());
            }
            StmtKind::Assign { lhs, rhs } => self.assignment(lhs, " = ", rhs),
            StmtKind::Define { lhs, rhs } => self.assignment(lhs, " := ", rhs),
            _ => {}
        }
    }

    fn infix(&mut self, left: ExprId, op: &str, right: ExprId) {
        self.expr(left);
        self.text(" ");
        self.text(op);
        self.text(" ");
        self.expr(right);
    }

    fn assignment(&mut self, lhs: List<ExprId>, op: &str, rhs: List<ExprId>) {
        self.expr_list(lhs);
        self.text(op);
        self.expr_list(rhs);
    }
}
