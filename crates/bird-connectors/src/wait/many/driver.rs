//! The loop of a bulk wait: it waits for the next event, and passes it to the state or to the current round.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bird_connectors_api::types::ConnectorId;
use futures_util::StreamExt as _;
use tokio::time::{Instant, Sleep, sleep_until};
use tracing::{Instrument as _, Span};

use super::followed::WaitOutcome;
use super::install_ref::InstallRef;
use super::reads::CompletedRead;
use super::round::RoundRunner;
use super::state::BulkWaitState;
use super::totals::SharedTotals;
use crate::future::SyncStream;
use crate::wait::signal::EventStream;
use crate::wait::source::SharedSource;
use crate::webhook::EventSubject;

/// Installs that join a wait while it runs.
pub(super) type JoiningInstalls = SyncStream<InstallRef>;

pub(super) struct BulkWaitDriver<S> {
    state: BulkWaitState,
    rounds: RoundRunner<S>,
    totals: Arc<SharedTotals>,
    joining: Option<JoiningInstalls>,
    events: Option<EventStream>,
    sleep: Pin<Box<Sleep>>,
    span: Span,
}

/// The next event that the driver handles.
enum DriverEvent {
    CancelRequested,
    ReadCompleted(CompletedRead),
    TimerExpired,
    /// `None` after the last one.
    InstallJoined(Option<InstallRef>),
    /// `None` at the end of the stream.
    WebhookReceived(Option<EventSubject>),
}

impl<S: SharedSource> BulkWaitDriver<S> {
    pub(super) fn new(
        state: BulkWaitState,
        source: S,
        joining: Option<JoiningInstalls>,
        events: Option<EventStream>,
        totals: Arc<SharedTotals>,
        span: Span,
    ) -> Self {
        Self {
            state,
            rounds: RoundRunner::new(source),
            totals,
            joining,
            events,
            sleep: Box::pin(sleep_until(Instant::now())),
            span,
        }
    }

    /// The next install whose wait is over; `None` once there are no more.
    pub(super) async fn next(&mut self) -> Option<(ConnectorId, WaitOutcome)> {
        let span = self.span.clone();
        self.run().instrument(span).await
    }

    async fn run(&mut self) -> Option<(ConnectorId, WaitOutcome)> {
        loop {
            if let Some(result) = self.state.next_result() {
                return Some(result);
            }
            if self.state.installs.is_empty() && self.joining.is_none() {
                return None;
            }
            let event = self.next_event().await;
            let now = Instant::now();
            match event {
                DriverEvent::CancelRequested => self.state.cancel_requested(),
                DriverEvent::ReadCompleted(read) => self.rounds.receive(&mut self.state, read, now),
                DriverEvent::TimerExpired => self.act(now),
                DriverEvent::InstallJoined(Some(install)) => self.state.follow(install, now),
                DriverEvent::InstallJoined(None) => self.joining = None,
                DriverEvent::WebhookReceived(None) => self.events = None,
                DriverEvent::WebhookReceived(Some(subject)) => {
                    self.state.receive_event(subject, now);
                    // A stream that is always ready must not block the timer.
                    tokio::task::consume_budget().await;
                }
            }
        }
    }

    async fn next_event(&mut self) -> DriverEvent {
        let is_running = self.rounds.is_running();
        let idle = self.state.installs.is_empty() && !is_running;
        let due = if idle {
            None
        } else {
            self.state.agenda.due(is_running)
        };
        if let Some(due) = due {
            self.sleep.as_mut().reset(due);
        }
        poll_fn(|cx| self.poll_event(cx, due.is_some())).await
    }

    fn poll_event(&mut self, cx: &mut Context<'_>, timed: bool) -> Poll<DriverEvent> {
        if self.totals.poll_cancelled(cx).is_ready() {
            return Poll::Ready(DriverEvent::CancelRequested);
        }
        if let Poll::Ready(read) = self.rounds.poll_completed(cx) {
            return Poll::Ready(DriverEvent::ReadCompleted(read));
        }
        if timed && self.sleep.as_mut().poll(cx).is_ready() {
            return Poll::Ready(DriverEvent::TimerExpired);
        }
        if let Some(joining) = &mut self.joining
            && let Poll::Ready(install) = joining.poll_next_unpin(cx)
        {
            return Poll::Ready(DriverEvent::InstallJoined(install));
        }
        // An event that arrives before the first install joins stays in the stream.
        if let Some(events) = &mut self.events
            && !self.state.installs.is_empty()
            && let Poll::Ready(subject) = events.poll_next(cx)
        {
            return Poll::Ready(DriverEvent::WebhookReceived(subject));
        }
        Poll::Pending
    }

    /// Ends the waits whose timeout has expired, and begins the next round if it is due.
    fn act(&mut self, now: Instant) {
        let is_running = self.rounds.is_running();
        while let Some(connector) = self.state.agenda.take_ended(now, is_running) {
            self.state.end(connector, now);
        }
        if !is_running && let Some(scope) = self.state.agenda.take_round(now) {
            self.rounds.begin(&mut self.state, scope, now);
        }
    }
}
