//! Where streams come from: files, standard input, addresses. What their bytes mean is the codec's business.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result};

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

/// Opens each of `names`; standard input for `-` and where there are none.
pub(crate) fn open_all(names: &[String]) -> Result<Vec<Input>> {
    let stdin = ["-".to_owned()];
    let names = if names.is_empty() { &stdin[..] } else { names };
    anyhow::ensure!(names.iter().filter(|name| *name == "-").count() <= 1, "standard input `-` can be read only once");
    names.iter().map(|name| open(name)).collect()
}

fn open(name: &str) -> Result<Input> {
    if name == "-" {
        use std::io::IsTerminal;
        if io::stdin().is_terminal() {
            tracing::warn!("reading records from the terminal; pipe a stream in, or name a file");
        }
        return Ok(Input { name: "standard input".to_owned(), length: None, bytes: Box::new(io::stdin()) });
    }
    if name.starts_with("http://") || name.starts_with("https://") {
        return open_address(name);
    }
    let file = File::open(Path::new(name)).with_context(|| format!("could not open `{name}`"))?;
    let about = file.metadata().with_context(|| format!("could not look at `{name}`"))?;
    anyhow::ensure!(!about.is_dir(), "`{name}` is a directory");
    Ok(Input { name: name.to_owned(), length: about.is_file().then_some(about.len()), bytes: Box::new(file) })
}

#[cfg(not(feature = "http"))]
fn open_address(address: &str) -> Result<Input> {
    Err(anyhow::anyhow!("could not open `{address}`: this build reads no addresses")
        .context(Hint("fetch it another way and pipe it in: curl ADDRESS | scope merge".to_owned())))
}

#[cfg(feature = "http")]
fn open_address(address: &str) -> Result<Input> {
    let bytes = http::open(address).map_err(|error| error.context(Hint("check the address, and that the server is up".to_owned())))?;
    Ok(Input { name: bytes.shown().to_owned(), length: None, bytes: Box::new(bytes) })
}

/// A response's body as a reader.
#[cfg(feature = "http")]
mod http {
    use std::io::{self, Read};
    use std::time::Duration;

    use anyhow::{Context, Result};

    /// How long the server may stay silent, in opening and between two parts of a body.
    const SILENCE: Duration = Duration::from_secs(30);

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

    pub(super) fn open(address: &str) -> Result<Body> {
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
            let client = reqwest::Client::builder()
                .user_agent(concat!("scope/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(SILENCE)
                .read_timeout(SILENCE)
                // A stream from elsewhere is not to send this machine elsewhere.
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .with_context(what)?;
            client.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(reqwest::Error::without_url).with_context(what)
        })?;
        anyhow::ensure!(!response.status().is_redirection(), "could not fetch `{shown}`: the server sends elsewhere, and that is not followed");
        Ok(Body { runtime, response, part: Vec::new(), read: 0, shown })
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
