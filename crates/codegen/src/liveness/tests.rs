//! What is needed behind calls, of bodies written by hand and of compiled functions.

use super::{Input, Map, analyse};

const SAVE_RBX: [u8; 5] = [0x48, 0x89, 0x5c, 0x24, 0x10]; // mov [rsp + 16], rbx
const RESTORE_RBX: [u8; 5] = [0x48, 0x8b, 0x5c, 0x24, 0x10]; // mov rbx, [rsp + 16]
const CALL: [u8; 5] = [0xe8, 0, 0, 0, 0];
const STORE_0: [u8; 4] = [0x48, 0x89, 0x3c, 0x24]; // mov [rsp], rdi
const STORE_0_HALF: [u8; 3] = [0x89, 0x3c, 0x24]; // mov [rsp], edi
const LOAD_0: [u8; 4] = [0x48, 0x8b, 0x04, 0x24]; // mov rax, [rsp]
const STORE_8: [u8; 5] = [0x48, 0x89, 0x7c, 0x24, 0x08]; // mov [rsp + 8], rdi
const LOAD_8_BYTE: [u8; 5] = [0x0f, 0xb6, 0x44, 0x24, 0x08]; // movzx eax, byte [rsp + 8]
const RBX_IS_RDI: [u8; 3] = [0x48, 0x89, 0xfb]; // mov rbx, rdi
const RAX_IS_RBX: [u8; 3] = [0x48, 0x89, 0xd8]; // mov rax, rbx
const LOAD_ARGUMENT: [u8; 4] = [0x48, 0x8b, 0x45, 0x18]; // mov rax, [rbp + 24]
const STORE_WIDE: [u8; 5] = [0xf3, 0x0f, 0x7f, 0x04, 0x24]; // movdqu [rsp], xmm0
const LEA: [u8; 4] = [0x48, 0x8d, 0x04, 0x24]; // lea rax, [rsp]

/// A frame of 32 bytes, of which the highest 16 keep rbx.
const PROLOGUE: [u8; 8] = [0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x20];
const EPILOGUE: [u8; 9] = [0x48, 0x83, 0xc4, 0x20, 0x48, 0x89, 0xec, 0x5d, 0xc3];

fn map(parts: &[&[u8]], handlers: &[(u32, u32)]) -> Option<Map> {
    let body = parts.concat();
    analyse(&Input { body: &body, frame_size: 32, handlers: handlers.to_vec(), ..Input::default() })
}

/// Registers and words behind each call.
fn needed(parts: &[&[u8]]) -> Vec<(u8, Vec<u32>)> {
    let body = [&[&PROLOGUE[..], &SAVE_RBX], parts, &[&RESTORE_RBX, &EPILOGUE]].concat();
    let map = map(&body, &[]).unwrap();
    assert_eq!(map.kept, [Some(2), None, None, None]);
    map.sites.into_iter().map(|site| (site.registers, site.words)).collect()
}

#[test]
fn a_word_is_needed_from_its_store_to_its_last_load() {
    assert_eq!(needed(&[&CALL, &STORE_0, &CALL, &LOAD_0, &CALL]), [(0, vec![]), (0, vec![0]), (0, vec![])]);
}

#[test]
fn what_is_stored_in_part_is_needed_before() {
    assert_eq!(needed(&[&CALL, &STORE_0_HALF, &LOAD_0]), [(0, vec![0])]);
}

#[test]
fn a_load_of_a_byte_needs_its_word() {
    assert_eq!(needed(&[&STORE_8, &CALL, &LOAD_8_BYTE]), [(0, vec![1])]);
}

#[test]
fn a_wide_store_ends_the_need_of_both_words() {
    assert_eq!(needed(&[&CALL, &STORE_WIDE, &LOAD_0, &LOAD_8_BYTE]), [(0, vec![])]);
}

#[test]
fn a_register_is_needed_while_its_value_is_and_not_to_be_restored() {
    assert_eq!(
        needed(&[&CALL, &RBX_IS_RDI, &CALL, &RAX_IS_RBX, &CALL]),
        [(0, vec![]), (1, vec![]), (0, vec![])]
    );
}

#[test]
fn arguments_on_the_stack_are_words_above_the_linkage() {
    // Four words of frame, two of linkage, and the second argument.
    assert_eq!(needed(&[&CALL, &LOAD_ARGUMENT]), [(0, vec![7])]);
}

#[test]
fn around_a_loop_what_the_next_turn_reads_is_needed() {
    let back = [0x75, 0_u8.wrapping_sub((CALL.len() + LOAD_0.len() + CALL.len() + 2) as u8)]; // jne
    assert_eq!(needed(&[&STORE_0, &STORE_8, &CALL, &LOAD_0, &CALL, &back]), [(0, vec![0]), (0, vec![0])]);
}

#[test]
fn a_handler_needs_what_it_reads() {
    let before = [&PROLOGUE[..], &CALL].concat();
    let (site, handler) = (before.len() as u32, (before.len() + EPILOGUE.len()) as u32);
    let parts: [&[u8]; 4] = [&before, &EPILOGUE, &LOAD_0, &EPILOGUE];
    assert_eq!(map(&parts, &[(site, handler)]).unwrap().sites[0].words, [0]);
    assert_eq!(map(&parts, &[]).unwrap().sites[0].words, [0; 0]);
}

#[test]
fn an_address_of_the_frame_leaves_everything_open() {
    assert!(map(&[&PROLOGUE, &LEA, &CALL, &EPILOGUE], &[]).is_none());
    assert!(map(&[&PROLOGUE, &CALL, &EPILOGUE], &[]).is_some());
}
