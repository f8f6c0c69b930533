//! The loop that lowers items until nothing new is mentioned: in waves, each of which is what the one before mentioned.
//!
//! The items of a wave are lowered in parallel, and what they gave is put together in the order of the items. A thread's unit
//! gives what several items need only once; but each thread takes its items in that order, so whatever nobody gave before is
//! there with the first item that needs it, whoever lowered it. That is why the result does not depend on the threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use base::Symbol;
use ir::{Module, Reloc, RelocKind};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use types::{Type, TypeId, Types};

use crate::{
    algorithm, entry, init,
    names::{Style, type_name},
    program::Program,
    rtype::{self, MethodSlot, SlotKind},
    unit::{Item, Output, Shared, Unit},
    wrapper,
};

/// A lowered program.
#[derive(Debug)]
pub struct Lowered {
    /// All functions and data.
    pub module: Module,
    /// Descriptors of unnamed pointer, channel, map, slice, array, function and struct types, sorted by type string: `reflect` looks here before
    /// it makes a type.
    pub typelinks: Vec<Symbol>,
    /// All method tables.
    pub itabs: Vec<Symbol>,
}

/// Functions that the runtime and generated code refer to by name.
const ROOTS: &[&str] = &[
    "runtime.sigpanic",
    "runtime.panicBounds",
    "runtime.panicdivide",
    "runtime.panicshift",
    "runtime.panicmakeslicelen",
    "runtime.panicmakeslicecap",
    "runtime.panicunsafeslicelen",
    "runtime.panicunsafeslicenilptr",
    "runtime.panicunsafestringlen",
    "runtime.panicunsafestringnilptr",
    UNREACHABLE_METHOD,
];

/// The names of the methods of `reflect.Type` that give any method.
const REFLECT_METHODS: &[&str] = &["Method", "MethodByName"];

/// The functions of `reflect` that give any method.
const REFLECT_FUNCS: &[&str] = &[
    "reflect.Value.Method",
    "reflect.Value.MethodByName",
    "reflect.(*rtype).Method",
    "reflect.(*rtype).MethodByName",
];

/// What stands in the slots of methods that are never called: 0 would say that a method is missing.
const UNREACHABLE_METHOD: &str = "runtime.unreachableMethod";

/// Lowers everything that the program can reach.
#[must_use]
pub fn lower(program: &Program<'_>) -> Lowered {
    let shared = Shared::new(program);
    let mut work = Work::new(&shared);
    work.roots();
    work.run();
    work.finish()
}

struct Work<'p> {
    shared: &'p Shared<'p>,
    /// One for each thread. What is not lowered in waves is lowered by the first.
    units: Vec<Unit<'p>>,
    module: Module,
    /// Everything that was ever mentioned.
    mentioned: FxHashSet<Symbol>,
    /// The next wave.
    waiting: Vec<(Symbol, Item)>,
    typelinks: Vec<(String, Symbol)>,
    itabs: Vec<Symbol>,
    slots: Slots,
}

/// Method slots by the name of the method: those whose name is called are filled.
#[derive(Default)]
struct Slots {
    called: FxHashSet<Symbol>,
    waiting: FxHashMap<Symbol, Vec<MethodSlot>>,
    uses_reflect: bool,
    relocs: Vec<(Symbol, Reloc)>,
}

impl Slots {
    /// Puts the address of code into a slot.
    fn set(&mut self, slot: &MethodSlot, code: Symbol) {
        let kind = if slot.kind == SlotKind::Table { RelocKind::Abs64 } else { RelocKind::Abs32 };
        self.relocs.push((slot.data, Reloc { offset: slot.offset, kind, symbol: code, addend: 0 }));
    }

    /// Fills the slots of the methods that nobody calls.
    fn fill_rest(&mut self) {
        let mut rest: Vec<MethodSlot> = std::mem::take(&mut self.waiting).into_values().flatten().collect();
        rest.sort_by_key(|slot| (slot.data, slot.offset));
        for slot in rest {
            self.set(&slot, Symbol::intern(UNREACHABLE_METHOD));
        }
    }
}

impl<'p> Work<'p> {
    fn new(shared: &'p Shared<'p>) -> Self {
        Work {
            shared,
            units: (0..rayon::current_num_threads()).map(|_| Unit::new(shared)).collect(),
            module: Module::new(),
            mentioned: FxHashSet::default(),
            waiting: Vec::new(),
            typelinks: Vec::new(),
            itabs: Vec::new(),
            slots: Slots::default(),
        }
    }

    fn roots(&mut self) {
        let unit = &mut self.units[0];
        for root in ROOTS {
            unit.by_symbol(Symbol::intern(root));
        }
        let main = unit.by_symbol(Symbol::intern("runtime.main"));
        let no_params = self.shared.types.func(&[], &[], false);
        unit.func_value(main, no_params);
        unit.by_symbol(Symbol::intern("main.main"));
        init::lower_all_inits(unit);
        self.take_output();
    }

    fn run(&mut self) {
        loop {
            while !self.waiting.is_empty() {
                let wave = std::mem::take(&mut self.waiting);
                let outputs = lower_wave(&mut self.units, &wave);
                for ((symbol, item), output) in wave.iter().zip(outputs) {
                    self.note(*symbol, item);
                    self.add(output);
                }
            }
            if !self.fill_slots() {
                return;
            }
        }
    }

    /// Remembers what the program must know about an item that was lowered.
    fn note(&mut self, symbol: Symbol, item: &Item) {
        match item {
            Item::Func(..) => self.slots.uses_reflect |= REFLECT_FUNCS.contains(&symbol.as_str()),
            Item::TypeDesc(ty) if is_linked(self.shared.types, *ty) => {
                self.typelinks.push((type_name(self.shared.types, *ty, Style::Reflect), symbol));
            }
            Item::Itab(..) => self.itabs.push(symbol),
            _ => {}
        }
    }

    fn take_output(&mut self) {
        let output = std::mem::take(&mut self.units[0].out);
        self.add(output);
    }

    fn add(&mut self, output: Output) {
        let Output { funcs, data, mentioned, method_slots, called_methods } = output;
        for func in funcs {
            self.module.add_func(func);
        }
        for object in data {
            self.module.add_data(object);
        }
        let is_new = |(symbol, _): &(Symbol, Item)| self.mentioned.insert(*symbol);
        self.waiting.extend(mentioned.into_iter().filter(is_new));
        for slot in method_slots {
            self.slots.waiting.entry(slot.name.symbol).or_default().push(slot);
        }
        for name in called_methods {
            self.slots.called.insert(name);
            self.slots.uses_reflect |= REFLECT_METHODS.contains(&name.as_str());
        }
    }

    /// Asks for the code of every method that can be called by now. Whether there was any.
    fn fill_slots(&mut self) -> bool {
        let mut names: Vec<Symbol> = self.slots.waiting.keys().copied().collect();
        names.sort_by_key(|name| name.as_str());
        let mut any = false;
        for name in names {
            let is_called = self.slots.called.contains(&name);
            let by_reflect = self.slots.uses_reflect && name.is_exported();
            if !is_called && !by_reflect {
                continue;
            }
            let slots = self.slots.waiting.remove(&name).unwrap_or_default();
            let uses_reflect = self.slots.uses_reflect;
            let (ready, later): (Vec<_>, Vec<_>) =
                slots.into_iter().partition(|slot| slot.kind != SlotKind::Value || uses_reflect);
            any |= !ready.is_empty();
            for slot in ready {
                self.fill_slot(&slot);
            }
            if !later.is_empty() {
                self.slots.waiting.insert(name, later);
            }
        }
        self.take_output();
        any
    }

    fn fill_slot(&mut self, slot: &MethodSlot) {
        let unit = &mut self.units[0];
        let code = match slot.kind {
            SlotKind::Table | SlotKind::Word => unit.word_code(slot.receiver, slot.name),
            SlotKind::Value => {
                let (receiver, name) = (slot.receiver, slot.name);
                let code = unit.wrapper(wrapper::Wrapper::Expr { receiver, name, own_args: Vec::new() });
                let signature = wrapper::method_expr_type(unit, receiver, name);
                unit.method_expr_code(code, receiver, signature)
            }
        };
        self.slots.set(slot, code);
    }

    fn finish(mut self) -> Lowered {
        self.slots.fill_rest();
        for (data, reloc) in std::mem::take(&mut self.slots.relocs) {
            let Some(ir::Def::Data(id)) = self.module.def(data) else {
                unreachable!("a slot is in a data object")
            };
            let relocs = &mut self.module.data[id].relocs;
            relocs.push(reloc);
            relocs.sort_by_key(|reloc| reloc.offset);
        }
        self.typelinks.sort();
        let typelinks = self.typelinks.into_iter().map(|(_, symbol)| symbol).collect();
        Lowered { module: self.module, typelinks, itabs: self.itabs }
    }
}

/// So many items are taken at a time: most take some microseconds.
const N_TAKEN: usize = 4;

/// What each item of a wave gives, in their order.
fn lower_wave(units: &mut [Unit<'_>], wave: &[(Symbol, Item)]) -> Vec<Output> {
    let next = AtomicUsize::new(0);
    // The items that a unit gets only grow, see above.
    let take = || next.fetch_add(N_TAKEN, Ordering::Relaxed);
    let lower = |unit: &mut Unit<'_>| {
        let mut outputs = Vec::new();
        let mut start = take();
        while start < wave.len() {
            let taken = start..wave.len().min(start + N_TAKEN);
            for (index, (symbol, item)) in taken.clone().zip(&wave[taken]) {
                lower_item(unit, *symbol, item);
                outputs.push((index, std::mem::take(&mut unit.out)));
            }
            start = take();
        }
        outputs
    };
    let n_units = units.len().min(wave.len().div_ceil(N_TAKEN));
    let outputs: Vec<Vec<(usize, Output)>> = units[..n_units].par_iter_mut().map(lower).collect();
    let mut outputs: Vec<(usize, Output)> = outputs.into_iter().flatten().collect();
    outputs.sort_unstable_by_key(|(index, _)| *index);
    outputs.into_iter().map(|(_, output)| output).collect()
}

fn lower_item(unit: &mut Unit<'_>, symbol: Symbol, item: &Item) {
    match item {
        Item::Func(object, args) => entry::lower_func(unit, *object, args, symbol),
        Item::Global(object) => init::lower_global(unit, *object, symbol),
        Item::TypeDesc(ty) => rtype::lower_type_desc(unit, *ty, symbol),
        Item::Itab(interface, concrete) => rtype::lower_itab(unit, *interface, *concrete, symbol),
        Item::Wrapper(wrapper) => wrapper::lower_wrapper(unit, wrapper, symbol),
        Item::Equal(ty) => algorithm::lower_equal(unit, *ty, symbol),
        Item::Hash(ty) => algorithm::lower_hash(unit, *ty, symbol),
        Item::PackageInit(package) => init::lower_package_init(unit, *package, symbol),
    }
}

/// Whether `reflect` may make the type itself and must find this one.
fn is_linked(types: &Types, ty: TypeId) -> bool {
    matches!(
        types.resolved(ty),
        Type::Pointer(_)
            | Type::Chan { .. }
            | Type::Map { .. }
            | Type::Slice(_)
            | Type::Array { .. }
            | Type::Signature(_)
            | Type::Struct(_)
    )
}
