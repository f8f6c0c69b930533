//! Finalizers, cleanups and weak pointers.

mod support;

use rt_heap::{LayoutId, Ready, Zero};
use support::{List, collect, heap, layout, load, own, store};

#[test]
fn a_finalizer_becomes_ready_once_and_its_object_lives_until_then() {
    let heap = heap();
    let proc = heap.new_processor();
    let node = heap.layout_of(layout("p-"));
    let object = heap.malloc(&mut own(proc), 32, node, Zero::Yes);
    let child = heap.malloc(&mut own(proc), 32, node, Zero::Yes);
    let function = heap.malloc(&mut own(proc), 16, node, Zero::Yes);
    store(object, child);
    assert!(heap.add_finalizer(&mut own(proc), object, [function, 1, 2, 3]));
    assert!(!heap.add_finalizer(&mut own(proc), object, [function, 1, 2, 3]), "it has one");

    collect(heap, proc, &List::of(&[object]));
    assert_eq!(heap.take_ready(), None);

    collect(heap, proc, &List::default());
    assert!(heap.object_at(object).is_some() && heap.object_at(child).is_some());
    collect(heap, proc, &List::default());
    assert!(heap.object_at(object).is_some(), "the ready queue is a root");
    assert_eq!(heap.take_ready(), Some(Ready::Finalizer { object, words: [function, 1, 2, 3] }));
    assert_eq!(heap.take_ready(), None);

    collect(heap, proc, &List::default());
    assert_eq!((heap.object_at(object), heap.object_at(child), heap.object_at(function)), (None, None, None));
}

#[test]
fn a_removed_finalizer_does_not_run() {
    let heap = heap();
    let proc = heap.new_processor();
    let object = heap.malloc(&mut own(proc), 32, LayoutId::NOSCAN, Zero::Yes);
    assert!(heap.add_finalizer(&mut own(proc), object, [0; 4]));
    assert!(heap.remove_finalizer(object));
    assert!(!heap.remove_finalizer(object));
    collect(heap, proc, &List::default());
    assert_eq!(heap.take_ready(), None);
    assert_eq!(heap.object_at(object), None);
}

#[test]
fn every_cleanup_of_a_dead_object_becomes_ready_unless_it_was_stopped() {
    let heap = heap();
    let proc = heap.new_processor();
    let object = heap.malloc(&mut own(proc), 48, LayoutId::NOSCAN, Zero::Yes);
    let functions: Vec<usize> =
        (0..3).map(|_| heap.malloc(&mut own(proc), 16, LayoutId::NOSCAN, Zero::Yes)).collect();
    let numbers: Vec<usize> =
        functions.iter().filter_map(|function| heap.add_cleanup(&mut own(proc), object, *function)).collect();
    assert!(heap.remove_cleanup(object, numbers[1]));
    collect(heap, proc, &List::of(&[object]));
    assert_eq!(heap.n_ready(), 0);
    collect(heap, proc, &List::default());
    let mut ready: Vec<Ready> = std::iter::from_fn(|| heap.take_ready()).collect();
    ready.sort_by_key(|ready| match ready {
        Ready::Cleanup { function } | Ready::Finalizer { object: function, .. } => *function,
    });
    let mut expected = [Ready::Cleanup { function: functions[0] }, Ready::Cleanup { function: functions[2] }];
    expected.sort_by_key(|ready| format!("{ready:?}"));
    ready.sort_by_key(|ready| format!("{ready:?}"));
    assert_eq!(ready, expected);
    assert_eq!(heap.object_at(object), None);
}

#[test]
fn a_weak_pointer_follows_its_object_to_the_end() {
    let heap = heap();
    let proc = heap.new_processor();
    let object = heap.malloc(&mut own(proc), 48, LayoutId::NOSCAN, Zero::Yes);
    let handle = heap.weak_handle(&mut own(proc), object).unwrap();
    assert_eq!(heap.weak_handle(&mut own(proc), object), Some(handle), "equal objects, equal handles");
    assert_eq!(heap.strong_from_weak(&mut own(proc), handle), object);
    collect(heap, proc, &List::of(&[object]));
    assert_eq!(heap.strong_from_weak(&mut own(proc), handle), object);
    collect(heap, proc, &List::of(&[handle]));
    assert_eq!(heap.strong_from_weak(&mut own(proc), handle), 0);
    assert_eq!(heap.object_at(object), None);
}

#[test]
fn a_finalizer_clears_weak_pointers_and_keeps_cleanups_for_the_real_end() {
    let heap = heap();
    let proc = heap.new_processor();
    let object = heap.malloc(&mut own(proc), 48, LayoutId::NOSCAN, Zero::Yes);
    let handle = heap.weak_handle(&mut own(proc), object).unwrap();
    heap.add_cleanup(&mut own(proc), object, 7);
    assert!(heap.add_finalizer(&mut own(proc), object, [0; 4]));
    collect(heap, proc, &List::of(&[handle]));
    assert_eq!(load(handle), 0);
    assert!(matches!(heap.take_ready(), Some(Ready::Finalizer { .. })));
    assert_eq!(heap.take_ready(), None);
    collect(heap, proc, &List::of(&[handle]));
    assert_eq!(heap.take_ready(), Some(Ready::Cleanup { function: 7 }));
}

#[test]
fn thousands_of_specials_die_with_their_objects() {
    let heap = heap();
    let proc = heap.new_processor();
    let objects: Vec<usize> = (0..5000)
        .map(|idx| {
            let object = heap.malloc(&mut own(proc), 24, LayoutId::NOSCAN, Zero::Yes);
            heap.add_cleanup(&mut own(proc), object, idx);
            object
        })
        .collect();
    let (kept, _) = objects.split_at(1000);
    collect(heap, proc, &List::of(kept));
    assert_eq!(std::iter::from_fn(|| heap.take_ready()).count(), 4000);
    collect(heap, proc, &List::default());
    assert_eq!(std::iter::from_fn(|| heap.take_ready()).count(), 1000);
}
