//! The allocation functions that compiled code and the overlay call.

use super::{HEAP, collect, own};
use crate::{m::current_g, profile, trampoline::Verdict};
use abi::{PROGRAM_LIMIT, TFlag, Type, heap::PtrLayout, size_class::rounded_size};
use core::sync::atomic::AtomicI64;
use rt_heap::{Events, KindId, LayoutId, Zero};

/// The layout of values of a type; of no type: no pointers.
fn layout_of(ty: Option<&Type>) -> LayoutId {
    let Some(ty) = ty.filter(|ty| ty.ptr_bytes != 0) else { return LayoutId::NOSCAN };
    if ty.gc_data < PROGRAM_LIMIT {
        // SAFETY: the compiler puts a `PtrLayout` in front of the mask of every type that it makes.
        return HEAP.layout_of(unsafe { &*(ty.gc_data as *const PtrLayout).sub(1) });
    }
    if ty.tflag & TFlag::GC_MASK_ON_DEMAND != 0 {
        // A huge type made by reflect, whose mask was never spelled out: look at every word.
        return LayoutId::DENSE;
    }
    // SAFETY: reflect made a mask of one bit per word of `ptr_bytes`.
    unsafe { HEAP.intern_layout(ty.gc_data as *const u8, ty.ptr_bytes / 8, ty.size.div_ceil(8)) }
}

fn allocate(n_bytes: usize, layout: LayoutId, zero: Zero) -> usize {
    let (addr, events) = {
        let mut p = own();
        (HEAP.malloc(&mut p, n_bytes, layout, zero), p.take_events())
    };
    sample(events, addr);
    collect::after_alloc(events, addr);
    addr
}

/// Tells the profile of a new object that is a sample.
#[inline]
fn sample(events: Events, addr: usize) {
    if events.sample
        && let Some((_, size, _)) = HEAP.object_at(addr)
    {
        profile::allocated(addr, size);
    }
}

/// Begins to sample allocations, at a rate that the program may change at any time.
pub fn sample_allocations(rate: &'static AtomicI64) {
    HEAP.set_profile(rate, profile::freed);
}

/// Remembers that an object is a sample.
pub fn add_profile_record(addr: usize, record: usize) {
    HEAP.add_profile_record(addr, record);
}

/// # Safety
/// - `ty` is null or a type descriptor.
unsafe fn type_at<'t>(ty: *const Type) -> Option<&'t Type> {
    // SAFETY: the caller's promise.
    unsafe { ty.as_ref() }
}

/// A zeroed object of a type. One without bytes, which `reflect` asks for, gets one: its address must not be null.
pub(crate) extern "C" fn new_object(ty: *const Type) -> usize {
    // SAFETY: the compiler passes a descriptor.
    let ty = unsafe { type_at(ty) };
    allocate(ty.map_or(1, |ty| ty.size.max(1)), layout_of(ty), Zero::Yes)
}

/// `new_object` for callers that keep their registers.
pub(crate) extern "C" fn new_object_cold(ty: *const Type) -> Verdict {
    let addr = new_object(ty);
    current_g().set_ret(0, addr as u64);
    Verdict::Continue
}

/// A zeroed array. The overlay has checked that the size neither overflows nor is 0.
pub(crate) extern "C" fn new_array(ty: *const Type, n: usize) -> usize {
    // SAFETY: the overlay passes a descriptor.
    let ty = unsafe { type_at(ty) };
    allocate(ty.map_or(1, |ty| ty.size) * n, layout_of(ty), Zero::Yes)
}

/// Raw memory for elements of a type.
pub(crate) extern "C" fn malloc(n_bytes: usize, ty: *const Type, zeroed: usize) -> usize {
    // SAFETY: the overlay passes null or a descriptor.
    let layout = layout_of(unsafe { type_at(ty) });
    allocate(n_bytes, layout, if zeroed == 0 { Zero::No } else { Zero::Yes })
}

/// The slow half of inline allocation.
pub(crate) extern "C" fn slow_alloc(kind: usize) -> Verdict {
    let (addr, events) = {
        let mut p = own();
        (HEAP.alloc(&mut p, KindId::from_offset(kind)), p.take_events())
    };
    // The address goes where the collector sees it before anything else happens.
    current_g().set_ret(0, addr as u64);
    sample(events, addr);
    collect::after_alloc(events, addr);
    Verdict::Continue
}

/// The capacity that an allocation of `n_bytes` has.
pub(crate) extern "C" fn round_size(n_bytes: usize, _has_pointers: usize) -> usize {
    rounded_size(n_bytes)
}

/// A zeroed pointer-free object for the runtime.
pub fn alloc_noscan(n_bytes: usize) -> usize {
    allocate(n_bytes, LayoutId::NOSCAN, Zero::Yes)
}

/// A zeroed object for a channel. Its words that are no heap pointers are looked at too, and found to be none.
pub fn new_chan() -> usize {
    allocate(size_of::<abi::Chan>(), LayoutId::DENSE, Zero::Yes)
}
