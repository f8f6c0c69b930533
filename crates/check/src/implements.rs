//! Which types implement which interfaces, and why not. Spec: "Implementing an interface", "Satisfying a type constraint".

use rustc_hash::FxHashSet;
use types::{Interface, Lookup, Member, MemberName, Method, Printer, Qualifier, Selected, Type, TypeId};

use crate::{GoVersion, checker::Checker};

/// Compares the signatures of two methods; inference unifies them instead of asking for identity.
pub(crate) type Equivalence<'e, 'a> = &'e mut dyn FnMut(&mut Checker<'a>, TypeId, TypeId) -> bool;

/// What is wrong with a method that an interface asks for.
enum Missing {
    NotFound,
    /// There is a method with another capitalization.
    WrongName(Member),
    /// There is a method of that name in another package.
    Unexported,
    WrongSignature(Member),
    Ambiguous,
    PointerReceiver,
    Field,
}

impl<'a> Checker<'a> {
    /// Whether `v` implements the interface `t`, or satisfies it as a constraint. If not, `cause` says why.
    pub(crate) fn implements(
        &mut self,
        v: TypeId,
        t: TypeId,
        constraint: bool,
        mut cause: Option<&mut String>,
    ) -> bool {
        let types = self.types;
        let (under_v, under_t) = (types.underlying(v), types.underlying(t));
        let is_broken = |ty| !types.is_valid(ty);
        if is_broken(under_v) || is_broken(under_t) {
            return true; // Reported elsewhere.
        }
        if types.as_pointer(under_v).is_some_and(|base| is_broken(types.underlying(base))) {
            return true;
        }
        let verb = if constraint { "satisfy" } else { "implement" };
        let Type::Interface(interface) = types.get(under_t) else {
            explain(&mut cause, || {
                let detail = self.not_an_interface(t);
                format!("{} does not {verb} {} ({detail})", self.ty(v), self.ty(t))
            });
            return false;
        };
        let wanted = types.type_set(under_t);
        let v_set = matches!(types.get(under_v), Type::Interface(_)).then(|| types.type_set(under_v));
        if wanted.is_all() || v_set.is_some_and(|set| set.is_empty()) {
            return true;
        }
        if wanted.is_empty() {
            explain(&mut cause, || format!("cannot {verb} {} (empty type set)", self.ty(t)));
            return false;
        }
        if !self.has_all_methods(v, t, true, &mut identical, cause.as_deref_mut()) {
            explain_more(&mut cause, |why| format!("{} does not {verb} {} {why}", self.ty(v), self.ty(t)));
            return false;
        }
        let has_terms = wanted.specific_terms().is_some();
        if has_terms
            && let Some(set) = v_set
            && !set.terms.is_subset_of(&wanted.terms, types)
        {
            explain(&mut cause, || format!("{} does not {verb} {}", self.ty(v), self.ty(t)));
            return false;
        }
        if has_terms && v_set.is_none() && !wanted.terms.includes(v, types) {
            explain(&mut cause, || {
                let detail = self.missing_term(v, t, interface);
                format!("{} does not {verb} {} ({detail})", self.ty(v), self.ty(t))
            });
            return false;
        }
        self.is_as_comparable(v, under_t, constraint, verb, &mut cause)
    }

    fn not_an_interface(&self, t: TypeId) -> String {
        if self.is_interface_pointer(t) {
            self.interface_pointer_error(t)
        } else {
            format!("{} is not an interface", self.ty(t))
        }
    }

    /// Why a type is not in the type set of an interface with terms.
    fn missing_term(&self, v: TypeId, t: TypeId, interface: &Interface) -> String {
        let types = self.types;
        let terms = types.type_set(types.underlying(t)).specific_terms().unwrap_or_default();
        let tilde_missing = terms.iter().find(|term| {
            !term.tilde
                && types.identical(term.ty, types.underlying(term.ty))
                && types::Term { tilde: true, ty: term.ty }.includes(v, types)
        });
        let (v_text, t_text) = (self.ty(v), self.ty(t));
        if let Some(term) = tilde_missing {
            return format!("possibly missing ~ for {} in {t_text}", self.ty(term.ty));
        }
        if interface.embedded.iter().any(|&elem| self.mentions(elem, v)) {
            return format!("{t_text} mentions {v_text}, but {v_text} is not in the type set of {t_text}");
        }
        let terms: Vec<String> = terms.iter().map(|&term| self.term_text(term)).collect();
        format!("{v_text} missing in {}", terms.join(" | "))
    }

    /// Whether `v` is written somewhere in an element of a constraint.
    fn mentions(&self, elem: TypeId, v: TypeId) -> bool {
        match self.types.get(elem) {
            Type::Interface(interface) => interface.embedded.iter().any(|&inner| self.mentions(inner, v)),
            Type::Union(terms) => terms.iter().any(|term| self.mentions(term.ty, v)),
            _ => self.types.identical(elem, v),
        }
    }

    fn is_as_comparable(
        &self,
        v: TypeId,
        under_t: TypeId,
        constraint: bool,
        verb: &str,
        cause: &mut Option<&mut String>,
    ) -> bool {
        let types = self.types;
        if !self.demands_comparable(under_t) || types.is_strictly_comparable(v) {
            return true;
        }
        // Spec: ordinary interfaces satisfy comparable, although comparing them may panic.
        if constraint && types.is_comparable(v) {
            let allowed = self.allows(GoVersion::new(20));
            if !allowed {
                explain(cause, || format!("{} to {verb} comparable requires go1.20 or later", self.ty(v)));
            }
            return allowed;
        }
        explain(cause, || format!("{} does not {verb} comparable", self.ty(v)));
        false
    }

    /// Whether all types in the type set of an interface are comparable.
    fn demands_comparable(&self, interface: TypeId) -> bool {
        let set = self.types.type_set(interface);
        match set.specific_terms() {
            None => set.comparable,
            Some(terms) => terms.iter().all(|term| self.types.is_strictly_comparable(term.ty)),
        }
    }
}

/// Methods.
impl<'a> Checker<'a> {
    /// Whether `v` has the methods of the interface `t`. When `v` is an interface and not `statically`, methods that it
    /// lacks may still be there at run time. A type with broken embedded fields may have any method.
    pub(crate) fn has_all_methods(
        &mut self,
        v: TypeId,
        t: TypeId,
        statically: bool,
        equivalent: Equivalence<'_, 'a>,
        mut cause: Option<&mut String>,
    ) -> bool {
        if !self.types.is_valid(v) {
            return true;
        }
        let Some((method, missing)) = self.missing_method(v, t, statically, equivalent) else { return true };
        if self.has_invalid_embedded_field(v, &mut FxHashSet::default()) {
            return true;
        }
        explain(&mut cause, || self.missing_method_cause(v, t, &method, &missing));
        false
    }

    /// Whether a value of interface type `v` can have dynamic type `t`. If not, why.
    pub(crate) fn assertable_to(&mut self, v: TypeId, t: TypeId) -> Result<(), String> {
        if self.types.is_interface(t) {
            return Ok(());
        }
        let mut cause = String::new();
        if self.has_all_methods(t, v, false, &mut identical, Some(&mut cause)) { Ok(()) } else { Err(cause) }
    }

    fn missing_method(
        &mut self,
        v: TypeId,
        t: TypeId,
        statically: bool,
        equivalent: Equivalence<'_, 'a>,
    ) -> Option<(Method, Missing)> {
        let types = self.types;
        let under_v = types.underlying(v);
        let is_interface = matches!(types.get(under_v), Type::Interface(_));
        for &method in &types.type_set(types.underlying(t)).methods {
            let missing = if !is_interface {
                self.check_method(v, &method, equivalent).err()
            } else if let Some((index, have)) = types.type_set(under_v).method(method.name) {
                let same = equivalent(self, have.ty, method.ty);
                (!same).then_some(Missing::WrongSignature(Member::InterfaceMethod { owner: under_v, index }))
            } else {
                statically.then_some(Missing::NotFound)
            };
            if let Some(missing) = missing {
                return Some((method, missing));
            }
        }
        None
    }

    fn check_method(
        &mut self,
        v: TypeId,
        method: &Method,
        equivalent: Equivalence<'_, 'a>,
    ) -> Result<(), Missing> {
        let member = match self.types.lookup_method_of(v, method.name) {
            Lookup::Found(Selected { member: Member::Field { .. }, .. }) => return Err(Missing::Field),
            Lookup::Found(selected) => selected.member,
            Lookup::Ambiguous => return Err(Missing::Ambiguous),
            Lookup::NeedsPointer => return Err(Missing::PointerReceiver),
            Lookup::Missing => return Err(self.similar_method(v, method.name)),
        };
        let Some(ty) = self.type_of_member(member) else { return Ok(()) };
        if equivalent(self, ty, method.ty) { Ok(()) } else { Err(Missing::WrongSignature(member)) }
    }

    fn similar_method(&self, v: TypeId, name: MemberName) -> Missing {
        match self.types.lookup_method_folding_case(v, name.symbol) {
            Lookup::Found(Selected {
                member: member @ (Member::Method { .. } | Member::InterfaceMethod { .. }),
                ..
            }) => {
                if self.types.member_symbol(member) == Some(name.symbol) {
                    Missing::Unexported
                } else {
                    Missing::WrongName(member)
                }
            }
            _ => Missing::NotFound,
        }
    }

    /// The type of a field or method, after checking the method's declaration if that was not done yet.
    pub(crate) fn type_of_member(&mut self, member: Member) -> Option<TypeId> {
        if let Member::Method { object, .. } = member {
            self.obj_decl(object);
        }
        self.types.member_type(member)
    }

    fn missing_method_cause(&mut self, v: TypeId, t: TypeId, method: &Method, missing: &Missing) -> String {
        let name = method.name.symbol;
        match *missing {
            Missing::NotFound if self.is_interface_pointer(v) => {
                format!("({})", self.interface_pointer_error(v))
            }
            Missing::NotFound if self.is_interface_pointer(t) => {
                format!("({})", self.interface_pointer_error(t))
            }
            Missing::NotFound => format!("(missing method {name})"),
            Missing::WrongName(member) => {
                let have = self.method_text(member, false);
                let want = self.signature_text(name.as_str(), method.ty, false);
                format!("(missing method {name})\n\t\thave {have}\n\t\twant {want}")
            }
            Missing::Unexported => format!("(unexported method {name})"),
            Missing::WrongSignature(member) => self.wrong_signature(member, method),
            Missing::Ambiguous => format!("(ambiguous selector {}.{name})", self.ty(v)),
            Missing::PointerReceiver => format!("(method {name} has pointer receiver)"),
            Missing::Field => format!("({}.{name} is a field, not a method)", self.ty(v)),
        }
    }

    fn wrong_signature(&mut self, member: Member, method: &Method) -> String {
        let name = method.name.symbol;
        for with_packages in [false, true] {
            let have = self.method_text(member, with_packages);
            let want = self.signature_text(name.as_str(), method.ty, with_packages);
            if have != want {
                return format!("(wrong type for method {name})\n\t\thave {have}\n\t\twant {want}");
            }
        }
        // The types differ in what does not show.
        format!("(wrong type for method {name})")
    }

    fn method_text(&mut self, member: Member, with_packages: bool) -> String {
        let name = self.types.member_symbol(member).map_or("", |symbol| symbol.as_str());
        let ty = self.type_of_member(member).unwrap_or(TypeId::INVALID);
        self.signature_text(name, ty, with_packages)
    }

    fn signature_text(&self, name: &str, ty: TypeId, with_packages: bool) -> String {
        let Type::Signature(signature) = self.types.get(ty) else { return name.to_owned() };
        let full = types::FullPaths(self.types);
        let qualifier: &dyn Qualifier = if with_packages { &full } else { self };
        let mut printer = Printer::new(self.types, qualifier).without_param_names();
        if with_packages {
            printer = printer.with_field_package();
        }
        printer.text(name).signature(signature);
        printer.finish()
    }

    /// Whether a struct (or what a pointer points to) has an embedded field whose type is in error, at any depth.
    fn has_invalid_embedded_field(&self, ty: TypeId, seen: &mut FxHashSet<TypeId>) -> bool {
        let Some((id, struct_)) = self.types.as_struct(self.struct_behind(ty)) else { return false };
        seen.insert(id)
            && struct_.fields.iter().any(|field| {
                field.embedded
                    && (!self.types.is_valid(field.ty) || self.has_invalid_embedded_field(field.ty, seen))
            })
    }

    /// The struct type that `ty` points to, declared pointer types included; any other type unchanged.
    pub(crate) fn struct_behind(&self, ty: TypeId) -> TypeId {
        match self.types.as_pointer(ty) {
            Some(base) if self.types.as_struct(base).is_some() => base,
            _ => ty,
        }
    }

    pub(crate) fn is_interface_pointer(&self, ty: TypeId) -> bool {
        self.types.as_pointer(ty).is_some_and(|base| self.types.is_interface(base))
    }

    pub(crate) fn interface_pointer_error(&self, ty: TypeId) -> String {
        let is_type_param = self.types.as_pointer(ty).is_some_and(|base| self.types.is_type_param(base));
        if is_type_param {
            format!("type {} is pointer to type parameter, not type parameter", self.ty(ty))
        } else {
            format!("type {} is pointer to interface, not interface", self.ty(ty))
        }
    }
}

/// The equivalence of everything but inference.
pub(crate) fn identical(check: &mut Checker<'_>, x: TypeId, y: TypeId) -> bool {
    check.types.identical(x, y)
}

fn explain(cause: &mut Option<&mut String>, text: impl FnOnce() -> String) {
    if let Some(cause) = cause {
        **cause = text();
    }
}

/// Puts the cause found so far into a larger one.
fn explain_more(cause: &mut Option<&mut String>, text: impl FnOnce(&str) -> String) {
    if let Some(cause) = cause {
        **cause = text(cause);
    }
}
