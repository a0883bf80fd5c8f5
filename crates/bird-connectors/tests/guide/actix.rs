//! The receiver of the example `webhooks_actix`, whose items are included, because examples cannot be imported.

use actix_web::test::{TestRequest, call_service, init_service};
use bird_connectors::webhook::{SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};

include!("../../examples/webhooks_actix.rs");

/// Not called, because it serves until the process is stopped: the tests start the server themselves.
const _: fn() -> Result<(), Box<dyn std::error::Error>> = main;

const KEY: &str = "a signing key";

fn receiver() -> Receiver {
    Receiver {
        verifier: Verifier::new([KEY], [URL]).unwrap(),
        deduplicator: Deduplicator::default(),
    }
}

fn delivery(body: &'static [u8]) -> TestRequest {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    TestRequest::post()
        .uri("/bird")
        .insert_header((SIGNATURE_HEADER, sign(KEY, now, URL, body).unwrap()))
        .insert_header((TIMESTAMP_HEADER, now.to_string()))
        .set_payload(body)
}

#[actix_web::test]
async fn actix_receiver_accepts_signed_deliveries_only() {
    let body =
        br#"{"service": "channels", "event": "channel.updated", "payload": {"status": "active"}}"#;
    let app = init_service(
        App::new()
            .app_data(web::Data::new(receiver()))
            .configure(routes),
    )
    .await;
    for _ in 0..2 {
        let response = call_service(&app, delivery(body).to_request()).await;
        assert_eq!(response.status(), 204);
    }
    let forged = delivery(body).set_payload("{}").to_request();
    assert_eq!(call_service(&app, forged).await.status(), 401);
}

#[actix_web::test]
async fn actix_server_fails_on_an_occupied_port() {
    let occupied = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = occupied.local_addr().unwrap().port();
    assert!(serve(receiver(), ("127.0.0.1", port)).await.is_err());
}
