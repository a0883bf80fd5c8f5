use std::time::Duration;

use super::*;

#[test]
fn batch_is_delivered_again_unless_its_worker_is_alive() {
    let start = Instant::now();
    let mut queue = Queue::new([7, 8]);
    let first = queue.take(start).unwrap();
    let second = queue.take(start).unwrap();
    assert_eq!((first.workspace, second.workspace), (7, 8));
    assert_eq!(queue.take(start), None);

    let later = start + VISIBILITY - Duration::from_secs(1);
    queue.extend(second, later);
    let end = start + VISIBILITY;
    let again = queue.take(end).unwrap();
    assert_eq!((again.workspace, again.number), (7, 1));
    assert_eq!(queue.take(end), None);
    assert_eq!(queue.redeliveries, 1);

    // The first worker has lost the batch.
    queue.extend(first, end + Duration::from_secs(20));
    assert!(queue.take(end + VISIBILITY).is_some());
}

#[test]
fn workspace_is_complete_after_its_last_batch() {
    let now = Instant::now();
    let mut queue = Queue::new([7, 7]);
    let (first, second) = (queue.take(now).unwrap(), queue.take(now).unwrap());
    assert!(!queue.complete(first));
    assert!(!queue.complete(first));
    assert!(!queue.is_complete());
    assert!(queue.complete(second));
    assert!(queue.is_complete());
}
