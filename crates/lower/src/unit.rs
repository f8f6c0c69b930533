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
    names,
    program::{FuncDecl, Program, VarDecl},
    shape::{Shape, Shapes},
};

/// Type arguments: those of the receiver's type, then the function's own. Canonical, without type parameters.
pub(crate) type TypeArgs = Box<[TypeId]>;

/// Something that must exist in the executable.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Item {
    /// A declared function or method with a body.
    Func(ObjectId, TypeArgs),
    /// The closure object, and the code behind it, for a declared function used as a value.
    FuncValue(Symbol, TypeId),
    /// A package-level variable.
    Global(ObjectId),
    /// A type descriptor.
    TypeDesc(TypeId),
    /// The method table of a concrete type (second) for an interface type (first).
    Itab(TypeId, TypeId),
    /// Code for a method that is reached through a receiver word or an embedded field.
    Wrapper(crate::wrapper::Wrapper),
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
}

/// The program, with what is looked up in it by symbol.
pub(crate) struct Shared<'p> {
    pub(crate) program: &'p Program<'p>,
    pub(crate) types: &'p Types,
    /// Declarations of functions, by object.
    pub(crate) funcs: FxHashMap<ObjectId, FuncDecl>,
    /// Functions with a body by the symbol that they define; `//go:linkname` may have chosen it.
    pub(crate) defs: FxHashMap<Symbol, ObjectId>,
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
    pub(crate) fn shape(&mut self, ty: TypeId) -> std::rc::Rc<Shape> {
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

    /// A function that some package defines under this symbol; of the runtime when none does.
    pub(crate) fn by_symbol(&mut self, symbol: Symbol) -> Symbol {
        match self.shared.defs.get(&symbol) {
            Some(&object) => self.mention(symbol, Item::Func(object, TypeArgs::default())),
            None => symbol,
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
            return Symbol::intern(&format!("{prefix}._·{}", data.pos.as_u32()));
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
}
