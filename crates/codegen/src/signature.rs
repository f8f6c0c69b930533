//! Types and signatures: which results travel in registers and which in `G.retbuf`.

use cranelift_codegen::{
    ir::{AbiParam, Signature, Type as ClifType, types},
    isa::CallConv,
};
use ir::Type;
use smallvec::SmallVec;

/// Results of each class that Cranelift's `Tail` convention returns in registers.
const MAX_REGISTER_RESULTS: usize = 8;

/// The canonical Cranelift type of a value; vectors are cast to the lanes that an instruction wants.
pub(crate) fn clif_type(ty: Type) -> ClifType {
    match ty {
        Type::I8 => types::I8,
        Type::I16 => types::I16,
        Type::I32 => types::I32,
        Type::I64 | Type::Ptr => types::I64,
        Type::F32 => types::F32,
        Type::F64 => types::F64,
        Type::V128 => types::I8X16,
    }
}

/// Where a result is right after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a register: this result of the call instruction.
    Register(usize),
    /// In this word of `G.retbuf`.
    Retbuf(usize),
}

/// The places of the results of a Go function, in order.
pub(crate) fn result_places(results: impl Iterator<Item = Type>) -> SmallVec<[Place; 8]> {
    let (mut n_ints, mut n_floats, mut n_registers, mut n_words) = (0, 0, 0, 0);
    let mut places = SmallVec::new();
    for ty in results {
        let is_int = ty.is_int() || ty == Type::Ptr;
        let n_of_class = if is_int { &mut n_ints } else { &mut n_floats };
        if *n_of_class < MAX_REGISTER_RESULTS {
            *n_of_class += 1;
            places.push(Place::Register(n_registers));
            n_registers += 1;
        } else {
            places.push(Place::Retbuf(n_words));
            n_words += (ty.n_bytes() as usize).div_ceil(8);
        }
    }
    places
}

/// The Cranelift signature of a function with these parameters and results.
pub(crate) fn signature(
    conv: CallConv,
    params: impl Iterator<Item = Type>,
    results: impl Iterator<Item = Type> + Clone,
) -> Signature {
    let mut signature = Signature::new(conv);
    signature.params.extend(params.map(|ty| AbiParam::new(clif_type(ty))));
    let places = result_places(results.clone());
    let in_registers = results.zip(&places).filter(|(_, place)| matches!(place, Place::Register(_)));
    signature.returns.extend(in_registers.map(|(ty, _)| AbiParam::new(clif_type(ty))));
    signature
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ninth_result_of_a_class_goes_to_the_buffer() {
        let results = [[Type::I64; 9].as_slice(), &[Type::F64; 9], &[Type::Ptr]].concat();
        let places = result_places(results.into_iter());
        assert_eq!(places[7], Place::Register(7));
        assert_eq!(places[8], Place::Retbuf(0));
        assert_eq!(places[9], Place::Register(8));
        assert_eq!(places[17], Place::Retbuf(1));
        assert_eq!(places[18], Place::Retbuf(2));
    }
}
