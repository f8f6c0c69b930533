//! Function types and receivers. Spec: "Function types", "Method declarations".

use std::rc::Rc;

use base::{Span, sym};
use diag::Code;
use smallvec::SmallVec;
use syntax::{ExprId, ExprKind, FieldId, IdentId, List};
use types::{Basic, ObjectId, ObjectKind, Param, Receiver, Signature, Substitution, Type, TypeId, VarKind};

use crate::{
    GoVersion, Instance,
    checker::Checker,
    collect::{ReceiverParts, receiver_parts},
    scope::ScopeId,
};

/// Whose type a function type is.
#[derive(Copy, Clone)]
pub(crate) enum FuncOwner {
    /// Nobody's: it is just a type.
    Type,
    /// A declared function or method.
    Declaration {
        /// The function.
        object: ObjectId,
        /// Its receiver.
        recv: Option<FieldId>,
        /// Its type parameters.
        tparams: List<FieldId>,
    },
    /// A function literal.
    Literal(ExprId),
}

/// A function type with the scope that its parameters are declared in.
#[derive(Clone, Debug)]
pub(crate) struct FuncType {
    pub(crate) signature: TypeId,
    pub(crate) scope: ScopeId,
    /// The variables of the results, unnamed ones included.
    pub(crate) results: Vec<ObjectId>,
}

/// A function whose variables others may capture.
#[derive(Debug)]
pub(crate) struct FuncState {
    /// The function around a literal.
    parent: Option<FuncIndex>,
    /// The literal and its file; `None` for a declared function.
    literal: Option<(usize, ExprId)>,
    /// The type parameters that are in scope, those of receivers included.
    type_params: Rc<[TypeId]>,
}

/// An index into the functions of a package.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct FuncIndex(u32);

/// Parameters or results that are checked and not yet declared.
struct Params {
    types: SmallVec<[Param; 2]>,
    objects: Vec<ObjectId>,
    idents: Vec<Option<IdentId>>,
    variadic: bool,
}

impl<'a> Checker<'a> {
    /// Checks a function type, and declares its parameters in a new scope.
    pub(crate) fn func_type(&mut self, owner: FuncOwner, expr: ExprId) -> FuncType {
        let file = self.file();
        let ExprKind::FuncType { params, results } = file[expr].kind else {
            unreachable!("the parser puts a function type here")
        };
        let outer_scope = self.env.scope;
        let function = self.new_function(owner);
        let scope = self.scopes.add(Some(outer_scope), function);
        self.env.scope = scope;
        let (mut recv, mut type_params) = (None, Vec::new());
        if let FuncOwner::Declaration { object, recv: field, tparams } = owner {
            recv = field.map(|field| (field, self.receiver(object, field)));
            // The signature may refer to its own function, by way of a constant: it sees one without parameters.
            let placeholder = |check: &Self, type_params: Box<[TypeId]>| {
                let signature = Signature { type_params, ..Signature::default() };
                check.types.object(object).ty.set(check.types.signature(signature));
            };
            placeholder(self, Box::default());
            if !tparams.is_empty() {
                type_params = self.collect_type_params(tparams, placeholder);
            }
        }
        if let (Some(FuncIndex(index)), FuncOwner::Declaration { object, .. }) = (function, owner) {
            self.functions[index as usize].type_params = self.params_in_scope(object, &type_params);
        }
        let params = self.collect_params(VarKind::Param, params);
        let results = self.collect_params(VarKind::Result, results);
        if let Some((field, variable)) = recv
            && let Some(name) = file[field].name
        {
            self.declare(scope, Some(name), variable);
        }
        self.declare_params(&params);
        self.declare_params(&results);
        self.env.scope = outer_scope;
        let signature = self.types.signature(Signature {
            type_params: type_params.into(),
            params: params.types,
            results: results.types,
            variadic: params.variadic,
        });
        self.record_type(expr, signature);
        FuncType { signature, scope, results: results.objects }
    }

    fn new_function(&mut self, owner: FuncOwner) -> Option<FuncIndex> {
        let (literal, type_params) = match owner {
            FuncOwner::Type => return self.scopes.function(self.env.scope),
            FuncOwner::Declaration { .. } => (None, Rc::from([])),
            FuncOwner::Literal(expr) => (Some((self.env.file, expr)), self.type_params_in_scope()),
        };
        let parent = self.scopes.function(self.env.scope);
        self.functions.push(FuncState { parent, literal, type_params });
        Some(FuncIndex(self.functions.len() as u32 - 1))
    }

    fn params_in_scope(&self, object: ObjectId, own: &[TypeId]) -> Rc<[TypeId]> {
        let receiver = self.types.object(object).as_func().and_then(|func| func.receiver.get());
        let of_receiver = receiver.map_or(&[][..], |receiver| &receiver.type_params);
        of_receiver.iter().chain(own).copied().collect()
    }

    fn type_params_in_scope(&self) -> Rc<[TypeId]> {
        match self.scopes.function(self.env.scope) {
            Some(FuncIndex(index)) => Rc::clone(&self.functions[index as usize].type_params),
            None => Rc::from([]),
        }
    }

    /// The type parameters of the functions around the current place.
    pub(crate) fn outer_type_params(&self) -> Box<[TypeId]> {
        Box::from(&*self.type_params_in_scope())
    }

    /// Records that the functions between the current place and the scope that declares a variable capture it.
    pub(crate) fn capture(&mut self, scope: ScopeId, object: ObjectId) {
        let owner = self.scopes.function(scope);
        let mut current = self.scopes.function(self.env.scope);
        while current != owner && owner.is_some() {
            let Some(FuncIndex(index)) = current else { return };
            let state = &self.functions[index as usize];
            current = state.parent;
            if let Some((file, literal)) = state.literal {
                let captures = self.infos[file].captures.entry(literal).or_default();
                if !captures.contains(&object) {
                    captures.push(object);
                }
            }
        }
    }

    /// Checks a list of parameters or results. A parameter's scope is the whole body, so they are declared later.
    fn collect_params(&mut self, kind: VarKind, list: List<FieldId>) -> Params {
        let file = self.file();
        let mut params =
            Params { types: SmallVec::new(), objects: Vec::new(), idents: Vec::new(), variadic: false };
        let mut previous: Option<(ExprId, TypeId)> = None;
        for (i, &id) in file[list].iter().enumerate() {
            let field = file[id];
            let is_last = i + 1 == list.len();
            let ty = match previous {
                Some((expr, ty)) if expr == field.ty => ty,
                _ => self.param_type(field.ty, kind == VarKind::Param && is_last, &mut params.variadic),
            };
            previous = Some((field.ty, ty));
            let name = field.name.map_or(sym::EMPTY, |name| file.name(name));
            let pos = field.name.map_or(field.pos, |name| file[name].pos);
            let object = self.types.declare(name, self.package, pos, false, ObjectKind::Var(kind));
            self.types.object(object).ty.set(ty);
            self.info().params.insert(id, object);
            params.types.push(Param { name, ty });
            params.objects.push(object);
            params.idents.push(field.name);
        }
        params
    }

    fn param_type(&mut self, expr: ExprId, may_be_variadic: bool, variadic: &mut bool) -> TypeId {
        let ExprKind::DotsType { elem } = self.file()[expr].kind else { return self.var_type(expr) };
        if !may_be_variadic {
            self.error(self.at(expr), Code::InvalidSyntaxTree, "invalid use of ...");
            return self.var_type(elem);
        }
        *variadic = true;
        let elem = self.var_type(elem);
        let ty = self.types.slice(elem);
        self.record_type(expr, ty);
        ty
    }

    fn declare_params(&mut self, params: &Params) {
        for (ident, &object) in params.idents.iter().zip(&params.objects) {
            if let Some(ident) = *ident {
                self.declare(self.env.scope, Some(ident), object);
            }
        }
    }
}

/// Receivers.
impl<'a> Checker<'a> {
    /// Checks a receiver, and declares its type parameters, but not its variable.
    fn receiver(&mut self, method: ObjectId, field: FieldId) -> ObjectId {
        let file = self.file();
        let parts = receiver_parts(file, file[field].ty);
        let (ty, type_params) = match parts.type_params {
            None => (self.plain_receiver(file[field].ty, parts.base), Vec::new()),
            Some(params) => self.generic_receiver(file[field].ty, &parts, params),
        };
        let name = file[field].name.map_or(sym::EMPTY, |name| file.name(name));
        let pos = file[field].name.map_or(file[field].pos, |name| file[name].pos);
        let variable = self.types.declare(name, self.package, pos, false, ObjectKind::Var(VarKind::Receiver));
        self.types.object(variable).ty.set(ty);
        self.info().params.insert(field, variable);
        let (base, is_pointer) = self.types.dereference(ty);
        let base = self.types.origin(self.types.unalias(base));
        self.types.set_receiver(method, Receiver { name, ty, base, type_params: type_params.into() });
        if let Some(func) = self.types.object(method).as_func() {
            func.set_pointer_receiver(is_pointer);
        }
        let at = self.at(parts.base);
        self.later(move |check| check.check_receiver(at, ty));
        variable
    }

    /// A receiver without type parameters.
    fn plain_receiver(&mut self, expr: ExprId, base: ExprId) -> TypeId {
        let ty = self.var_type(expr);
        // Methods on instances are not allowed, not even through aliases.
        let mut current = self.without_pointers(ty);
        while let Type::Alias(alias) = self.types.get(current) {
            let Some(rhs) = self.types.alias_rhs(alias) else { break };
            current = self.without_pointers(rhs);
            if !self.types.type_params(current).is_empty() {
                let message = format!("cannot define new methods on instantiated type {}", self.ty(current));
                self.error(self.at(base), Code::InvalidRecv, message);
                return TypeId::INVALID;
            }
        }
        ty
    }

    fn without_pointers(&self, mut ty: TypeId) -> TypeId {
        while let Type::Pointer(elem) = self.types.get(ty) {
            ty = *elem;
        }
        ty
    }

    /// A receiver `T[P]` or `*T[P]`, which declares `P`.
    fn generic_receiver(
        &mut self,
        expr: ExprId,
        parts: &ReceiverParts,
        params: List<ExprId>,
    ) -> (TypeId, Vec<TypeId>) {
        // The base comes first: a parameter may have its name.
        let base = self.receiver_base(parts.base);
        let type_params = self.receiver_type_params(params);
        let Some(base) = base else { return (TypeId::INVALID, type_params) };
        let base_params = self.types.type_params(base);
        if type_params.len() == base_params.len() {
            let rename = Substitution::new(base_params, &type_params);
            for (&own, &of_base) in type_params.iter().zip(base_params) {
                self.mono.record_canonical(own, of_base);
                self.types.set_bound(own, self.types.substitute(self.types.bound(of_base), &rename));
            }
        } else {
            let n_own = crate::message::measure(type_params.len(), "type parameter");
            let n_base = base_params.len();
            let message = format!("receiver declares {n_own}, but receiver base type declares {n_base}");
            self.error(self.at(parts.base), Code::BadRecv, message);
        }
        self.require(self.at(parts.base), GoVersion::new(18), "type instantiation");
        let instance = self.types.instance(base, &type_params);
        if let Some(ident) = self.file().as_name(parts.base) {
            let args = type_params.clone().into();
            self.info().instances.insert(ident, Instance { args, ty: instance });
        }
        let ty = if parts.is_pointer { self.types.pointer(instance) } else { instance };
        self.record_receiver(expr, ty);
        (ty, type_params)
    }

    fn receiver_base(&mut self, expr: ExprId) -> Option<TypeId> {
        let mut cause = String::new();
        let base = self.generic_type(expr, &mut cause);
        let problem = if !self.types.is_valid(base) {
            cause
        } else if let Type::Named(_) = self.types.get(base) {
            return Some(base);
        } else {
            format!("cannot define new methods on generic alias type {}", self.ty(base))
        };
        if !problem.is_empty() {
            self.error(self.at(expr), Code::InvalidRecv, problem);
        }
        None
    }

    fn receiver_type_params(&mut self, params: List<ExprId>) -> Vec<TypeId> {
        let file = self.file();
        let mut type_params = Vec::with_capacity(params.len());
        for (index, &expr) in file[params].iter().enumerate() {
            let ident = file.as_name(expr);
            if ident.is_none() && !matches!(file[expr].kind, ExprKind::Bad) {
                let message =
                    format!("receiver type parameter {} must be an identifier", self.expr_text(expr));
                self.error(self.at(expr), Code::BadDecl, message);
            }
            let param = self.declare_type_param(ident, file[expr].pos, index as u32);
            self.record_type(expr, param);
            type_params.push(param);
        }
        type_params
    }

    /// Records the types of a receiver's parts.
    fn record_receiver(&mut self, mut expr: ExprId, mut ty: TypeId) {
        loop {
            self.record_type(expr, ty);
            match self.file()[expr].kind {
                ExprKind::Paren(x) => expr = x,
                ExprKind::Unary { x, .. } => {
                    let (elem, is_pointer) = self.types.dereference(ty);
                    if !is_pointer {
                        return;
                    }
                    (expr, ty) = (x, elem);
                }
                _ => return,
            }
        }
    }

    /// Spec: "Its type must be a defined type T or a pointer to a defined type T [...] T must not be a pointer or interface
    /// type and it must be defined in the same package as the method."
    fn check_receiver(&mut self, at: Span, ty: TypeId) {
        let types = self.types;
        let (base, _) = types.dereference(ty);
        let message = match types.resolved(base) {
            _ if !types.is_valid(base) => return,
            Type::Named(named) if types.object(named.object).package != Some(self.package) => {
                format!("cannot define new methods on non-local type {}", self.ty(base))
            }
            Type::Named(_) => {
                let why = match types.under(base) {
                    Type::Basic(Basic::UnsafePointer) => "unsafe.Pointer",
                    Type::Pointer(_) | Type::Interface(_) => "pointer or interface type",
                    _ => return,
                };
                format!("invalid receiver type {} ({why})", self.ty(base))
            }
            Type::Basic(_) => format!("cannot define new methods on non-local type {}", self.ty(base)),
            _ => format!("invalid receiver type {}", self.ty(ty)),
        };
        self.error(at, Code::InvalidRecv, message);
    }
}
