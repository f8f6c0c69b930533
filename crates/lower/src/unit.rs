//! What lowering a piece of the program reads, and what it gives back.
//!
//! Lowering is driven by demand: an [`Item`] is something that must exist under a linker symbol, lowering it makes
//! functions and data and mentions further items. Symbols are a function of the item alone, so items can be lowered in
//! any order and on any thread.

use base::Symbol;
use ir::{DataObject, Function};
use rustc_hash::{FxHashMap, FxHashSet};
use types::{ObjectId, TypeId, Types};

use crate::{
    data::DataBuilder,
    names,
    program::{FuncDecl, Program, VarDecl},
    rtype::MethodSlot,
    shape::{Shape, Shapes},
    wrapper::Wrapper,
};

/// Type arguments: those of the receiver's type, then the function's own. Canonical, without type parameters.
pub(crate) type TypeArgs = Box<[TypeId]>;

/// Something that must exist in the executable.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Item {
    /// A declared function or method with a body.
    Func(ObjectId, TypeArgs),
    /// A package-level variable.
    Global(ObjectId),
    /// A type descriptor.
    TypeDesc(TypeId),
    /// The method table of a concrete type (second) for an interface type (first).
    Itab(TypeId, TypeId),
    /// Code for a method that is reached through a receiver word or an embedded field.
    Wrapper(Wrapper),
    /// The closure `func(p, q unsafe.Pointer) bool` that compares two values of a type.
    Equal(TypeId),
    /// The closure `func(p unsafe.Pointer, seed uintptr) uintptr` that hashes a value of a type.
    Hash(TypeId),
    /// The initialiser of a package.
    PackageInit(types::PackageId),
}

/// What lowering one or several items produced.
#[derive(Default)]
pub(crate) struct Output {
    pub(crate) funcs: Vec<Function>,
    pub(crate) data: Vec<DataObject>,
    /// Items that the above mention, each once, with their symbols.
    pub(crate) mentioned: Vec<(Symbol, Item)>,
    /// Places for the code of methods, to be filled when the method can be called.
    pub(crate) method_slots: Vec<MethodSlot>,
    /// Names of methods that are called through interfaces.
    pub(crate) called_methods: Vec<Symbol>,
}

/// The program, with what is looked up in it by symbol.
pub(crate) struct Shared<'p> {
    pub(crate) program: &'p Program<'p>,
    pub(crate) types: &'p Types,
    /// Declarations of functions, by object.
    pub(crate) funcs: FxHashMap<ObjectId, FuncDecl>,
    /// Functions with a body by the symbol that they define; `//go:linkname` may have chosen it.
    pub(crate) defs: FxHashMap<Symbol, ObjectId>,
    /// Functions without body by their own names: the symbols that `//go:linkname` makes them stand for.
    pub(crate) links: FxHashMap<Symbol, Symbol>,
    /// Package-level variables, by object.
    pub(crate) vars: FxHashMap<ObjectId, VarDecl>,
    /// Package-level variables by the symbol that they define.
    pub(crate) var_defs: FxHashMap<Symbol, ObjectId>,
}

/// One thread's lowering state.
pub(crate) struct Unit<'p> {
    pub(crate) shared: &'p Shared<'p>,
    pub(crate) types: &'p Types,
    pub(crate) shapes: Shapes,
    pub(crate) out: Output,
    seen: FxHashSet<Symbol>,
    strings: crate::data::StringPool,
}

impl<'p> Unit<'p> {
    pub(crate) fn new(shared: &'p Shared<'p>) -> Self {
        Unit {
            shared,
            types: shared.types,
            shapes: Shapes::default(),
            out: Output::default(),
            seen: FxHashSet::default(),
            strings: crate::data::StringPool::default(),
        }
    }

    /// The shape of a type.
    pub(crate) fn shape(&mut self, ty: TypeId) -> std::sync::Arc<Shape> {
        self.shapes.of(self.types, ty)
    }

    /// Says that the item must exist under this symbol.
    pub(crate) fn mention(&mut self, symbol: Symbol, item: Item) -> Symbol {
        if self.seen.insert(symbol) {
            self.out.mentioned.push((symbol, item));
        }
        symbol
    }

    /// The symbol of a declared function for these type arguments; its code will exist.
    pub(crate) fn func(&mut self, object: ObjectId, args: &[TypeId]) -> Symbol {
        let symbol = self.func_symbol(object, args);
        // A function without body is somebody else's: a push by `//go:linkname`, or the runtime's.
        match self.shared.funcs.get(&object) {
            Some(decl) if decl.has_body => self.mention(symbol, Item::Func(object, args.into())),
            _ if crate::intrinsics::is_known(symbol) => {
                let signature = self.types.canonical(self.types.object(object).type_or_invalid());
                self.wrapper(Wrapper::Intrinsic { code: symbol, signature })
            }
            _ => self.by_symbol(symbol),
        }
    }

    /// The symbol of a declared function, without asking for its code.
    pub(crate) fn func_symbol(&self, object: ObjectId, args: &[TypeId]) -> Symbol {
        match self.shared.funcs.get(&object).and_then(|decl| decl.link_name) {
            Some(name) => name,
            None => names::function_symbol(self.types, object, args),
        }
    }

    /// A function that some package defines under this symbol, directly or by another name; of the runtime when none
    /// does.
    pub(crate) fn by_symbol(&mut self, symbol: Symbol) -> Symbol {
        let mut symbol = symbol;
        loop {
            if let Some(&object) = self.shared.defs.get(&symbol) {
                return self.mention(symbol, Item::Func(object, TypeArgs::default()));
            }
            match self.shared.links.get(&symbol) {
                Some(&other) if other != symbol => symbol = other,
                _ => return symbol,
            }
        }
    }

    /// A function of package runtime that compiled code calls.
    pub(crate) fn runtime(&mut self, name: &str) -> Symbol {
        self.by_symbol(Symbol::intern(&format!("runtime.{name}")))
    }

    /// The symbol of a package-level variable.
    pub(crate) fn global(&mut self, object: ObjectId) -> Symbol {
        let symbol = self.global_symbol(object);
        // `var x T` with a linkname to another package's variable is that variable.
        let object = self.shared.var_defs.get(&symbol).copied().unwrap_or(object);
        self.mention(symbol, Item::Global(object))
    }

    fn global_symbol(&self, object: ObjectId) -> Symbol {
        if let Some(name) = self.shared.vars.get(&object).and_then(|decl| decl.link_name) {
            return name;
        }
        let data = self.types.object(object);
        let prefix = data.package.map_or("", |package| names::package_prefix(self.types, package));
        let name = data.name.as_str();
        if name == "_" {
            return Symbol::intern(&format!("{prefix}._·{}", names::number(self.types, data)));
        }
        Symbol::intern(&format!("{prefix}.{name}"))
    }

    /// The symbol of read-only memory with these bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Symbol {
        self.strings.intern(bytes, &mut self.out.data)
    }

    /// The symbol of the descriptor of a type.
    pub(crate) fn type_desc(&mut self, ty: TypeId) -> Symbol {
        let ty = self.types.canonical(ty);
        let name = names::type_name(self.types, ty, names::Style::Link);
        self.mention(Symbol::intern(&format!("type:{name}")), Item::TypeDesc(ty))
    }

    /// The symbol of the method table of `concrete` for the interface type `interface`, which has methods.
    pub(crate) fn itab(&mut self, interface: TypeId, concrete: TypeId) -> Symbol {
        let (interface, concrete) = (self.types.canonical(interface), self.types.canonical(concrete));
        let name = |ty| names::type_name(self.types, ty, names::Style::Link);
        let symbol = Symbol::intern(&format!("itab:{},{}", name(concrete), name(interface)));
        self.mention(symbol, Item::Itab(interface, concrete))
    }

    /// Whether the symbol was not used in this unit before; for data that the caller makes at once.
    pub(crate) fn first_use(&mut self, symbol: Symbol) -> bool {
        self.seen.insert(symbol)
    }

    /// Takes over what another unit produced.
    pub(crate) fn absorb(&mut self, out: Output) {
        for (symbol, item) in out.mentioned {
            self.mention(symbol, item);
        }
        self.out.data.extend(out.data);
        self.out.funcs.extend(out.funcs);
        self.out.method_slots.extend(out.method_slots);
        self.out.called_methods.extend(out.called_methods);
    }

    // ---- closures and wrappers -----------------------------------------------------------------------------------------

    /// The symbol of a wrapper's code.
    pub(crate) fn wrapper(&mut self, wrapper: Wrapper) -> Symbol {
        let symbol = wrapper.symbol(self);
        self.mention(symbol, Item::Wrapper(wrapper))
    }

    /// The symbol of the closure object of closure code that captures nothing.
    pub(crate) fn static_closure(&mut self, code: Symbol) -> Symbol {
        self.closure_object(Symbol::intern(&format!("{}·o", code.as_str())), code)
    }

    /// The symbol of the func value of a declared function.
    pub(crate) fn func_value(&mut self, code: Symbol, signature: TypeId) -> Symbol {
        let object = Symbol::intern(&format!("{}·f", code.as_str()));
        let signature = self.types.canonical(self.types.underlying(signature));
        let wrapper = self.wrapper(Wrapper::FuncValue { code, signature });
        self.closure_object(object, wrapper)
    }

    /// The symbol of the func value of a method expression: `signature` has the receiver as its first parameter.
    pub(crate) fn method_expr_value(&mut self, code: Symbol, receiver: TypeId, signature: TypeId) -> Symbol {
        let object = Symbol::intern(&format!("{}·ef", code.as_str()));
        let wrapper = self.method_expr_code(code, receiver, signature);
        self.closure_object(object, wrapper)
    }

    /// The code of such a func value.
    pub(crate) fn method_expr_code(&mut self, code: Symbol, receiver: TypeId, signature: TypeId) -> Symbol {
        let signature = self.types.canonical(self.types.underlying(signature));
        self.wrapper(Wrapper::ExprValue { code, receiver, signature })
    }

    fn closure_object(&mut self, object: Symbol, code: Symbol) -> Symbol {
        if self.first_use(object) {
            let mut data = DataBuilder::new(8, 8);
            data.addr(0, code, 0);
            self.out.data.push(data.finish_readonly(object));
        }
        object
    }

    // ---- what compiled code knows by name --------------------------------------------------------------------------------

    /// A package-level variable by its symbol.
    pub(crate) fn global_by_name(&mut self, symbol: &str) -> Symbol {
        let symbol = Symbol::intern(symbol);
        match self.shared.var_defs.get(&symbol) {
            Some(&object) => self.mention(symbol, Item::Global(object)),
            None => symbol,
        }
    }

    /// The variable whose address all values without size have.
    pub(crate) fn zero_base(&mut self) -> Symbol {
        self.global_by_name("runtime.zerobase")
    }

    /// The iterator type of the map implementation.
    pub(crate) fn map_iter_type(&self) -> TypeId {
        let package = self.types.package_by_path(Symbol::intern("internal/runtime/maps"));
        let scope = package.and_then(|package| self.types.package(package).scope());
        let object = scope
            .and_then(|scope| scope.get(Symbol::intern("Iter")))
            .expect("the map package has an iterator");
        self.types.canonical(self.types.object(object).type_or_invalid())
    }
}

/// The type descriptor of memory whose contents need none.
pub(crate) fn no_type() -> Symbol {
    Symbol::intern("type:none")
}
