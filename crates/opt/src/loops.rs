//! Natural loops: headers, members by depth, and whether the graph is reducible.

use base::IdxVec;
use ir::{BlockId, Cfg, DomTree, Function};

/// The loops of a function. Stale after the graph changes.
#[derive(Debug)]
pub struct Loops {
    /// The loops, inner ones after the ones that contain them.
    pub loops: Vec<Loop>,
    /// The innermost loop of each block.
    innermost: IdxVec<BlockId, Option<u32>>,
    /// Whether every cycle has a block that dominates it.
    pub is_reducible: bool,
}

/// A natural loop.
#[derive(Debug)]
pub struct Loop {
    /// The only way in.
    pub header: BlockId,
    /// The loop around this one.
    pub parent: Option<u32>,
    /// 1 for a loop in no other.
    pub depth: u32,
    /// Blocks of the loop, those of inner loops included, the header first.
    pub blocks: Vec<BlockId>,
    /// Blocks with an edge back to the header.
    pub latches: Vec<BlockId>,
}

impl Loops {
    /// Finds the loops.
    pub fn new(func: &Function, cfg: &Cfg, dom: &DomTree) -> Loops {
        let mut found = Loops {
            loops: Vec::new(),
            innermost: IdxVec::from_elem(None, func.n_blocks()),
            is_reducible: true,
        };
        // Headers in reverse post-order: outer loops first.
        for &header in &cfg.rpo {
            let mut latches = Vec::new();
            for edge in cfg.preds(header) {
                if dom.dominates(header, edge.from) {
                    latches.push(edge.from);
                } else if cfg.order(edge.from) >= cfg.order(header) {
                    found.is_reducible = false;
                }
            }
            if !latches.is_empty() {
                latches.dedup();
                found.add(cfg, header, latches);
            }
        }
        found
    }

    fn add(&mut self, cfg: &Cfg, header: BlockId, latches: Vec<BlockId>) {
        let parent = self.innermost[header];
        let depth = parent.map_or(1, |parent| self.loops[parent as usize].depth + 1);
        let index = self.loops.len() as u32;
        let mut blocks = vec![header];
        self.innermost[header] = Some(index);
        let mut work = latches.clone();
        while let Some(block) = work.pop() {
            if self.innermost[block] == Some(index) {
                continue;
            }
            self.innermost[block] = Some(index);
            blocks.push(block);
            work.extend(cfg.preds(block).iter().map(|edge| edge.from));
        }
        blocks[1..].sort_unstable_by_key(|&block| cfg.order(block));
        self.loops.push(Loop { header, parent, depth, blocks, latches });
    }

    /// How many loops contain the block.
    pub fn depth(&self, block: BlockId) -> u32 {
        self.innermost[block].map_or(0, |index| self.loops[index as usize].depth)
    }

    /// Number of the innermost loop around the block.
    pub fn innermost(&self, block: BlockId) -> Option<u32> {
        self.innermost[block]
    }

    /// Number of blocks when the loops were found: later blocks are unknown here.
    pub fn n_blocks(&self) -> usize {
        self.innermost.len()
    }

    /// Whether the block is in the loop.
    pub fn contains(&self, index: u32, block: BlockId) -> bool {
        let mut at = self.innermost[block];
        while let Some(inner) = at {
            if inner == index {
                return true;
            }
            at = self.loops[inner as usize].parent;
        }
        false
    }
}
