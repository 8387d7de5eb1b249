//! Finding the engine that answers, and the API version to speak with it.

use std::io::ErrorKind;

use scope_core::Problem;

use super::client::{Client, Deadlines};
use super::endpoint::Endpoint;
use super::error::Error;
use super::facts::{EngineFacts, Flavour};
use super::version::ApiVersion;
use super::wire::Greeting;

/// An engine that answers.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) client: Client,
    pub(crate) facts: EngineFacts,
    /// What is worth saying although it answers.
    pub(crate) problems: Vec<Problem>,
}

/// The first of `candidates` that answers; else what is most worth mending.
pub(crate) async fn connect(candidates: &[Endpoint], deadlines: Deadlines) -> Result<Connected, Error> {
    let mut failures = Vec::new();
    for endpoint in candidates {
        match greet(endpoint, deadlines).await {
            Ok(mut connected) => {
                // Another engine is there that may not be asked: that its containers are missing should not come as a surprise.
                connected.problems.extend(failures.iter().filter(|error| is_denied(error)).map(Error::problem));
                return Ok(connected);
            }
            Err(error) => failures.push(error),
        }
    }
    let absent = |error: &Error| error.connect_kind() == Some(ErrorKind::NotFound);
    let [only] = candidates else {
        let rank = |error: &Error| match error.connect_kind() {
            Some(ErrorKind::PermissionDenied) => 0,
            None => 1,
            Some(_) => 2,
        };
        let worst = failures.into_iter().filter(|error| !absent(error)).min_by_key(rank);
        return Err(worst.unwrap_or_else(|| Error::NoEngine { tried: candidates.to_vec() }));
    };
    Err(failures.pop().unwrap_or_else(|| Error::NoEngine { tried: vec![only.clone()] }))
}

fn is_denied(error: &Error) -> bool {
    error.connect_kind() == Some(ErrorKind::PermissionDenied)
}

async fn greet(endpoint: &Endpoint, deadlines: Deadlines) -> Result<Connected, Error> {
    let greeting = Client::new(endpoint.clone(), None, deadlines).version().await?;
    let api = negotiate(&greeting);
    let facts =
        EngineFacts { flavour: greeting.flavour, version: greeting.release.clone(), offered: greeting.newest, api, endpoint: endpoint.to_string().into() };
    Ok(Connected { client: Client::new(endpoint.clone(), api, deadlines), problems: remarks(&greeting, endpoint).into_iter().collect(), facts })
}

/// The newest version that both sides know. An engine that starts above ours is asked for its oldest: what was added does not hinder.
fn negotiate(greeting: &Greeting) -> Option<ApiVersion> {
    let api = greeting.newest?.min(ApiVersion::NEWEST);
    Some(greeting.oldest.map_or(api, |oldest| api.max(oldest)))
}

fn remarks(greeting: &Greeting, endpoint: &Endpoint) -> Option<Problem> {
    let engine = match greeting.flavour {
        Flavour::Docker => "engine",
        Flavour::Podman => "Podman",
    };
    let (message, hint) = match greeting.newest {
        None => (format!("the {engine} at {endpoint} names no API version; it is asked without one"), "some facts may be missing"),
        Some(newest) if newest < ApiVersion::OLDEST => (
            format!("the {engine} at {endpoint} offers API {newest}, older than {} of Docker 1.10", ApiVersion::OLDEST),
            "some facts may be missing; update the engine",
        ),
        Some(_) => match greeting.oldest {
            Some(oldest) if oldest > ApiVersion::NEWEST => (
                format!("the {engine} at {endpoint} offers no API older than {oldest}, newer than {} which this version knows", ApiVersion::NEWEST),
                "some facts may be missing; update scope",
            ),
            _ => return None,
        },
    };
    Some(Problem { message: message.into(), hint: Some(hint.into()), id: None })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    fn greeting(newest: Option<&str>, oldest: Option<&str>) -> Greeting {
        let parse = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        Greeting { flavour: Flavour::Docker, release: "1".into(), newest: parse(newest), oldest: parse(oldest) }
    }

    #[test]
    fn speaks_the_newest_that_both_know() {
        let agreed = |newest, oldest| negotiate(&greeting(newest, oldest)).map(|api| api.to_string());
        assert_eq!(agreed(Some("1.22"), None).as_deref(), Some("1.22"));
        assert_eq!(agreed(Some("1.41"), Some("1.12")).as_deref(), Some("1.41"));
        assert_eq!(agreed(Some("1.99"), Some("1.44")).as_deref(), Some("1.53"));
        assert_eq!(agreed(Some("1.99"), Some("1.60")).as_deref(), Some("1.60"));
        assert_eq!(agreed(None, None), None);
    }

    #[test]
    fn says_when_an_engine_is_out_of_range() {
        let endpoint = Endpoint::Unix("/run/engine.sock".into());
        let remark = |newest, oldest| remarks(&greeting(newest, oldest), &endpoint).map(|problem| problem.message.to_string());
        assert_eq!(remark(Some("1.22"), None), None);
        assert_eq!(remark(Some("1.53"), Some("1.44")), None);
        assert!(remark(Some("1.21"), None).unwrap().contains("older than 1.22"));
        assert!(remark(Some("1.99"), Some("1.60")).unwrap().contains("no API older than 1.60"));
        assert!(remark(None, None).unwrap().contains("names no API version"));
    }
}
