//! Everything that speaks to browsers and agents: live state, API, page, and the link to agents. Empty as yet: `scope serve` is not part of this version.
