//! Tokens, and the one-time codes that open a session without one.

use redb::ReadableTableMetadata;
use scope_core::Timestamp;

use super::error::Fault;
use super::tables::{AGENTS, CODES, TOKENS, decode, encode, get, list};
use super::{AgentRecord, AuditEntry, CodeRecord, SecretHash, Store, StoreError, TokenRecord, audit};
use crate::server::tenant::Tenant;

/// Most tokens, of all tenants.
const LIMIT: u64 = 10_000;

impl Store {
    /// Adds a token and writes that down.
    pub fn add_token(&self, hash: &SecretHash, token: &TokenRecord, entry: &AuditEntry) -> Result<(), StoreError> {
        self.write(|transaction| {
            {
                let mut table = transaction.open_table(TOKENS)?;
                if table.len()? >= LIMIT {
                    return Err(Fault::Limit("tokens", LIMIT));
                }
                table.insert(hash.as_bytes(), encode(token)?.as_slice())?;
            }
            audit::append(transaction, &token.tenant, std::slice::from_ref(entry))
        })
    }

    /// The token with this hash, also when it has ended.
    pub fn token(&self, hash: &SecretHash) -> Result<Option<TokenRecord>, StoreError> {
        self.read(|transaction| get(&transaction.open_table(TOKENS)?, hash))
    }

    /// All tokens of a tenant, the oldest first.
    pub fn tokens(&self, tenant: &Tenant) -> Result<Vec<(SecretHash, TokenRecord)>, StoreError> {
        let mut tokens = self.read(|transaction| list(&transaction.open_table(TOKENS)?, |token: &TokenRecord| token.tenant == *tenant))?;
        tokens.sort_by(|(_, a), (_, b)| (a.created, &a.name).cmp(&(b.created, &b.name)));
        Ok(tokens)
    }

    /// Whether any tenant has a token.
    pub fn has_tokens(&self) -> Result<bool, StoreError> {
        self.read(|transaction| Ok(transaction.open_table(TOKENS)?.len()? > 0))
    }

    /// Removes the token that is called `id`, writes that down, and says whether there was one. Its sessions end with it.
    pub fn remove_token(&self, tenant: &Tenant, id: &str, entry: &AuditEntry) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let mut table = transaction.open_table(TOKENS)?;
            let found = list(&table, |token: &TokenRecord| token.tenant == *tenant)?.into_iter().find(|(hash, _)| hash.id() == id);
            let Some((hash, _)) = found else { return Ok(false) };
            table.remove(hash.as_bytes())?;
            drop(table);
            audit::append(transaction, tenant, std::slice::from_ref(entry))?;
            Ok(true)
        })
    }

    /// Notes when tokens and agents' credentials were last used. Those that are gone by now stay gone.
    pub fn note_used(&self, used: &[(SecretHash, Timestamp)]) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut tokens = transaction.open_table(TOKENS)?;
            let mut agents = transaction.open_table(AGENTS)?;
            for (hash, at) in used {
                let token: Option<TokenRecord> = get(&tokens, hash)?;
                if let Some(mut token) = token {
                    token.last_used = token.last_used.max(Some(*at));
                    tokens.insert(hash.as_bytes(), encode(&token)?.as_slice())?;
                    continue;
                }
                let agent: Option<AgentRecord> = get(&agents, hash)?;
                if let Some(mut agent) = agent {
                    agent.last_used = agent.last_used.max(Some(*at));
                    agents.insert(hash.as_bytes(), encode(&agent)?.as_slice())?;
                }
            }
            Ok(())
        })
    }

    /// Adds a one-time code, in place of all that its tenant has.
    pub fn set_code(&self, hash: &SecretHash, code: &CodeRecord) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut table = transaction.open_table(CODES)?;
            for (old, _) in list(&table, |old: &CodeRecord| old.tenant == code.tenant)? {
                table.remove(old.as_bytes())?;
            }
            table.insert(hash.as_bytes(), encode(code)?.as_slice())?;
            Ok(())
        })
    }

    /// Takes a one-time code: there is none afterwards.
    pub fn take_code(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<CodeRecord>, StoreError> {
        // Guessing must cost no write.
        let there: Option<CodeRecord> = self.read(|transaction| get(&transaction.open_table(CODES)?, hash))?;
        if there.is_none() {
            return Ok(None);
        }
        self.write(|transaction| {
            let taken: Option<CodeRecord> = transaction.open_table(CODES)?.remove(hash.as_bytes())?.map(|bytes| decode(bytes.value())).transpose()?;
            Ok(taken.filter(|code| code.expires > now))
        })
    }
}
