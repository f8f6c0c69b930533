//! Package-level variables and the order of initialisation. Spec: "Package initialization".

use base::Symbol;
use ir::{FnAttrs, Function};
use rustc_hash::FxHashSet;
use types::{ObjectId, PackageId, TypeId};

use crate::{
    entry::{Scope, with_cx},
    facts::VarFacts,
    func::{FnCx, Subst},
    names,
    preset::lower_preset,
    program::{Program, Source},
    staticinit::static_variable,
    unit::{Item, Unit},
    value::{Address, Place},
};

/// The function that runs the initialisers of all packages; `runtime.main` calls it.
pub(crate) const ALL_INITS: &str = "go:main.inits";

/// Makes a package-level variable.
pub(crate) fn lower_global(unit: &mut Unit<'_>, object: ObjectId, symbol: Symbol) {
    let ty = unit.types.canonical(unit.types.object(object).type_or_invalid());
    if let Some(preset) = unit.shared.program.presets.get(&object) {
        return lower_preset(unit, preset, ty, symbol);
    }
    if let Some(out) = static_contents(unit, object, ty, symbol) {
        unit.absorb(out);
        return;
    }
    let shape = unit.shape(ty);
    let data = crate::data::DataBuilder::new(shape.n_bytes as usize, shape.align);
    let mask = unit.root_mask(ty);
    unit.out.data.push(data.finish_writable(symbol, mask));
}

fn static_contents(
    unit: &mut Unit<'_>,
    object: ObjectId,
    ty: TypeId,
    symbol: Symbol,
) -> Option<crate::unit::Output> {
    let (package, idx) = unit.shared.vars.get(&object)?.init?;
    let init = &unit.shared.program.packages[package].init_order[idx];
    let src = unit.shared.program.source(package, init.file as usize);
    if init.variables.len() > 1 {
        return None;
    }
    static_variable(unit, src, init.value, ty, symbol)
}

/// Makes the initialiser of a package: its variables in order, then its `init` functions.
pub(crate) fn lower_package_init(unit: &mut Unit<'_>, package: PackageId, symbol: Symbol) {
    let program = unit.shared.program;
    let idx =
        program.packages.iter().position(|checked| checked.id == package).expect("a package of the program");
    let checked = &program.packages[idx];
    let mut steps = Vec::new();
    for (number, init) in checked.init_order.iter().enumerate() {
        let src = program.source(idx, init.file as usize);
        if is_static(unit, &init.variables) {
            continue;
        }
        let name = Symbol::intern(&format!("{}.{number}", symbol.as_str()));
        let display = Symbol::intern(&format!("{}.init", names::package_prefix(unit.types, package)));
        lower_initializer(unit, src, &init.variables, init.value, name, display);
        steps.push(name);
    }
    for func in &checked.functions {
        let object = unit.types.object(func.object);
        let is_method = object.as_func().is_some_and(|func| func.is_method);
        if object.name.as_str() == "init" && !is_method {
            steps.push(unit.func(func.object, &[]));
        }
    }
    call_in_order(unit, symbol, "runtime.doInit1", &steps);
}

fn is_static(unit: &mut Unit<'_>, variables: &[ObjectId]) -> bool {
    let &[only] = variables else { return false };
    if unit.shared.program.presets.contains_key(&only) {
        return true;
    }
    let ty = unit.types.canonical(unit.types.object(only).type_or_invalid());
    static_contents(unit, only, ty, Symbol::intern("go:probe")).is_some()
}

/// A function that evaluates one initialisation expression.
fn lower_initializer<'p>(
    unit: &mut Unit<'p>,
    src: Source<'p>,
    variables: &[ObjectId],
    value: syntax::ExprId,
    name: Symbol,
    display: Symbol,
) {
    let facts = VarFacts::of_expr(unit.types, src, value);
    let mut function = Function::new(name, ir::Signature::default());
    function.attrs = FnAttrs::INIT | FnAttrs::NILADIC;
    function.display = display;
    function.pos = src.tree[value].pos;
    let scope = Scope { src, subst: Subst::default().into(), facts: facts.into() };
    let function = with_cx(unit, scope, function, (name, display), |cx| cx.initialize(variables, value));
    unit.out.funcs.push(function);
}

/// A function that calls others in order. Programs see it as the function of Go's runtime that does this.
fn call_in_order(unit: &mut Unit<'_>, name: Symbol, display: &str, steps: &[Symbol]) {
    let display = Symbol::intern(display);
    let mut function = Function::new(name, ir::Signature::default());
    function.display = display;
    function.attrs = FnAttrs::INIT | FnAttrs::NOINLINE | FnAttrs::NILADIC;
    let scope = crate::wrapper::no_scope(unit);
    let function = with_cx(unit, scope, function, (name, display), |cx| {
        for &step in steps {
            cx.b.call(step, &[], &[]);
        }
        cx.b.ret(&[]);
    });
    unit.out.funcs.push(function);
}

/// Makes the function that initialises the whole program.
pub(crate) fn lower_all_inits(unit: &mut Unit<'_>) {
    let steps: Vec<Symbol> = package_order(unit.shared.program)
        .into_iter()
        .map(|package| {
            let path = unit.types.package(package).path;
            let symbol = Symbol::intern(&format!("go:init.{}", path.as_str()));
            unit.mention(symbol, Item::PackageInit(package))
        })
        .collect();
    call_in_order(unit, Symbol::intern(ALL_INITS), "runtime.doInit", &steps);
}

/// The packages in the order of initialisation: again and again the least path among those whose imports are done; package
/// runtime, which everything depends on, before all that it does not import.
fn package_order(program: &Program<'_>) -> Vec<PackageId> {
    let path = |package: PackageId| program.types.package(package).path.as_str();
    let mut waiting: Vec<_> = program.packages.iter().collect();
    waiting.sort_by_key(|checked| path(checked.id));
    let of_program: FxHashSet<PackageId> = waiting.iter().map(|checked| checked.id).collect();
    let mut order: Vec<PackageId> = Vec::with_capacity(waiting.len());
    let mut done = FxHashSet::default();
    let runtime = runtime_closure(program);
    while !waiting.is_empty() {
        let is_ready = |checked: &check::CheckedPackage| {
            let mut imports = checked.imports.iter().filter(|import| of_program.contains(import));
            imports.all(|import| done.contains(import))
        };
        let in_runtime =
            waiting.iter().position(|checked| runtime.contains(&checked.id) && is_ready(checked));
        let next = in_runtime.or_else(|| waiting.iter().position(|checked| is_ready(checked)));
        let next = waiting.remove(next.expect("imports have no cycles")).id;
        done.insert(next);
        order.push(next);
    }
    order
}

/// Package runtime and all that it imports.
fn runtime_closure(program: &Program<'_>) -> Vec<PackageId> {
    let find = |id: PackageId| program.packages.iter().find(|checked| checked.id == id);
    let is_runtime =
        |checked: &&check::CheckedPackage| program.types.package(checked.id).path.as_str() == "runtime";
    let mut closure: Vec<PackageId> =
        program.packages.iter().find(is_runtime).map(|runtime| runtime.id).into_iter().collect();
    let mut next = 0;
    while let Some(&package) = closure.get(next) {
        next += 1;
        for &import in find(package).map_or(&[][..], |checked| &checked.imports) {
            if !closure.contains(&import) {
                closure.push(import);
            }
        }
    }
    closure
}

impl FnCx<'_, '_, '_> {
    fn initialize(&mut self, variables: &[ObjectId], value: syntax::ExprId) {
        if let &[only] = variables {
            let ty = self.object_type(only);
            self.units_first(&[value]);
            let val = self.expr_as(value, ty);
            self.set_global(only, ty, &val);
        } else {
            let vals = self.several_values(value);
            for (&variable, (val, from)) in variables.iter().zip(vals) {
                let ty = self.object_type(variable);
                let val = self.assign_convert(val, from, ty);
                self.set_global(variable, ty, &val);
            }
        }
        self.ensure_block();
        self.b.ret(&[]);
    }

    fn set_global(&mut self, variable: ObjectId, ty: TypeId, val: &crate::value::Val) {
        if self.b.current().is_none() {
            return;
        }
        if self.types.object(variable).name.is_blank() {
            return;
        }
        let symbol = self.unit.global(variable);
        let place = Place::Memory(Address::heap(self.b.data_addr(symbol, 0)));
        self.write(&place, ty, val);
    }
}
