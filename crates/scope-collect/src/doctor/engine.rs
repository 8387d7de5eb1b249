//! Whether a container engine answers, and in which version.

use super::Finding;
use crate::config::{Config, Source};
use crate::docker::connect::connect;
use crate::docker::{Deadlines, Error, Flavour, Lookup};

/// Asks the engines that an agent would ask.
pub(super) async fn answer(config: &Config) -> Vec<Finding> {
    if !config.sources.contains(&Source::Docker) {
        return Vec::new();
    }
    let lookup = Lookup { endpoint: config.docker_endpoint.clone(), docker_host: None, runtime_dir: config.runtime_dir.clone() };
    let connected = match lookup.candidates() {
        Ok(candidates) => connect(&candidates, Deadlines::default()).await,
        Err(error) => Err(error),
    };
    match connected {
        Err(error) => vec![failed(&error)],
        Ok(connected) => {
            let name = match connected.facts.flavour {
                Flavour::Docker => "Docker",
                Flavour::Podman => "Podman",
            };
            let api = connected.facts.api.map_or_else(|| "without a version of its API".to_owned(), |api| format!("asked by API {api}"));
            let found = format!("{name} {} answers at {}, {api}", connected.facts.version, connected.facts.endpoint);
            let rest = connected.problems.into_iter().map(|problem| {
                let mend = problem.hint.unwrap_or_else(|| "name another endpoint with --docker-endpoint".into());
                Finding::advice(Source::Docker, "other engine", problem.message, mend)
            });
            [Finding::ok(Source::Docker, "engine", found)].into_iter().chain(rest).collect()
        }
    }
}

fn failed(error: &Error) -> Finding {
    let found = format!("no containers are seen: {}", error.problem().message);
    Finding::missing(Source::Docker, "engine", found, error.hint().unwrap_or("see the engine's log (journalctl -u docker)"))
}
