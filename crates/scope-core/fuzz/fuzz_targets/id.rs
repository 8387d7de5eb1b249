//! Names of nodes, agents and runs: what is read is written as it was, and is safe in a URL.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scope_core::{AgentName, NodeId, RunId, Timestamp};

fuzz_target!(|text: &str| {
    if let Ok(id) = text.parse::<NodeId>() {
        assert_eq!(id.as_str(), text);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte)));
        assert_eq!(format!("{}:{}", id.kind(), id.rest()), text);
    }
    if let Ok(agent) = text.parse::<AgentName>() {
        assert_eq!(agent.as_str(), text);
        assert_eq!(NodeId::host(&agent).as_str().parse(), Ok(NodeId::host(&agent)));
    }
    if let Ok(run) = text.parse::<RunId>() {
        assert_eq!(run.to_string(), text);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        assert_eq!(at.to_string().parse(), Ok(at));
    }
});
