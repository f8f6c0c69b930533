//! Dominators, by the iteration of Cooper, Harvey and Kennedy ("A Simple, Fast Dominance Algorithm").

use crate::cfg::Cfg;
use crate::entity::BlockId;
use crate::function::Function;
use base::IdxVec;

/// The dominator tree of the reachable blocks. Stale after the graph changes.
#[derive(Clone, Debug)]
pub struct DomTree {
    idom: IdxVec<BlockId, Option<BlockId>>,
    /// Number of a block in a walk of the tree, and the largest number below it.
    spans: IdxVec<BlockId, (u32, u32)>,
    /// Blocks in the order of that walk.
    preorder: Vec<BlockId>,
}

impl DomTree {
    /// The dominators of a function's blocks.
    pub fn new(func: &Function, cfg: &Cfg) -> DomTree {
        let idom = immediate_dominators(func, cfg);
        let (spans, preorder) = number_tree(func, cfg, &idom);
        DomTree { idom, spans, preorder }
    }

    /// The immediate dominator; none for the entry and for unreachable blocks.
    #[inline]
    pub fn idom(&self, block: BlockId) -> Option<BlockId> {
        self.idom[block]
    }

    /// Whether every way to `b` goes through `a`; a block dominates itself.
    #[inline]
    pub fn dominates(&self, a: BlockId, b: BlockId) -> bool {
        let (first, last) = self.spans[a];
        (first..=last).contains(&self.spans[b].0)
    }

    /// Reachable blocks, each after its dominators, and each directly followed by the blocks it dominates.
    pub fn preorder(&self) -> &[BlockId] {
        &self.preorder
    }
}

fn immediate_dominators(func: &Function, cfg: &Cfg) -> IdxVec<BlockId, Option<BlockId>> {
    // Here the entry is its own dominator, so that every walk up ends.
    let mut idom = IdxVec::from_elem(None, func.n_blocks());
    idom[func.entry()] = Some(func.entry());
    let mut has_changed = true;
    while has_changed {
        has_changed = false;
        for &block in &cfg.rpo[1..] {
            let mut new = None;
            for edge in cfg.preds(block) {
                if idom[edge.from].is_some() {
                    new = Some(new.map_or(edge.from, |other| common(cfg, &idom, edge.from, other)));
                }
            }
            if idom[block] != new {
                idom[block] = new;
                has_changed = true;
            }
        }
    }
    idom[func.entry()] = None;
    idom
}

fn common(cfg: &Cfg, idom: &IdxVec<BlockId, Option<BlockId>>, mut a: BlockId, mut b: BlockId) -> BlockId {
    let up = |block: BlockId| idom[block].expect("processed blocks have a dominator");
    while a != b {
        while cfg.order(a) > cfg.order(b) {
            a = up(a);
        }
        while cfg.order(b) > cfg.order(a) {
            b = up(b);
        }
    }
    a
}

type Spans = IdxVec<BlockId, (u32, u32)>;

fn number_tree(func: &Function, cfg: &Cfg, idom: &IdxVec<BlockId, Option<BlockId>>) -> (Spans, Vec<BlockId>) {
    let mut first_child = IdxVec::<BlockId, Option<BlockId>>::from_elem(None, func.n_blocks());
    let mut sibling = IdxVec::<BlockId, Option<BlockId>>::from_elem(None, func.n_blocks());
    for &block in cfg.rpo.iter().rev() {
        if let Some(parent) = idom[block] {
            sibling[block] = first_child[parent];
            first_child[parent] = Some(block);
        }
    }
    // Unreachable blocks get a span that contains nothing and is contained in nothing.
    let mut spans = Spans::from_elem((u32::MAX, 0), func.n_blocks());
    let mut preorder = Vec::with_capacity(cfg.rpo.len());
    let mut stack = vec![(func.entry(), false)];
    while let Some((block, is_done)) = stack.pop() {
        if is_done {
            spans[block].1 = preorder.len() as u32 - 1;
            continue;
        }
        spans[block].0 = preorder.len() as u32;
        preorder.push(block);
        stack.push((block, true));
        let n_before = stack.len();
        let mut child = first_child[block];
        while let Some(next) = child {
            stack.push((next, false));
            child = sibling[next];
        }
        stack[n_before..].reverse();
    }
    (spans, preorder)
}
