//! Where an engine may answer: what the operator named, else the usual sockets. Talking to it is [`super::client`]'s business.

use std::fmt;
use std::path::{Path, PathBuf};

use super::error::Error;

/// Docker's port without TLS.
const TCP_PORT: u16 = 2375;

/// Where an engine answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// A Unix socket.
    Unix(PathBuf),
    /// A TCP port without TLS.
    Tcp {
        /// A name or an address; an IPv6 address without its brackets.
        host: String,
        /// The port.
        port: u16,
    },
}

impl Endpoint {
    /// Reads `unix:///path`, a bare absolute path, `tcp://host[:port]` or `http://host[:port]`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let error = |why| Error::endpoint(text, why);
        let (scheme, rest) = match text.split_once("://") {
            Some(parts) => parts,
            None if text.starts_with('/') => ("unix", text),
            None => return Err(error("not of the form unix:///path or tcp://host:port")),
        };
        match scheme {
            "unix" | "http+unix" if rest.starts_with('/') && !rest.contains('\0') => Ok(Self::Unix(rest.into())),
            "unix" | "http+unix" => Err(error("the path of a socket begins with /")),
            "tcp" | "http" => {
                let (host, port) = split_port(rest.strip_suffix('/').unwrap_or(rest)).ok_or_else(|| error("not of the form tcp://host:port"))?;
                Ok(Self::Tcp { host, port })
            }
            "https" => Err(error("TLS is not spoken to engines; run scope on the engine's own host, which has unix:///var/run/docker.sock")),
            "npipe" => Err(error("named pipes are Windows' own; this host has unix:///var/run/docker.sock or tcp://host:port")),
            "ssh" => Err(error(
                "ssh is not spoken to engines; run scope on the engine's own host, or name this one's: --docker-endpoint unix:///var/run/docker.sock",
            )),
            _ => Err(error("a scheme that is neither unix, tcp nor http")),
        }
    }
}

/// Host and port of `host[:port]`, the host without brackets.
fn split_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, tail) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, if tail.is_empty() { None } else { Some(tail.strip_prefix(':')?) })
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = port.map_or(Some(TCP_PORT), |port| port.parse().ok())?;
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b':'));
    (!host.is_empty() && plain).then(|| (host.to_owned(), port))
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
        }
    }
}

/// What says where to look, handed in by the caller: nothing here reads the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookup {
    /// The endpoint that the operator named. It alone is tried.
    pub endpoint: Option<String>,
    /// `DOCKER_HOST`. It alone is tried where `endpoint` is absent.
    pub docker_host: Option<String>,
    /// `XDG_RUNTIME_DIR`, under which engines without root keep their sockets.
    pub runtime_dir: Option<PathBuf>,
}

impl Lookup {
    /// The endpoints to try, the best first; one where the operator named it.
    pub fn candidates(&self) -> Result<Vec<Endpoint>, Error> {
        let named = [&self.endpoint, &self.docker_host].into_iter().flatten().find(|text| !text.is_empty());
        if let Some(text) = named {
            return Ok(vec![Endpoint::parse(text)?]);
        }
        let unix = |path: &Path| Endpoint::Unix(path.to_owned());
        let mut candidates = vec![unix(Path::new("/var/run/docker.sock")), unix(Path::new("/run/podman/podman.sock"))];
        // A relative directory would depend on where the command was started.
        if let Some(dir) = self.runtime_dir.as_deref().filter(|dir| dir.is_absolute()) {
            candidates.push(unix(&dir.join("docker.sock")));
            candidates.push(unix(&dir.join("podman/podman.sock")));
        }
        Ok(candidates)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    #[test]
    fn reads_what_docker_host_may_say() {
        for (text, canonical) in [
            ("unix:///var/run/docker.sock", "unix:///var/run/docker.sock"),
            ("/var/run/docker.sock", "unix:///var/run/docker.sock"),
            ("tcp://engine", "tcp://engine:2375"),
            ("tcp://10.0.0.1:4243", "tcp://10.0.0.1:4243"),
            ("http://[fd00::1]:1/", "tcp://[fd00::1]:1"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().to_string(), canonical);
        }
        for text in [
            "",
            "docker.sock",
            "unix://docker.sock",
            "tcp://",
            "tcp://a:b",
            "tcp://a:1/prefix",
            "tcp://a b",
            "tcp://a\r\nX: y",
            "https://a:1",
            "ssh://root@a",
            "fd://",
            "npipe:////./pipe/docker_engine",
        ] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_the_operator_named_is_the_only_one() {
        let lookup = Lookup { endpoint: Some("tcp://a:1".into()), docker_host: Some("tcp://b:1".into()), runtime_dir: Some("/run/user/1".into()) };
        let names = |lookup: &Lookup| lookup.candidates().unwrap().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&lookup), ["tcp://a:1"]);
        assert_eq!(names(&Lookup { endpoint: None, ..lookup.clone() }), ["tcp://b:1"]);
        assert_eq!(
            names(&Lookup { endpoint: None, docker_host: Some(String::new()), ..lookup }),
            ["unix:///var/run/docker.sock", "unix:///run/podman/podman.sock", "unix:///run/user/1/docker.sock", "unix:///run/user/1/podman/podman.sock"]
        );
    }
}
