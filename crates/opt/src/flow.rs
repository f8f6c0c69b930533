//! The shape of a function's graph: predecessors, dominators and loops, computed once and shared by passes until one of
//! them changes the graph.

use crate::loops::Loops;
use ir::{Cfg, DomTree, Function};
use std::cell::OnceCell;

/// What is known about the graph.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) cfg: Cfg,
    pub(crate) dom: DomTree,
    loops: OnceCell<Loops>,
}

impl Flow {
    pub(crate) fn new(func: &Function) -> Flow {
        let cfg = Cfg::new(func);
        let dom = DomTree::new(func, &cfg);
        Flow { cfg, dom, loops: OnceCell::new() }
    }

    /// The loops, found when first asked for. `func` still has the graph that this was made of.
    pub(crate) fn loops(&self, func: &Function) -> &Loops {
        self.loops.get_or_init(|| Loops::new(func, &self.cfg, &self.dom))
    }
}
