//! What a function can reach, as a key: all that the optimiser may look at when it works on that function.
//!
//! ```text
//!  main.main ----call----> fmt.Println ----call----> fmt.Fprintln ----address----> itab:*os.File,io.Writer
//!      |                                                                                  | word
//!      key: the IR of all that is to the right of it                             os.(*File).Write
//! ```
//!
//! **Terms.** The *nodes* are the functions and data objects of a module. There is an *edge* from a function to what its IR
//! names, and from read-only data to what its words hold the addresses of. The *closure key* of a node is the hash of its
//! strongly connected component and of the closure keys of the components that this one has edges to.
//!
//! **Why that is enough.** A pass over one function sees that function. Inlining, escape analysis and the placing of polls see
//! callees; devirtualisation sees words of read-only data ([`ir::RelocKind::Abs64`]), and callees through them. The level of a
//! function in the call graph is the longest way down from it. All of it is what can be reached along edges.
//!
//! **What may change without changing a key:** callers; data that is written to; the methods that a type descriptor lists,
//! since no word of it is the address of a method; columns. An itab's methods may not: a method that becomes reachable by a call
//! through an interface changes the keys of all who can reach the itab.

use base::SourceMap;
use ir::{Contents, DataObject, Def, Module, RelocKind};
use opt::callgraph::components;
use rayon::prelude::*;

use super::codec::Writer;
use super::functions::key_and_symbols;
use super::{Key, hash};
use code::Symbol;

/// The closure keys of a program's functions, in the order of the module.
pub(super) struct Closures {
    pub(super) keys: Vec<Key>,
    /// The component of each function.
    pub(super) component: Vec<u32>,
    pub(super) n_components: usize,
}

/// What a node is by itself, and where its edges go.
struct Node {
    own: Key,
    edges: Vec<u32>,
}

/// The closure keys of all functions.
pub(super) fn closures(module: &Module, sources: &SourceMap) -> Closures {
    let funcs = module.funcs.as_slice().par_iter().map(|func| {
        let (mut bytes, symbols) = key_and_symbols(func, sources);
        // Passes are more careful with functions that were once big.
        bytes.extend((func.n_insts() as u64).to_le_bytes());
        node(module, bytes, &symbols)
    });
    let data = module.data.as_slice().par_iter().map(|object| data_node(module, object));
    let (own, edges): (Vec<Key>, Vec<Vec<u32>>) =
        funcs.chain(data).map(|node| (node.own, node.edges)).unzip();
    let (mut component, n_components) = components(&edges);
    let of_component = component_keys(&own, &edges, &component, n_components);
    component.truncate(module.funcs.len());
    let key = |(&own, &of): (&Key, &u32)| hash(&[of_component[of as usize], own].concat());
    let keys = own.iter().zip(&component).map(key).collect();
    Closures { keys, component, n_components }
}

/// A node with what is known of each symbol that it names.
fn node(module: &Module, mut bytes: Vec<u8>, symbols: &[Symbol]) -> Node {
    let mut edges = Vec::new();
    for &symbol in symbols {
        // Code outside the module is treated otherwise than code inside.
        let (kind, edge) = match module.def(symbol) {
            None => (0, None),
            Some(Def::Func(id)) => (1, Some(id.index())),
            Some(Def::Data(id)) => (2, Some(module.funcs.len() + id.index())),
        };
        bytes.push(kind);
        edges.extend(edge.map(|edge| edge as u32));
    }
    edges.sort_unstable();
    edges.dedup();
    Node { own: hash(&bytes), edges }
}

fn data_node(module: &Module, object: &DataObject) -> Node {
    let DataObject { name, align, contents, relocs, readonly, pointer_mask: _, dup_ok: _ } = object;
    let mut writer = Writer::default();
    writer.text(name.as_str().as_bytes());
    writer.number((*align).into());
    writer.number(contents.n_bytes());
    writer.u8(u8::from(*readonly));
    if !readonly {
        // Nobody may conclude anything from what it holds at first.
        return node(module, writer.bytes, &[]);
    }
    if let Contents::Bytes(bytes) = contents {
        writer.text(bytes);
    }
    writer.number(relocs.len() as u64);
    let mut symbols = Vec::new();
    for reloc in relocs {
        writer.number(reloc.offset.into());
        match reloc.kind {
            RelocKind::Abs32 => writer.u8(0),
            RelocKind::Abs64 => {
                writer.u8(1);
                writer.u64(reloc.addend as u64);
                writer.text(reloc.symbol.as_str().as_bytes());
                symbols.push(reloc.symbol);
            }
        }
    }
    node(module, writer.bytes, &symbols)
}

/// The keys of the components, which are numbered so that edges go to lower numbers.
fn component_keys(own: &[Key], edges: &[Vec<u32>], component: &[u32], n_components: usize) -> Vec<Key> {
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); n_components];
    for (node, &of) in component.iter().enumerate() {
        members[of as usize].push(node as u32);
    }
    let mut keys: Vec<Key> = Vec::with_capacity(n_components);
    for (of, members) in members.iter().enumerate() {
        let to = members.iter().flat_map(|&member| &edges[member as usize]).map(|&to| component[to as usize]);
        let mut below: Vec<u32> = to.filter(|&to| to as usize != of).collect();
        below.sort_unstable();
        below.dedup();
        let mut below: Vec<Key> = below.into_iter().map(|below| keys[below as usize]).collect();
        let mut inside: Vec<Key> = members.iter().map(|&member| own[member as usize]).collect();
        // The order is that of the keys: that of the nodes depends on the rest of the program.
        below.sort_unstable();
        inside.sort_unstable();
        let n_inside = (inside.len() as u64).to_le_bytes();
        keys.push(hash(&[&n_inside[..], inside.as_flattened(), below.as_flattened()].concat()));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "
        func @top() {\nblock0:\n call @even()\n v0 = data_addr @table\n return\n}
        func @even() {\nblock0:\n call @odd()\n return\n}
        func @odd() {\nblock0:\n call @even()\n call @leaf()\n return\n}
        func @leaf() {\nblock0:\n return\n}
        func @other() {\nblock0:\n call @outside()\n return\n}";

    fn program(text: &str, word: u8, method: &str) -> Module {
        let mut module = ir::parse_module(text).unwrap();
        let reloc =
            |offset, kind, symbol| ir::Reloc { offset, kind, symbol: Symbol::intern(symbol), addend: 0 };
        module.add_data(DataObject {
            name: Symbol::intern("table"),
            align: 8,
            contents: Contents::Bytes(vec![word; 16]),
            relocs: vec![reloc(0, RelocKind::Abs64, method), reloc(8, RelocKind::Abs32, "other")],
            readonly: true,
            pointer_mask: Vec::new(),
            dup_ok: false,
        });
        module
    }

    /// The names of the functions whose keys differ.
    fn changed(before: &Module, after: &Module) -> Vec<String> {
        let sources = SourceMap::new();
        let (old, new) = (closures(before, &sources), closures(after, &sources));
        let names = before.funcs.iter().map(|func| func.name.to_string());
        let is_changed = |(name, keys): (String, (&Key, &Key))| (keys.0 != keys.1).then_some(name);
        names.zip(old.keys.iter().zip(&new.keys)).filter_map(is_changed).collect()
    }

    #[test]
    fn a_key_changes_with_what_can_be_reached() {
        let before = program(PROGRAM, 0, "leaf");
        let edit = |old: &str, new: &str| program(&PROGRAM.replacen(old, new, 1), 0, "leaf");
        assert_eq!(changed(&before, &program(PROGRAM, 0, "leaf")), [""; 0]);
        assert_eq!(
            changed(&before, &edit("@leaf() {\nblock0:", "@leaf() {\nblock0:\n call @outside()")),
            ["top", "even", "odd", "leaf"]
        );
        assert_eq!(changed(&before, &edit("call @leaf", "call @other")), ["top", "even", "odd"]);
        assert_eq!(changed(&before, &program(PROGRAM, 1, "leaf")), ["top"]);
        assert_eq!(changed(&before, &program(PROGRAM, 0, "other")), ["top"]);
        assert_eq!(changed(&before, &edit("@outside()", "@inside()")), ["other"]);
        let with_more = format!("{PROGRAM}\nfunc @outside() {{\nblock0:\n return\n}}");
        assert_eq!(changed(&before, &program(&with_more, 0, "leaf")), ["other"]);
    }

    #[test]
    fn cycles_are_components() {
        let Closures { component, n_components, .. } =
            closures(&program(PROGRAM, 0, "leaf"), &SourceMap::new());
        assert_eq!(component[1], component[2]);
        // Five functions, two of them one component, and a table.
        assert_eq!(n_components, 5);
    }
}
