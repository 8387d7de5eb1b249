//! Live state: what each agent says now, and whether it still speaks. How records arrive is the link's business, what is drawn from them `views`'.

use std::sync::{Arc, RwLock};

use hashbrown::HashMap;
use scope_core::state::State;
use scope_core::{AgentName, Record};

use crate::server::tenant::Tenant;

/// The state of all tenants.
#[derive(Debug, Default)]
pub struct Live {
    tenants: RwLock<HashMap<Tenant, Arc<RwLock<State>>>>,
}

impl Live {
    /// The state of a tenant, made where there is none.
    pub fn tenant(&self, tenant: &Tenant) -> Arc<RwLock<State>> {
        let mut tenants = self.tenants.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(tenants.entry(tenant.clone()).or_default())
    }

    /// Takes in a report of `agent`.
    pub fn apply(&self, tenant: &Tenant, agent: &AgentName, report: Vec<Record>) {
        let state = self.tenant(tenant);
        let mut state = state.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for mut record in report {
            record.agent.clone_from(agent);
            let _ = state.apply(record);
        }
    }
}
