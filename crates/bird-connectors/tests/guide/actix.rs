use actix_web::test::{TestRequest, call_service, init_service};
use bird_connectors::webhook::{SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};

// --8<-- [start:actix]
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use bird_connectors::webhook::{Deduplicator, Event, Verifier, WorkOutcome};

const URL: &str = "https://hooks.example.com/bird"; // The registered URL, even if a proxy changes it.

struct Receiver {
    verifier: Verifier,
    deduplicator: Deduplicator,
}

async fn process(event: &Event) -> std::io::Result<()> {
    println!("{} {}", event.service, event.event);
    Ok(())
}

async fn receive(
    receiver: web::Data<Receiver>,
    request: HttpRequest,
    body: web::Bytes, // The bytes as received: `web::Json` would lose them.
) -> HttpResponse {
    let headers: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    let event = match receiver.verifier.verify((&headers, &body)) {
        Ok(event) => event,
        Err(error) => return HttpResponse::Unauthorized().body(error.reason()),
    };
    match receiver.deduplicator.work(&event, process(&event)).await {
        Ok(WorkOutcome::Completed(()) | WorkOutcome::AlreadyDone) => {
            HttpResponse::NoContent().finish()
        }
        Ok(WorkOutcome::InFlight) => HttpResponse::ServiceUnavailable().finish(), // Bird retries the delivery.
        Err(_) => HttpResponse::InternalServerError().finish(), // Here too: the claim is released.
    }
}

fn routes(config: &mut web::ServiceConfig) {
    config.route("/bird", web::post().to(receive));
}

/// Serves until the process is stopped. All workers share one receiver.
async fn serve(receiver: Receiver, address: (&str, u16)) -> std::io::Result<()> {
    let receiver = web::Data::new(receiver);
    let app = move || App::new().app_data(receiver.clone()).configure(routes);
    HttpServer::new(app).bind(address)?.run().await
}
// --8<-- [end:actix]

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
