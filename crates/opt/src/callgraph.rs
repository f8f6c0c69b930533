//! Who calls whom, as strongly connected components in levels: a component only calls components of lower levels, so the
//! functions of one level can be worked on in parallel, callees first.

use base::Symbol;
use ir::{Def, FuncId, Function, Module, Op};

/// The direct calls of a program.
#[derive(Debug)]
pub struct CallGraph {
    /// Functions by level, lowest first; in order of their ids within a level.
    pub levels: Vec<Vec<FuncId>>,
    /// The component of each function.
    component: Vec<u32>,
    /// The level of each component.
    level: Vec<u32>,
    /// Whether a component contains a cycle.
    is_recursive: Vec<bool>,
}

impl CallGraph {
    /// The graph of these functions, whose names `module` knows.
    pub fn new(module: &Module, funcs: &[Function]) -> CallGraph {
        CallGraph::with_fixed(module, funcs, |_| None)
    }

    /// As [`CallGraph::new`]; functions with a fixed level, which must have no body, are in none of the `levels`.
    pub fn with_fixed(
        module: &Module,
        funcs: &[Function],
        fixed: impl Fn(FuncId) -> Option<u32>,
    ) -> CallGraph {
        let callees: Vec<Vec<u32>> = funcs.iter().map(|func| callees(module, func)).collect();
        let (component, n_components) = components(&callees);
        let mut is_recursive = vec![false; n_components];
        let mut size = vec![0; n_components];
        let mut level = vec![0; n_components];
        let mut members = vec![Vec::new(); n_components];
        for (index, &of) in component.iter().enumerate() {
            size[of as usize] += 1;
            is_recursive[of as usize] |= size[of as usize] > 1 || callees[index].contains(&(index as u32));
            members[of as usize].push(index);
        }
        // Components are numbered callees first.
        for of in 0..n_components {
            let below = members[of]
                .iter()
                .flat_map(|&member| &callees[member])
                .map(|&callee| component[callee as usize]);
            level[of] = below
                .filter(|&other| other as usize != of)
                .map(|other| level[other as usize] + 1)
                .max()
                .unwrap_or(0);
            if let &[only] = members[of].as_slice() {
                level[of] = fixed(FuncId::new(only)).unwrap_or(level[of]);
            }
        }
        let mut levels = vec![Vec::new(); level.iter().max().map_or(0, |&top| top as usize + 1)];
        for (index, &of) in component.iter().enumerate() {
            if fixed(FuncId::new(index)).is_none() {
                levels[level[of as usize] as usize].push(FuncId::new(index));
            }
        }
        CallGraph { levels, component, level, is_recursive }
    }

    /// The functions of a level, grouped by component.
    pub fn components(&self, level: usize) -> Vec<Vec<FuncId>> {
        let mut funcs = self.levels[level].clone();
        funcs.sort_by_key(|func| self.component[func.index()]);
        funcs.chunk_by(|&a, &b| self.are_mutual(a, b)).map(<[FuncId]>::to_vec).collect()
    }

    /// The level of a function.
    pub fn level(&self, func: FuncId) -> u32 {
        self.level[self.component[func.index()] as usize]
    }

    /// Whether the two functions can call each other.
    pub fn are_mutual(&self, a: FuncId, b: FuncId) -> bool {
        self.component[a.index()] == self.component[b.index()]
    }

    /// Whether the function can call itself, directly or not.
    pub fn is_recursive(&self, func: FuncId) -> bool {
        self.is_recursive[self.component[func.index()] as usize]
    }
}

fn callees(module: &Module, func: &Function) -> Vec<u32> {
    let mut callees = Vec::new();
    for &block in &func.layout {
        for inst in func.block_insts(block) {
            let data = func.inst(inst);
            let callee = match data.op {
                // The address of code counts as a call: a closure is mostly called by who makes it.
                Op::Call | Op::TailCall | Op::ProtectedCall | Op::CodeAddr => module.func_id(data.sym),
                Op::DataAddr => static_closure(module, data.sym),
                _ => None,
            };
            callees.extend(callee.map(|callee| callee.index() as u32));
        }
    }
    callees.sort_unstable();
    callees.dedup();
    callees
}

/// The code of a top-level function's closure object: read-only data that is one address.
fn static_closure(module: &Module, name: Symbol) -> Option<FuncId> {
    let Some(Def::Data(id)) = module.def(name) else { return None };
    let object = &module.data[id];
    match object.relocs.as_slice() {
        [code] if object.readonly && object.contents.n_bytes() == 8 => module.func_id(code.symbol),
        _ => None,
    }
}

/// The strongly connected component of each node of a graph, numbered so that edges go to lower numbers, and how many there
/// are: Tarjan's algorithm with an explicit stack.
pub fn components(edges: &[Vec<u32>]) -> (Vec<u32>, usize) {
    const UNSEEN: u32 = u32::MAX;
    let n_nodes = edges.len();
    let (mut number, mut low) = (vec![UNSEEN; n_nodes], vec![0; n_nodes]);
    let mut component = vec![UNSEEN; n_nodes];
    let (mut n_numbers, mut n_components) = (0, 0);
    let mut open: Vec<u32> = Vec::new();
    let mut work: Vec<(u32, usize)> = Vec::new();
    for root in 0..n_nodes as u32 {
        if number[root as usize] != UNSEEN {
            continue;
        }
        work.push((root, 0));
        while let Some(&mut (node, ref mut next_edge)) = work.last_mut() {
            let at = node as usize;
            if *next_edge == 0 {
                number[at] = n_numbers;
                low[at] = n_numbers;
                n_numbers += 1;
                open.push(node);
            }
            if let Some(&to) = edges[at].get(*next_edge) {
                *next_edge += 1;
                let to_at = to as usize;
                if number[to_at] == UNSEEN {
                    work.push((to, 0));
                } else if component[to_at] == UNSEEN {
                    low[at] = low[at].min(number[to_at]);
                }
                continue;
            }
            work.pop();
            if let Some(&(parent, _)) = work.last() {
                low[parent as usize] = low[parent as usize].min(low[at]);
            }
            if low[at] == number[at] {
                loop {
                    let member = open.pop().expect("the root is still open");
                    component[member as usize] = n_components;
                    if member == node {
                        break;
                    }
                }
                n_components += 1;
            }
        }
    }
    (component, n_components as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ir::parse_module;

    #[test]
    fn callees_come_first_and_cycles_are_one_component() {
        let mut module = parse_module(
            "func @main() {\nblock0:\n call @even()\n call @leaf()\n return\n}
             func @even() {\nblock0:\n call @odd()\n return\n}
             func @odd() {\nblock0:\n call @even()\n call @leaf()\n return\n}
             func @leaf() {\nblock0:\n return\n}",
        )
        .unwrap();
        let funcs = std::mem::take(&mut module.funcs).into_raw();
        let graph = CallGraph::new(&module, &funcs);
        let ids = |numbers: &[usize]| numbers.iter().map(|&number| FuncId::new(number)).collect::<Vec<_>>();
        assert_eq!(graph.levels, [ids(&[3]), ids(&[1, 2]), ids(&[0])]);
        assert!(graph.are_mutual(FuncId::new(1), FuncId::new(2)) && graph.is_recursive(FuncId::new(1)));
        assert!(!graph.is_recursive(FuncId::new(3)));
    }
}
