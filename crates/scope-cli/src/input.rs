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
    let mut inputs = Vec::new();
    for name in names {
        if is_pattern(name) {
            for found in matching(name)? {
                inputs.push(open(&found)?);
            }
        } else {
            inputs.push(open(name)?);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

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
