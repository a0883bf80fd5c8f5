use super::*;

#[test]
fn cheapest_returns_the_strategy_with_the_fewest_requests() {
    let of = |known, unknown, pages| {
        let mut lists = ListAccess::default();
        lists.note_pages(pages);
        ListStrategy::cheapest(known, unknown, false, lists)
    };
    // One page shows all installs.
    assert_eq!(of(0, 1000, 1), ListStrategy::AllPages);
    assert_eq!(of(101, 0, 1), ListStrategy::AllPages);
    assert_eq!(of(0, 1, 1), ListStrategy::AllPages);
    // Few installs remain.
    assert_eq!(of(100, 0, 1), ListStrategy::ByIds);
    assert_eq!(of(1, 0, 1), ListStrategy::ByIds);
    assert_eq!(of(1, 1, 1), ListStrategy::AllPages);
    // The workspace has very many channels.
    assert_eq!(of(1000, 0, 50), ListStrategy::ByIds);
    assert_eq!(of(1000, 30, 50), ListStrategy::ByIds);
    assert_eq!(of(1000, 41, 50), ListStrategy::AllPages);
    let mut unfiltered = ListAccess::default();
    unfiltered.note_pages(50);
    unfiltered.note_ignored_ids();
    assert_eq!(
        ListStrategy::cheapest(1, 0, false, unfiltered),
        ListStrategy::AllPages
    );
    let mut denied = ListAccess::default();
    denied.note_denied();
    for needs_pages in [false, true] {
        assert_eq!(
            ListStrategy::cheapest(1, 1, needs_pages, denied),
            ListStrategy::None
        );
    }
    // Only the pages can show it.
    let mut many = ListAccess::default();
    many.note_pages(50);
    assert_eq!(
        ListStrategy::cheapest(0, 1, true, many),
        ListStrategy::AllPages
    );
}

#[test]
fn individual_reads_are_few() {
    assert_eq!(individual_reads(ListStrategy::AllPages, 50, 4), 5);
    assert_eq!(individual_reads(ListStrategy::ByIds, 1, 4), 5);
    assert_eq!(individual_reads(ListStrategy::AllPages, 51, 4), 0);
    assert_eq!(individual_reads(ListStrategy::AllPages, 51, 5), 1);
    assert_eq!(individual_reads(ListStrategy::None, 1000, 4), 30);
}

#[test]
fn other_kind_is_read_in_addition_while_an_install_is_missing() {
    let mut kinds = ListKinds::default();
    assert_eq!(kinds.next(), (Lookup::Unfiltered, None));
    kinds.note(10, |_| 10, false);
    for _ in 0..10 {
        assert_eq!(kinds.next(), (Lookup::Unfiltered, None));
    }
    kinds.note(10, |_| 9, false);
    let both = (Lookup::Unfiltered, Some(Lookup::ByStatus));
    assert_eq!(kinds.next(), both);
    // It shows nothing more, so it is read less and less often.
    let mut gaps = Vec::new();
    for _ in 0..4 {
        kinds.note(10, |_| 9, true);
        let mut gap = 0;
        while kinds.next() != both {
            gap += 1;
        }
        gaps.push(gap);
    }
    assert_eq!(gaps, [8, 16, 32, 64]);
    // It shows more, so it becomes the preferred kind.
    kinds.note(
        10,
        |kind| if kind == Lookup::ByStatus { 10 } else { 0 },
        true,
    );
    assert_eq!(kinds.next(), (Lookup::ByStatus, None));
}
