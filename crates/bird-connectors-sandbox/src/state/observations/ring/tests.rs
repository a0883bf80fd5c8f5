use super::Ring;

#[test]
fn ring_keeps_the_last_items_within_both_bounds() {
    let mut ring = Ring::new(3, 100);
    for (number, bytes) in [(0, 10), (1, 10), (2, 10), (3, 10)] {
        assert_eq!(ring.push(number, bytes), number);
    }
    assert_eq!(ring.get(0), None);
    assert_eq!(
        ring.newest_first().collect::<Vec<_>>(),
        [(3, &3), (2, &2), (1, &1)]
    );
    assert_eq!(ring.push(4, 95), 4);
    assert_eq!(
        ring.newest_first()
            .map(|(number, _)| number)
            .collect::<Vec<_>>(),
        [4]
    );
    assert_eq!(
        ring.push(5, 101),
        5,
        "an item above the bound is not kept at all"
    );
    assert_eq!(ring.newest_first().count(), 0);
    assert_eq!(ring.total(), 6);
    assert_eq!(ring.push(6, 1), 6);
    assert_eq!(ring.get(6), Some(&6));
}

#[test]
fn ring_of_100_000_items_does_not_grow() {
    let mut ring = Ring::new(1_000, 8 << 20);
    for number in 0..100_000_u64 {
        ring.push(number, 20_000);
    }
    assert!(ring.items.len() <= (8 << 20) / 20_000);
    assert!(ring.bytes <= 8 << 20);
    assert!(ring.items.capacity() <= 2_048);
}

#[test]
fn item_that_grows_drops_the_first_ones() {
    let mut ring = Ring::new(10, 10);
    for number in 0..3 {
        ring.push(number, 3);
    }
    ring.grow(1, 1);
    assert_eq!(ring.first(), 0);
    ring.grow(2, 3);
    assert_eq!((ring.first(), ring.total()), (1, 3));
    ring.grow(0, 100);
    assert_eq!(ring.first(), 1, "the item is dropped already");
}
