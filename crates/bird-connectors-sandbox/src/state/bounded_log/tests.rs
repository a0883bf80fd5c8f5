use super::BoundedLog;

#[test]
fn push_above_the_limit_drops_the_first_item_and_keeps_numbers() {
    let mut log = BoundedLog::new(2);
    for item in ['a', 'b', 'c'] {
        log.push(item);
    }
    assert_eq!(log.iter().collect::<String>(), "bc");
    assert_eq!(log.get_mut(0), None);
    assert_eq!(log.get_mut(1), Some(&mut 'b'));
    assert_eq!(log.since(0).collect::<String>(), "bc");
    assert_eq!(log.since(2).collect::<String>(), "c");
    log.clear();
    assert_eq!(log.get_mut(2), None);
    assert_eq!(log.push('d'), 3);
    assert_eq!(log.since(3).collect::<String>(), "d");
}

#[test]
fn push_with_limit_zero_keeps_nothing_but_counts() {
    let mut log = BoundedLog::new(0);
    assert_eq!((log.push('a'), log.push('b')), (0, 1));
    assert_eq!(log.iter().count(), 0);
}
