//! The table of decisions: every role and proof, every action, every target.

use super::*;

fn identity(role: Option<Role>, via: Via, agent: Option<&str>) -> Identity {
    let agent = agent.map(|name| name.parse().unwrap());
    Identity { name: "test".into(), tenant: crate::server::tenant::Tenant::default(), role, visibility: Visibility::all(), via, agent }
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
fn a_process_of_this_machine_is_the_agent_that_it_says_only_where_nobody_else_gets_in() {
    let name: scope_core::AgentName = "host-a".parse().unwrap();
    let (local, public) = (Server::local(), Server::public());
    let loopback = identity(Some(Role::Viewer), Via::Loopback, None);
    let pushes = local.auth.speaks_for(&loopback, &name).unwrap();
    assert_eq!((pushes.agent.as_ref(), pushes.role, pushes.via), (Some(&name), None, Via::Agent));
    assert!(public.auth.speaks_for(&loopback, &name).is_err());
    for server in [&local, &public] {
        let viewer = identity(Some(Role::Viewer), Via::Token, None);
        assert_eq!(server.auth.speaks_for(&viewer, &name).unwrap_err(), Denied::Role("admin"));
        let other = identity(None, Via::Agent, Some("host-b"));
        assert_eq!(server.auth.speaks_for(&other, &name).unwrap_err(), Denied::Elsewhere);
        let itself = identity(None, Via::Agent, Some("host-a"));
        assert_eq!(server.auth.speaks_for(&itself, &name).unwrap().agent.as_ref(), Some(&name));
    }
}
