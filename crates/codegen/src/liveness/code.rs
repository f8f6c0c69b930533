//! The instructions of a body, as far as liveness is concerned with them.

use std::ops::Range;

use abi::framemap::N_SAVED;
use iced_x86::{
    Code as Form, Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, Mnemonic,
    OpAccess, OpKind, Register, UsedMemory, UsedRegister,
};

use super::Input;

/// The registers of `abi::framemap`, in its order.
const SAVED: [Register; N_SAVED] = [Register::RBX, Register::R12, Register::R13, Register::R14];

const WORD: i64 = 8;
/// Saved frame pointer and return address.
const LINKAGE_WORDS: u32 = 2;

/// What an instruction does.
#[derive(Debug, Default)]
pub(super) struct Effect {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Saved registers whose old content is used.
    pub(super) uses: u8,
    /// Saved registers that are overwritten.
    pub(super) defines: u8,
    /// Words of which something is read.
    pub(super) reads: Range<u32>,
    /// Words that are overwritten whole.
    pub(super) writes: Range<u32>,
    pub(super) is_call: bool,
    /// Control may go on with the next instruction.
    pub(super) falls_through: bool,
    /// Where else control may go.
    pub(super) targets: Range<u32>,
}

/// A decoded body.
#[derive(Debug)]
pub(super) struct Code {
    /// The reachable instructions, ascending.
    pub(super) effects: Vec<Effect>,
    /// Lists of targets, as offsets.
    pub(super) targets: Vec<u32>,
    /// Where the function keeps its caller's registers.
    pub(super) kept: [Option<u32>; N_SAVED],
    /// Words of arguments on the stack that are used.
    pub(super) n_arguments: u32,
    /// Words that can be named, from `rsp` upwards.
    pub(super) n_words: u32,
}

impl Code {
    /// Decodes a body; nothing if it does what is not expected.
    pub(super) fn read(input: &Input<'_>) -> Option<Code> {
        let (start, kept) = prologue(input)?;
        let n_frame_words = input.frame_size / WORD as u32;
        let mut reader = Reader {
            input,
            info: InstructionInfoFactory::new(),
            seen: vec![false; input.body.len() + 1],
            pending: vec![start],
            last_argument: 0,
            code: Code { effects: Vec::new(), targets: Vec::new(), kept, n_arguments: 0, n_words: 0 },
        };
        while let Some(at) = reader.pending.pop() {
            reader.run(at)?;
        }
        let mut code = reader.code;
        code.effects.sort_unstable_by_key(|effect| effect.start);
        let is_apart = code.effects.windows(2).all(|pair| pair[0].end <= pair[1].start);
        code.n_arguments = reader.last_argument;
        code.n_words = n_frame_words + LINKAGE_WORDS + code.n_arguments;
        is_apart.then_some(code)
    }
}

fn decoder<'a>(body: &'a [u8], at: u32) -> Option<Decoder<'a>> {
    let bytes = body.get(at as usize..)?;
    Some(Decoder::with_ip(64, bytes, at.into(), DecoderOptions::NONE))
}

/// The end of the prologue, and where it keeps the caller's registers.
fn prologue(input: &Input<'_>) -> Option<(u32, [Option<u32>; N_SAVED])> {
    const LINK: [u8; 4] = [0x55, 0x48, 0x89, 0xe5]; // push rbp; mov rbp, rsp
    input.body.strip_prefix(&LINK)?;
    let mut at = LINK.len() as u32;
    let mut kept = [None; N_SAVED];
    if input.frame_size == 0 {
        return Some((at, kept));
    }
    let mut decoder = decoder(input.body, at)?;
    let reserve = decoder.decode();
    if !is_adjustment(&reserve, Mnemonic::Sub, Some(input.frame_size)) {
        return None;
    }
    loop {
        at = decoder.ip() as u32;
        let save = decoder.decode();
        let is_save = save.code() == Form::Mov_rm64_r64
            && save.op0_kind() == OpKind::Memory
            && save.memory_base() == Register::RSP
            && save.memory_index() == Register::None;
        let Some(register) = SAVED.iter().position(|&saved| is_save && save.op1_register() == saved) else {
            return Some((at, kept));
        };
        let displacement = save.memory_displacement64();
        if kept[register].is_some() || displacement % WORD as u64 != 0 {
            return None;
        }
        kept[register] = Some(u32::try_from(displacement).ok()? / WORD as u32);
    }
}

/// `add rsp, n` or `sub rsp, n`.
fn is_adjustment(instruction: &Instruction, mnemonic: Mnemonic, n: Option<u32>) -> bool {
    instruction.mnemonic() == mnemonic
        && instruction.op0_kind() == OpKind::Register
        && instruction.op0_register() == Register::RSP
        && matches!(instruction.op1_kind(), OpKind::Immediate8to64 | OpKind::Immediate32to64)
        && n.is_none_or(|n| instruction.immediate(1) == u64::from(n))
}

/// Where `rsp` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sp {
    /// At the end of the frame.
    Body,
    /// Behind a call, which may have popped its arguments.
    Called,
    /// On its way out: control does not come back.
    Leaving,
}

struct Reader<'a> {
    input: &'a Input<'a>,
    info: InstructionInfoFactory,
    /// The offsets at which instructions begin that have been read.
    seen: Vec<bool>,
    /// Offsets where control may go.
    pending: Vec<u32>,
    /// One more than the highest argument word that is used.
    last_argument: u32,
    code: Code,
}

impl Reader<'_> {
    /// Reads instructions from `at` to the end of control's straight way.
    fn run(&mut self, at: u32) -> Option<()> {
        let mut decoder = decoder(self.input.body, at)?;
        let mut sp = Sp::Body;
        let mut last: [Instruction; 3] = Default::default();
        loop {
            let start = decoder.ip() as u32;
            let seen = self.seen.get_mut(start as usize)?;
            if std::mem::replace(seen, true) {
                return (sp != Sp::Leaving).then_some(());
            }
            let instruction = decoder.decode();
            if instruction.is_invalid() {
                return None;
            }
            let mut effect = self.effect(&instruction, sp)?;
            self.follow(&instruction, &last, sp, &mut effect)?;
            sp = next_sp(&instruction, sp);
            let goes_on = effect.falls_through;
            self.code.effects.push(effect);
            if !goes_on {
                return Some(());
            }
            last = [last[1], last[2], instruction];
        }
    }

    /// Registers and memory that the instruction uses.
    fn effect(&mut self, instruction: &Instruction, sp: Sp) -> Option<Effect> {
        let mut effect =
            Effect { start: instruction.ip() as u32, end: instruction.next_ip() as u32, ..Effect::default() };
        let info = self.info.info(instruction);
        for used in info.used_registers() {
            note_register(&mut effect, used);
        }
        if !leaves_sp_alone(instruction, sp) {
            return None;
        }
        if sp == Sp::Leaving || is_adjustment(instruction, Mnemonic::Sub, None) {
            return Some(effect);
        }
        for used in info.used_memory() {
            if used.base() == Register::RSP || used.base() == Register::RBP {
                let end =
                    note_memory(&mut effect, used, instruction, self.input.frame_size, &self.code.kept)?;
                let first_argument = self.input.frame_size / WORD as u32 + LINKAGE_WORDS;
                self.last_argument = self.last_argument.max(end.saturating_sub(first_argument));
            } else if used.index() == Register::RSP || used.index() == Register::RBP {
                return None;
            }
        }
        Some(effect)
    }

    /// Where control goes.
    fn follow(
        &mut self,
        instruction: &Instruction,
        last: &[Instruction; 3],
        sp: Sp,
        effect: &mut Effect,
    ) -> Option<()> {
        let first = self.code.targets.len() as u32;
        match instruction.flow_control() {
            FlowControl::Next => effect.falls_through = true,
            FlowControl::Call | FlowControl::IndirectCall => {
                effect.is_call = true;
                effect.falls_through = true;
                let handlers = self.input.handlers.iter();
                let handlers = handlers.filter(|&&(site, _)| site == effect.end).map(|&(_, at)| at);
                self.code.targets.extend(handlers);
            }
            FlowControl::ConditionalBranch => {
                effect.falls_through = true;
                self.code.targets.push(u32::try_from(instruction.near_branch_target()).ok()?);
            }
            FlowControl::UnconditionalBranch => {
                // The linker patches the jumps that leave the function.
                let is_tail_call = self.input.relocs.binary_search(&(effect.end - 4)).is_ok();
                if is_tail_call != (sp == Sp::Leaving) {
                    return None;
                }
                if !is_tail_call {
                    self.code.targets.push(u32::try_from(instruction.near_branch_target()).ok()?);
                }
            }
            FlowControl::IndirectBranch if sp == Sp::Leaving => {}
            FlowControl::IndirectBranch => self.table(instruction, last, effect.end)?,
            FlowControl::Return if sp == Sp::Leaving => {}
            FlowControl::Exception => {}
            _ => return None,
        }
        effect.targets = first..self.code.targets.len() as u32;
        self.pending.extend_from_slice(&self.code.targets[first as usize..]);
        Some(())
    }

    /// The targets of a jump table, which begins at `table`: distances from its own start, as Cranelift writes them.
    fn table(&mut self, jump: &Instruction, last: &[Instruction; 3], table: u32) -> Option<()> {
        let [base, entry, sum] = last;
        let register = jump.op0_register();
        let is_known = base.mnemonic() == Mnemonic::Lea
            && base.is_ip_rel_memory_operand()
            && base.ip_rel_memory_address() == u64::from(table)
            && base.op0_register() == register
            && entry.mnemonic() == Mnemonic::Movsxd
            && entry.memory_base() == register
            && sum.mnemonic() == Mnemonic::Add
            && sum.op0_register() == register
            && jump.op0_kind() == OpKind::Register;
        if !is_known {
            return None;
        }
        let blocks = self.input.blocks;
        let next = blocks.iter().copied().find(|&block| block >= table);
        let end = next.unwrap_or(self.input.body.len() as u32);
        let entries = self.input.body.get(table as usize..end as usize)?.chunks_exact(4);
        for entry in entries {
            let distance = i32::from_le_bytes(entry.try_into().ok()?);
            let target = table.checked_add_signed(distance)?;
            match (blocks.binary_search(&target), next) {
                (Ok(_), _) => self.code.targets.push(target),
                (Err(_), Some(_)) => return None,
                // Behind the table of the last block is something else.
                (Err(_), None) => return Some(()),
            }
        }
        Some(())
    }
}

fn next_sp(instruction: &Instruction, sp: Sp) -> Sp {
    match instruction.flow_control() {
        FlowControl::Call | FlowControl::IndirectCall => Sp::Called,
        _ if is_way_out(instruction) => Sp::Leaving,
        _ if sp == Sp::Leaving => Sp::Leaving,
        _ => Sp::Body,
    }
}

/// The first instruction of an epilogue.
fn is_way_out(instruction: &Instruction) -> bool {
    is_adjustment(instruction, Mnemonic::Add, None)
        || (matches!(instruction.code(), Form::Mov_rm64_r64 | Form::Mov_r64_rm64)
            && instruction.op0_kind() == OpKind::Register
            && instruction.op0_register() == Register::RSP
            && instruction.op1_kind() == OpKind::Register
            && instruction.op1_register() == Register::RBP)
}

/// Whether the instruction changes `rsp` and `rbp` only as expected, and does not take an address of the frame.
fn leaves_sp_alone(instruction: &Instruction, sp: Sp) -> bool {
    let is_stack = |register: Register| matches!(register.full_register(), Register::RSP | Register::RBP);
    match instruction.mnemonic() {
        Mnemonic::Call => sp != Sp::Leaving,
        Mnemonic::Ret => sp == Sp::Leaving,
        Mnemonic::Pop => sp == Sp::Leaving && instruction.op0_register() == Register::RBP,
        Mnemonic::Push => false,
        Mnemonic::Lea => !is_stack(instruction.memory_base()) && !is_stack(instruction.memory_index()),
        // The callee has popped its arguments.
        Mnemonic::Sub if is_adjustment(instruction, Mnemonic::Sub, None) => sp == Sp::Called,
        Mnemonic::Add if is_adjustment(instruction, Mnemonic::Add, None) => true,
        _ if is_way_out(instruction) => true,
        // `rbp` itself is read, as a number.
        _ => {
            instruction.op0_kind() != OpKind::Register || !is_stack(instruction.op0_register()) || {
                matches!(instruction.mnemonic(), Mnemonic::Cmp | Mnemonic::Test)
            }
        }
    }
}

fn note_register(effect: &mut Effect, used: &UsedRegister) {
    let full = used.register().full_register();
    let Some(idx) = SAVED.iter().position(|&saved| saved == full) else { return };
    let bit = 1 << idx;
    match used.access() {
        // Four bytes, too, overwrite the whole register.
        OpAccess::Write if used.register().size() >= 4 => effect.defines |= bit,
        OpAccess::None => {}
        _ => effect.uses |= bit,
    }
}

/// Notes the words of a frame that an operand covers, unless the function keeps its caller's registers there; answers
/// where they end.
fn note_memory(
    effect: &mut Effect,
    used: &UsedMemory,
    instruction: &Instruction,
    frame_size: u32,
    kept: &[Option<u32>; N_SAVED],
) -> Option<u32> {
    let is_relative_to_sp = used.base() == Register::RSP;
    let displacement = used.displacement() as i64;
    if instruction.mnemonic() == Mnemonic::Call && is_relative_to_sp && displacement == -WORD {
        return Some(0);
    }
    if used.index() != Register::None {
        return None;
    }
    let start = if is_relative_to_sp { displacement } else { displacement + i64::from(frame_size) };
    let n_bytes = i64::try_from(used.memory_size().size()).ok()?;
    if start < 0 || n_bytes == 0 {
        return None;
    }
    let touched = (start / WORD) as u32..((start + n_bytes + WORD - 1) / WORD) as u32;
    if touched.len() == 1 && kept.contains(&Some(touched.start)) {
        return Some(0);
    }
    let end = touched.end;
    match used.access() {
        OpAccess::Write => {
            let whole = ((start + WORD - 1) / WORD) as u32..((start + n_bytes) / WORD) as u32;
            effect.writes = if whole.start < whole.end { whole } else { 0..0 };
        }
        OpAccess::CondWrite => {}
        OpAccess::None | OpAccess::NoMemAccess => return None,
        _ if effect.reads.is_empty() => effect.reads = touched,
        _ => return None,
    }
    Some(end)
}
