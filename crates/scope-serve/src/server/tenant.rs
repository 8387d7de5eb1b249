//! Whom state, layouts, settings, tokens, audit and control routes belong to. What a tenant may do is `auth`'s business.

use std::fmt;
use std::str::FromStr;

use scope_core::CompactString;
use serde::{Deserialize, Serialize};

/// A tenant: 1 to 63 of `a-z 0-9 -`. There is one, `default`, where nobody asks for more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Tenant(CompactString);

impl Tenant {
    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Tenant {
    fn default() -> Self {
        Self(CompactString::const_new("default"))
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text names no tenant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tenant is named by 1 to 63 of a-z, 0-9 and -")]
pub struct ParseTenantError;

impl FromStr for Tenant {
    type Err = ParseTenantError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=63).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        fits.then(|| Self(text.into())).ok_or(ParseTenantError)
    }
}

impl TryFrom<String> for Tenant {
    type Error = ParseTenantError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
