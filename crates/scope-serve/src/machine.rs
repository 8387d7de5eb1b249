//! What tells a machine from all others: two agents of one name are two, and two names of one machine are one machine.

use scope_core::{Body, Record};

/// Why a server ends a link: another of this name, on this machine, began.
pub(crate) const TAKEN_OVER: &str = "another link of the agent took over";

/// The hash of the machine's id, where the collector says it in `report`.
pub fn machine_id(report: &[Record]) -> Option<&str> {
    report.iter().find_map(|record| match &record.body {
        Body::Node(node) if node.id.kind() == "host" => node.attrs.get("machine_id").and_then(|id| id.as_text()),
        _ => None,
    })
}
