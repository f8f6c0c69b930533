//! Finding a field or method by name, through embedded fields. Spec: "Selectors".

use base::Symbol;
use smallvec::SmallVec;

use crate::{MemberName, ObjectId, PackageId, Type, TypeId, Types};

/// The indices of the embedded fields on the way to a member, outermost first.
pub type Path = SmallVec<[u32; 4]>;

/// The result of a search.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// Exactly one member at the shallowest depth.
    Found(Selected),
    /// Several members at the shallowest depth.
    Ambiguous,
    /// A method with a pointer receiver, but the operand is neither a pointer nor addressable.
    NeedsPointer,
    /// Nothing.
    Missing,
}

/// A member with the way to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selected {
    /// The field or method.
    pub member: Member,
    /// The embedded fields on the way; empty for a member of the type itself.
    pub path: Path,
    /// Whether a pointer is followed on the way, be it the operand itself.
    pub indirect: bool,
}

/// A field or method.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Member {
    /// A field of a struct.
    Field {
        /// The struct type.
        owner: TypeId,
        /// The field's place in it.
        index: u32,
    },
    /// A method of a declared type.
    Method {
        /// The method as declared; of an instance, that of its origin.
        object: ObjectId,
        /// The declared type or instance that has it.
        owner: TypeId,
        /// The method's place among those of the type.
        index: u32,
    },
    /// A method of an interface, or of a type parameter's constraint.
    InterfaceMethod {
        /// The interface type.
        owner: TypeId,
        /// The method's place in the type set.
        index: u32,
    },
}

/// Which names match.
#[derive(Copy, Clone)]
enum Wanted {
    Exactly(MemberName),
    /// Any name that is equal when case is ignored, of any package.
    FoldingCase(Symbol),
}

impl Wanted {
    fn matches(self, name: MemberName) -> bool {
        match self {
            Self::Exactly(wanted) => wanted == name,
            Self::FoldingCase(wanted) => equal_fold(wanted.as_str(), name.symbol.as_str()),
        }
    }
}

fn equal_fold(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    let folded =
        |s: &str| s.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect::<String>();
    folded(a) == folded(b)
}

/// A type whose members are looked at.
struct Candidate {
    ty: TypeId,
    path: Path,
    indirect: bool,
    /// Whether the type is found more than once at this depth: then each of its members is ambiguous.
    multiple: bool,
}

impl Types {
    /// Finds the field or method `name`, as seen from `package`, in a value of type `ty`.
    pub fn lookup(&self, ty: TypeId, addressable: bool, package: Option<PackageId>, name: Symbol) -> Lookup {
        self.lookup_wanted(ty, addressable, name, Wanted::Exactly(self.member_name(name, package)))
    }

    /// As [`Types::lookup`], ignoring case and package: what the user might have meant.
    pub fn lookup_folding_case(&self, ty: TypeId, addressable: bool, name: Symbol) -> Lookup {
        self.lookup_wanted(ty, addressable, name, Wanted::FoldingCase(name))
    }

    /// Finds a method for the question whether `ty` implements an interface: as [`Types::lookup`], but without the rule
    /// that declared pointer types have no methods.
    pub fn lookup_method_of(&self, ty: TypeId, name: MemberName) -> Lookup {
        self.search(ty, false, name.symbol, Wanted::Exactly(name))
    }

    /// As [`Types::lookup_method_of`], ignoring case and package.
    pub fn lookup_method_folding_case(&self, ty: TypeId, name: Symbol) -> Lookup {
        self.search(ty, false, name, Wanted::FoldingCase(name))
    }

    fn lookup_wanted(&self, ty: TypeId, addressable: bool, name: Symbol, wanted: Wanted) -> Lookup {
        // Spec: "The receiver base type must not be a pointer": a declared pointer type has the fields of what it points
        // to, but no methods.
        if self.as_named(ty).is_some()
            && let Type::Pointer(_) = self.under(ty)
        {
            let found = self.search(self.underlying(ty), false, name, wanted);
            return match found {
                Lookup::Found(Selected {
                    member: Member::Method { .. } | Member::InterfaceMethod { .. },
                    ..
                }) => Lookup::Missing,
                other => other,
            };
        }
        self.search(ty, addressable, name, wanted)
    }

    fn search(&self, ty: TypeId, addressable: bool, name: Symbol, wanted: Wanted) -> Lookup {
        if name.is_blank() {
            return Lookup::Missing;
        }
        let (start, is_pointer) = self.dereference(ty);
        if is_pointer && matches!(self.under(start), Type::Interface(_)) {
            return Lookup::Missing;
        }
        let mut current =
            vec![Candidate { ty: start, path: Path::new(), indirect: is_pointer, multiple: false }];
        let mut seen: SmallVec<[TypeId; 8]> = SmallVec::new();
        while !current.is_empty() {
            let mut level = Level { types: self, wanted, found: None, ambiguous: false, next: Vec::new() };
            for candidate in &current {
                level.visit(candidate, &mut seen);
                if level.ambiguous {
                    return Lookup::Ambiguous;
                }
            }
            if let Some(found) = level.found {
                return self.check_receiver(found, addressable);
            }
            current = self.merge_multiples(level.next);
        }
        Lookup::Missing
    }

    /// Spec: "If x is addressable and &x's method set contains m, x.m() is shorthand for (&x).m()."
    fn check_receiver(&self, found: Selected, addressable: bool) -> Lookup {
        if let Member::Method { object, .. } = found.member
            && self.object(object).as_func().is_some_and(|func| func.has_pointer_receiver())
            && !found.indirect
            && !addressable
        {
            return Lookup::NeedsPointer;
        }
        Lookup::Found(found)
    }

    fn merge_multiples(&self, candidates: Vec<Candidate>) -> Vec<Candidate> {
        if candidates.len() <= 1 {
            return candidates;
        }
        let mut merged: Vec<Candidate> = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            match merged.iter_mut().find(|other| self.identical(other.ty, candidate.ty)) {
                Some(other) => other.multiple = true,
                None => merged.push(candidate),
            }
        }
        merged
    }

    /// What a pointer points to, and true; any other type (declared pointer types too) unchanged, and false.
    pub fn dereference(&self, ty: TypeId) -> (TypeId, bool) {
        match self.resolved(ty) {
            Type::Pointer(elem) => (*elem, true),
            _ => (ty, false),
        }
    }

    /// The type of a field or the signature of a method. `None` for a method whose declaration is not checked yet.
    pub fn member_type(&self, member: Member) -> Option<TypeId> {
        match member {
            Member::Field { owner, index } => match self.get(owner) {
                Type::Struct(struct_) => Some(struct_.fields[index as usize].ty),
                _ => None,
            },
            Member::Method { owner, index, .. } => self.method_type(owner, index),
            Member::InterfaceMethod { owner, index } => {
                self.type_set(owner).methods.get(index as usize).map(|method| method.ty)
            }
        }
    }

    /// The name of a field or method.
    pub fn member_symbol(&self, member: Member) -> Option<Symbol> {
        match member {
            Member::Field { owner, index } => match self.get(owner) {
                Type::Struct(struct_) => Some(struct_.fields[index as usize].name.symbol),
                _ => None,
            },
            Member::Method { object, .. } => Some(self.object(object).name),
            Member::InterfaceMethod { owner, index } => {
                self.type_set(owner).methods.get(index as usize).map(|method| method.name.symbol)
            }
        }
    }
}

/// The search of all candidates at one depth.
struct Level<'a> {
    types: &'a Types,
    wanted: Wanted,
    found: Option<Selected>,
    ambiguous: bool,
    next: Vec<Candidate>,
}

impl Level<'_> {
    fn visit(&mut self, candidate: &Candidate, seen: &mut SmallVec<[TypeId; 8]>) {
        if let Some((named, _)) = self.types.as_named(candidate.ty) {
            let canonical = self.types.canonical(named);
            if seen.contains(&canonical) {
                return; // The same type at a shallower depth hides this one.
            }
            seen.push(canonical);
            if let Some(index) = self.method_index(named) {
                let object = self.types.methods(named)[index];
                self.hit(candidate, Member::Method { object, owner: named, index: index as u32 });
                return;
            }
        }
        let underlying = self.types.underlying(candidate.ty);
        match self.types.get(underlying) {
            Type::Struct(struct_) => self.fields(candidate, underlying, &struct_.fields),
            Type::Interface(_) => self.interface(candidate, underlying),
            _ => {}
        }
    }

    fn method_index(&self, named: TypeId) -> Option<usize> {
        self.types.methods(named).iter().position(|&method| {
            let object = self.types.object(method);
            let symbol_matches = match self.wanted {
                Wanted::Exactly(wanted) => wanted.symbol == object.name,
                Wanted::FoldingCase(_) => true,
            };
            symbol_matches && self.wanted.matches(self.types.member_name(object.name, object.package))
        })
    }

    fn fields(&mut self, candidate: &Candidate, owner: TypeId, fields: &[crate::Field]) {
        for (index, field) in fields.iter().enumerate() {
            let index = index as u32;
            if self.wanted.matches(field.name) {
                self.hit(candidate, Member::Field { owner, index });
                if self.ambiguous {
                    return;
                }
            } else if self.found.is_none() && field.embedded {
                let (ty, is_pointer) = self.types.dereference(field.ty);
                let mut path = candidate.path.clone();
                path.push(index);
                self.next.push(Candidate {
                    ty,
                    path,
                    indirect: candidate.indirect || is_pointer,
                    multiple: candidate.multiple,
                });
            }
        }
    }

    fn interface(&mut self, candidate: &Candidate, owner: TypeId) {
        let methods = &self.types.type_set(owner).methods;
        if let Some(index) = methods.iter().position(|method| self.wanted.matches(method.name)) {
            self.hit(candidate, Member::InterfaceMethod { owner, index: index as u32 });
        }
    }

    fn hit(&mut self, candidate: &Candidate, member: Member) {
        if self.found.is_some() || candidate.multiple {
            self.ambiguous = true;
        } else {
            self.found =
                Some(Selected { member, path: candidate.path.clone(), indirect: candidate.indirect });
        }
    }
}
