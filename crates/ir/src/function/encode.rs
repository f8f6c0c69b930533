//! A function as a sequence of numbers, symbols and positions: two functions with equal sequences are compiled to the same code.
//!
//! Names of variables are left out, which only explanations mention; so is what the layout does not reach.

use super::{Block, Function, InlineSite, Signature, SrcLoc, Target};
use crate::entity::{BlockId, InstId, ValueId};
use crate::inst::Inst;
use crate::op::Field;
use crate::types::Type;
use base::{Pos, Symbol};

/// Takes the parts of a function in order.
pub trait Sink {
    /// A number, a kind, or how many parts of some sort follow.
    fn number(&mut self, number: u64);
    /// A name.
    fn symbol(&mut self, symbol: Symbol);
    /// A place in the source.
    fn pos(&mut self, pos: Pos);
}

impl Function {
    /// Hands all that determines the function's code to `sink`.
    pub fn encode(&self, sink: &mut impl Sink) {
        let Function { name, display, sig, attrs, pos, inline_sites, layout, .. } = self;
        sink.symbol(*name);
        sink.symbol(*display);
        let Signature { params, results } = sig;
        encode_types(params, sink);
        encode_types(results, sink);
        sink.number(attrs.bits().into());
        sink.pos(*pos);
        sink.number(inline_sites.len() as u64);
        for &InlineSite { callee, call, attrs } in inline_sites.iter() {
            sink.symbol(callee);
            encode_loc(call, sink);
            sink.number(attrs.bits().into());
        }
        sink.number(layout.len() as u64);
        for &block in layout {
            self.encode_block(block, sink);
        }
    }

    fn encode_block(&self, id: BlockId, sink: &mut impl Sink) {
        let Block { params, is_cold, first: _, last: _ } = &self.blocks[id];
        sink.number(id.index() as u64 * 2 + u64::from(*is_cold));
        sink.number(params.len() as u64);
        for &param in params {
            sink.number(param.index() as u64);
            sink.number(self.ty(param) as u64);
        }
        // No instruction has this code.
        self.block_insts(id).for_each(|inst| self.encode_inst(inst, sink));
        sink.number(u64::MAX);
    }

    fn encode_inst(&self, id: InstId, sink: &mut impl Sink) {
        let &Inst { op, ty, sub, flags, n_args, n_results, first_arg: _, first_result, sym, imm } =
            self.inst(id);
        let words = [op as u64, ty as u64, sub.into(), flags.into(), n_results.into(), n_args.into()];
        words.into_iter().for_each(|word| sink.number(word));
        if n_results > 0 {
            sink.number(first_result.into());
            self.results(id).for_each(|result| sink.number(self.ty(result) as u64));
        }
        encode_values(self.args(id), sink);
        sink.symbol(sym);
        encode_loc(self.loc(id), sink);
        if !matches!(op.info().field, Field::Targets | Field::Switch) {
            return sink.number(imm as u64);
        }
        let targets = self.targets(id);
        sink.number(targets.len() as u64);
        for Target { block, args, case } in targets {
            sink.number(block.index() as u64);
            sink.number(args.len() as u64);
            encode_values(args, sink);
            sink.number(*case as u64);
        }
    }
}

fn encode_types(types: &[Type], sink: &mut impl Sink) {
    sink.number(types.len() as u64);
    types.iter().for_each(|&ty| sink.number(ty as u64));
}

fn encode_values(values: &[ValueId], sink: &mut impl Sink) {
    values.iter().for_each(|value| sink.number(value.index() as u64));
}

fn encode_loc(loc: SrcLoc, sink: &mut impl Sink) {
    sink.pos(loc.pos);
    sink.number(loc.site.map_or(0, |site| site.index() as u64 + 1));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_function;

    #[derive(Default, PartialEq, Debug)]
    struct Parts(Vec<String>);

    impl Sink for Parts {
        fn number(&mut self, number: u64) {
            self.0.push(number.to_string());
        }
        fn symbol(&mut self, symbol: Symbol) {
            self.0.push(symbol.to_string());
        }
        fn pos(&mut self, pos: Pos) {
            self.0.push(format!("@{}", pos.as_u32()));
        }
    }

    fn parts(text: &str) -> Parts {
        let mut parts = Parts::default();
        parse_function(text).unwrap().encode(&mut parts);
        parts
    }

    #[test]
    fn only_equal_functions_have_equal_parts() {
        let text = "func @f(i64) -> i64 {\nblock0(v0: i64):\n v1 = iconst.i64 7\n v2 = iadd.i64 v0, v1\n \
                    v3 = call @g(v2) -> i64\n jump block1(v3)\nblock1(v5: i64):\n return v5\n}";
        let original = parts(text);
        assert_eq!(original, parts(text));
        for (old, new) in [("7", "8"), ("@g", "@h"), ("iadd", "isub"), ("(v3)", "(v2)"), ("v0, v1", "v1, v0")]
        {
            assert_ne!(original, parts(&text.replace(old, new)), "{old} and {new}");
        }
    }
}
