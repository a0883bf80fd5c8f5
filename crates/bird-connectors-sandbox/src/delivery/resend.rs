//! Sends a delivery again, as somebody asks for it on the page of the sandbox.

use std::time::Duration;

use crate::delivery::http::send;
use crate::delivery::queue::Delivery;
use crate::shared::Shared;
use crate::state::observations::ring::Ring;
use crate::state::observations::{ObservedDelivery, SignedDelivery};

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
    /// A newer event of the channel, and then an older one.
    OutOfOrder,
}

/// Two events of one channel for one subscription, of which the receiver gets the newer one first.
pub(crate) struct Reordered {
    pub(crate) newer: SignedDelivery,
    pub(crate) older: SignedDelivery,
}

impl Reordered {
    /// A delivery and another event of its channel: the newest one, or for the newest one the event before it. Says why there
    /// is none otherwise.
    pub(crate) fn find(
        deliveries: &Ring<ObservedDelivery>,
        number: u64,
    ) -> Result<Self, &'static str> {
        let is_real = |known: &ObservedDelivery| !known.forged && known.sent_by_hand.is_none();
        let selected = deliveries
            .get(number)
            .ok_or("the delivery is no longer kept")?;
        if !is_real(selected) {
            return Err("only a delivery of the sandbox itself has an order");
        }
        let sent = &selected.delivery;
        let others = deliveries.newest_first().map(|(_, known)| known);
        let other = others
            .filter(|known| {
                let other = &known.delivery;
                is_real(known)
                    && other.subscription == sent.subscription
                    && other.channel == sent.channel
                    && other.request_id != sent.request_id
                    && other.event_at != sent.event_at
            })
            .max_by_key(|known| known.delivery.event_at)
            .ok_or("the subscription has received no other event of this channel")?;
        let (one, other) = (sent.clone(), other.delivery.clone());
        Ok(if one.event_at > other.event_at {
            Self {
                newer: one,
                older: other,
            }
        } else {
            Self {
                newer: other,
                older: one,
            }
        })
    }
}

/// Sends a delivery again, and returns the status of the receiver for each request, in order.
pub(crate) async fn resend(
    shared: &Shared,
    sent: SignedDelivery,
    reordered: Option<Reordered>,
    kind: ResendKind,
) -> Vec<Option<u16>> {
    let mut deliveries = Vec::new();
    {
        let state = shared.lock();
        let again = Delivery::again;
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
                if let Some(Reordered { newer, older }) = reordered {
                    deliveries.push(again(newer, "out of order, newer"));
                    deliveries.push(again(older, "out of order, older"));
                }
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
