//! Sends a delivery again, as somebody asks for it on the page of the sandbox.

use std::time::Duration;

use crate::delivery::http::send;
use crate::delivery::queue::Delivery;
use crate::shared::Shared;
use crate::state::observations::SignedDelivery;

/// How a delivery is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResendKind {
    /// Once: the same bytes, id, timestamp and signature.
    Replay,
    /// Two times, as [`ResendKind::Replay`].
    Twice,
    /// Once, as a new delivery whose timestamp is this much older.
    Late(Duration),
    /// Once, as a new delivery that is signed with an unknown key.
    Forged,
    /// After the newest delivery of its subscription, which is sent again first.
    OutOfOrder,
}

/// Sends a delivery again, and returns the status of the receiver for each request, in order. `newest` is the newest delivery of
/// its subscription.
pub(crate) async fn resend(
    shared: &Shared,
    sent: SignedDelivery,
    newest: Option<SignedDelivery>,
    kind: ResendKind,
) -> Vec<Option<u16>> {
    let mut deliveries = Vec::new();
    {
        let state = shared.lock();
        let now = state.clock.elapsed();
        let again = |sent, label| Delivery::again(sent, now, label);
        match kind {
            ResendKind::Replay => deliveries.push(again(sent, "replay")),
            ResendKind::Twice => {
                deliveries.push(again(sent.clone(), "replay, first"));
                deliveries.push(again(sent, "replay, second"));
            }
            ResendKind::Late(age) => {
                let key = state.signing_key(sent.workspace, sent.subscription);
                deliveries.push(again(sent, "late").late(age, key.as_deref()));
            }
            ResendKind::Forged => deliveries.push(again(sent, "forged").forged()),
            ResendKind::OutOfOrder => {
                deliveries.extend(newest.map(|newest| again(newest, "out of order, newer")));
                deliveries.push(again(sent, "out of order, older"));
            }
        }
    }
    let mut statuses = Vec::new();
    for delivery in deliveries {
        let status = send(shared, &delivery).await;
        let forged = kind == ResendKind::Forged;
        shared
            .lock()
            .record_attempt(&delivery, 0, forged, status, "");
        statuses.push(status);
    }
    statuses
}
