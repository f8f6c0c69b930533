//! Struct types. Spec: "Struct types".

use base::{Span, Symbol, sym};
use diag::{Code, Diagnostic};
use rustc_hash::FxHashMap;
use syntax::{ExprId, ExprKind, FieldId, File, IdentId, List, UnaryOp};
use types::{Basic, Field, Type, TypeId};

use crate::checker::Checker;

/// The fields of a struct type that is being checked.
#[derive(Default)]
struct Fields {
    list: Vec<Field>,
    /// Where each name is declared.
    places: FxHashMap<Symbol, Span>,
}

impl Checker<'_> {
    pub(crate) fn struct_type(&mut self, list: List<FieldId>) -> TypeId {
        let file = self.file();
        let mut fields = Fields::default();
        let mut previous: Option<(ExprId, TypeId)> = None;
        for &id in &file[list] {
            let field = file[id];
            let ty = match previous {
                Some((expr, ty)) if expr == field.ty => ty,
                _ => self.var_type(field.ty),
            };
            previous = Some((field.ty, ty));
            let tag = field.tag.map_or(sym::EMPTY, |tag| self.tag(tag));
            match field.name {
                Some(name) => {
                    self.add_field(&mut fields, file.name(name), file.ident_span(name), ty, tag, false)
                }
                None => self.embedded_field(&mut fields, field.ty, ty, tag),
            }
        }
        let ty = self.types.struct_type(fields.list);
        // Only needed to say where a field is that has the name of a method.
        #[expect(clippy::iter_over_hash_type, reason = "each entry goes to its own key")]
        for (name, span) in fields.places {
            self.field_positions.insert((ty, name), span.start);
        }
        ty
    }

    fn add_field(
        &mut self,
        fields: &mut Fields,
        name: Symbol,
        at: Span,
        ty: TypeId,
        tag: Symbol,
        embedded: bool,
    ) {
        if !name.is_blank()
            && let Some(&other) = fields.places.get(&name)
        {
            let error = Diagnostic::error(Code::DuplicateDecl, at, format!("{name} redeclared"));
            self.report(error.with_note(other, format!("other declaration of {name}")));
            return;
        }
        fields.places.insert(name, at);
        fields.list.push(Field { name: self.types.member_name(name, Some(self.package)), ty, embedded, tag });
    }

    fn embedded_field(&mut self, fields: &mut Fields, expr: ExprId, ty: TypeId, tag: Symbol) {
        let file = self.file();
        let at = self.at(expr);
        let Some(name) = embedded_name(file, expr) else {
            let message = format!("invalid embedded field type {}", self.expr_text(expr));
            self.error(Span::at(at.start), Code::InvalidSyntaxTree, message);
            self.add_field(fields, sym::BLANK, at, TypeId::INVALID, sym::EMPTY, true);
            return;
        };
        self.add_field(fields, file.name(name), file.ident_span(name), ty, tag, true);
        // The type may not be complete yet.
        self.later(move |check| check.check_embedded(at, ty));
    }

    /// Spec: "An embedded field must be specified as a type name T or as a pointer to a non-interface type name *T, and T
    /// itself may not be a pointer type or type parameter."
    fn check_embedded(&mut self, at: Span, ty: TypeId) {
        let (base, is_pointer) = self.types.dereference(ty);
        let (code, what) = match self.types.under(base) {
            Type::Basic(Basic::UnsafePointer) => (Code::InvalidPtrEmbed, "unsafe.Pointer"),
            Type::Pointer(_) => (Code::InvalidPtrEmbed, "a pointer"),
            Type::Interface(_) if self.types.is_type_param(base) => {
                (Code::MisplacedTypeParam, "a (pointer to a) type parameter")
            }
            Type::Interface(_) if is_pointer => (Code::InvalidPtrEmbed, "a pointer to an interface"),
            _ => return,
        };
        self.error(at, code, format!("embedded field type cannot be {what}"));
    }

    fn tag(&mut self, expr: ExprId) -> Symbol {
        let value = constant::parse_literal(constant::Literal::String, self.file().literal_text(expr));
        value.as_bytes().map_or(sym::EMPTY, |bytes| Symbol::intern(&String::from_utf8_lossy(&bytes)))
    }
}

/// The identifier that names an embedded field.
fn embedded_name(file: &File, expr: ExprId) -> Option<IdentId> {
    match file[expr].kind {
        ExprKind::Name(ident) => Some(ident),
        ExprKind::Unary { op: UnaryOp::Deref, x } => match file[x].kind {
            ExprKind::Unary { op: UnaryOp::Deref, .. } => None,
            _ => embedded_name(file, x),
        },
        ExprKind::Selector { sel, .. } => Some(sel),
        ExprKind::Index { x, .. } => embedded_name(file, x),
        _ => None,
    }
}
