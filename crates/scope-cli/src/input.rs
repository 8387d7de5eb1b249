//! Where streams come from: files, standard input, addresses. What their bytes mean is the codec's business.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, Result};

use crate::args::FromArgs;
use crate::exit::Hint;

/// One input: what to call it in messages, how long it is where that is known, and its bytes.
pub(crate) struct Input {
    /// The file, the address, or `standard input`.
    pub(crate) name: String,
    /// Length in bytes, of a plain file.
    pub(crate) length: Option<u64>,
    /// The bytes.
    pub(crate) bytes: Box<dyn Read + Send>,
}

/// Opens each of `names`, and the streams of the servers in `from`; standard input for `-` and where there are none. With `follow` a server's stream goes on
/// with what comes; without, it ends with the state as it is now.
pub(crate) fn open_all(names: &[String], from: &FromArgs, follow: bool) -> Result<Vec<Input>> {
    let stdin = ["-".to_owned()];
    let names = if names.is_empty() && from.from.is_empty() { &stdin[..] } else { names };
    anyhow::ensure!(names.iter().filter(|name| *name == "-").count() <= 1, "standard input `-` can be read only once");
    let mut inputs = Vec::new();
    for name in names {
        if is_pattern(name) {
            for found in matching(name)? {
                inputs.push(open(&found, from)?);
            }
        } else if is_server(name) || is_local_server(name) {
            inputs.push(open_server(name, from, follow)?);
        } else {
            inputs.push(open(name, from)?);
        }
    }
    for server in &from.from {
        inputs.push(open_server(server, from, follow)?);
    }
    Ok(inputs)
}

/// Whether a name stands for several files: where no shell has replaced it, in a unit file or in quotes.
fn is_pattern(name: &str) -> bool {
    !name.contains("://") && name.contains(['*', '?']) && !Path::new(name).exists()
}

/// The files that a pattern stands for, in order.
fn matching(pattern: &str) -> Result<Vec<String>> {
    let (directory, last) = pattern.rsplit_once('/').map_or(("", pattern), |(directory, last)| (directory, last));
    let place = match directory {
        "" if pattern.starts_with('/') => Path::new("/"),
        "" => Path::new("."),
        some => Path::new(some),
    };
    let mut found = Vec::new();
    for entry in place.read_dir().with_context(|| format!("could not look for `{pattern}`"))? {
        let name = entry.with_context(|| format!("could not look for `{pattern}`"))?.file_name();
        let hidden = |name: &str| name.starts_with('.') && !last.starts_with('.');
        if let Some(name) = name.to_str().filter(|name| !hidden(name) && stands_for(last.as_bytes(), name.as_bytes())) {
            found.push(pattern.strip_suffix(last).unwrap_or_default().to_owned() + name);
        }
    }
    anyhow::ensure!(!found.is_empty(), "no file matches `{pattern}`");
    found.sort();
    Ok(found)
}

/// Whether a pattern with `*` and `?` stands for `name`, in time that grows with the product of their lengths at most.
fn stands_for(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(c) if *c == b'?' || name.get(from) == Some(c) => (at, from) = (at + 1, from + 1),
            // The last star takes one more.
            _ => match &mut star {
                Some((place, taken)) => {
                    *taken += 1;
                    (at, from) = (*place + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|c| *c == b'*')
}

fn is_address(name: &str) -> bool {
    name.starts_with("http://") || name.starts_with("https://")
}

/// The address of a server as it is written. On this machine a server speaks plain HTTP unless it is told otherwise, so there `localhost:4040` is one.
fn address_of(server: &str) -> Result<Cow<'_, str>> {
    if is_address(server) {
        return Ok(Cow::Borrowed(server));
    }
    let authority = server.trim_end_matches('/');
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    let is_port = port.parse::<u16>().is_ok();
    if is_port && (host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())) {
        return Ok(Cow::Owned(format!("http://{authority}")));
    }
    let error = anyhow::anyhow!("`{server}` is not the address of a server, such as https://host:4040");
    let plain = is_port && !authority.contains(['/', ' ']);
    Err(if plain { error.context(Hint(format!("write https://{authority}, or http://{authority} where the server speaks no TLS"))) } else { error })
}

/// Whether `name` is an address without a path, which holds no file.
fn is_server(name: &str) -> bool {
    is_address(name) && name.split_once("://").is_some_and(|(_, rest)| !rest.trim_end_matches('/').contains(['/', '?']))
}

/// Whether `name` is a server of this machine without its scheme, and no file: `localhost:4040`.
fn is_local_server(name: &str) -> bool {
    !is_address(name) && !Path::new(name).exists() && address_of(name).is_ok()
}

fn open(name: &str, from: &FromArgs) -> Result<Input> {
    if name == "-" {
        use std::io::IsTerminal;
        if io::stdin().is_terminal() {
            tracing::warn!("reading records from the terminal; pipe a stream in, or name a file");
        }
        return Ok(Input { name: "standard input".to_owned(), length: None, bytes: Box::new(io::stdin()) });
    }
    if is_address(name) {
        // A token for a server is not shown to whoever holds a file.
        return open_address(name, &FromArgs { token: None, ..from.clone() }, true);
    }
    let file = File::open(Path::new(name)).with_context(|| format!("could not open `{name}`"))?;
    let about = file.metadata().with_context(|| format!("could not look at `{name}`"))?;
    anyhow::ensure!(!about.is_dir(), "`{name}` is a directory");
    Ok(Input { name: name.to_owned(), length: about.is_file().then_some(about.len()), bytes: Box::new(file) })
}

fn open_server(server: &str, from: &FromArgs, follow: bool) -> Result<Input> {
    let server = address_of(server)?;
    let address = format!("{}/api/v1/records?follow={follow}", server.trim_end_matches('/'));
    open_address(&address, from, !follow)
}

#[cfg(not(feature = "http"))]
fn open_address(address: &str, _: &FromArgs, _: bool) -> Result<Input> {
    Err(anyhow::anyhow!("could not open `{address}`: this build reads no addresses")
        .context(Hint("fetch it another way and pipe it in: curl ADDRESS | scope merge".to_owned())))
}

/// `impatient` gives a server up that falls silent within its answer.
#[cfg(feature = "http")]
fn open_address(address: &str, from: &FromArgs, impatient: bool) -> Result<Input> {
    let bytes = http::open(address, from, impatient).map_err(|error| {
        let hint = http::advice(&error, from);
        error.context(Hint(hint.to_owned()))
    })?;
    Ok(Input { name: bytes.shown().to_owned(), length: None, bytes: Box::new(bytes) })
}

/// A response's body as a reader.
#[cfg(feature = "http")]
mod http {
    use std::io::{self, Read};
    use std::path::Path;
    use std::time::Duration;

    use anyhow::{Context, Result};

    use crate::args::FromArgs;

    /// How long the server may stay silent, in opening and between two parts of a body.
    const SILENCE: Duration = Duration::from_secs(30);
    /// Most bytes of what a server says of a refusal.
    const REFUSAL_BYTES: usize = 16 << 10;

    pub(super) struct Body {
        runtime: tokio::runtime::Runtime,
        response: reqwest::Response,
        part: Vec<u8>,
        read: usize,
        shown: String,
    }

    impl Body {
        /// The address without its credentials.
        pub(super) fn shown(&self) -> &str {
            &self.shown
        }
    }

    pub(super) fn open(address: &str, from: &FromArgs, impatient: bool) -> Result<Body> {
        let url = reqwest::Url::parse(address).with_context(|| format!("`{address}` is not an address"))?;
        let mut shown = url.clone();
        // Both fail only on addresses that can hold no credentials.
        let _ = (shown.set_username(""), shown.set_password(None));
        let shown = shown.to_string();
        let what = || format!("could not fetch `{shown}`");
        // One provider is compiled in; installing it twice is no error worth a word.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("could not start the network runtime")?;
        let response = runtime.block_on(async {
            let mut client = reqwest::Client::builder()
                .user_agent(concat!("scope/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(SILENCE)
                // A stream from elsewhere is not to send this machine elsewhere.
                .redirect(reqwest::redirect::Policy::none());
            if impatient {
                client = client.read_timeout(SILENCE);
            }
            if let Some(path) = &from.ca {
                client = client.tls_certs_merge(authorities(path)?);
            }
            let client = client.build().with_context(what)?;
            let mut request = client.get(url.clone());
            if let Some(token) = &from.token {
                anyhow::ensure!(
                    url.scheme() == "https" || is_here(&url),
                    "the token is not sent to `{shown}`: plain http would show it to everyone on the way"
                );
                request = request.bearer_auth(token);
            }
            let response = request.send().await.map_err(reqwest::Error::without_url).with_context(what)?;
            let status = response.status();
            if status.is_client_error() || status.is_server_error() {
                let said = said(response).await;
                return Err(anyhow::Error::new(Refused { status, said }).context(what()));
            }
            anyhow::Ok(response)
        })?;
        anyhow::ensure!(!response.status().is_redirection(), "could not fetch `{shown}`: the server sends elsewhere, and that is not followed");
        Ok(Body { runtime, response, part: Vec::new(), read: 0, shown })
    }

    /// The server understood, and refuses.
    #[derive(Debug)]
    struct Refused {
        status: reqwest::StatusCode,
        /// Why, in its words.
        said: Option<String>,
    }

    impl std::fmt::Display for Refused {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "the server answers {}", self.status)?;
            self.said.iter().try_for_each(|said| write!(f, ": {said}"))
        }
    }

    impl std::error::Error for Refused {}

    /// What a server says of why it refuses (RFC 9457), as far as it is short.
    async fn said(mut response: reqwest::Response) -> Option<String> {
        let mut body = Vec::new();
        while body.len() <= REFUSAL_BYTES {
            match response.chunk().await {
                Ok(Some(part)) => body.extend_from_slice(&part),
                _ => break,
            }
        }
        let problem: serde_json::Value = serde_json::from_slice(&body).ok()?;
        problem.get("detail")?.as_str().map(str::to_owned)
    }

    /// What to do about a server that could not be read.
    pub(super) fn advice(error: &anyhow::Error, from: &FromArgs) -> &'static str {
        let refused = error.chain().find_map(|cause| cause.downcast_ref::<Refused>()).map(|refused| refused.status.as_u16());
        // What went wrong with a certificate is told in words alone: the client does not hand on the error itself.
        let text: String = error.chain().map(ToString::to_string).collect();
        match refused {
            Some(401) if from.token.is_none() => "name a token with --token, or in SCOPE_TOKEN: `scope token create NAME` makes one beside the server",
            Some(401 | 403) => "name another token with --token, or in SCOPE_TOKEN: `scope token list` says beside the server which there are",
            Some(404) => "check the address: a server behind a proxy has a path, too",
            Some(_) => "look at the server's log",
            None if text.contains("invalid peer certificate") && from.ca.is_none() => {
                "name the authority that signed the certificate with --ca FILE; one that the server made itself is self-signed.crt in its data directory"
            }
            None if text.contains("invalid peer certificate") => {
                "the file of --ca holds no authority that signed this server's certificate: ask who runs the server for the right one"
            }
            None if text.contains("invalid HTTP version") => "the server speaks TLS there: write the address with https://",
            None => "check the address, and that the server is up",
        }
    }

    fn authorities(path: &Path) -> Result<Vec<reqwest::Certificate>> {
        let pem = std::fs::read(path).with_context(|| format!("could not read certificates from `{}`", path.display()))?;
        reqwest::Certificate::from_pem_bundle(&pem).with_context(|| format!("there is no certificate in `{}`", path.display()))
    }

    /// Whether `url` leads to this machine.
    fn is_here(url: &reqwest::Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    }

    impl Read for Body {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            while self.read == self.part.len() {
                match self.runtime.block_on(self.response.chunk()).map_err(io::Error::other)? {
                    Some(part) => self.part = part.into(),
                    None => return Ok(0),
                }
                self.read = 0;
            }
            let rest = self.part.get(self.read..).unwrap_or_default();
            let length = rest.len().min(out.len());
            if let (Some(to), Some(from)) = (out.get_mut(..length), rest.get(..length)) {
                to.copy_from_slice(from);
            }
            self.read += length;
            Ok(length)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_servers() {
        for (written, meant) in [
            ("https://scope.example:4040", "https://scope.example:4040"),
            ("localhost:4040", "http://localhost:4040"),
            ("127.0.0.1:4040/", "http://127.0.0.1:4040"),
            ("[::1]:4040", "http://[::1]:4040"),
        ] {
            assert_eq!(address_of(written).map(Cow::into_owned).map_err(|error| error.to_string()), Ok(meant.to_owned()));
        }
        for other in ["localhost", "scope.example:4040", "10.0.0.1:4040", "localhost:web", "records.ndjson", ""] {
            assert!(address_of(other).is_err(), "{other}");
        }
        let hint = address_of("scope.example:4040").map(|_| ()).map_err(|error| error.downcast_ref::<Hint>().map(|hint| hint.0.clone()));
        assert!(matches!(hint, Err(Some(hint)) if hint.contains("http://scope.example:4040")));
    }

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("*.ndjson", "a.ndjson", true),
            ("*.ndjson", "a.arrow", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b*", "xxaxxb", true),
            ("*a*b", "xxbxxa", false),
            ("**", "x", true),
            ("?", "", false),
        ] {
            assert_eq!(stands_for(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }
}
