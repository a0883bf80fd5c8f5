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

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = std::env::var("BIRD_SIGNING_KEY")?;
    let receiver = Receiver {
        verifier: Verifier::new([key], [URL])?,
        deduplicator: Deduplicator::default(),
    };
    serve(receiver, ("127.0.0.1", 8080)).await?;
    Ok(())
}
