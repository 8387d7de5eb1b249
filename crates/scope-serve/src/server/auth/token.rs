//! Tokens: made, listed, revoked. Who may do that is asked by the routes; the command works on the files of its own machine.

use std::net::IpAddr;

use scope_core::Timestamp;
use scope_core::filter::Filter;

use super::{Auth, Refused, Role, Secret, now, session};
use crate::server::store::{AuditEntry, SecretHash, TokenRecord};
use crate::server::tenant::Tenant;

/// Longest name of a token, in bytes.
const NAME_BYTES: usize = 100;

/// A token that is to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// What it sees; everything without.
    pub filter: Option<String>,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

impl Auth {
    /// Makes a token. The secret is shown now and never again. `by` and `address` are for the audit.
    pub fn create_token(&self, tenant: &Tenant, by: &str, address: Option<IpAddr>, new: &NewToken) -> Result<(Secret, TokenRecord), Refused> {
        let name = new.name.trim();
        if name.is_empty() || name.len() > NAME_BYTES || name.chars().any(char::is_control) {
            return Err(Refused::Invalid(format!("the name of a token is 1 to {NAME_BYTES} bytes without control characters")));
        }
        let now = now();
        if new.expires.is_some_and(|end| end <= now) {
            return Err(Refused::Invalid("that token would have ended already: give a time that is still to come".to_owned()));
        }
        if new.role == Role::Admin && new.filter.is_some() {
            return Err(Refused::Invalid("an administrator makes tokens and so sees everything: a filter is for viewers and operators".to_owned()));
        }
        let filter = new.filter.as_deref().map(str::parse::<Filter>).transpose();
        let filter = filter.map_err(|error| Refused::Invalid(format!("could not understand the filter: {error}; {}", error.hint())))?;
        let filter = filter.map(|filter| filter.to_string()).filter(|text| !text.is_empty());
        let record = TokenRecord { tenant: tenant.clone(), name: name.to_owned(), role: new.role, filter, created: now, expires: new.expires, last_used: None };
        let secret = session::draw(&format!("scope_{}_", new.role.as_str()))?;
        let target = format!("{} {} ({})", secret.hash().id(), record.name, record.role.as_str());
        let entry = AuditEntry { at: now, who: by.to_owned(), address, action: "token.create".to_owned(), target: Some(target), outcome: "done".to_owned() };
        self.store.add_token(&secret.hash(), &record, &entry)?;
        Ok((secret, record))
    }

    /// All tokens, by what people call them. No secret is known any more.
    pub fn tokens(&self, tenant: &Tenant) -> Result<Vec<(SecretHash, TokenRecord)>, Refused> {
        Ok(self.store.tokens(tenant)?)
    }

    /// Revokes the token that is called `id`. Its sessions end with it.
    pub fn revoke_token(&self, tenant: &Tenant, by: &str, address: Option<IpAddr>, id: &str) -> Result<(), Refused> {
        let entry = AuditEntry {
            at: now(),
            who: by.to_owned(),
            address,
            action: "token.revoke".to_owned(),
            target: Some(super::enrol::short(id)),
            outcome: "done".to_owned(),
        };
        if self.store.remove_token(tenant, id, &entry)? {
            Ok(())
        } else {
            Err(Refused::Missing("there is no such token; the list of tokens says what there is".to_owned()))
        }
    }
}
