use std::time::Duration;

use tokio::time::timeout;

use super::*;

async fn is_free(claims: &Arc<ProcessClaims>, key: &str) -> bool {
    let acquired = timeout(Duration::from_secs(1), claims.acquire(key)).await;
    acquired.is_ok()
}

#[tokio::test(start_paused = true)]
async fn claim_excludes_others_of_its_key_until_it_is_dropped() {
    let claims = Arc::<ProcessClaims>::default();
    let claim = claims.acquire("one").await;
    assert!(!is_free(&claims, "one").await);
    assert!(is_free(&claims, "two").await);
    let (waiting, ()) = tokio::join!(claims.acquire("one"), async { drop(claim) });
    assert!(!is_free(&claims, "one").await);
    drop(waiting);
    assert!(is_free(&claims, "one").await);
    assert!(lock(&claims.by_key).is_empty(), "released claims are kept");
}

#[tokio::test]
async fn release_by_another_run_is_noticed() {
    let claims = Arc::<ProcessClaims>::default();
    let (mut first, second) = (claims.releases(), claims.releases());
    let claim = claims.acquire("one").await;
    assert!(!claim.released_since(&first));
    claim.release(&mut first);
    let claim = claims.acquire("one").await;
    assert!(!claim.released_since(&first) && claim.released_since(&second));
    drop(claim);
    let claim = claims.acquire("one").await;
    assert!(claim.released_since(&first));
    // The own release does not hide that of the other run.
    claim.release(&mut first);
    assert!(claims.acquire("one").await.released_since(&first));
}

#[tokio::test(start_paused = true)]
async fn claims_are_shared_by_base_url() {
    let [one, same, other] =
        ["a", "a", "b"].map(|host| ProcessClaims::of(&format!("https://{host}.claims.example")));
    let _claim = one.acquire("key").await;
    assert!(!is_free(&same, "key").await);
    assert!(is_free(&other, "key").await);
}
