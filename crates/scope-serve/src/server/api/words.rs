//! Schemas of texts that are one of a few words, made of the words themselves.

use scope_core::field::{Show, Unit};
use scope_render::view::{Role, Verdict};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

/// What nodes of a view are, in their order.
pub(super) const ROLES: [Role; 5] = [Role::Member, Role::Group, Role::StandIn, Role::Uncontained, Role::Pseudo];

fn one_of(words: impl IntoIterator<Item = &'static str>) -> Schema {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
}

pub(super) fn roles() -> Schema {
    one_of(ROLES.map(Role::as_str))
}

pub(super) fn verdicts() -> Schema {
    use Verdict::{Filtered, Gone, LeftOut, Outside, Shown, Unknown, Within};
    one_of([Shown, Within, LeftOut, Filtered, Outside, Gone, Unknown].map(Verdict::as_str))
}

pub(super) fn units() -> Schema {
    one_of(Unit::ALL.iter().map(|unit| unit.as_str()))
}

pub(super) fn manners() -> Schema {
    one_of(Show::ALL.iter().map(|show| show.as_str()))
}

pub(super) fn protocols() -> Schema {
    one_of(["tcp", "udp"])
}
