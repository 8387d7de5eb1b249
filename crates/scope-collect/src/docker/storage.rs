//! What containers wrote, asked for on demand by way of `bollard`.
//!
//! Everything that is asked at an interval or answers with names goes through [`super::client`], which bounds answers and survives one odd entry in a
//! list; bollard does neither. For this question, asked by a person now and then and answered in numbers, its typed client is the simpler tool.

use bollard::errors::Error as BollardError;
use bollard::query_parameters::ListContainersOptionsBuilder;
use bollard::{ClientVersion, Docker};

use super::client::Client;
use super::endpoint::Endpoint;
use super::error::Error;
use super::version::ApiVersion;
use super::wire::ContainerUsage;

/// How long an engine may add up, in seconds.
const WITHIN_SECS: u64 = 120;
/// What is asked, for messages.
const PATH: &str = "/containers/json?all=1&size=1";

impl Client {
    /// What the containers wrote over their images. **Costly**: the engine walks the files of all containers.
    pub(crate) async fn written_layers(&self) -> Result<Vec<ContainerUsage>, Error> {
        let failed = |source: BollardError| self.failed(source);
        let docker = self.typed().map_err(failed)?;
        let options = ListContainersOptionsBuilder::default().all(true).size(true).build();
        let listed = docker.list_containers(Some(options)).await.map_err(failed)?;
        let usage = listed.into_iter().filter_map(|listed| {
            let bytes = |bytes: i64| u64::try_from(bytes).ok();
            // The engine leaves the figure out where nothing was written.
            let written_bytes = listed.size_rw.map_or(Some(0), bytes)?;
            Some(ContainerUsage { id: listed.id?.parse().ok()?, written_bytes, total_bytes: listed.size_root_fs.and_then(bytes) })
        });
        Ok(usage.collect())
    }

    /// bollard's client for the same engine, in the version that was agreed on.
    fn typed(&self) -> Result<Docker, BollardError> {
        let api = self.api().unwrap_or(ApiVersion::OLDEST);
        let version = ClientVersion { major_version: api.major.into(), minor_version: api.minor.into() };
        match self.endpoint() {
            Endpoint::Unix(path) => Docker::connect_with_unix(&path.to_string_lossy(), WITHIN_SECS, &version),
            tcp @ Endpoint::Tcp { .. } => Docker::connect_with_http(&tcp.to_string(), WITHIN_SECS, &version),
        }
    }

    fn failed(&self, source: BollardError) -> Error {
        match source {
            BollardError::DockerResponseServerError { status_code, message } => Error::Status {
                path: PATH.to_owned(),
                status: status_code,
                message: scope_core::limits::cut(&message.escape_debug().to_string(), 200).into_owned(),
            },
            source => Error::Transfer { endpoint: self.endpoint().clone(), path: PATH.to_owned(), source: Box::new(source) },
        }
    }
}
