//! A plain HTTP client that knows nothing of the API: one connection per request.

use bird_connectors_sandbox::Sandbox;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// A number id that no sandbox has.
pub(crate) const STRANGE_NUMBER: &str = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1";

pub(crate) struct Client {
    address: SocketAddr,
    authorization: Option<String>,
    /// What paths are relative to.
    base: String,
}

#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Seen {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body, where the status is this one.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    pub(crate) fn results(&self) -> Vec<Value> {
        self.expect(200)["results"].as_array().unwrap().clone()
    }

    /// The texts of one field of all results.
    pub(crate) fn column(&self, field: &str) -> Vec<String> {
        self.results()
            .iter()
            .map(|item| item[field].as_str().unwrap_or("?").to_owned())
            .collect()
    }

    pub(crate) fn token(&self) -> Option<String> {
        self.expect(200)["nextPageToken"]
            .as_str()
            .filter(|token| !token.is_empty())
            .map(str::to_owned)
    }
}

impl Client {
    /// A client of the sandbox's workspace, with its key.
    pub(crate) fn of(sandbox: &Sandbox) -> Self {
        let base = format!("/workspaces/{}", sandbox.workspace_id());
        Self::with_key(sandbox, sandbox.access_key()).at(base)
    }

    /// A client with another key; paths are relative to the root.
    pub(crate) fn with_key(sandbox: &Sandbox, key: &str) -> Self {
        let authorization = Some(format!("AccessKey {key}"));
        Self {
            address: sandbox.address(),
            authorization,
            base: String::new(),
        }
    }

    pub(crate) fn at(self, base: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            ..self
        }
    }

    pub(crate) fn authorization(self, value: Option<&str>) -> Self {
        Self {
            authorization: value.map(str::to_owned),
            ..self
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Seen {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn delete(&self, path: &str) -> Seen {
        self.send("DELETE", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Seen {
        self.send(
            "POST",
            path,
            &[("content-type", "application/json")],
            &body.to_string(),
        )
        .await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Seen {
        self.send(
            "PATCH",
            path,
            &[("content-type", "application/json")],
            &body.to_string(),
        )
        .await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Seen {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    pub(crate) async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Seen, Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("host", self.address.to_string())
            .header("connection", "close");
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned())))?;
        let exchange = async {
            let response = sender.send_request(request).await?;
            let (parts, body) = response.into_parts();
            let bytes = body.collect().await?.to_bytes();
            let text = String::from_utf8(bytes.to_vec())?;
            Ok(Seen {
                status: parts.status.as_u16(),
                headers: parts.headers,
                text,
            })
        };
        // Driven here and not in a task: nothing outlives the call.
        let mut connection = std::pin::pin!(connection);
        let mut exchange = std::pin::pin!(exchange);
        tokio::select! {
            seen = &mut exchange => seen,
            ended = &mut connection => {
                ended?;
                exchange.await
            }
        }
    }

    /// Installs an SMS connector and gives its id.
    pub(crate) async fn install(&self, name: &str) -> String {
        let created = self.post("/connectors", sms(name)).await.expect(201);
        created["id"].as_str().unwrap().to_owned()
    }

    /// The connector as it is now.
    pub(crate) async fn connector(&self, id: &str) -> Value {
        self.get(&format!("/connectors/{id}")).await.expect(200)
    }
}

/// The body of an SMS install over a number of its own.
pub(crate) fn sms(name: &str) -> Value {
    let number = uuid::Uuid::new_v4();
    json!({
        "name": name,
        "connectorTemplateRef": "sms-messagebird:1",
        "arguments": { "phoneNumberId": number, "channelMessageType": "transactional" },
    })
}

/// Percent-encodes what is not unreserved.
pub(crate) fn encode(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            (byte as char).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
