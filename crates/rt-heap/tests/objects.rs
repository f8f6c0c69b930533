//! Allocation and collection, one thread, one fact per test.

mod support;

use abi::{
    heap::{AllocCache, Run},
    size_class::rounded_size,
};
use proptest::prelude::*;
use rt_heap::{DebugConfig, KindId, LayoutId, Zero};
use support::{List, collect, heap, heap_with, kinds, layout, load, own, stats, store};

#[test]
fn objects_are_zero_aligned_and_do_not_overlap() {
    let (heap, sizes) =
        (heap(), [1, 7, 8, 9, 16, 24, 48, 100, 1000, 1024, 1025, 5000, 32768, 32769, 100_000]);
    let proc = heap.new_processor();
    let mut taken: Vec<(usize, usize)> = Vec::new();
    for round in 0..50 {
        for n_bytes in sizes {
            let layout = if round % 2 == 0 { LayoutId::NOSCAN } else { LayoutId::DENSE };
            let addr = heap.malloc(&mut own(proc), n_bytes, layout, Zero::Yes);
            let align = if n_bytes >= 8 {
                8
            } else {
                n_bytes.next_power_of_two().min(n_bytes & n_bytes.wrapping_neg())
            };
            assert_eq!(addr % align, 0, "{n_bytes} bytes");
            // SAFETY: a fresh object.
            let bytes = unsafe { std::slice::from_raw_parts_mut(addr as *mut u8, n_bytes) };
            assert!(bytes.iter().all(|byte| *byte == 0), "{n_bytes} bytes");
            bytes.fill(0xa5);
            taken.push((addr, addr + n_bytes));
        }
    }
    taken.sort_unstable();
    assert!(taken.windows(2).all(|pair| pair[0].1 <= pair[1].0));
}

#[test]
fn reused_memory_is_zero_again() {
    let heap = heap_with(&[], DebugConfig { poison: true, ..DebugConfig::default() });
    let (proc, roots) = (heap.new_processor(), List::default());
    for n_bytes in [8, 24, 512, 1024, 3000, 32768, 50_000] {
        for layout in [LayoutId::NOSCAN, LayoutId::DENSE] {
            for _ in 0..3 {
                for _ in 0..300 {
                    let addr = heap.malloc(&mut own(proc), n_bytes, layout, Zero::Yes);
                    assert!((addr..addr + n_bytes / 8 * 8).step_by(8).all(|word| load(word) == 0));
                    (addr..addr + n_bytes / 8 * 8).step_by(8).for_each(|word| store(word, !0));
                }
                collect(heap, proc, &roots);
            }
        }
    }
    assert_eq!(stats(heap).heap_alloc, 0);
}

#[test]
fn an_address_inside_an_object_finds_it() {
    let heap = heap();
    let proc = heap.new_processor();
    for n_bytes in (1..2000).chain([30_000, 32_768, 40_000, 1_000_000]) {
        let addr = heap.malloc(&mut own(proc), n_bytes.max(16), LayoutId::DENSE, Zero::Yes);
        for inside in [0, 1, n_bytes / 2, n_bytes - 1] {
            let found = heap.object_at(addr + inside);
            assert_eq!(
                found.map(|(start, size, _)| (start, size)),
                Some((addr, rounded_size(n_bytes.max(16))))
            );
        }
    }
}

#[test]
fn no_number_that_is_not_an_address_finds_an_object() {
    let heap = heap();
    let proc = heap.new_processor();
    let addr = heap.malloc(&mut own(proc), 48, LayoutId::DENSE, Zero::Yes);
    let page = addr & !8191;
    // The tail of the span, the next page, the next arena, the far ends.
    for word in [page + 8190, page + 8192, addr + (64 << 20), 0, 1, usize::MAX, !7, 1 << 47, page - 1] {
        assert_eq!(heap.object_at(word), None, "{word:#x}");
    }
}

#[test]
fn what_a_root_reaches_stays_and_the_rest_goes() {
    let heap = heap();
    let proc = heap.new_processor();
    let node = heap.layout_of(layout("-p"));
    let mut list = 0;
    for value in 0..10_000 {
        let addr = heap.malloc(&mut own(proc), 16, node, Zero::Yes);
        store(addr, value);
        store(addr + 8, list);
        list = addr;
        heap.malloc(&mut own(proc), 16, node, Zero::Yes);
    }
    // An interior pointer is as good as any.
    collect(heap, proc, &List::of(&[list + 8]));
    let after = stats(heap);
    assert_eq!(after.mallocs - after.frees, 10_000);
    for value in (0..10_000).rev() {
        assert_eq!(load(list), value);
        list = load(list + 8);
    }
    assert_eq!(list, 0);
}

#[test]
fn words_that_the_layout_calls_numbers_keep_nothing_alive() {
    let heap = heap();
    let proc = heap.new_processor();
    let holder = heap.malloc(&mut own(proc), 32, heap.layout_of(layout("p-")), Zero::Yes);
    let hidden = heap.malloc(&mut own(proc), 64, LayoutId::NOSCAN, Zero::Yes);
    store(holder + 8, hidden);
    collect(heap, proc, &List::of(&[holder]));
    assert_eq!(heap.object_at(hidden), None);
    assert!(heap.object_at(holder).is_some());
}

#[test]
fn a_repeating_layout_is_found_at_every_length() {
    let heap = heap();
    let proc = heap.new_processor();
    let long: String = (0..70).map(|idx| if idx % 7 == 3 { 'p' } else { '-' }).collect::<String>() + "-p";
    for pattern in ["p", "p-", "-p", "p--", "--p-p", &long] {
        let id = heap.layout_of(layout(pattern));
        for n_words in [pattern.len(), pattern.len() * 3, 130, 1000, 5000, 50_000] {
            let array = heap.malloc(&mut own(proc), n_words * 8, id, Zero::Yes);
            let child = |proc| heap.malloc(&mut own(proc), 24, LayoutId::NOSCAN, Zero::Yes);
            let children: Vec<usize> = (0..n_words).map(|_| child(proc)).collect();
            (0..n_words).for_each(|word| store(array + word * 8, children[word]));
            collect(heap, proc, &List::of(&[array]));
            for (word, child) in children.iter().enumerate() {
                let is_pointer = pattern.as_bytes()[word % pattern.len()] == b'p';
                assert_eq!(
                    heap.object_at(*child).is_some(),
                    is_pointer,
                    "{pattern:?} x {n_words}, word {word}"
                );
            }
        }
    }
}

#[test]
fn inline_allocation_follows_the_published_layout() {
    let table = kinds(&[(32, Some(layout("pp"))), (48, Some(layout("p-----")))]);
    let heap = heap_with(table, DebugConfig::default());
    let proc = heap.new_processor();
    let (mut inline, mut slow) = (0, 0);
    for idx in 0..20_000_usize {
        let kind = 68 + idx % 2;
        let (offset, size) = (kind * 16, table[kind].size as usize);
        // What compiled code does.
        let run = (proc.alloc_cache() as usize + AllocCache::RUNS as usize + offset) as *mut Run;
        // SAFETY: the run of this kind; no `OwnsP` exists.
        let run = unsafe { &mut *run };
        let addr = if run.cur + size <= run.end {
            inline += 1;
            run.cur += size;
            run.cur - size
        } else {
            slow += 1;
            heap.alloc(&mut own(proc), KindId::from_offset(offset))
        };
        assert!((addr..addr + size).step_by(8).all(|word| load(word) == 0));
        store(addr, idx | 1 << 63);
        assert_eq!(heap.object_at(addr).map(|(start, n_bytes, _)| (start, n_bytes)), Some((addr, size)));
    }
    assert!(inline > 30 * slow, "{inline} inline, {slow} slow");
    assert_eq!(stats(heap).mallocs, 20_000);
}

#[test]
fn statistics_count_every_object_once() {
    let heap = heap();
    let (proc, mut bytes, mut n_objects) = (heap.new_processor(), 0, 0);
    for n_bytes in 16..1500 {
        heap.malloc(&mut own(proc), n_bytes, LayoutId::DENSE, Zero::Yes);
        bytes += rounded_size(n_bytes) as u64;
        n_objects += 1;
    }
    heap.malloc(&mut own(proc), 70_000, LayoutId::NOSCAN, Zero::No);
    bytes += rounded_size(70_000) as u64;
    let before = stats(heap);
    assert_eq!((before.mallocs, before.total_alloc, before.heap_alloc), (n_objects + 1, bytes, bytes));
    for _ in 0..5 {
        heap.malloc(&mut own(proc), 3, LayoutId::NOSCAN, Zero::Yes);
    }
    assert_eq!(stats(heap).mallocs, n_objects + 6);
    collect(heap, proc, &List::default());
    let after = stats(heap);
    assert_eq!((after.mallocs, after.frees), (n_objects + 6, n_objects + 6));
    assert_eq!(after.heap_alloc, 0);
    assert_eq!(after.heap_sys, after.heap_inuse + after.heap_idle);
}

#[test]
fn free_memory_goes_back_to_the_system() {
    let heap = heap();
    let (proc, roots) = (heap.new_processor(), List::default());
    for _ in 0..100 {
        let addr = heap.malloc(&mut own(proc), 1 << 20, LayoutId::NOSCAN, Zero::Yes);
        store(addr, 1);
    }
    collect(heap, proc, &roots);
    let before = stats(heap);
    assert!(before.heap_idle - before.heap_released >= 100 << 20);
    assert_eq!(heap.scavenge(usize::MAX) as u64, before.heap_idle - before.heap_released);
    let after = stats(heap);
    assert_eq!(after.heap_released, after.heap_idle);
    let again = heap.malloc(&mut own(proc), 1 << 20, LayoutId::NOSCAN, Zero::No);
    assert_eq!(load(again), 0, "what comes from the system is zero");
}

#[test]
fn objects_larger_than_an_arena_work() {
    let heap = heap();
    let proc = heap.new_processor();
    for _ in 0..3 {
        let big = heap.malloc(&mut own(proc), 200 << 20, LayoutId::DENSE, Zero::Yes);
        let child = heap.malloc(&mut own(proc), 16, LayoutId::NOSCAN, Zero::Yes);
        store(big + (150 << 20), child);
        collect(heap, proc, &List::of(&[big + (199 << 20)]));
        assert!(heap.object_at(child).is_some() && heap.object_at(big).is_some());
        collect(heap, proc, &List::default());
        assert!(heap.object_at(child).is_none() && heap.object_at(big).is_none());
    }
    assert!(stats(heap).heap_sys <= 300 << 20, "the arenas are used again");
}

#[test]
fn the_heap_does_not_grow_under_a_steady_load() {
    let heap = heap();
    let (proc, roots) = (heap.new_processor(), List::default());
    for _ in 0..2_000_000 {
        heap.malloc(&mut own(proc), 64, LayoutId::DENSE, Zero::Yes);
        if own(proc).take_events().collect {
            collect(heap, proc, &roots);
        }
    }
    let stats = stats(heap);
    assert!(stats.num_gc > 20, "{} cycles", stats.num_gc);
    assert!(stats.heap_inuse < 6 << 20, "{} bytes", stats.heap_inuse);
}

#[test]
fn a_profile_samples_at_its_rate_and_hears_of_the_end() {
    static FREED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let heap = heap();
    let proc = heap.new_processor();
    static RATE: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(64 << 10);
    heap.set_profile(&RATE, |record| {
        FREED.fetch_add(record, std::sync::atomic::Ordering::Relaxed);
    });
    let mut n_samples = 0;
    for _ in 0..200_000 {
        let addr = heap.malloc(&mut own(proc), 128, LayoutId::DENSE, Zero::Yes);
        if own(proc).take_events().sample {
            n_samples += 1;
            heap.add_profile_record(addr, 1);
        }
    }
    // 25.6 MB at one sample per 64 KB: 390 expected.
    assert!((300..480).contains(&n_samples), "{n_samples}");
    collect(heap, proc, &List::default());
    assert_eq!(FREED.load(std::sync::atomic::Ordering::Relaxed), n_samples);
}

proptest! {
    #[test]
    fn layouts_are_equal_exactly_when_their_patterns_are(a in "[p-]{1,9}", b in "[p-]{1,9}") {
        let heap = support::heap();
        let same = {
            let n = a.len() * b.len();
            let word = |pattern: &str, idx: usize| pattern.as_bytes()[idx % pattern.len()];
            (0..n).all(|idx| word(&a, idx) == word(&b, idx))
        };
        let (a, b) = (heap.layout_of(support::layout(&a)), heap.layout_of(support::layout(&b)));
        prop_assert_eq!(a == b, same);
    }
}
