//! The credential of an agent: an enrolment's secret is turned into it once, and it is kept where only its owner reads it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use scope_core::AgentName;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::dial::{Address, DialError};
use super::{PushConfig, PushError};
use crate::enrolment::{hex, unhex};

/// How long the server may take.
const ANSWER: Duration = Duration::from_secs(15);
/// Largest answer that is read.
const ANSWER_BYTES: usize = 64 << 10;

/// What an agent shows the server.
#[derive(Debug)]
pub(super) struct Credential {
    server: String,
    secret: Option<String>,
    text: Option<Arc<str>>,
    fingerprint: Option<[u8; 32]>,
    file: Option<PathBuf>,
}

/// What is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    server: String,
    agent: String,
    credential: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    /// A hash of the secret that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    enrolment: Option<String>,
}

#[derive(Serialize)]
struct Enrol<'a> {
    secret: &'a str,
    agent: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine_id: Option<&'a str>,
}

#[derive(Deserialize)]
struct Enrolled {
    credential: String,
}

/// What there is: from the settings, or kept by an earlier start.
pub(super) fn load(config: &PushConfig) -> Result<Credential, PushError> {
    let file = config.state_dir.as_deref().map(|dir| dir.join("credential.json"));
    let mut credential = Credential {
        server: config.target.to_string(),
        secret: config.target.secret.clone(),
        text: config.token.as_deref().map(Arc::from),
        fingerprint: config.target.fingerprint,
        file,
    };
    // A certificate says who this is: what an enrolment left here may say something else.
    let is_proved = credential.text.is_some() || (config.client.is_some() && credential.secret.is_none());
    let Some(path) = credential.file.as_deref().filter(|_| !is_proved) else { return Ok(credential) };
    let kept = match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice::<Kept>(&bytes).ok(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(source) => return Err(PushError::State { path: path.to_owned(), source }),
    };
    // A new enrolment replaces what an old one left.
    let wanted = credential.secret.as_deref().map(hash);
    if let Some(kept) = kept.filter(|kept| kept.server == credential.server && (wanted.is_none() || kept.enrolment == wanted)) {
        credential.text = Some(kept.credential.into());
        credential.fingerprint = credential.fingerprint.or_else(|| unhex(&kept.fingerprint?));
    }
    Ok(credential)
}

fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()).into())
}

impl Credential {
    /// The credential, where there is one.
    pub(super) fn text(&self) -> Option<Arc<str>> {
        self.text.clone()
    }

    /// The certificate that the enrolment named.
    pub(super) fn fingerprint(&self) -> Option<[u8; 32]> {
        self.fingerprint
    }

    pub(super) fn needs_enrolment(&self) -> bool {
        self.text.is_none() && self.secret.is_some()
    }

    /// Turns the secret in, and keeps what it gives.
    pub(super) async fn enrol(&mut self, address: &Address, agent: &AgentName, machine: Option<&str>) -> Result<(), DialError> {
        let Some(secret) = &self.secret else { return Ok(()) };
        // What cannot be kept is not asked for: the secret works once.
        if let Some(path) = &self.file {
            writable(path).map_err(|source| PushError::State { path: path.clone(), source })?;
        }
        let body = serde_json::to_vec(&Enrol { secret, agent: agent.as_str(), machine_id: machine }).map_err(|error| DialError::Failed(error.to_string()))?;
        let exchange = exchange(address, body);
        let credential = tokio::time::timeout(ANSWER, exchange).await.map_err(|_| DialError::Failed("the server does not answer".to_owned()))??;
        if let Some(path) = &self.file {
            let kept = Kept {
                server: self.server.clone(),
                agent: agent.to_string(),
                credential: credential.clone(),
                fingerprint: self.fingerprint.as_ref().map(hex),
                enrolment: Some(hash(secret)),
            };
            keep(path, &kept).map_err(|source| PushError::State { path: path.clone(), source })?;
        } else {
            tracing::warn!("the agent's credential is not kept: without --state-dir it has to be enrolled again after its end");
        }
        tracing::info!(server = %self.server, %agent, "enrolled");
        self.text = Some(credential.into());
        Ok(())
    }
}

async fn exchange(address: &Address, body: Vec<u8>) -> Result<String, DialError> {
    let failed = |error: &dyn std::fmt::Display| DialError::Failed(error.to_string());
    let stream = address.connect("http/1.1").await.map_err(DialError::Failed)?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("{}/api/v1/enrol", address.target.base))
        .header(header::HOST, address.target.authority())
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(bytes::Bytes::from(body)))
        .map_err(|error| failed(&error))?;
    let ask = async {
        let response = sender.send_request(request).await.map_err(|error| failed(&error))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES).collect().await.map_err(|error| failed(&error))?.to_bytes();
        Ok::<_, DialError>((status, body))
    };
    // The connection is driven beside the question, and ends with it.
    let (status, body) = tokio::select! {
        answered = ask => answered?,
        ended = connection => return Err(DialError::Failed(ended.err().map_or_else(|| "the server closed the connection".to_owned(), |error| error.to_string()))),
    };
    if status.is_success() {
        let enrolled: Enrolled =
            serde_json::from_slice(&body).map_err(|_| DialError::Failed("the server's answer to the enrolment makes no sense".to_owned()))?;
        return Ok(enrolled.credential);
    }
    let detail = serde_json::from_slice::<serde_json::Value>(&body).ok().and_then(|problem| Some(problem.get("detail")?.as_str()?.to_owned()));
    let detail = scope_core::limits::cut(&detail.unwrap_or_else(|| status.to_string()), 300).escape_debug().to_string();
    if status == StatusCode::UNAUTHORIZED {
        return Err(DialError::Fatal(PushError::Enrolment("it was used, or has ended: make another with `scope serve enrol` there".to_owned())));
    }
    // A server that is busy or restarts may take it later; one that does not know it never will.
    let later = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
    Err(if later { DialError::Failed(detail) } else { DialError::Fatal(PushError::Enrolment(detail)) })
}

fn writable(path: &Path) -> std::io::Result<()> {
    if let Some(dir) = path.parent() {
        private_dir(dir)?;
    }
    let probe = path.with_extension("new");
    private_file(&probe).map(drop)
}

/// Written beside and put in place whole: a crash leaves the old one or the new one.
fn keep(path: &Path, kept: &Kept) -> std::io::Result<()> {
    use std::io::Write as _;
    let new = path.with_extension("new");
    let mut file = private_file(&new)?;
    file.write_all(&serde_json::to_vec(kept)?)?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

fn private_dir(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    // One that is there may be readable by others.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
