//! Pages against a model: what is taken, what is free, what is zero.

mod support;

use abi::size_class::PAGE_SIZE;
use proptest::prelude::*;
use support::{heap, load, stats, store};

#[derive(Clone, Debug)]
enum Step {
    Take(usize),
    /// Give back one of those taken, by its position.
    Give(usize),
    Scavenge(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_usize..40).prop_map(Step::Take),
        1 => (100_usize..3000).prop_map(Step::Take),
        4 => any::<usize>().prop_map(Step::Give),
        1 => (1_usize..1 << 22).prop_map(Step::Scavenge),
    ]
}

fn last_word(start: usize, n_pages: usize) -> usize {
    start + n_pages * PAGE_SIZE - 8
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pages_are_given_to_one_owner_and_zero_means_zero(steps in prop::collection::vec(step(), 1..200)) {
        let heap = heap();
        let mut taken: Vec<(usize, usize)> = Vec::new();
        for step in steps {
            match step {
                Step::Take(n_pages) => {
                    let (start, zeroed) = heap.alloc_pages(n_pages);
                    let end = start + n_pages * PAGE_SIZE;
                    let is_apart = |other: &(usize, usize)| end <= other.0 || other.0 + other.1 * PAGE_SIZE <= start;
                    prop_assert!(taken.iter().all(is_apart), "{start:#x}");
                    for page in (start..end).step_by(PAGE_SIZE) {
                        prop_assert!(!zeroed || load(page) == 0, "page {page:#x} should be zero");
                        store(page, page);
                    }
                    store(last_word(start, n_pages), start);
                    taken.push((start, n_pages));
                }
                Step::Give(idx) if !taken.is_empty() => {
                    let (start, n_pages) = taken.swap_remove(idx % taken.len());
                    prop_assert_eq!(load(last_word(start, n_pages)), start, "nobody else wrote");
                    heap.free_pages(start, n_pages);
                }
                Step::Give(_) => {}
                Step::Scavenge(n_bytes) => {
                    heap.scavenge(n_bytes);
                }
            }
            let n_taken: usize = taken.iter().map(|(_, n_pages)| n_pages).sum();
            let stats = stats(heap);
            prop_assert_eq!(stats.manual_inuse, (n_taken * PAGE_SIZE) as u64);
            prop_assert!(stats.heap_released <= stats.heap_idle);
        }
    }

    #[test]
    fn what_was_freed_is_used_before_the_heap_grows(n_pages in 1_usize..500, n_runs in 2_usize..40) {
        let heap = heap();
        let runs: Vec<usize> = (0..n_runs).map(|_| heap.alloc_pages(n_pages).0).collect();
        let before = stats(heap).heap_idle + stats(heap).manual_inuse;
        for _ in 0..3 {
            runs.iter().rev().for_each(|start| heap.free_pages(*start, n_pages));
            let again: Vec<usize> = (0..n_runs).map(|_| heap.alloc_pages(n_pages).0).collect();
            prop_assert_eq!(&again, &runs, "first fit by address");
        }
        prop_assert_eq!(stats(heap).heap_idle + stats(heap).manual_inuse, before);
    }
}
