//! Enrolments, and the credentials of agents that come from them.

use redb::ReadableTableMetadata;
use scope_core::{AgentName, Timestamp};

use super::error::Fault;
use super::tables::{AGENTS, ENROLMENTS, encode, get, list};
use super::{AgentRecord, AuditEntry, EnrolmentRecord, SecretHash, Store, StoreError, audit};
use crate::server::tenant::Tenant;

/// Most enrolments that wait to be used, of all tenants.
const ENROLMENTS_LIMIT: u64 = 10_000;
/// Most agents with a credential, of all tenants.
const AGENTS_LIMIT: u64 = 100_000;

/// What became of an enrolment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enrolled {
    /// The credential is the agent's; the enrolment is used up.
    Done(Tenant),
    /// There is no such enrolment, or no longer.
    Unknown,
    /// It is for another agent. It was not used up.
    OtherAgent,
    /// That agent has a credential already, and the enrolment does not name it. It was not used up.
    Taken,
}

impl Store {
    /// Adds an enrolment and writes that down. Those that ended unused go.
    pub fn add_enrolment(&self, hash: &SecretHash, enrolment: &EnrolmentRecord, now: Timestamp, entry: &AuditEntry) -> Result<(), StoreError> {
        self.write(|transaction| {
            {
                let mut table = transaction.open_table(ENROLMENTS)?;
                for (ended, _) in list(&table, |old: &EnrolmentRecord| old.expires <= now)? {
                    table.remove(ended.as_bytes())?;
                }
                if table.len()? >= ENROLMENTS_LIMIT {
                    return Err(Fault::Limit("enrolments", ENROLMENTS_LIMIT));
                }
                table.insert(hash.as_bytes(), encode(enrolment)?.as_slice())?;
            }
            audit::append(transaction, &enrolment.tenant, std::slice::from_ref(entry))
        })
    }

    /// Enrolments that wait to be used, the oldest first.
    pub fn enrolments(&self, tenant: &Tenant, now: Timestamp) -> Result<Vec<(SecretHash, EnrolmentRecord)>, StoreError> {
        let waits = |enrolment: &EnrolmentRecord| enrolment.tenant == *tenant && enrolment.expires > now;
        let mut found = self.read(|transaction| list(&transaction.open_table(ENROLMENTS)?, waits))?;
        found.sort_by_key(|(_, enrolment)| enrolment.created);
        Ok(found)
    }

    /// Removes the enrolment that is called `id`, writes that down, and says whether there was one.
    pub fn remove_enrolment(&self, tenant: &Tenant, id: &str, entry: &AuditEntry) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let mut table = transaction.open_table(ENROLMENTS)?;
            let found = list(&table, |enrolment: &EnrolmentRecord| enrolment.tenant == *tenant)?.into_iter().find(|(hash, _)| hash.id() == id);
            let Some((hash, _)) = found else { return Ok(false) };
            table.remove(hash.as_bytes())?;
            drop(table);
            audit::append(transaction, tenant, std::slice::from_ref(entry))?;
            Ok(true)
        })
    }

    /// Turns the enrolment `secret` into the credential `credential` of an agent, in one step: it works once, whoever asks at the same time.
    pub fn enrol(
        &self,
        secret: &SecretHash,
        credential: &SecretHash,
        agent: &AgentName,
        machine_id: Option<String>,
        entry: AuditEntry,
    ) -> Result<Enrolled, StoreError> {
        let now = entry.at;
        // Guessing must cost no write.
        let there: Option<EnrolmentRecord> = self.read(|transaction| get(&transaction.open_table(ENROLMENTS)?, secret))?;
        if there.is_none() {
            return Ok(Enrolled::Unknown);
        }
        self.write(|transaction| {
            let mut enrolments = transaction.open_table(ENROLMENTS)?;
            let Some(enrolment) = get::<EnrolmentRecord>(&enrolments, secret)?.filter(|enrolment| enrolment.expires > now) else {
                return Ok(Enrolled::Unknown);
            };
            if enrolment.agent.as_ref().is_some_and(|only| only != agent) {
                return Ok(Enrolled::OtherAgent);
            }
            let mut agents = transaction.open_table(AGENTS)?;
            let tenant = enrolment.tenant;
            let former = list(&agents, |record: &AgentRecord| record.tenant == tenant && record.agent == *agent)?;
            if !former.is_empty() && enrolment.agent.is_none() {
                return Ok(Enrolled::Taken);
            }
            for (old, _) in former {
                agents.remove(old.as_bytes())?;
            }
            if agents.len()? >= AGENTS_LIMIT {
                return Err(Fault::Limit("agents", AGENTS_LIMIT));
            }
            enrolments.remove(secret.as_bytes())?;
            let record = AgentRecord { tenant: tenant.clone(), agent: agent.clone(), machine_id, created: now, last_used: None };
            agents.insert(credential.as_bytes(), encode(&record)?.as_slice())?;
            drop((enrolments, agents));
            audit::append(transaction, &tenant, &[entry])?;
            Ok(Enrolled::Done(tenant))
        })
    }

    /// The agent with this credential.
    pub fn agent(&self, credential: &SecretHash) -> Result<Option<AgentRecord>, StoreError> {
        self.read(|transaction| get(&transaction.open_table(AGENTS)?, credential))
    }

    /// All agents with a credential, by name.
    pub fn agents(&self, tenant: &Tenant) -> Result<Vec<(SecretHash, AgentRecord)>, StoreError> {
        let mut found = self.read(|transaction| list(&transaction.open_table(AGENTS)?, |agent: &AgentRecord| agent.tenant == *tenant))?;
        found.sort_by(|(_, a), (_, b)| a.agent.cmp(&b.agent));
        Ok(found)
    }

    /// Takes an agent's credential away, writes that down, and says whether it had one.
    pub fn remove_agent(&self, tenant: &Tenant, agent: &AgentName, entry: &AuditEntry) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let mut table = transaction.open_table(AGENTS)?;
            let found = list(&table, |record: &AgentRecord| record.tenant == *tenant && record.agent == *agent)?;
            for (hash, _) in &found {
                table.remove(hash.as_bytes())?;
            }
            drop(table);
            if !found.is_empty() {
                audit::append(transaction, tenant, std::slice::from_ref(entry))?;
            }
            Ok(!found.is_empty())
        })
    }
}
