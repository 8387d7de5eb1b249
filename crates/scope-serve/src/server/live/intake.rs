//! What is believed of an agent's records: its own name comes from its credential, it may speak of its own host and processes only, and nothing of it
//! lies in the future.

use std::sync::Arc;

use scope_core::record::{Body, Gone, Record};
use scope_core::{AgentName, CompactString, NodeId, Scope, Timestamp, Value};

/// How an agent calls itself, what it is called here, and how its clock goes.
#[derive(Clone, Debug)]
pub(super) struct Speaker {
    /// By its credential.
    pub(super) said: AgentName,
    /// As it is known here: the same, but for the second of two agents of one name.
    pub(super) here: AgentName,
    /// How far its clock is ahead of ours, in microseconds.
    pub(super) offset_us: i64,
    /// By how much the times within its records are set right: nothing, unless its clock is plainly wrong.
    pub(super) correction_us: i64,
}

/// An id or a scope of which the agent has no right to speak.
struct Foreign;

impl Speaker {
    /// Makes the record what is taken in; whether it is: not where it speaks of somebody else's host or processes.
    pub(super) fn believe(&self, record: &mut Record, now: Timestamp) -> bool {
        record.agent.clone_from(&self.here);
        record.at = self.said_at(record.at, now);
        if self.correction_us != 0 {
            self.set_right(&mut record.body, now);
        }
        self.body(&mut record.body).is_ok()
    }

    /// When something was said, by our clock.
    pub(super) fn said_at(&self, at: Timestamp, now: Timestamp) -> Timestamp {
        earlier(at, self.offset_us).min(now)
    }

    /// Sets times right that are told from those of other hosts: when a container started, since when somebody listens, when a connection was seen.
    fn set_right(&self, body: &mut Body, now: Timestamp) {
        let right = |time: Timestamp| earlier(time, self.correction_us).min(now);
        match body {
            Body::Node(node) => {
                for endpoint in node.endpoints.as_mut().map(Arc::make_mut).unwrap_or_default() {
                    endpoint.since = endpoint.since.map(right);
                }
                let times: Vec<_> = node.attrs.iter().filter_map(|(name, value)| Some((CompactString::from(name), value.as_time()?))).collect();
                for (name, time) in times {
                    node.attrs.insert(name, Value::Time(right(time)));
                }
            }
            Body::Flow(flow) => {
                flow.since = right(flow.since);
                flow.last_seen = right(flow.last_seen);
                for sample in &mut flow.ports {
                    sample.1 = right(sample.1);
                }
            }
            _ => {}
        }
    }

    fn body(&self, body: &mut Body) -> Result<(), Foreign> {
        match body {
            Body::Node(node) => {
                self.id(&mut node.id)?;
                if let Some(parents) = &mut node.parents {
                    *parents = kept(parents, |parent| self.id(parent).is_ok());
                }
                if let Some(endpoints) = &mut node.endpoints {
                    *endpoints = kept(endpoints, |endpoint| self.scope(&mut endpoint.at.scope).is_ok());
                }
            }
            Body::Flow(flow) => {
                self.key(&mut flow.key)?;
                if let Some(server) = &mut flow.server {
                    self.id(server)?;
                }
            }
            Body::Gone(Gone::Node(id)) => self.id(id)?,
            Body::Gone(Gone::Flow(key)) => self.key(key)?,
            Body::Problem(problem) => {
                if let Some(id) = &mut problem.id {
                    self.id(id)?;
                }
            }
            Body::Connection(connection) => self.id(&mut connection.owner)?,
            Body::Field(_) | Body::Tick(_) | Body::Unknown(_) => {}
        }
        Ok(())
    }

    fn key(&self, key: &mut scope_core::FlowKey) -> Result<(), Foreign> {
        self.id(&mut key.owner)?;
        self.scope(&mut key.server_addr.scope)?;
        match &mut key.peer {
            scope_core::flow::Peer::Dialled(at) => self.scope(&mut at.scope),
            scope_core::flow::Peer::Client(at) => self.scope(&mut at.scope),
        }
    }

    /// Hosts and processes are an agent's own; what engines and clusters name is unique by itself.
    fn id(&self, id: &mut NodeId) -> Result<(), Foreign> {
        let own = match id.kind() {
            "host" => id.rest() == self.said.as_str(),
            "process" => id.rest().rsplitn(3, ':').nth(2) == Some(self.said.as_str()),
            _ => return Ok(()),
        };
        if !own {
            return Err(Foreign);
        }
        if self.said != self.here {
            let rest = id.rest().strip_prefix(self.said.as_str()).unwrap_or_default();
            *id = format!("{}:{}{rest}", id.kind(), self.here).parse().map_err(|_| Foreign)?;
        }
        Ok(())
    }

    /// A host's own addresses are its own, as it is.
    fn scope(&self, scope: &mut Scope) -> Result<(), Foreign> {
        let Some(host) = scope.as_str().strip_prefix("host:") else { return Ok(()) };
        // Behind the name a network namespace of the host may stand: `host:<agent>:<number>`.
        let within = host.strip_prefix(self.said.as_str()).filter(|within| within.is_empty() || within.starts_with(':')).ok_or(Foreign)?;
        if self.said != self.here {
            *scope = format!("host:{}{within}", self.here).parse().map_err(|_| Foreign)?;
        }
        Ok(())
    }
}

/// Of a list what `is_right`, which may set it right too.
fn kept<T: Clone>(list: &[T], mut is_right: impl FnMut(&mut T) -> bool) -> Arc<[T]> {
    list.iter().cloned().filter_map(|mut item| is_right(&mut item).then_some(item)).collect()
}

fn earlier(time: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(time.as_micros().saturating_sub(micros))
}

/// The name of the second of two live agents of one name: six digits of a hash of what tells it apart, since a machine's id is nobody else's business.
pub(super) fn other_name(name: &AgentName, apart: &str) -> Option<AgentName> {
    use sha2::Digest as _;
    let hash = sha2::Sha256::digest(apart.as_bytes());
    let digits: CompactString = hash.iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    format!("{name}~{digits}").parse().ok()
}
