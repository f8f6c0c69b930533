//! Drops functions and data that nothing refers to: bodies that were inlined everywhere, tables whose loads were folded.

use base::Symbol;
use ir::{Def, Function, Module};

/// Keeps what can be reached from `roots` and from exported functions.
pub fn drop_unreferenced(module: &mut Module, roots: &[Symbol]) {
    let mut is_kept = [vec![false; module.funcs.len()], vec![false; module.data.len()]];
    let mut work: Vec<Symbol> = roots.to_vec();
    let exported = module.funcs.iter().filter(|func| func.attrs.contains(ir::FnAttrs::EXPORTED));
    work.extend(exported.map(|func| func.name));
    while let Some(name) = work.pop() {
        match module.def(name) {
            Some(Def::Func(id)) if !std::mem::replace(&mut is_kept[0][id.index()], true) => {
                references(&module.funcs[id], &mut work);
            }
            Some(Def::Data(id)) if !std::mem::replace(&mut is_kept[1][id.index()], true) => {
                work.extend(module.data[id].relocs.iter().map(|reloc| reloc.symbol));
            }
            _ => {}
        }
    }
    let old = std::mem::take(module);
    let [funcs, data] = is_kept;
    for (object, _) in old.data.into_raw().into_iter().zip(data).filter(|(_, is_kept)| *is_kept) {
        module.add_data(object);
    }
    for (func, _) in old.funcs.into_raw().into_iter().zip(funcs).filter(|(_, is_kept)| *is_kept) {
        module.add_func(func);
    }
}

fn references(func: &Function, names: &mut Vec<Symbol>) {
    for &block in &func.layout {
        let symbols = func.block_insts(block).map(|inst| func.inst(inst).sym);
        names.extend(symbols.filter(|&name| name != base::sym::EMPTY));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_roots_and_exports_reach_is_kept_through_data() {
        let mut module = ir::parse_module(
            "data @table align 8 bytes #0000000000000000\n abs64 0 = @method\ndata @lost align 8 zero 8
             func @main() {\nblock0:\n v0 = data_addr @table\n keep_alive v0\n return\n}
             func @method() {\nblock0:\n return\n}
             func @inlined() {\nblock0:\n v0 = data_addr @lost\n return\n}
             func @helper() exported {\nblock0:\n return\n}",
        )
        .unwrap();
        drop_unreferenced(&mut module, &[Symbol::intern("main")]);
        let names: Vec<&str> = module.funcs.iter().map(|func| func.name.as_str()).collect();
        assert_eq!(names, ["main", "method", "helper"]);
        assert_eq!(module.data.len(), 1);
    }
}
