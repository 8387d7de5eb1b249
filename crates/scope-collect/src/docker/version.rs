//! Versions of the engine's API.

use std::fmt;
use std::str::FromStr;

/// A version of the Docker Engine API, such as 1.41.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    /// The part before the point.
    pub major: u16,
    /// The part after the point.
    pub minor: u16,
}

impl ApiVersion {
    /// The newest version whose replies this reader was written against (Docker 29). A newer engine is asked for this one.
    pub const NEWEST: Self = Self { major: 1, minor: 53 };
    /// The version of Docker 1.10: older engines are read as far as their replies make sense, and a problem says so.
    pub const OLDEST: Self = Self { major: 1, minor: 22 };

    /// The version with these parts.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The text is not of the form `1.41`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an API version such as 1.41")]
pub struct ParseVersionError(String);

impl FromStr for ApiVersion {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let (major, minor) = parts.ok_or_else(|| ParseVersionError(scope_core::limits::cut(text, 40).escape_debug().to_string()))?;
        Ok(Self { major, minor })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    #[test]
    fn orders_by_number_and_not_by_letter() {
        let version = |text: &str| text.parse::<ApiVersion>().unwrap();
        assert!(version("1.9") < version("1.10"));
        assert_eq!(version("1.22"), ApiVersion::OLDEST);
        assert!("1".parse::<ApiVersion>().is_err() && "1.x".parse::<ApiVersion>().is_err() && "1.2.3".parse::<ApiVersion>().is_err());
    }
}
