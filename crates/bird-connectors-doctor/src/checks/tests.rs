use super::*;
use crate::facts::Obstacle;

#[test]
fn ids_are_unique_and_phrases() {
    let mut ids: Vec<&str> = CHECKS.iter().map(|check| check.id).collect();
    let usual = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.');
    for check in CHECKS {
        assert!(check.id.chars().all(usual), "{}", check.id);
        assert!(!check.about.ends_with('.'), "{}", check.id);
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CHECKS.len());
}

#[test]
fn every_obstacle_names_a_check() {
    for obstacle in [
        Obstacle::Configuration,
        Obstacle::KeyForm,
        Obstacle::BaseUrl,
        Obstacle::Proxy,
        Obstacle::Certificates,
        Obstacle::Dns,
        Obstacle::Connection,
        Obstacle::KeyRejected,
        Obstacle::RateLimit,
        Obstacle::Workspace,
    ] {
        let id = obstacle.check();
        assert!(CHECKS.iter().any(|check| check.id == id), "{id}");
    }
}
