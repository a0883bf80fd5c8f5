//! How the wait for each install of a bulk wait ends.

use super::*;
use crate::future::BoxStream;
use crate::wait::last_poll::SHORTEST_LEAD;

fn channel_failed(result: &Result<Ready, WaitError>) -> bool {
    matches!(result, Err(WaitError::Failed { reported_by: StatusSource::Channel, status, .. }) if status == "failed")
}

#[tokio::test(start_paused = true)]
async fn results_arrive_as_each_install_finishes() {
    let fake = Fake::new(3, |number, now| {
        pending_until(seconds(10.0 * (3 - number) as f64), "active")(now)
    });
    let mut results = fake.results();
    let mut order = Vec::new();
    while let Some(wait) = results.next().await {
        let (id, ready) = (wait.connector_id, wait.result.unwrap());
        assert_eq!(ready.channel_id, channel_id(number_of(id)));
        assert_eq!(ready.confirmed_by, StatusSource::Channel);
        assert_eq!(ready.channel.unwrap().status.unwrap().as_str(), "active");
        assert_eq!(ready.elapsed, fake.0.start.elapsed());
        order.push(number_of(id));
        let totals = results.totals();
        assert_eq!(
            (totals.ready, totals.pending),
            (order.len(), 3 - order.len())
        );
    }
    assert_eq!(order, [2, 1, 0]);
    let totals = results.totals();
    assert_eq!((totals.ready, totals.failed, totals.pending), (3, 0, 0));
    assert_eq!(totals.gets as usize, fake.requests().len());
    assert!(
        totals
            .to_string()
            .starts_with("3 ready, 0 failed, 0 pending, "),
        "{totals}"
    );
}

#[tokio::test(start_paused = true)]
async fn collect_returns_all_results() {
    let fake = Fake::new(5, |_, _| InstallState::with_status("active"));
    let all: Vec<_> = fake.results().collect().await;
    assert_eq!(all.len(), 5);
    assert_eq!(fake.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn wait_for_no_installs_sends_nothing() {
    let fake = Fake::new(0, |_, _| InstallState::WITHOUT_CHANNEL);
    assert!(fake.wait(|_| {}).await.is_empty());
    assert!(fake.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn failure_status_fails_after_two_consecutive_rounds() {
    let fake = Fake::new(3, |number, now| match number {
        0 => pending_until(seconds(5.0), "failed")(now),
        1 if now > seconds(0.1) && now < seconds(2.5) => InstallState::with_status("failed"),
        _ => pending_until(seconds(20.0), "active")(now),
    });
    let all = fake.wait(|_| {}).await;
    let (at, failed) = &all[&0];
    assert!(channel_failed(failed), "{failed:?}");
    // The first round after the change observes it, and the next one confirms it.
    assert!(
        *at >= seconds(5.0 + 1.6) && *at <= seconds(5.0 + 3.7),
        "{at:?}"
    );
    assert!(all[&1].1.is_ok() && all[&2].1.is_ok());
}

/// The install has no channel, or one without a failure status.
#[tokio::test(start_paused = true)]
async fn failure_in_readiness_alone_is_detected() {
    let fake = Fake::new(40, |number, _| InstallState {
        number_status: if number % 4 == 0 {
            "rejected"
        } else {
            "pending"
        },
        channel: (number % 2 == 1).then_some("active"),
        ..InstallState::WITHOUT_CHANNEL
    });
    let all = fake.wait(|_| {}).await;
    for (number, (at, result)) in &all {
        match number % 4 {
            0 => {
                let number = matches!(
                    result,
                    Err(WaitError::Failed {
                        reported_by: StatusSource::ReadinessNumber,
                        ..
                    })
                );
                assert!(number, "{result:?}");
                assert!(*at < seconds(60.0), "{at:?}");
            }
            2 => assert!(matches!(result, Err(WaitError::TimedOut(_))), "{result:?}"),
            _ => assert!(result.is_ok()),
        }
    }

    let state = |_, _| InstallState {
        number_status: "rejected",
        ..InstallState::with_status("pending")
    };
    let fake = Fake::new(3, state);
    for (at, result) in fake.wait(|_| {}).await.values() {
        assert!(
            matches!(result, Err(WaitError::Failed { .. })),
            "{result:?}"
        );
        assert!(*at >= seconds(60.0), "{at:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn deleted_and_missing_connectors_vanish() {
    let fake = Fake::new(20, |number, now| match number {
        0 if now > seconds(4.0) => InstallState::DELETED,
        1 => InstallState::DELETED,
        _ => pending_until(seconds(100.0), "active")(now),
    });
    let all = fake.wait(|_| {}).await;
    let messages: Vec<_> = [0, 1]
        .iter()
        .map(|number| all[number].1.as_ref().unwrap_err().to_string())
        .collect();
    assert!(
        messages[0].contains("no longer exists (404 in two consecutive polls)"),
        "{}",
        messages[0]
    );
    assert!(
        messages[1].contains("never appeared (404 in two consecutive polls)"),
        "{}",
        messages[1]
    );
    assert!(all[&0].0 < seconds(40.0), "{:?}", all[&0].0);
    // The settling time applies.
    assert!(all[&1].0 >= seconds(30.0), "{:?}", all[&1].0);
}

#[tokio::test(start_paused = true)]
async fn unlisted_install_is_read_individually() {
    let fake = Fake::new(30, |number, now| InstallState {
        listed: number != 7,
        ..pending_until(seconds(8.0), "active")(now)
    });
    let all = fake.wait(|_| {}).await;
    assert!(all.values().all(|(_, result)| result.is_ok()));
    assert!(all[&7].0 < seconds(16.0), "{:?}", all[&7].0);
    assert!(
        fake.requests()
            .iter()
            .filter(|(_, get)| is_individual(get))
            .all(|(_, get)| {
                matches!(get, Get::Connector(7) | Get::Readiness(7) | Get::Channel(7))
            })
    );
}

#[tokio::test(start_paused = true)]
async fn key_that_can_only_list_channels_is_sufficient() {
    let fake = Fake::new(100, |number, now| {
        pending_until(seconds(number as f64), "active")(now)
    })
    .with(|workspace| workspace.denied = is_individual);
    let all = fake.wait(|_| {}).await;
    assert!(all.values().all(|(_, result)| result.is_ok()));
}

#[tokio::test(start_paused = true)]
async fn denied_list_is_replaced_by_individual_reads() {
    let fake = Fake::new(60, |number, now| {
        pending_until(seconds(number as f64), "active")(now)
    })
    .with(|workspace| workspace.denied = |get| matches!(get, Get::Page(_)));
    let all = fake.wait(|_| {}).await;
    assert!(all.values().all(|(_, result)| result.is_ok()));
    assert_eq!(fake.count(|get| matches!(get, Get::Page(_))), 1);
    assert!(fake.peak_per_second() <= 50);
}

#[tokio::test(start_paused = true)]
async fn wait_is_denied_without_usable_sources() {
    let fake = Fake::new(9, |_, _| InstallState::with_status("pending")).with(|workspace| {
        workspace.denied = |get| matches!(get, Get::Page(_) | Get::Ids(..) | Get::Connector(_));
    });
    for (_, result) in fake.wait(|_| {}).await.values() {
        let denied = matches!(result, Err(WaitError::Denied { error, .. }) if error.kind() == ErrorKind::PermissionDenied);
        assert!(denied, "{result:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_key_ends_all_waits() {
    let fake = Fake::new(9, |_, _| InstallState::WITHOUT_CHANNEL)
        .with(|workspace| workspace.list_errors = Mutex::new([http_error(401, None)].into()));
    let all = fake.wait(|_| {}).await;
    assert_eq!(all.len(), 9);
    for (at, result) in all.values() {
        assert!(
            matches!(result, Err(WaitError::Denied { error, .. }) if error.kind() == ErrorKind::Authentication)
        );
        assert_eq!(*at, Duration::ZERO);
    }
    assert_eq!(fake.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn list_errors_do_not_end_the_wait_and_are_reported() {
    let errors = (0..3).map(|_| http_error(503, None)).collect();
    let fake = Fake::new(2, |number, now| match number {
        0 => pending_until(seconds(9.0), "active")(now),
        _ => InstallState::with_status("pending"),
    })
    .with(|workspace| workspace.list_errors = Mutex::new(errors));
    let all = fake
        .wait(|wait| wait.options.timeout = Some(seconds(60.0)))
        .await;
    assert!(all[&0].1.is_ok());
    let error = all[&1].1.as_ref().unwrap_err();
    let report = error.report().unwrap();
    // The second round reads both kinds of list.
    assert_eq!(report.last_error_poll, Some(2));
    assert_eq!(
        report
            .last_poll_error
            .as_ref()
            .unwrap()
            .status()
            .map(|status| status.as_u16()),
        Some(503)
    );
    assert!(
        error
            .to_string()
            .contains("last poll error (poll 2): read: 503"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn last_poll_counts_and_the_error_reports_the_state_at_the_deadline() {
    // A round that is due up to a quarter of an interval earlier replaces it.
    let last_poll = seconds(60.0) - SHORTEST_LEAD - seconds(0.45);
    let fake = Fake::new(500, move |number, now| match number {
        0 if now >= last_poll => InstallState::with_status("active"),
        _ => InstallState::with_status("in review"),
    });
    let all = fake
        .wait(|wait| wait.options.timeout = Some(seconds(60.0)))
        .await;
    let ready = all[&0].1.as_ref().unwrap().elapsed;
    assert!(ready >= last_poll && ready < seconds(60.0), "{ready:?}");
    for number in 1..500 {
        let error = all[&number].1.as_ref().unwrap_err();
        let report = error.report().unwrap();
        assert_eq!(
            (report.elapsed, report.status.as_deref()),
            (seconds(60.0), Some("in review"))
        );
        let token = error.token().unwrap();
        assert_eq!(
            (token.connector_id(), token.observed()),
            (connector_id(number), true)
        );
        assert_eq!(
            report.channel.as_ref().map(|channel| channel.id),
            Some(channel_id(number))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn separate_timeouts_share_last_polls() {
    let fake = Fake::new(200, |_, _| InstallState::with_status("pending"));
    let own = |number: usize| seconds(30.0 + 0.05 * number as f64);
    let all = fake
        .wait(|wait| {
            wait.options.timeout = None;
            wait.timeouts = (0..200)
                .map(|number| (connector_id(number), own(number)))
                .collect();
        })
        .await;
    for (number, (at, result)) in &all {
        assert!(matches!(result, Err(WaitError::TimedOut(_))));
        // tokio's timer has a resolution of one millisecond.
        assert!(
            *at >= own(*number) && *at <= own(*number) + seconds(0.002),
            "{number} at {at:?}"
        );
    }
    let late = fake
        .requests()
        .iter()
        .filter(|(at, _)| *at >= seconds(29.0))
        .count();
    assert!(late < 60, "{late}");
}

#[tokio::test(start_paused = true)]
async fn running_request_is_cut_off_at_the_deadline() {
    let fake = Fake::new(3, |_, _| InstallState::with_status("pending"))
        .with(|workspace| workspace.latency = HOUR);
    let all = fake
        .wait(|wait| wait.options.timeout = Some(seconds(7.0)))
        .await;
    for (at, result) in all.values() {
        let error = result.as_ref().unwrap_err();
        assert!(matches!(error, WaitError::TimedOut(_)));
        assert_eq!(*at, seconds(7.0));
        assert!(
            error.to_string().contains(
                "cut off because it was still running when the timeout of the wait expired"
            ),
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn running_request_is_cut_off_at_the_deadline_of_a_joining_install() {
    let fake = Fake::new(3, |_, _| InstallState::with_status("pending"))
        .with(|workspace| workspace.latency = HOUR);
    // As in a bulk install, whose installs join when they are created.
    let later = stream::iter(0..3).then(|number| async move {
        sleep(seconds(10.0)).await;
        InstallRef::from(connector_id(number))
    });
    let all = fake
        .wait(|wait| {
            wait.installs.clear();
            wait.joins = Some(JoiningInstalls::new(Box::pin(later)));
            wait.options.timeout = Some(seconds(7.0));
        })
        .await;
    for number in 0..3 {
        let (at, result) = &all[&number];
        assert!(matches!(result, Err(WaitError::TimedOut(_))), "{result:?}");
        assert_eq!(*at, seconds(10.0 * (number + 1) as f64 + 7.0));
    }
}

#[tokio::test(start_paused = true)]
async fn slow_responses_arrive_before_the_deadline() {
    // A round takes two seconds, so the last one begins four seconds before the deadline, or earlier.
    let fake = Fake::new(3, |_, now| pending_until(seconds(55.0), "active")(now))
        .with(|workspace| workspace.latency = seconds(2.0));
    let all = fake
        .wait(|wait| wait.options.timeout = Some(seconds(60.0)))
        .await;
    for (at, result) in all.values() {
        assert!(result.is_ok() && *at <= seconds(60.0), "{at:?} {result:?}");
    }
}

/// A workspace whose channel list never returns its second page after five seconds.
struct HangingSecondPage(Fake);

impl Source for HangingSecondPage {
    async fn connector(&self, id: ConnectorId) -> Result<Connector, Error> {
        self.0.connector(id).await
    }

    async fn readiness(&self, connector: ConnectorId) -> Result<ConnectorReadiness, Error> {
        self.0.readiness(connector).await
    }

    async fn channel(&self, id: ChannelId) -> Result<Channel, Error> {
        self.0.channel(id).await
    }

    async fn find_channel(
        &self,
        connector: ConnectorId,
        lookup: Lookup,
    ) -> Result<Option<Channel>, Error> {
        self.0.find_channel(connector, lookup).await
    }
}

impl SharedSource for HangingSecondPage {
    fn pages(
        &self,
        listing: &Listing,
    ) -> impl Stream<Item = Result<Vec<Channel>, Error>> + Send + Unpin + 'static {
        let pages = self.0.pages(listing);
        let pages: BoxStream<_> = if self.0.0.start.elapsed() >= seconds(5.0) {
            Box::pin(pages.take(1).chain(stream::pending()))
        } else {
            Box::pin(pages)
        };
        pages
    }
}

#[tokio::test(start_paused = true)]
async fn cut_off_round_counts_what_it_has_listed() {
    // The first page of the last round lists the channels as active, and its second page never arrives.
    let fake = Fake::new(2, |_, now| pending_until(seconds(5.0), "active")(now));
    let source = HangingSecondPage(fake.clone());
    let settings = {
        let mut settings = fake.settings();
        settings.options.timeout = Some(seconds(10.0));
        settings
    };
    let mut results = settings.results(source);
    while let Some(wait) = results.next().await {
        assert!(wait.result.is_ok(), "{:?}", wait.result);
        assert_eq!(fake.0.start.elapsed(), seconds(10.0));
    }
}

#[tokio::test(start_paused = true)]
async fn unlisted_install_is_read_in_its_last_poll() {
    let fake = Fake::new(1, |_, now| InstallState {
        listed: false,
        ..pending_until(seconds(59.0), "active")(now)
    });
    let all = fake
        .wait(|wait| wait.options.timeout = Some(seconds(60.0)))
        .await;
    assert!(all[&0].1.is_ok(), "{:?}", all[&0].1);
}

#[tokio::test(start_paused = true)]
async fn listed_channel_of_another_connector_does_not_end_the_wait() {
    let other = ConnectorId::from_u128(77);
    let fake = Fake::new(2, |_, _| InstallState::with_status("active"))
        .with(|workspace| workspace.owner = Some(other));
    let all = fake
        .wait(|wait| wait.options.timeout = Some(seconds(30.0)))
        .await;
    for (_, result) in all.values() {
        let error = result.as_ref().unwrap_err();
        assert!(matches!(error, WaitError::TimedOut(_)), "{error}");
        assert!(
            error
                .to_string()
                .contains(&format!("belongs to connector {other}")),
            "{error}"
        );
    }
}

/// The reasons are those of a wait for one install, whatever the timeout.
#[tokio::test(start_paused = true)]
async fn timeout_says_why_there_is_no_status() {
    let other = ConnectorId::from_u128(77);
    let channel = channel_id(0);
    type Change = Box<dyn Fn(&mut FakeWorkspace)>;
    let cases: [(&str, String, Change); 6] = [
        (
            "another connector",
            format!("channel {channel} belongs to connector {other}"),
            Box::new(move |workspace| workspace.owner = Some(other)),
        ),
        (
            "zero UUID",
            "the connector names the zero UUID as its channel".to_owned(),
            Box::new(|workspace| {
                workspace.zero_channels = true;
                workspace.is_listed = |_, _| false;
            }),
        ),
        (
            "no status",
            format!("channel {channel} has no status"),
            Box::new(|workspace| workspace.status = Some(json!(null))),
        ),
        (
            "empty status",
            format!("channel {channel} has no status"),
            Box::new(|workspace| workspace.status = Some(json!(" "))),
        ),
        (
            "unreadable status",
            format!("the status of channel {channel} cannot be read: expected a string, not `7`"),
            Box::new(|workspace| workspace.status = Some(json!(7))),
        ),
        (
            "unreadable channel",
            "the field `channel` of the connector cannot be read".to_owned(),
            Box::new(|workspace| {
                workspace.unreadable_channels = true;
                workspace.is_listed = |_, _| false;
            }),
        ),
    ];
    for (name, reason, change) in cases {
        for timeout in [2.0, 4.0, 30.0] {
            let fake = Fake::new(1, |_, _| InstallState::with_status("active")).with(&change);
            let all = fake
                .wait(|wait| wait.options.timeout = Some(seconds(timeout)))
                .await;
            let error = all[&0].1.as_ref().unwrap_err();
            let message = error.to_string();
            assert!(message.contains(&reason), "{name}, {timeout} s: {message}");
            assert_eq!(message.matches(&reason).count(), 1, "{message}");
            assert_eq!(error.report().unwrap().status, None);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn timeout_before_the_connector_was_read_says_that_it_is_unlisted() {
    let fake = Fake::new(1, |_, _| InstallState::WITHOUT_CHANNEL);
    for (timeout, reason) in [
        (
            0.0,
            "no channel of this connector is in the list of channels",
        ),
        (2.0, "the connector names no channel yet"),
    ] {
        let all = fake
            .wait(|wait| wait.options.timeout = Some(seconds(timeout)))
            .await;
        let message = all[&0].1.as_ref().unwrap_err().to_string();
        assert!(message.contains(reason), "{message}");
    }
}

/// The workspace has so many channels that the wait would rather read an install individually than all pages of the list.
#[tokio::test(start_paused = true)]
async fn connector_with_a_channel_that_cannot_be_read_is_found_in_the_pages() {
    let fake = Fake::new(1, |_, now| InstallState {
        listed: now > seconds(20.0),
        ..pending_until(seconds(40.0), "active")(now)
    })
    .with(|workspace| {
        workspace.other_channels = 12_000;
        workspace.unreadable_channels = true;
    });
    let all = fake
        .wait(|wait| wait.options.timeout = Some(seconds(90.0)))
        .await;
    let (_, result) = &all[&0];
    assert_eq!(result.as_ref().unwrap().channel_id, channel_id(0));
    // Once the channel is known, it is listed by its id.
    let last = fake.requests().pop().unwrap();
    assert!(matches!(last.1, Get::Ids(_, 1)), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn slow_reader_gets_the_last_poll() {
    let fake = Fake::new(2, |number, now| match number {
        0 => InstallState::with_status("active"),
        _ => pending_until(seconds(9.0), "active")(now),
    });
    let mut results = fake.results_with(|wait| wait.options.timeout = Some(seconds(10.0)));
    assert!(results.next().await.unwrap().result.is_ok());
    tokio::time::advance(HOUR).await;
    assert!(results.next().await.unwrap().result.is_ok());
}

#[test]
fn timeout_of_a_bulk_wait_keeps_the_other_options() {
    let client = crate::Client::builder().access_key("key").build().unwrap();
    let connectors = client.workspace(WORKSPACE).connectors();
    let interval = (seconds(2.0), seconds(9.0));
    let options = WaitOptions::new().interval(interval.0, interval.1);
    let wait = connectors
        .wait_all([connector_id(1)])
        .options(options)
        .timeout(seconds(5.0));
    assert_eq!(wait.settings.options.timeout, Some(seconds(5.0)));
    assert_eq!(wait.settings.options.interval, Some(interval));
}

#[tokio::test(start_paused = true)]
async fn zero_timeout_makes_one_round() {
    let fake = Fake::new(50, |number, _| {
        InstallState::with_status(if number < 25 { "active" } else { "pending" })
    });
    let all = fake
        .wait(|wait| wait.options.timeout = Some(Duration::ZERO))
        .await;
    assert_eq!(
        all.values().filter(|(_, result)| result.is_ok()).count(),
        25
    );
    assert_eq!(fake.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn wait_without_timeout_outlasts_a_day() {
    let day = Duration::from_secs(24 * 3600);
    for timeout in [None, Some(Duration::MAX)] {
        let fake = Fake::new(2, move |_, now| pending_until(day, "active")(now));
        let all = fake.wait(|wait| wait.options.timeout = timeout).await;
        assert!(
            all.values()
                .all(|(at, result)| result.is_ok() && *at >= day)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn cancelled_install_has_no_result_and_others_continue() {
    let fake = Fake::new(3, |_, now| pending_until(seconds(30.0), "active")(now));
    let mut results = fake.results();
    let control = results.control();
    let cancel = async {
        sleep(seconds(5.0)).await;
        control.cancel(connector_id(1));
        control.cancel(connector_id(99));
        sleep(HOUR).await;
    };
    let mut delivered = Vec::new();
    tokio::select! {
        () = async { while let Some(wait) = results.next().await { delivered.push(number_of(wait.connector_id)) } } => {}
        () = cancel => panic!("the wait did not end"),
    }
    assert_eq!(delivered, [0, 2]);
    let totals = control.totals();
    assert_eq!((totals.ready, totals.cancelled, totals.pending), (2, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn cancelling_all_installs_ends_the_stream() {
    let fake = Fake::new(3, |_, _| InstallState::with_status("pending"));
    let mut results = fake.results();
    let control = results.control();
    let cancel = async {
        sleep(seconds(5.0)).await;
        (0..3).for_each(|number| control.cancel(connector_id(number)));
    };
    let (next, ()) = tokio::join!(results.next(), cancel);
    assert!(next.is_none());
    assert_eq!(fake.0.start.elapsed(), seconds(5.0));
}

#[tokio::test(start_paused = true)]
async fn dropped_results_stop_the_wait() {
    let fake = Fake::new(3, |_, _| InstallState::with_status("pending"))
        .with(|workspace| workspace.latency = seconds(1.0));
    let mut results = fake.results();
    assert!(
        tokio::time::timeout(seconds(4.5), results.next())
            .await
            .is_err()
    );
    drop(results);
    let sent = fake.requests();
    assert!(!sent.is_empty());
    tokio::time::advance(HOUR).await;
    tokio::task::yield_now().await;
    assert_eq!(fake.requests(), sent);
    // No task still owns the source.
    assert_eq!(Arc::strong_count(&fake.0), 1);
}

#[tokio::test(start_paused = true)]
async fn token_of_another_workspace_fails_alone() {
    let fake = Fake::new(2, |_, _| InstallState::with_status("active"));
    let foreign_token = WaitToken::new(
        WorkspaceId::from_u128(9),
        connector_id(77),
        crate::clock::now(),
        false,
    );
    let all = fake
        .wait(|wait| {
            wait.installs.insert(0, foreign_token.into());
            // A duplicate is followed once.
            wait.installs.push(connector_id(1).into());
        })
        .await;
    assert_eq!(all.len(), 3);
    let error = all[&77].1.as_ref().unwrap_err();
    assert!(matches!(error, WaitError::Invalid(_)));
    assert!(
        error.to_string().contains("belongs to workspace"),
        "{error}"
    );
    assert!(all[&0].1.is_ok() && all[&1].1.is_ok());
}

#[tokio::test(start_paused = true)]
async fn invalid_intervals_are_rejected_before_sending() {
    let fake = Fake::new(2, |_, _| InstallState::with_status("active"));
    let all = fake
        .wait(|wait| wait.options.interval = Some((Duration::ZERO, HOUR)))
        .await;
    assert_eq!(all.len(), 2);
    assert!(
        all.values()
            .all(|(_, result)| matches!(result, Err(WaitError::Invalid(_))))
    );
    assert!(fake.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn wait_starts_when_its_results_are_first_polled() {
    let fake = Fake::new(1, |_, _| InstallState::with_status("pending"));
    let mut results = fake.results_with(|wait| wait.options.timeout = Some(seconds(10.0)));
    tokio::time::advance(HOUR).await;
    assert!(fake.requests().is_empty());
    let result = results.next().await.unwrap().result;
    assert_eq!(result.unwrap_err().report().unwrap().elapsed, seconds(10.0));
}

#[tokio::test(start_paused = true)]
async fn joining_installs_are_followed() {
    let fake = Fake::new(6, |number, now| {
        pending_until(seconds(4.0 + number as f64), "active")(now)
    });
    let later = stream::iter(2..6).then(|number| async move {
        sleep(seconds(10.0)).await;
        InstallRef::from(connector_id(number))
    });
    let all = fake
        .wait(|wait| {
            wait.installs.truncate(2);
            wait.joins = Some(JoiningInstalls::new(Box::pin(later)));
            wait.options.timeout = Some(seconds(20.0));
        })
        .await;
    assert_eq!(all.len(), 6);
    assert!(all.values().all(|(_, result)| result.is_ok()));
    assert!(
        all[&5].0 >= seconds(40.0) && all[&5].0 < seconds(42.0),
        "{:?}",
        all[&5].0
    );
}

#[tokio::test(start_paused = true)]
async fn custom_conditions_end_the_wait() {
    let fake = Fake::new(3, |_, now| pending_until(seconds(3.0), "wired")(now));
    let until = |wait: &mut BulkWaitSettings| {
        wait.options.rules.condition =
            Condition::matches(|channel| channel.status == Some("wired".into()))
    };
    assert!(
        fake.wait(until)
            .await
            .values()
            .all(|(at, result)| result.is_ok() && *at >= seconds(3.0))
    );

    let fake = Fake::new(3, |_, now| pending_until(seconds(3.0), "wired")(now));
    let until =
        |wait: &mut BulkWaitSettings| wait.options.rules.condition = Condition::has_channel();
    assert!(
        fake.wait(until)
            .await
            .values()
            .all(|(at, result)| result.is_ok() && at.is_zero())
    );
}

/// A bulk wait can be moved to another task, and shared with one.
#[test]
fn waits_are_send_and_sync() {
    fn is_send<T: Send + 'static>(_: &T) {}
    fn is_send_and_sync<T: Send + Sync + 'static>() {}
    fn of(wait: WaitAll) {
        is_send(&wait.into_future());
    }
    let _ = of;
    is_send_and_sync::<WaitAll>();
    is_send_and_sync::<WaitResults>();
    is_send_and_sync::<WaitResult>();
    is_send_and_sync::<WaitControl>();
}
