//! `GET /version`.

use compact_str::CompactString;
use serde::Deserialize;

use crate::docker::facts::Flavour;
use crate::docker::version::ApiVersion;

use super::{Raw, as_text};

/// What an engine says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Greeting {
    pub(crate) flavour: Flavour,
    /// The engine's own version.
    pub(crate) release: CompactString,
    /// The newest API version that it offers.
    pub(crate) newest: Option<ApiVersion>,
    /// The oldest; unknown before Docker 1.13.
    pub(crate) oldest: Option<ApiVersion>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer<'a> {
    #[serde(borrow)]
    version: Raw<'a>,
    api_version: Raw<'a>,
    #[serde(rename = "MinAPIVersion")]
    min_api_version: Raw<'a>,
    components: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Component<'a> {
    #[serde(borrow)]
    name: Raw<'a>,
}

/// What the answer says.
pub(crate) fn version(answer: &[u8]) -> Result<Greeting, serde_json::Error> {
    let text = as_text(answer);
    let answer: Answer<'_> = serde_json::from_str(&text)?;
    let api = |raw: Raw<'_>| raw.text().and_then(|text| text.parse().ok());
    let mut names = answer.components.list().into_iter().filter_map(|component| component.get::<Component<'_>>()?.name.text());
    let flavour = if names.any(|name| name.contains("Podman")) { Flavour::Podman } else { Flavour::Docker };
    Ok(Greeting { flavour, release: answer.version.text_within(64).unwrap_or_default(), newest: api(answer.api_version), oldest: api(answer.min_api_version) })
}
