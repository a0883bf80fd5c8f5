//! A plain HTTP client without knowledge of the API. It opens one connection per request.

use bird_connectors_sandbox::Sandbox;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// An id that no sandbox has.
pub(crate) const UNKNOWN_ID: &str = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1";

pub(crate) struct Client {
    address: SocketAddr,
    authorization: Option<String>,
    /// The prefix of all paths.
    base_path: String,
}

#[derive(Debug)]
pub(crate) struct ClientResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl ClientResponse {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|_| panic!("the response is not JSON: {self:?}"))
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

    /// Asserts the status. Returns the body, or null if it is empty.
    #[track_caller]
    pub(crate) fn json_with_status(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        if self.body.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    pub(crate) fn results(&self) -> Vec<Value> {
        self.json_with_status(200)["results"]
            .as_array()
            .unwrap()
            .clone()
    }

    /// One string field of all results; `?` if it is not a string.
    pub(crate) fn field(&self, field: &str) -> Vec<String> {
        self.results()
            .iter()
            .map(|item| item[field].as_str().unwrap_or("?").to_owned())
            .collect()
    }

    pub(crate) fn next_page_token(&self) -> Option<String> {
        self.json_with_status(200)["nextPageToken"]
            .as_str()
            .filter(|token| !token.is_empty())
            .map(str::to_owned)
    }
}

impl Client {
    /// A client with the access key of the sandbox. Paths are relative to its workspace.
    pub(crate) fn new(sandbox: &Sandbox) -> Self {
        let workspace = format!("/workspaces/{}", sandbox.workspace_id());
        Self::with_key(sandbox, sandbox.access_key()).with_base_path(workspace)
    }

    /// A client with another access key. Paths are relative to the root.
    pub(crate) fn with_key(sandbox: &Sandbox, key: &str) -> Self {
        let authorization = Some(format!("AccessKey {key}"));
        Self {
            address: sandbox.address(),
            authorization,
            base_path: String::new(),
        }
    }

    /// The same client of another server.
    pub(crate) fn with_address(self, address: SocketAddr) -> Self {
        Self { address, ..self }
    }

    pub(crate) fn with_base_path(self, base_path: impl Into<String>) -> Self {
        Self {
            base_path: base_path.into(),
            ..self
        }
    }

    pub(crate) fn authorization(self, value: Option<&str>) -> Self {
        Self {
            authorization: value.map(str::to_owned),
            ..self
        }
    }

    pub(crate) async fn get(&self, path: &str) -> ClientResponse {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn delete(&self, path: &str) -> ClientResponse {
        self.send("DELETE", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> ClientResponse {
        self.send(
            "POST",
            path,
            &[("content-type", "application/json")],
            &body.to_string(),
        )
        .await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> ClientResponse {
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
    ) -> ClientResponse {
        self.try_send(method, path, headers, body).await.unwrap()
    }

    pub(crate) async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<ClientResponse, Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base_path))
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
            let body = String::from_utf8(bytes.to_vec())?;
            Ok(ClientResponse {
                status: parts.status.as_u16(),
                headers: parts.headers,
                body,
            })
        };
        // The connection is polled here instead of in a task, so that it ends with the call.
        let mut connection = std::pin::pin!(connection);
        let mut exchange = std::pin::pin!(exchange);
        tokio::select! {
            response = &mut exchange => response,
            ended = &mut connection => {
                ended?;
                exchange.await
            }
        }
    }

    /// Installs an SMS connector and returns its id.
    pub(crate) async fn install(&self, name: &str) -> String {
        let created = self
            .post("/connectors", sms_install(name))
            .await
            .json_with_status(201);
        created["id"].as_str().unwrap().to_owned()
    }

    /// Reads a connector.
    pub(crate) async fn connector(&self, id: &str) -> Value {
        self.get(&format!("/connectors/{id}"))
            .await
            .json_with_status(200)
    }
}

/// The body of an SMS install with a random number id.
pub(crate) fn sms_install(name: &str) -> Value {
    let number = uuid::Uuid::new_v4();
    json!({
        "name": name,
        "connectorTemplateRef": "sms-messagebird:1",
        "arguments": { "phoneNumberId": number, "channelMessageType": "transactional" },
    })
}

/// Percent-encodes all characters except the unreserved ones.
pub(crate) fn percent_encode(string: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            (byte as char).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    string.bytes().map(encode).collect()
}
