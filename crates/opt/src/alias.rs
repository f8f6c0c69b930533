//! Which memory accesses may touch the same bytes.

use base::Symbol;
use ir::inst::AllocFlags;
use ir::{Effects, Function, InstId, Op, Region, ValueId};

/// What a pointer points into, as far as its definition says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Root {
    /// An allocation of this function.
    Alloc(InstId),
    /// A data object.
    Data(Symbol),
    /// Anything.
    Value(ValueId),
}

/// The bytes that an access touches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    root: Root,
    /// Distance from the root; none if it is not constant.
    offset: Option<i64>,
    n_bytes: i64,
    region: Region,
}

/// What a load, store or barrier store touches.
pub(crate) fn access(func: &Function, inst: InstId) -> Access {
    let data = func.inst(inst);
    let (root, offset) = root_of(func, func.args(inst)[0]);
    let offset = offset.map(|offset| offset + data.imm);
    Access { root, offset, n_bytes: i64::from(data.ty.n_bytes()), region: data.region() }
}

fn root_of(func: &Function, mut value: ValueId) -> (Root, Option<i64>) {
    let mut offset = Some(0);
    loop {
        let Some(inst) = func.def_inst(value) else { return (Root::Value(value), offset) };
        let data = func.inst(inst);
        match data.op {
            Op::PtrAdd => {
                let &[base, moved] = func.args(inst) else { unreachable!("the verifier counts operands") };
                offset = func
                    .as_iconst(moved)
                    .and_then(|moved| offset.map(|offset: i64| offset.wrapping_add(moved)));
                value = base;
            }
            Op::Alloc => return (Root::Alloc(inst), offset),
            Op::DataAddr => return (Root::Data(data.sym), offset.map(|offset| offset + data.imm)),
            _ => return (Root::Value(value), offset),
        }
    }
}

/// Allocations whose address is only used to load and store: nothing else can touch them.
#[derive(Debug, Default)]
pub(crate) struct Private {
    is_known: Vec<bool>,
}

impl Private {
    /// Finds them.
    pub(crate) fn new(func: &Function) -> Private {
        let mut is_known = vec![false; func.n_insts()];
        for &block in &func.layout {
            for inst in func.block_insts(block) {
                is_known[inst.index()] = func.inst(inst).op == Op::Alloc;
            }
        }
        let mut leak = |value: ValueId| {
            if let (Root::Alloc(alloc), _) = root_of(func, value) {
                is_known[alloc.index()] = false;
            }
        };
        for &block in &func.layout {
            for inst in func.block_insts(block) {
                match func.inst(inst).op {
                    Op::Load | Op::NilCheck | Op::MemZero | Op::PtrAdd | Op::MemCopy | Op::MemMove => {}
                    Op::Store | Op::StoreWb => leak(func.args(inst)[1]),
                    _ => crate::simplify_cfg::for_each_use(func, inst, &mut leak),
                }
            }
        }
        Private { is_known }
    }

    /// The private allocation that an instruction writes to.
    pub(crate) fn target(&self, func: &Function, inst: InstId) -> Option<InstId> {
        match root_of(func, func.args(inst)[0]) {
            (Root::Alloc(alloc), _) if self.is_known[alloc.index()] => Some(alloc),
            _ => None,
        }
    }

    fn contains(&self, root: Root) -> bool {
        matches!(root, Root::Alloc(alloc) if self.is_known[alloc.index()])
    }
}

/// Calls `visit` for each allocation that an instruction reads from.
pub(crate) fn roots_read(func: &Function, inst: InstId, mut visit: impl FnMut(InstId)) {
    let source = match func.inst(inst).op {
        Op::Load => func.args(inst)[0],
        Op::MemCopy | Op::MemMove => func.args(inst)[1],
        _ => return,
    };
    if let (Root::Alloc(alloc), _) = root_of(func, source) {
        visit(alloc);
    }
}

impl Access {
    /// Whether the two may touch a common byte.
    pub(crate) fn may_overlap(&self, other: &Access, private: &Private) -> bool {
        if !self.region.may_overlap(other.region) {
            return false;
        }
        if self.root != other.root {
            let is_object = |root| matches!(root, Root::Alloc(_) | Root::Data(_));
            let are_distinct = (is_object(self.root) && is_object(other.root))
                || private.contains(self.root)
                || private.contains(other.root);
            return !are_distinct;
        }
        match (self.offset, other.offset) {
            (Some(a), Some(b)) => a < b + other.n_bytes && b < a + self.n_bytes,
            _ => true,
        }
    }

    /// Whether the two are the same bytes.
    pub(crate) fn is_same(&self, other: &Access) -> bool {
        self.root == other.root
            && self.offset.is_some()
            && self.offset == other.offset
            && self.n_bytes == other.n_bytes
    }

    /// Whether an instruction may write what this access touches.
    pub(crate) fn may_be_written_by(&self, func: &Function, inst: InstId, private: &Private) -> bool {
        let data = func.inst(inst);
        match data.op {
            Op::Store | Op::StoreWb => self.may_overlap(&access(func, inst), private),
            Op::MemZero | Op::MemCopy | Op::MemMove => {
                let (root, _) = root_of(func, func.args(inst)[0]);
                let whole = Access { root, offset: None, n_bytes: 0, region: Region::ANY };
                self.may_overlap(&whole, private)
            }
            // An allocation in a frame clears its slot each time it is executed.
            Op::Alloc => self.root == Root::Alloc(inst) && data.alloc_flags().contains(AllocFlags::SIDE),
            Op::GStore => false,
            _ => data.effects().intersects(Effects::WRITES | Effects::PARKS) && !private.contains(self.root),
        }
    }
}
