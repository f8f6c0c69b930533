//! The flow of liveness backwards through the blocks of a body.

use super::code::{Code, Effect};

/// What is needed behind a call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Site {
    pub(super) return_address: u32,
    pub(super) registers: u8,
    /// The words, ascending.
    pub(super) words: Vec<u32>,
}

/// A set of registers and words.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Live {
    registers: u8,
    words: Vec<u64>,
}

impl Live {
    fn new(n_words: u32) -> Live {
        Live { registers: 0, words: vec![0; n_words.div_ceil(64) as usize] }
    }

    fn add(&mut self, other: &Live) {
        self.registers |= other.registers;
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// From behind an instruction to before it.
    fn pass(&mut self, effect: &Effect) {
        self.registers = self.registers & !effect.defines | effect.uses;
        for word in effect.writes.clone() {
            self.words[word as usize / 64] &= !(1 << (word % 64));
        }
        for word in effect.reads.clone() {
            self.words[word as usize / 64] |= 1 << (word % 64);
        }
    }

    fn list(&self) -> Vec<u32> {
        let mut list = Vec::new();
        for (idx, &bits) in self.words.iter().enumerate() {
            let mut rest = bits;
            while rest != 0 {
                list.push(idx as u32 * 64 + rest.trailing_zeros());
                rest &= rest - 1;
            }
        }
        list
    }
}

/// The blocks of a body: ranges of instructions.
struct Blocks<'a> {
    code: &'a Code,
    /// The number of each block's first instruction, ascending, and the number of instructions.
    starts: Vec<usize>,
}

impl<'a> Blocks<'a> {
    fn of(code: &'a Code) -> Blocks<'a> {
        let effects = &code.effects;
        let mut is_start = vec![false; effects.len() + 1];
        is_start[0] = true;
        for (idx, effect) in effects.iter().enumerate() {
            if !effect.targets.is_empty() || !effect.falls_through {
                is_start[idx + 1] = true;
            }
            for &target in targets(code, effect) {
                is_start[instruction(effects, target)] = true;
            }
        }
        is_start[effects.len()] = true;
        let starts = (0..=effects.len()).filter(|&idx| is_start[idx]).collect();
        Blocks { code, starts }
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn effects(&self, block: usize) -> &'a [Effect] {
        &self.code.effects[self.starts[block]..self.starts[block + 1]]
    }

    /// What is live behind the last instruction of a block.
    fn out(&self, block: usize, live_in: &[Live]) -> Live {
        let mut out = Live::new(self.code.n_words);
        let Some(last) = self.effects(block).last() else { return out };
        if last.falls_through && block + 1 < self.len() {
            out.add(&live_in[block + 1]);
        }
        for &target in targets(self.code, last) {
            let target = instruction(&self.code.effects, target);
            let target = self.starts.binary_search(&target).expect("targets start blocks");
            out.add(&live_in[target]);
        }
        out
    }
}

fn targets<'a>(code: &'a Code, effect: &Effect) -> &'a [u32] {
    &code.targets[effect.targets.start as usize..effect.targets.end as usize]
}

/// The number of the instruction at an offset.
fn instruction(effects: &[Effect], at: u32) -> usize {
    effects.binary_search_by_key(&at, |effect| effect.start).expect("all targets have been read")
}

/// What is needed behind each call of a body.
pub(super) fn sites(code: &Code) -> Vec<Site> {
    let blocks = Blocks::of(code);
    let mut live_in = vec![Live::new(code.n_words); blocks.len()];
    loop {
        let mut has_changed = false;
        for block in (0..blocks.len()).rev() {
            let mut live = blocks.out(block, &live_in);
            blocks.effects(block).iter().rev().for_each(|effect| live.pass(effect));
            has_changed |= live != live_in[block];
            live_in[block] = live;
        }
        if !has_changed {
            break;
        }
    }
    let mut sites = Vec::new();
    for block in 0..blocks.len() {
        let mut live = blocks.out(block, &live_in);
        for effect in blocks.effects(block).iter().rev() {
            if effect.is_call {
                let (registers, words) = (live.registers, live.list());
                sites.push(Site { return_address: effect.end, registers, words });
            }
            live.pass(effect);
        }
    }
    sites
}
