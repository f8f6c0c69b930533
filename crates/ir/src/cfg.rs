//! The control-flow graph seen backwards: predecessors and reverse post-order, computed in one linear pass.

use crate::entity::{BlockId, TargetId};
use crate::function::Function;
use base::IdxVec;

/// An incoming edge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// The block it leaves.
    pub from: BlockId,
    /// Its target record.
    pub target: TargetId,
}

/// Predecessors and order of the blocks that can be reached from the entry. Stale after the graph changes.
#[derive(Clone, Debug, Default)]
pub struct Cfg {
    /// Reachable blocks in reverse post-order, the entry first.
    pub rpo: Vec<BlockId>,
    /// Position in `rpo`; `u32::MAX` for blocks that are not reached.
    order: IdxVec<BlockId, u32>,
    edges: Vec<Edge>,
    /// Range in `edges` of each block's incoming edges.
    ranges: IdxVec<BlockId, (u32, u32)>,
}

impl Cfg {
    /// The graph of a function with a body.
    pub fn new(func: &Function) -> Cfg {
        let rpo = reverse_post_order(func);
        let mut order = IdxVec::from_elem(u32::MAX, func.n_blocks());
        let mut ranges = IdxVec::from_elem((0, 0), func.n_blocks());
        for (index, &block) in rpo.iter().enumerate() {
            order[block] = index as u32;
            for target in func.successors(block) {
                ranges[target.block].1 += 1;
            }
        }
        let mut n_edges = 0;
        for &block in &rpo {
            let n_preds = ranges[block].1;
            ranges[block] = (n_edges, n_edges);
            n_edges += n_preds;
        }
        let nowhere = Edge { from: func.entry(), target: TargetId::new(0) };
        let mut edges = vec![nowhere; n_edges as usize];
        for &block in &rpo {
            let inst = func.terminator(block);
            for (index, target) in func.targets(inst).iter().enumerate() {
                let id = TargetId::new(func.first_target(inst).index() + index);
                let end = &mut ranges[target.block].1;
                edges[*end as usize] = Edge { from: block, target: id };
                *end += 1;
            }
        }
        Cfg { rpo, order, edges, ranges }
    }

    /// The incoming edges of a block, ordered by the position of their origin in reverse post-order.
    #[inline]
    pub fn preds(&self, block: BlockId) -> &[Edge] {
        let (start, end) = self.ranges[block];
        &self.edges[start as usize..end as usize]
    }

    /// Whether control can come to the block.
    #[inline]
    pub fn is_reachable(&self, block: BlockId) -> bool {
        self.order[block] != u32::MAX
    }

    /// Position in reverse post-order of a reachable block.
    #[inline]
    pub fn order(&self, block: BlockId) -> u32 {
        self.order[block]
    }
}

fn reverse_post_order(func: &Function) -> Vec<BlockId> {
    let mut is_seen = IdxVec::<BlockId, bool>::from_elem(false, func.n_blocks());
    let mut order = Vec::with_capacity(func.layout.len());
    let mut stack = vec![(func.entry(), func.successors(func.entry()).len())];
    is_seen[func.entry()] = true;
    while let Some((block, n_left)) = stack.last_mut() {
        if *n_left == 0 {
            order.push(*block);
            stack.pop();
            continue;
        }
        // The last successor first, so that the first one ends up next to its block in the reversed order.
        *n_left -= 1;
        let next = func.successors(*block)[*n_left].block;
        if !is_seen[next] {
            is_seen[next] = true;
            stack.push((next, func.successors(next).len()));
        }
    }
    order.reverse();
    order
}
