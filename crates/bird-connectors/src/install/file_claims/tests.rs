use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;

#[test]
fn claim_excludes_others_of_its_key_until_it_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.claims");
    let claims = FileClaims::new(path.clone());
    // As in another process.
    let other = FileClaims::new(path.clone());
    let one = claims.try_acquire("one").unwrap().unwrap();
    assert!(other.try_acquire("one").unwrap().is_none());
    let two = other.try_acquire("two").unwrap().unwrap();
    drop(one);
    let one = other.try_acquire("one").unwrap().unwrap();
    assert!(claims.try_acquire("one").unwrap().is_none());
    drop(claims);
    drop((one, two, other));
    assert_eq!(path.exists(), !REMOVABLE);
}

#[test]
fn concurrent_claims_of_a_key_do_not_overlap() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.claims");
    let held = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    // Closing it removes the directory, if it is empty.
                    let claims = FileClaims::new(path.clone());
                    let claim = loop {
                        match claims.try_acquire("one").unwrap() {
                            Some(claim) => break claim,
                            None => thread::yield_now(),
                        }
                    };
                    assert!(!held.swap(true, Ordering::SeqCst), "held twice");
                    thread::yield_now();
                    held.store(false, Ordering::SeqCst);
                    drop(claim);
                }
            });
        }
    });
}

#[test]
#[cfg(unix)]
fn directory_that_is_a_broken_link_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.claims");
    std::os::unix::fs::symlink(directory.path().join("nothing"), &path).unwrap();
    let why = FileClaims::new(path).try_acquire("one").err().unwrap();
    assert_eq!(why.kind(), io::ErrorKind::NotFound);
}

#[test]
fn directory_that_is_a_file_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.claims");
    fs::write(&path, "").unwrap();
    assert!(FileClaims::new(path).try_acquire("one").is_err());
}
