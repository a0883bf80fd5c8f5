//! Delivers webhooks over real HTTP and retries them until the receiver answers 2xx. What has no route fails at once.

mod http;
mod queue;
#[cfg(feature = "ui")]
pub(crate) mod resend;
mod signature;

use std::future::pending;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::delivery::http::send;
use crate::delivery::queue::Delivery;
use crate::shared::Shared;

/// Delivers events as they happen, until `stop` changes or its sender is dropped.
pub(crate) async fn deliver(shared: Arc<Shared>, mut stop: watch::Receiver<()>) {
    let mut in_flight = JoinSet::new();
    loop {
        let (due, time_to_next) = {
            let mut state = shared.lock();
            let next = state.next_event();
            // While the clock stands still, no event comes by itself.
            let next = next.filter(|_| !state.clock.is_held());
            let time_to_next = next.map(|next| next.saturating_sub(state.clock.elapsed()));
            (state.take_deliveries(), time_to_next)
        };
        for delivery in due {
            in_flight.spawn(deliver_one(Arc::clone(&shared), delivery));
        }
        let next_event = async {
            match time_to_next {
                Some(duration) => sleep(duration).await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = stop.changed() => return,
            () = shared.changed() => {}
            () = next_event => {}
            Some(_) = in_flight.join_next() => {}
        }
    }
}

/// Makes all attempts of one delivery, and sends its copies and forged deliveries.
async fn deliver_one(shared: Arc<Shared>, mut delivery: Delivery) {
    let webhooks = shared.lock().webhooks.clone();
    sleep(delivery.delay).await;
    let mut triggered = delivery.triggered.take();
    let has_route = webhooks.has_route(&delivery.url);
    if let Some(triggered) = &triggered
        && triggered.forged
    {
        let forged = delivery.forged();
        let status = send(&shared, &forged).await;
        shared.lock().record_attempt(&forged, 0, true, status, "");
        triggered.report(&forged, has_route, status);
        return;
    }
    let (forged, copies) = match &triggered {
        Some(triggered) => (0, triggered.copies),
        None => (webhooks.forged, webhooks.copies),
    };
    for _ in 0..forged {
        let forged = delivery.forged();
        let status = send(&shared, &forged).await;
        shared.lock().record_attempt(&forged, 0, true, status, "");
    }
    let mut retry_delays = webhooks.retry_delays.iter();
    for number in 1.. {
        let has_route = shared.lock().webhooks.has_route(&delivery.url);
        let status = send(&shared, &delivery).await;
        // Nothing was sent, so nothing would change with the next attempt.
        let retry_delay = retry_delays.next().filter(|_| has_route);
        // The documentation of the API shows `succeeded` in an example. Its other values are not known.
        let execution_status = match (status, retry_delay) {
            (Some(200..=299), _) => "succeeded",
            (_, Some(_)) => "pending",
            (_, None) => "failed",
        };
        let subscription_exists =
            shared
                .lock()
                .record_attempt(&delivery, number, false, status, execution_status);
        if number == 1 {
            for _ in 0..copies {
                let status = send(&shared, &delivery).await;
                shared
                    .lock()
                    .record_attempt(&delivery, 0, false, status, "");
            }
            if let Some(triggered) = triggered.take() {
                triggered.report(&delivery, has_route, status);
            }
        }
        match retry_delay {
            Some(delay) if execution_status == "pending" && subscription_exists => {
                sleep(*delay).await;
            }
            _ => return,
        }
    }
}
