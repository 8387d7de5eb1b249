#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]

use super::*;
use crate::server::auth::now;
use crate::server::tenant::Tenant;

fn entry(action: &str) -> AuditEntry {
    AuditEntry { at: now(), who: "test".to_owned(), address: None, action: action.to_owned(), target: None, outcome: "done".to_owned() }
}

#[test]
fn what_is_written_is_there_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let tenant = Tenant::default();
    {
        let store = Store::open(&data).unwrap();
        store.set_setting(&tenant, "theme", Some(&"dark".into()), &entry("setting")).unwrap();
    }
    let store = Store::open(&data).unwrap();
    assert_eq!(store.settings(&tenant).unwrap(), [("theme".to_owned(), "dark".into())]);
    assert_eq!(store.audited(&tenant, None, 10).unwrap().entries.len(), 1);
    assert_eq!(store.settings(&"other".parse().unwrap()).unwrap(), [], "another tenant has settings of its own");
}
