//! TLS against local servers, with certificate authorities made for the test. SSL_CERT_FILE selects the trusted
//! authorities, so every case runs in its own process.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bird_connectors::{Client, Error, ErrorKind, RequestOutcome};
use bytes::Bytes;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::PrivateKeyDer;
use support::faults::{connector, get, send};
use support::server::{self, Act, Server};
use support::{KEY, WORKSPACE, builder, child, client, until};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

mod support;

/// Runs a case in a process that trusts the authority in the file named after the case.
fn in_a_child(case: &str) {
    let mut store = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    store.push(format!("{case}.pem"));
    child::pass(case, &[("SSL_CERT_FILE", store.to_str().unwrap())]);
}

#[tokio::test]
async fn child() {
    match child::part().as_deref() {
        Some("trusted") => trusted().await,
        Some("untrusted") => untrusted().await,
        Some("broken") => broken().await,
        Some("additional") => additional().await,
        Some("storeless") => storeless().await,
        Some("misnamed") => misnamed().await,
        Some("refused") => refused().await,
        Some("going_away") => going_away().await,
        _ => {}
    }
}

#[test]
fn trusted_certificate_is_accepted_and_the_connection_reused() {
    in_a_child("trusted");
}

#[test]
fn untrusted_certificate_fails_without_a_retry() {
    in_a_child("untrusted");
}

#[test]
fn failed_handshake_is_not_sent_and_retried() {
    in_a_child("broken");
}

#[test]
fn root_certificate_is_trusted_in_addition_to_the_store() {
    in_a_child("additional");
}

#[test]
fn refused_http2_stream_is_not_sent_and_retried_for_every_method() {
    in_a_child("refused");
}

#[test]
fn http2_connection_that_shuts_down_before_the_stream_is_not_sent_and_retried() {
    in_a_child("going_away");
}

#[test]
fn missing_certificate_store_fails_https_only() {
    let empty = tempfile::tempdir().unwrap();
    child::pass(
        "storeless",
        &[("SSL_CERT_DIR", empty.path().to_str().unwrap())],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn certificate_variable_that_names_nothing_readable_fails_https_only() {
    child::pass("misnamed", &[("SSL_CERT_FILE", "/nonexistent/store.pem")]);
}

async fn trusted() {
    let authority = Authority::new("one");
    authority.trust();
    for (offered, negotiated) in [
        (&["h2", "http/1.1"][..], "h2"),
        (&["http/1.1"], "http/1.1"),
        (&[], ""),
    ] {
        let server = TlsServer::start(authority.certificate("localhost", 2100), offered).await;
        let client = client(&server.url());
        get(&client).await.unwrap();
        get(&client).await.unwrap();
        assert_eq!(*server.protocols.lock().unwrap(), [negotiated, negotiated]);
        assert_eq!(
            server.handshakes.load(Ordering::SeqCst),
            1,
            "both calls use one connection"
        );
    }
    // The client installs no process-wide provider: other users of rustls choose their own.
    assert!(CryptoProvider::get_default().is_none());
}

async fn untrusted() {
    let (trusted, other) = (Authority::new("one"), Authority::new("two"));
    // Another key with the same name.
    let forged = Authority::new("one");
    trusted.trust();
    for (certificate, reason) in [
        (other.certificate("localhost", 2100), "UnknownIssuer"),
        (forged.certificate("localhost", 2100), "BadSignature"),
        (
            trusted.certificate("localhost", 2001),
            "certificate expired",
        ),
        (
            trusted.certificate("other.example", 2100),
            "certificate not valid for name \"localhost\"",
        ),
    ] {
        let server = TlsServer::start(certificate, &["h2", "http/1.1"]).await;
        let client = client(&server.url());
        for error in [
            get(&client).await.unwrap_err(),
            send(&client).await.unwrap_err(),
        ] {
            not_sent(
                &error,
                1,
                "connection failed: the server's certificate is not trusted: invalid peer certificate: ",
            );
            assert!(error.to_string().contains(reason), "{error}");
        }
        assert_eq!(
            server.handshakes.load(Ordering::SeqCst),
            2,
            "one for each call"
        );
        assert!(server.protocols.lock().unwrap().is_empty());
    }
}

async fn refused() {
    let authority = Authority::new("one");
    authority.trust();
    let certificate = || authority.certificate("localhost", 2100);
    // A read and a create succeed once the server accepts the stream.
    let server = TlsServer::refusing(certificate(), Refusal::Stream, 2).await;
    get(&client(&server.url())).await.unwrap();
    assert_eq!(server.protocols.lock().unwrap().len(), 3);
    let server = TlsServer::refusing(certificate(), Refusal::Stream, 2).await;
    let connectors = client(&server.url()).workspace(WORKSPACE).connectors();
    let template = bird_connectors::templates::Telegram::new("Bot");
    let _ = connectors.install(template).await.unwrap();
    assert_eq!(server.protocols.lock().unwrap().len(), 3);

    let server = TlsServer::refusing(certificate(), Refusal::Stream, usize::MAX).await;
    let client = client(&server.url());
    for error in [
        get(&client).await.unwrap_err(),
        send(&client).await.unwrap_err(),
    ] {
        not_sent(
            &error,
            3,
            "the server refused the request before it processed it: ",
        );
        assert!(!error.may_have_been_processed());
    }
    assert_eq!(server.protocols.lock().unwrap().len(), 6);

    // A stream that the server resets for another reason may have been processed.
    let server = TlsServer::refusing(certificate(), Refusal::InternalError, usize::MAX).await;
    let error = send(&support::client(&server.url())).await.unwrap_err();
    assert_eq!(
        (error.outcome(), error.attempts()),
        (Some(RequestOutcome::Unknown), 1),
        "{error}"
    );
}

async fn going_away() {
    let authority = Authority::new("one");
    authority.trust();
    let certificate = || authority.certificate("localhost", 2100);
    let server = TlsServer::refusing(certificate(), Refusal::GoAway, 2).await;
    get(&client(&server.url())).await.unwrap();
    assert_eq!(server.handshakes.load(Ordering::SeqCst), 3);

    let server = TlsServer::refusing(certificate(), Refusal::GoAway, usize::MAX).await;
    let error = send(&client(&server.url())).await.unwrap_err();
    not_sent(
        &error,
        3,
        "the server refused the request before it processed it: ",
    );
}

async fn additional() {
    let [store, first, second, other] = ["store", "first", "second", "other"].map(Authority::new);
    store.trust();
    let bundle = format!("a comment\n{}{}", first.pem, second.pem);
    let chosen = |url: &str| builder(url).root_certificate(&bundle).build().unwrap();
    for authority in [&store, &first, &second] {
        let server = TlsServer::start(authority.certificate("localhost", 2100), &["h2"]).await;
        get(&chosen(&server.url())).await.unwrap();
        assert_eq!(*server.protocols.lock().unwrap(), ["h2"]);
    }
    for (certificate, reason) in [
        (other.certificate("localhost", 2100), "UnknownIssuer"),
        (first.certificate("localhost", 2001), "certificate expired"),
        (
            first.certificate("other.example", 2100),
            "certificate not valid for name",
        ),
    ] {
        let server = TlsServer::start(certificate, &["h2"]).await;
        let error = get(&chosen(&server.url())).await.unwrap_err();
        not_sent(&error, 1, reason);
    }
    // Other clients of the process do not trust it.
    let server = TlsServer::start(first.certificate("localhost", 2100), &["h2"]).await;
    let error = get(&client(&server.url())).await.unwrap_err();
    not_sent(&error, 1, "UnknownIssuer");
    // Calls add up.
    let both = builder(&server.url())
        .root_certificate(second.pem.as_bytes())
        .root_certificate(first.pem.as_bytes());
    get(&both.build().unwrap()).await.unwrap();
}

async fn broken() {
    Authority::new("one").trust();
    let https = |server: &Server| {
        server
            .url()
            .replace("http://127.0.0.1", "https://localhost")
    };

    // A server without TLS.
    let plain = Server::script([Act::Close(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let error = send(&client(&format!("https://localhost:{}", address.port())))
        .await
        .unwrap_err();
    not_sent(
        &error,
        3,
        "connection failed: received corrupt message of type InvalidContentType",
    );

    // A server that never responds to the client's hello.
    let client = builder(&https(&plain))
        // Long enough for resolving `localhost` and connecting on a busy machine.
        .connect_timeout(Duration::from_secs(2))
        .build()
        .unwrap();
    let error = send(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(
        error
            .to_string()
            .contains("connection timed out (not sent, 3 attempts)"),
        "{error}"
    );
    until("three connections", || plain.connections() >= 3).await;
    assert_eq!(plain.connections(), 3);
}

async fn storeless() {
    let error = Client::builder().access_key(KEY).build().unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Configuration, Some(RequestOutcome::NotSent))
    );
    let text = error.to_string();
    assert!(
        text.starts_with("set up the client: cannot set up TLS: "),
        "{text}"
    );
    assert!(text.contains("SSL_CERT_FILE"), "{text}");

    let server = Server::script([connector()]).await;
    get(&client(&server.url())).await.unwrap();

    // An authority of the program's own is enough.
    let authority = Authority::new("one");
    let server = TlsServer::start(authority.certificate("localhost", 2100), &["h2"]).await;
    let client = builder(&server.url()).root_certificate(&authority.pem);
    get(&client.build().unwrap()).await.unwrap();
}

async fn misnamed() {
    let additional = Authority::new("one").pem;
    let client_builder = || Client::builder().access_key(KEY);
    for builder in [
        client_builder(),
        client_builder().root_certificate(&additional),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let text = error.to_string();
        assert!(
            text.contains("SSL_CERT_FILE names /nonexistent/store.pem, which cannot be read"),
            "{text}"
        );
    }
    let server = Server::script([connector()]).await;
    get(&client(&server.url())).await.unwrap();
}

#[track_caller]
fn not_sent(error: &Error, attempts: u32, message: &str) {
    assert_eq!(
        (error.kind(), error.outcome(), error.attempts()),
        (
            ErrorKind::Transport,
            Some(RequestOutcome::NotSent),
            attempts
        ),
        "{error}"
    );
    let text = error.to_string();
    assert!(text.contains(message) && !text.contains(KEY), "{text}");
}

/// A certificate authority for these tests.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

struct Certificate {
    chain: Vec<rustls::pki_types::CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new([]).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let name = format!("Authority {name}");
        parameters.distinguished_name.push(DnType::CommonName, name);
        let pem = parameters.self_signed(&key).unwrap().pem();
        Self {
            pem,
            issuer: Issuer::new(parameters, key),
        }
    }

    /// Makes it the only authority that this process trusts.
    fn trust(&self) {
        std::fs::write(std::env::var("SSL_CERT_FILE").unwrap(), &self.pem).unwrap();
    }

    fn certificate(&self, host: &str, until: i32) -> Certificate {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new([host.to_owned()]).unwrap();
        parameters.not_before = date_time_ymd(2000, 1, 1);
        parameters.not_after = date_time_ymd(until, 1, 1);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        Certificate {
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        }
    }
}

/// How a server refuses a request over HTTP/2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// Resets the stream with REFUSED_STREAM.
    Stream,
    /// Resets the stream with INTERNAL_ERROR, which does not say that the request was not processed.
    InternalError,
    /// Closes the connection with GOAWAY, and states that it has processed no stream.
    GoAway,
}

/// The refusals that a server still makes.
struct Refusals {
    kind: Refusal,
    left: AtomicUsize,
}

impl Refusals {
    /// The refusal of the next request, if it is refused.
    fn next(&self) -> Option<Refusal> {
        let take = |left: usize| left.checked_sub(1);
        let left = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take);
        left.ok().map(|_| self.kind)
    }
}

/// Responds to every request with a connector, after its refusals.
struct TlsServer {
    address: SocketAddr,
    handshakes: Arc<AtomicUsize>,
    /// The negotiated protocol of each request.
    protocols: Arc<Mutex<Vec<String>>>,
}

impl TlsServer {
    async fn start(certificate: Certificate, offered: &[&str]) -> Self {
        Self::listen(certificate, offered, Refusal::Stream, 0).await
    }

    /// A server for HTTP/2 that refuses this many requests first.
    async fn refusing(certificate: Certificate, kind: Refusal, requests: usize) -> Self {
        Self::listen(certificate, &["h2"], kind, requests).await
    }

    async fn listen(
        certificate: Certificate,
        offered: &[&str],
        kind: Refusal,
        requests: usize,
    ) -> Self {
        let refusals = Arc::new(Refusals {
            kind,
            left: AtomicUsize::new(requests),
        });
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(certificate.chain, certificate.key)
            .unwrap();
        config.alpn_protocols = offered
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            handshakes: Arc::default(),
            protocols: Arc::default(),
        };
        let (handshakes, protocols) = (
            Arc::clone(&server.handshakes),
            Arc::clone(&server.protocols),
        );
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                handshakes.fetch_add(1, Ordering::SeqCst);
                let (acceptor, protocols) = (acceptor.clone(), Arc::clone(&protocols));
                let refusals = Arc::clone(&refusals);
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, &protocols, &refusals).await;
                    }
                });
            }
        });
        server
    }

    fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }
}

async fn serve(
    mut stream: tokio_rustls::server::TlsStream<tokio::net::TcpStream>,
    protocols: &Mutex<Vec<String>>,
    refusals: &Refusals,
) {
    let Act::Send(response) = connector() else {
        unreachable!()
    };
    let protocol = stream.get_ref().1.alpn_protocol().unwrap_or_default();
    let protocol = String::from_utf8(protocol.to_vec()).unwrap();
    let key = format!("AccessKey {KEY}");
    if protocol == "h2" {
        if refusals.kind == Refusal::GoAway && refusals.next().is_some() {
            go_away(&mut stream).await;
            return;
        }
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            assert_eq!(request.headers()["authorization"], key);
            protocols.lock().unwrap().push(protocol.clone());
            match refusals.next() {
                Some(Refusal::Stream) => {
                    respond.send_reset(h2::Reason::REFUSED_STREAM);
                    continue;
                }
                Some(Refusal::InternalError) => {
                    respond.send_reset(h2::Reason::INTERNAL_ERROR);
                    continue;
                }
                Some(Refusal::GoAway) | None => {}
            }
            let body = String::from_utf8(response.clone()).unwrap();
            let (_, body) = body.split_once("\r\n\r\n").unwrap();
            let mut send = respond
                .send_response(http::Response::new(()), false)
                .unwrap();
            send.send_data(Bytes::from(body.to_owned()), true).unwrap();
        }
        return;
    }
    let mut stream = BufReader::new(stream);
    while let Some(request) = server::read(&mut stream).await {
        assert_eq!(request.header("authorization"), Some(key.as_str()));
        protocols.lock().unwrap().push(protocol.clone());
        stream.write_all(&response).await.unwrap();
        stream.flush().await.unwrap();
    }
}

/// Reads up to the first HEADERS frame, and responds with GOAWAY (NO_ERROR, last stream 0).
async fn go_away(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.unwrap();
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let [a, b, c, kind, ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        stream.read_exact(&mut payload).await.unwrap();
        if kind == 1 {
            break;
        }
    }
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let go_away = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    stream.write_all(&settings).await.unwrap();
    stream.write_all(&go_away).await.unwrap();
    let _ = stream.shutdown().await;
}
