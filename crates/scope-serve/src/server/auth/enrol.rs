//! How an agent comes to its credential: an administrator makes an enrolment string, which the agent turns in, once.

use std::net::IpAddr;
use std::time::Instant;

use scope_core::{AgentName, Timestamp};

use super::{Auth, Peer, Refused, Secret, credentials, now, session};
use crate::enrolment::EnrolmentString;
use crate::server::guard::Site;
use crate::server::store::{AuditEntry, Enrolled, EnrolmentRecord, SecretHash};
use crate::server::tenant::Tenant;

const SECRET_PREFIX: &str = "scope_enrol_";
/// How long an enrolment waits to be used.
const ENROLMENT_SECS: i64 = 3600;
/// Longest id of a machine, in bytes.
const MACHINE_BYTES: usize = 128;

/// An enrolment that is to be made.
#[derive(Clone, Debug)]
pub struct NewEnrolment {
    /// The only agent that may use it, and may replace its credential with; any new agent without.
    pub agent: Option<AgentName>,
    /// When it ends, unused; in an hour without.
    pub expires: Option<Timestamp>,
}

impl Auth {
    /// Makes an enrolment for the server at `url`. The string is shown now and never again.
    pub fn create_enrolment(
        &self,
        tenant: &Tenant,
        by: &str,
        address: Option<IpAddr>,
        url: String,
        new: NewEnrolment,
    ) -> Result<(EnrolmentString, SecretHash, EnrolmentRecord), Refused> {
        let now = now();
        let expires = new.expires.unwrap_or_else(|| Timestamp::from_micros(now.as_micros() + ENROLMENT_SECS * 1_000_000));
        if expires <= now {
            return Err(Refused::Invalid("that enrolment would have ended already: give a time that is still to come".to_owned()));
        }
        let secret = session::draw(SECRET_PREFIX)?;
        let record = EnrolmentRecord { tenant: tenant.clone(), agent: new.agent, created: now, expires };
        let target = format!("{} {}", secret.hash().id(), record.agent.as_ref().map_or("any new agent", |agent| agent.as_str()));
        let entry =
            AuditEntry { at: now, who: by.to_owned(), address, action: "enrolment.create".to_owned(), target: Some(target), outcome: "done".to_owned() };
        self.store.add_enrolment(&secret.hash(), &record, now, &entry)?;
        let fingerprint = self.config.fingerprint;
        Ok((EnrolmentString { url, secret: secret.reveal().to_owned(), fingerprint }, secret.hash(), record))
    }

    /// Where agents reach the server: as it was told, else as `site` was reached.
    pub fn url(&self, site: &Site) -> String {
        self.config.url.clone().unwrap_or_else(|| format!("{}{}", site.origin(), self.config.base_path.trim_end_matches('/')))
    }

    /// Enrolments that wait to be used, the oldest first.
    pub fn enrolments(&self, tenant: &Tenant) -> Result<Vec<(SecretHash, EnrolmentRecord)>, Refused> {
        Ok(self.store.enrolments(tenant, now())?)
    }

    /// Takes an agent's credential away.
    pub fn revoke_agent(&self, tenant: &Tenant, by: &str, address: Option<IpAddr>, agent: &AgentName) -> Result<(), Refused> {
        let entry = AuditEntry {
            at: now(),
            who: by.to_owned(),
            address,
            action: "agent.revoke".to_owned(),
            target: Some(agent.to_string()),
            outcome: "done".to_owned(),
        };
        if self.store.remove_agent(tenant, agent, &entry)? { Ok(()) } else { Err(Refused::Missing(format!("{agent} has no credential"))) }
    }

    /// Takes an enrolment back.
    pub fn revoke_enrolment(&self, tenant: &Tenant, by: &str, address: Option<IpAddr>, id: &str) -> Result<(), Refused> {
        let entry =
            AuditEntry { at: now(), who: by.to_owned(), address, action: "enrolment.revoke".to_owned(), target: Some(short(id)), outcome: "done".to_owned() };
        if self.store.remove_enrolment(tenant, id, &entry)? {
            Ok(())
        } else {
            Err(Refused::Missing("there is no such enrolment: it was used, has ended, or never was".to_owned()))
        }
    }

    /// Turns an enrolment's secret into the credential of `agent`. It works once.
    pub fn enrol(&self, secret: &str, agent: &AgentName, machine_id: Option<String>, peer: &Peer) -> Result<Secret, Refused> {
        if let Some(secs) = self.failures().blocked(peer.ip(), Instant::now()) {
            return Err(Refused::TooMany(secs));
        }
        if machine_id.as_ref().is_some_and(|id| id.len() > MACHINE_BYTES || id.chars().any(char::is_control)) {
            return Err(Refused::Invalid(format!("a machine's id is at most {MACHINE_BYTES} bytes without control characters")));
        }
        let Some(secret) = Secret::read(secret) else { return Err(self.failed("enrolment", peer)) };
        let credential = session::draw(credentials::AGENT_PREFIX)?;
        let entry = AuditEntry {
            at: now(),
            who: agent.to_string(),
            address: Some(peer.ip()),
            action: "enrol".to_owned(),
            target: Some(secret.hash().id()),
            outcome: "done".to_owned(),
        };
        let refuse = |tenant: Tenant, why: String| {
            self.write_down_later(tenant, agent.as_str(), peer, "enrol", Some(secret.hash().id()), "refused");
            Err(Refused::Conflict(why))
        };
        match self.store.enrol(&secret.hash(), &credential.hash(), agent, machine_id, entry)? {
            Enrolled::Done(_) => Ok(credential),
            Enrolled::Unknown => Err(self.failed("enrolment", peer)),
            Enrolled::OtherAgent => refuse(Tenant::default(), format!("this enrolment is for another agent than {agent}: make one for it")),
            Enrolled::Taken => refuse(
                Tenant::default(),
                format!("{agent} is enrolled already: to replace its credential, `scope serve enrol --agent {agent}`; two machines need two names (--agent)"),
            ),
        }
    }
}

/// Text from a request for the audit: not longer than anything that is ours.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}
