//! The table of decisions: every role and proof, every action, every target.

use super::*;

fn identity(role: Option<Role>, via: Via, agent: Option<&str>) -> Identity {
    let agent = agent.map(|name| name.parse().unwrap());
    Identity {
        name: "test".into(),
        tenant: crate::server::tenant::Tenant::default(),
        role,
        visibility: Visibility::all(),
        via,
        proof: Proof::Connection,
        agent,
    }
}

#[test]
fn what_each_identity_may_do() {
    use Action::{ChangeSettings, Control, Push, Query, Read, ReadSettings};
    let all = [Read, Query, Push, Control, ReadSettings, ChangeSettings];
    let table: [(&str, Identity, &[Action]); 7] = [
        ("loopback", identity(Some(Role::Viewer), Via::Loopback, None), &[Read, Query]),
        ("viewer", identity(Some(Role::Viewer), Via::Token, None), &[Read, Query]),
        ("operator", identity(Some(Role::Operator), Via::Token, None), &[Read, Query, Control]),
        ("admin", identity(Some(Role::Admin), Via::Token, None), &all),
        ("admin in a browser", identity(Some(Role::Admin), Via::Session, None), &all),
        ("agent", identity(None, Via::Agent, Some("host-a")), &[]),
        ("loopback, whatever its role", identity(Some(Role::Admin), Via::Loopback, None), &[Read, Query]),
    ];
    for (what, identity, may) in &table {
        for action in all {
            let decided = authorize(identity, action, Target::Tenant(&identity.tenant));
            assert_eq!(decided.is_ok(), may.contains(&action), "{what} {action:?}: {decided:?}");
            let elsewhere = authorize(identity, action, Target::Tenant(&"other".parse().unwrap()));
            assert_eq!(elsewhere, Err(Denied::Elsewhere), "{what} {action:?} in another tenant");
        }
    }
}

#[test]
fn an_agent_pushes_for_itself_alone() {
    let (a, b) = ("host-a".parse().unwrap(), "host-b".parse().unwrap());
    let agent = identity(None, Via::Agent, Some("host-a"));
    let push = |name| authorize(&agent, Action::Push, Target::Agent(&agent.tenant, name));
    assert_eq!(push(&a), Ok(()));
    assert_eq!(push(&b), Err(Denied::Elsewhere));
    for action in [Action::Read, Action::Query, Action::Control, Action::ReadSettings, Action::ChangeSettings] {
        assert!(authorize(&agent, action, Target::Agent(&agent.tenant, &a)).is_err(), "{action:?}");
    }
    let admin = identity(Some(Role::Admin), Via::Token, None);
    assert_eq!(authorize(&admin, Action::Push, Target::Agent(&admin.tenant, &b)), Ok(()));
    let operator = identity(Some(Role::Operator), Via::Token, None);
    assert_eq!(authorize(&operator, Action::Push, Target::Agent(&operator.tenant, &b)), Err(Denied::Role("admin")));
}

#[test]
fn a_process_of_this_machine_pushes_for_nobody_without_a_credential() {
    let name: scope_core::AgentName = "host-a".parse().unwrap();
    let loopback = identity(Some(Role::Viewer), Via::Loopback, None);
    assert_eq!(authorize(&loopback, Action::Push, Target::Agent(&loopback.tenant, &name)), Err(Denied::SignIn));
    let viewer = identity(Some(Role::Viewer), Via::Token, None);
    assert_eq!(authorize(&viewer, Action::Push, Target::Agent(&viewer.tenant, &name)), Err(Denied::Role("admin")));
}
