//! What a server says of itself in its database, so that the command can make enrolment strings beside it.

use serde::{Deserialize, Serialize};

use super::{Auth, Refused, now};
use crate::enrolment;
use crate::server::store::{AuditEntry, Store};
use crate::server::tenant::Tenant;

const SETTING: &str = "server";

/// Where the server that last started on these files is reached, and how it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Its address for agents, with its base path.
    pub url: Option<String>,
    /// SHA-256 of its certificate, where agents have to know it by that.
    pub fingerprint: Option<[u8; 32]>,
}

#[derive(Serialize, Deserialize)]
struct Json {
    url: Option<String>,
    fingerprint: Option<String>,
}

impl Auth {
    /// Writes down that the server started, where agents reach it, where that is known, and how they know it. To be called at each start.
    pub fn announce(&self, url: Option<String>) -> Result<(), Refused> {
        let json = Json { url: url.clone(), fingerprint: self.config.fingerprint.as_ref().map(enrolment::hex) };
        let value = serde_json::to_value(json).map_err(|error| Refused::Internal(error.to_string()))?;
        let entry =
            AuditEntry { at: now(), who: "server".to_owned(), address: None, action: "server.start".to_owned(), target: url, outcome: "done".to_owned() };
        Ok(self.store.set_setting(&Tenant::default(), SETTING, Some(&value), &entry)?)
    }
}

impl Announced {
    /// What the server wrote down that last started on these files; none where none ever did.
    pub fn read(store: &Store) -> Result<Option<Self>, Refused> {
        let Some(value) = store.setting(&Tenant::default(), SETTING)? else { return Ok(None) };
        let Json { url, fingerprint } = serde_json::from_value(value).map_err(|error| Refused::Internal(format!("the setting `{SETTING}`: {error}")))?;
        let fingerprint = fingerprint.map(|text| enrolment::unhex(&text).ok_or_else(|| Refused::Internal(format!("the setting `{SETTING}`: no fingerprint"))));
        Ok(Some(Self { url, fingerprint: fingerprint.transpose()? }))
    }
}
