//! Inferring type arguments. Spec: "Type inference".

use base::Pos;
use diag::{Code, Diagnostic};
use rustc_hash::FxHashSet;
use types::{Object, ObjectKind, Param, Signature, Substitution, Type, TypeCell, TypeId};

use crate::{
    GoVersion,
    checker::Checker,
    operand::Operand,
    unify::{Closeness, Unifier},
};

/// What inference starts from.
pub(crate) struct Inference<'i> {
    /// Where errors without a better place are reported.
    pub(crate) pos: Pos,
    /// The type parameters to solve for.
    pub(crate) type_params: &'i [TypeId],
    /// The type arguments that are written; may be shorter than the list of parameters.
    pub(crate) type_args: &'i [Option<TypeId>],
    /// The parameters of the function, as many as `args`.
    pub(crate) params: &'i [Param],
    /// The arguments.
    pub(crate) args: &'i [Operand],
    /// Whether the call is made up, to infer from the type that a function is assigned to.
    pub(crate) reverse: bool,
}

/// Why inference failed; nothing when an argument was in error already.
pub(crate) type InferenceError = Option<Diagnostic>;

impl<'a> Checker<'a> {
    /// Finds a type argument for each type parameter.
    pub(crate) fn infer(&mut self, given: &Inference<'_>) -> Result<Vec<TypeId>, InferenceError> {
        let mut type_args = given.type_args.to_vec();
        type_args.resize(given.type_params.len(), None);
        if let Some(complete) = type_args.iter().copied().collect() {
            return Ok(complete);
        }
        if given.args.iter().any(|arg| !arg.is_valid()) {
            return Err(None);
        }
        let params = self.known_params(given, &type_args);
        let through_interfaces = self.allows(GoVersion::new(21));
        let mut run = Run {
            check: self,
            given,
            params,
            unifier: Unifier::new(given.type_params, &type_args, through_interfaces),
        };
        let untyped = run.infer_from_arguments()?;
        run.infer_from_constraints()?;
        run.infer_from_untyped(&untyped)?;
        run.simplify(&type_args)
    }

    /// The parameters with the written type arguments filled in: makes for better messages.
    fn known_params(&self, given: &Inference<'_>, type_args: &[Option<TypeId>]) -> Vec<Param> {
        let filled = or_params(given.type_params, type_args);
        let known = Substitution::new(given.type_params, &filled);
        given
            .params
            .iter()
            .map(|param| Param { ty: self.types.substitute(param.ty, &known), ..*param })
            .collect()
    }

    /// Fresh type parameters with the same names and bounds: in a recursive call of a generic function the parameters to
    /// solve for must not be confused with those of the function around the call.
    pub(crate) fn rename_type_params(&self, params: &[TypeId]) -> Vec<TypeId> {
        let fresh: Vec<TypeId> = params.iter().map(|&param| self.fresh_type_param(param)).collect();
        let rename = Substitution::new(params, &fresh);
        for (&old, &new) in params.iter().zip(&fresh) {
            self.types.set_bound(new, self.types.substitute(self.types.bound(old), &rename));
        }
        fresh
    }

    fn fresh_type_param(&self, param: TypeId) -> TypeId {
        let Type::TypeParam(old) = self.types.get(param) else { unreachable!("a list of type parameters") };
        let name = self.types.object(old.object);
        let object = self.types.add_object(Object {
            name: name.name,
            package: name.package,
            pos: name.pos,
            package_level: false,
            ty: TypeCell::unset(),
            kind: ObjectKind::TypeName,
        });
        let fresh = self.types.new_type_param(object, old.index);
        self.types.object(object).ty.set(fresh);
        fresh
    }

    /// Whether `ty` mentions one of `params`. The type parameters that a generic signature declares do not count.
    pub(crate) fn is_parameterized(&self, params: &[TypeId], ty: TypeId) -> bool {
        self.types.may_mention_type_params(ty)
            && Mention { check: self, params, seen: FxHashSet::default() }.in_type(ty)
    }

    /// The names of type parameters in words: `P`, `P and Q`, `P, Q, and R`.
    fn type_param_names(&self, params: &[TypeId]) -> String {
        let names: Vec<&str> = params.iter().map(|&param| self.type_param_name(param)).collect();
        match names[..] {
            [] => String::new(),
            [one] => one.to_owned(),
            [one, two] => format!("{one} and {two}"),
            [ref init @ .., last] => format!("{}, and {last}", init.join(", ")),
        }
    }

    fn type_param_name(&self, param: TypeId) -> &'static str {
        match self.types.get(param) {
            Type::TypeParam(data) => self.types.object(data.object).name.as_str(),
            _ => "_",
        }
    }
}

/// The arguments, with the parameters themselves where an argument is unknown: what a partial substitution needs.
fn or_params(params: &[TypeId], args: &[Option<TypeId>]) -> Vec<TypeId> {
    params.iter().zip(args).map(|(&param, arg)| arg.unwrap_or(param)).collect()
}

struct Run<'r, 'a> {
    check: &'r mut Checker<'a>,
    given: &'r Inference<'r>,
    params: Vec<Param>,
    unifier: Unifier,
}

impl Run<'_, '_> {
    fn error(&self, message: String) -> InferenceError {
        Some(Diagnostic::error(Code::CannotInferTypeArgs, self.given.pos, message))
    }

    fn error_at(&self, arg: &Operand, message: String) -> InferenceError {
        Some(Diagnostic::error(Code::CannotInferTypeArgs, self.check.at_operand(arg), message))
    }

    fn unify(&mut self, x: TypeId, y: TypeId, closeness: Closeness) -> bool {
        self.unifier.unify(self.check, x, y, closeness)
    }

    /// Unifies parameters with typed arguments. The result lists the parameters whose type is a type parameter and whose
    /// argument is an untyped constant.
    fn infer_from_arguments(&mut self) -> Result<Vec<usize>, InferenceError> {
        let given = self.given;
        let mut untyped = Vec::new();
        for (index, arg) in given.args.iter().enumerate() {
            let param = self.params[index].ty;
            let types = self.check.types;
            if !self.check.is_parameterized(given.type_params, param)
                && !self.check.is_parameterized(given.type_params, arg.ty)
            {
                continue;
            }
            if !types.is_untyped(arg.ty) {
                if !self.unify(param, arg.ty, Closeness::ASSIGN) {
                    return Err(self.mismatch(param, arg));
                }
            } else if matches!(types.get(param), Type::TypeParam(_)) && !arg.is_nil() {
                untyped.push(index);
            }
        }
        Ok(untyped)
    }

    fn mismatch(&self, param: TypeId, arg: &Operand) -> InferenceError {
        let check = &*self.check;
        let given = self.given;
        let inferred = self.unifier.all();
        let (arg_ty, arg_text, param_text) = (check.ty(arg.ty), check.source_text(arg), check.ty(param));
        if inferred.iter().all(Option::is_none) {
            let names = check.type_param_names(given.type_params);
            return self.error_at(
                arg,
                format!("type {arg_ty} of {arg_text} does not match {param_text} (cannot infer {names})"),
            );
        }
        let filled = or_params(given.type_params, &inferred);
        let expected = check.types.substitute(param, &Substitution::new(given.type_params, &filled));
        let message = if expected == param {
            format!("type {arg_ty} of {arg_text} does not match {param_text}")
        } else {
            let expected = check.ty(expected);
            if given.reverse {
                format!(
                    "inferred type {expected} for {param_text} does not match type {arg_ty} of {arg_text}"
                )
            } else {
                format!(
                    "type {arg_ty} of {arg_text} does not match inferred type {expected} for {param_text}"
                )
            }
        };
        self.error_at(arg, message)
    }

    /// Unifies type parameters with their constraints as long as that brings something new.
    fn infer_from_constraints(&mut self) -> Result<(), InferenceError> {
        loop {
            let n_unknown = self.unifier.n_unknown();
            for index in 0..self.given.type_params.len() {
                self.infer_from_constraint(index)?;
            }
            if self.unifier.n_unknown() == n_unknown {
                return Ok(());
            }
        }
    }

    fn infer_from_constraint(&mut self, index: usize) -> Result<(), InferenceError> {
        let param = self.given.type_params[index];
        let known = self.unifier.at(index);
        if let Some((core, is_single)) = self.check.core_term(param) {
            match known {
                Some(ty) if !self.unify(ty, core.ty, Closeness::INEXACT) => {
                    return Err(self.unsatisfied(param, ty, ""));
                }
                None if is_single && !core.tilde => self.unifier.set(index, core.ty),
                Some(_) | None => {}
            }
        }
        match known {
            Some(ty) if !self.check.is_parameterized(self.given.type_params, ty) => {
                self.infer_from_methods(param, ty)
            }
            _ => Ok(()),
        }
    }

    /// A type argument must have the methods of the constraint: their signatures may tell more type arguments.
    fn infer_from_methods(&mut self, param: TypeId, ty: TypeId) -> Result<(), InferenceError> {
        let constraint = self.check.types.underlying(param);
        let mut cause = String::new();
        let unifier = &mut self.unifier;
        let mut unify = |check: &mut Checker<'_>, x, y| unifier.unify(check, x, y, Closeness::EXACT);
        if self.check.has_all_methods(ty, constraint, true, &mut unify, Some(&mut cause)) {
            Ok(())
        } else {
            Err(self.unsatisfied(param, ty, &format!(" {cause}")))
        }
    }

    fn unsatisfied(&self, param: TypeId, ty: TypeId, cause: &str) -> InferenceError {
        let check = &*self.check;
        let (param_text, ty) = (check.ty(param), check.ty(ty));
        let bound = check.ty(check.types.bound(param));
        self.error(format!("{param_text} (type {ty}) does not satisfy {bound}{cause}"))
    }

    /// Gives type parameters that only untyped constants speak about the default type of the largest kind.
    fn infer_from_untyped(&mut self, untyped: &[usize]) -> Result<(), InferenceError> {
        let given = self.given;
        let mut largest: Vec<(usize, TypeId)> = Vec::new();
        for &arg_index in untyped {
            let param = self.params[arg_index].ty;
            let Some(index) = given.type_params.iter().position(|&p| p == param) else { continue };
            if self.unifier.at(index).is_some() {
                continue;
            }
            let arg = &given.args[arg_index];
            match largest.iter_mut().find(|(other, _)| *other == index) {
                None => largest.push((index, arg.ty)),
                Some((_, so_far)) => match self.check.larger_untyped(*so_far, arg.ty) {
                    Some(larger) => *so_far = larger,
                    None => {
                        let check = &*self.check;
                        let (a, b, param) = (check.ty(*so_far), check.ty(arg.ty), check.ty(param));
                        return Err(self
                            .error_at(arg, format!("mismatched types {a} and {b} (cannot infer {param})")));
                    }
                },
            }
        }
        for (index, ty) in largest {
            let default = self.check.types.default_type(ty);
            self.unifier.set(index, default);
        }
        Ok(())
    }

    /// Replaces type parameters in the inferred types by what is inferred for them, until none is left.
    fn simplify(self, type_args: &[Option<TypeId>]) -> Result<Vec<TypeId>, InferenceError> {
        let params = self.given.type_params;
        let mut inferred = self.unifier.all();
        CycleBreaker { check: self.check, params, inferred: &mut inferred, active: Vec::new() }.run();
        let mut dirty: Vec<usize> = (0..params.len())
            .filter(|&index| inferred[index].is_some() && type_args[index].is_none())
            .collect();
        while !dirty.is_empty() {
            let filled = or_params(params, &inferred);
            let known = Substitution::new(params, &filled);
            dirty.retain(|&index| {
                let Some(before) = inferred[index] else { return false };
                let after = self.without_solved_params(self.check.types.substitute(before, &known));
                inferred[index] = Some(after);
                after != before
            });
        }
        let complete = inferred.iter().zip(params).map(|(ty, &param)| match ty {
            Some(ty) if !self.check.is_parameterized(params, *ty) => Ok(*ty),
            _ => Err(self.cannot_infer(param)),
        });
        complete.collect()
    }

    /// A generic function whose signature mentions none of the solved parameters any more is generic no longer.
    fn without_solved_params(&self, ty: TypeId) -> TypeId {
        let types = self.check.types;
        match types.get(ty) {
            Type::Signature(signature)
                if !signature.type_params.is_empty()
                    && !self.check.is_parameterized(self.given.type_params, ty) =>
            {
                types.signature(Signature {
                    type_params: Box::default(),
                    params: signature.params.clone(),
                    results: signature.results.clone(),
                    variadic: signature.variadic,
                })
            }
            _ => ty,
        }
    }

    fn cannot_infer(&self, param: TypeId) -> InferenceError {
        let Type::TypeParam(data) = self.check.types.get(param) else { return None };
        let object = self.check.types.object(data.object);
        let position = self.check.position_text(object.pos);
        self.error(format!("cannot infer {} (declared at {position})", object.name))
    }
}

/// Looks for type parameters in a type.
struct Mention<'m, 'a> {
    check: &'m Checker<'a>,
    params: &'m [TypeId],
    seen: FxHashSet<TypeId>,
}

impl Mention<'_, '_> {
    fn in_type(&mut self, ty: TypeId) -> bool {
        let types = self.check.types;
        if !types.may_mention_type_params(ty) || !self.seen.insert(ty) {
            return false;
        }
        match types.get(ty) {
            Type::Basic(_) => false,
            Type::TypeParam(_) => self.params.contains(&ty),
            Type::Alias(_) => self.in_type(types.unalias(ty)),
            Type::Named(named) => named.args.iter().any(|&arg| self.in_type(arg)),
            Type::Pointer(elem) | Type::Slice(elem) | Type::Array { elem, .. } | Type::Chan { elem, .. } => {
                self.in_type(*elem)
            }
            Type::Map { key, elem } => self.in_type(*key) || self.in_type(*elem),
            Type::Struct(struct_) => struct_.fields.iter().any(|field| self.in_type(field.ty)),
            Type::Tuple(elems) => elems.iter().any(|&elem| self.in_type(elem)),
            Type::Signature(signature) => {
                signature.params.iter().chain(&signature.results).any(|param| self.in_type(param.ty))
            }
            Type::Interface(_) => {
                let set = types.type_set(ty);
                set.methods.iter().any(|method| self.in_type(method.ty))
                    || set
                        .specific_terms()
                        .is_some_and(|terms| terms.iter().any(|term| self.in_type(term.ty)))
            }
            Type::Union(terms) => terms.iter().any(|term| self.in_type(term.ty)),
        }
    }
}

/// Forgets what was inferred for a type parameter when that mentions the parameter itself, directly or through others:
/// replacing it would never end.
struct CycleBreaker<'c, 'a> {
    check: &'c Checker<'a>,
    params: &'c [TypeId],
    inferred: &'c mut [Option<TypeId>],
    active: Vec<TypeId>,
}

impl CycleBreaker<'_, '_> {
    fn run(&mut self) {
        for &param in self.params {
            self.visit(param);
        }
    }

    fn visit(&mut self, ty: TypeId) {
        let types = self.check.types;
        let ty = types.unalias(ty);
        if !types.may_mention_type_params(ty) {
            return;
        }
        let param = self.params.iter().position(|&param| param == ty);
        if self.active.contains(&ty) {
            if let Some(index) = param {
                self.inferred[index] = None;
            }
            return;
        }
        self.active.push(ty);
        match types.get(ty) {
            Type::Basic(_) | Type::Alias(_) => {}
            Type::TypeParam(_) => {
                if let Some(inferred) = param.and_then(|index| self.inferred[index]) {
                    self.visit(inferred);
                }
            }
            Type::Named(named) => named.args.iter().for_each(|&arg| self.visit(arg)),
            Type::Pointer(elem) | Type::Slice(elem) | Type::Array { elem, .. } | Type::Chan { elem, .. } => {
                self.visit(*elem);
            }
            Type::Map { key, elem } => {
                self.visit(*key);
                self.visit(*elem);
            }
            Type::Struct(struct_) => struct_.fields.iter().for_each(|field| self.visit(field.ty)),
            Type::Tuple(elems) => elems.iter().for_each(|&elem| self.visit(elem)),
            Type::Signature(signature) => {
                signature.params.iter().chain(&signature.results).for_each(|param| self.visit(param.ty));
            }
            Type::Interface(interface) => {
                interface.methods.iter().for_each(|method| self.visit(method.ty));
                interface.embedded.iter().for_each(|&elem| self.visit(elem));
            }
            Type::Union(terms) => terms.iter().for_each(|term| self.visit(term.ty)),
        }
        self.active.pop();
    }
}
