use super::*;

#[cfg(unix)]
#[test]
fn pauses_double_up_to_five_seconds() {
    let pauses: Vec<_> = (0..8)
        .map(|failures| pause(failures, 0.0).as_millis())
        .collect();
    assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    assert_eq!(pause(u32::MAX, 0.0), LONGEST_PAUSE);
}

#[test]
fn pauses_are_shortened_by_up_to_half() {
    assert_eq!(pause(0, 1.0), FIRST_PAUSE / 2);
    assert_eq!(pause(u32::MAX, 0.5), LONGEST_PAUSE.mul_f64(0.75));
}

/// Against a real server.
#[cfg(unix)]
mod health {
    use std::process::Command;

    use bird_connectors::models::ConnectorId;
    use bird_connectors::webhook::EventSubject;

    use super::*;
    use bird_connectors_services::Redis;

    const LONG: Duration = Duration::from_secs(600);

    /// Receives events while `test` runs, which must end first.
    async fn during(server: &Redis, health: HealthCheck, signals: &Signals, test: impl Future) {
        let client = Client::open(server.url()).unwrap();
        let mut subscribed = || {};
        tokio::select! {
            ended = receive(&client, "events", signals, health, &mut subscribed) => panic!("{ended:?}"),
            _ = test => {}
        }
    }

    async fn ask<T: redis::FromRedisValue>(server: &Redis, command: &[&str]) -> T {
        let client = Client::open(server.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let (name, arguments) = command.split_first().unwrap();
        let mut command = redis::cmd(name);
        command.arg(arguments);
        command.query_async(&mut connection).await.unwrap()
    }

    #[tokio::test]
    async fn idle_connection_that_answers_pings_still_receives_events() {
        let server = Redis::start().unwrap();
        let health = HealthCheck {
            interval: Duration::from_millis(5),
            timeout: LONG,
        };
        let signals = Signals::new();
        let mut events = signals.events();
        let message = r#"{"v":1,"service":"channels","event":"channel.updated","timestamp":"2026-01-01T00:00:00Z",
            "delivery_key":"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
            "connector_id":"00000000-0000-0000-0000-000000000007"}"#;
        let test = async {
            let pings = "cmdstat_ping:calls=";
            loop {
                let commands: String = ask(&server, &["INFO", "commandstats"]).await;
                let (_, calls) = commands.split_once(pings).unwrap_or_default();
                let (calls, _) = calls.split_once(',').unwrap_or(("0", ""));
                if calls.parse::<u32>().unwrap() >= 3 {
                    break;
                }
                sleep(Duration::from_millis(5)).await;
            }
            let receivers: i64 = ask(&server, &["PUBLISH", "events", message]).await;
            assert_eq!(receivers, 1);
            let subject: EventSubject = events.next().await.unwrap();
            assert_eq!(subject.connector_id, Some(ConnectorId::from_u128(7)));
        };
        during(&server, health, &signals, test).await;
    }

    #[tokio::test]
    async fn connection_without_an_answer_to_a_ping_is_lost() {
        let server = Redis::start().unwrap();
        let health = HealthCheck {
            interval: Duration::from_millis(5),
            timeout: Duration::from_millis(100),
        };
        let client = Client::open(server.url()).unwrap();
        let signals = Signals::new();
        // The server does not run any more, and its connections stay open.
        let mut pause = || {
            let pause = Command::new("kill")
                .args(["-STOP", &server.process_id().unwrap().to_string()])
                .status();
            assert!(pause.unwrap().success());
        };
        let result = receive(&client, "events", &signals, health, &mut pause).await;
        let error = result.unwrap_err();
        assert!(error.is_io_error(), "{error}");
    }
}
