#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test may panic")]

use std::fs;
use std::sync::Arc;

use scope_core::{AgentName, Timestamp};

use super::*;
use crate::server::auth::{Role, now};
use crate::server::tenant::Tenant;

fn entry(action: &str) -> AuditEntry {
    AuditEntry { at: now(), who: "test".to_owned(), address: None, action: action.to_owned(), target: None, outcome: "done".to_owned() }
}

fn token(name: &str) -> TokenRecord {
    TokenRecord { tenant: Tenant::default(), name: name.to_owned(), role: Role::Viewer, filter: None, created: now(), expires: None, last_used: None }
}

fn later(secs: i64) -> Timestamp {
    Timestamp::from_micros(now().as_micros() + secs * 1_000_000)
}

fn enrolment(agent: Option<&str>) -> EnrolmentRecord {
    EnrolmentRecord { tenant: Tenant::default(), agent: agent.map(|name| name.parse().unwrap()), created: now(), expires: later(60) }
}

fn name(text: &str) -> AgentName {
    text.parse().unwrap()
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
    store.set_setting(&tenant, "theme", None, &entry("setting")).unwrap();
    assert_eq!(store.setting(&tenant, "theme").unwrap(), None);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it_and_a_directory_that_others_write_to_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = Store::open(&data).unwrap().path().to_owned();
    assert_eq!((mode(&data), mode(&path)), (0o700, 0o600));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    drop(Store::open(&data).unwrap());
    assert_eq!(mode(&path), 0o600);
    fs::set_permissions(&data, fs::Permissions::from_mode(0o777)).unwrap();
    let error = Store::open(&data).unwrap_err().to_string();
    assert!(error.contains("chmod 0700"), "{error}");
}

#[test]
fn a_damaged_file_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = {
        let store = Store::open(dir.path()).unwrap();
        for number in 0..50 {
            store.set_setting(&Tenant::default(), &format!("setting {number}"), Some(&"x".repeat(1000).into()), &entry("setting")).unwrap();
        }
        store.path().to_owned()
    };
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    // Every page but the header's.
    for byte in flipped.iter_mut().skip(4096).step_by(512) {
        *byte ^= 0xff;
    }
    let damaged = [
        ("garbage", b"this is no database at all".repeat(1000)),
        ("empty", Vec::new()),
        ("a part of the header", whole[..100].to_vec()),
        ("half", whole[..whole.len() / 2].to_vec()),
        ("flipped bytes", flipped),
    ];
    for (what, bytes) in damaged {
        fs::write(&path, &bytes).unwrap();
        let error = Store::open(dir.path()).expect_err(what);
        assert!(matches!(error, StoreError::Corrupt { .. }), "{what}: {error:?}");
        assert!(error.to_string().contains(&format!("mv {} ", path.display())), "{what}: {error}");
        assert!(fs::read(&path).unwrap() == bytes, "{what}: the file is as it was");
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(Store::open(dir.path()).unwrap().settings(&Tenant::default()).unwrap().len(), 50, "a copy that is put back works");
}

#[test]
fn a_file_of_a_later_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.write(|transaction| Ok(transaction.open_table(tables::META)?.insert("schema", 99).map(drop)?)).unwrap();
    drop(store);
    let error = Store::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
}

#[test]
fn a_file_before_the_first_schema_is_brought_to_it() {
    let dir = tempfile::tempdir().unwrap();
    drop(redb::Database::create(dir.path().join("scope.redb")).unwrap());
    let store = Store::open(dir.path()).unwrap();
    assert!(store.tokens(&Tenant::default()).unwrap().is_empty());
}

#[test]
fn two_processes_share_it_but_two_servers_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let server = Store::open(dir.path()).unwrap();
    let command = Store::open(dir.path()).unwrap();
    command.add_token(&SecretHash::of("a"), &token("made beside the server"), &entry("token.create")).unwrap();
    assert_eq!(server.token(&SecretHash::of("a")).unwrap().unwrap().name, "made beside the server");
    server.remove_token(&Tenant::default(), &SecretHash::of("a").id(), &entry("token.revoke")).unwrap();
    assert_eq!(command.token(&SecretHash::of("a")).unwrap(), None);

    let lock = ServerLock::take(dir.path()).unwrap();
    let error = ServerLock::take(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    drop(lock);
    ServerLock::take(dir.path()).unwrap();
}

#[test]
fn a_process_that_has_the_file_to_itself_is_named_as_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path()).unwrap());
    // Without a mode of sharing, as an older program would open it.
    let _alone = redb::Database::open(dir.path().join("scope.redb")).unwrap();
    let error = Store::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("in use by another process"), "{error}");
}

#[test]
fn the_audit_keeps_the_newest_and_counts_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let (tenant, other) = (Tenant::default(), "other".parse().unwrap());
    store.audit(&other, &[entry("theirs")]).unwrap();
    for round in 0..3 {
        let entries: Vec<AuditEntry> = (0..5).map(|number| entry(&format!("{round}.{number}"))).collect();
        store.write(|transaction| audit::append_bounded(transaction, &tenant, &entries, 8)).unwrap();
    }
    let page = store.audited(&tenant, None, 3).unwrap();
    let actions = |page: &AuditPage| page.entries.iter().map(|numbered| numbered.entry.action.clone()).collect::<Vec<_>>();
    assert_eq!((actions(&page), page.dropped, page.next), (vec!["2.4".to_owned(), "2.3".to_owned(), "2.2".to_owned()], 7, Some(13)));
    let rest = store.audited(&tenant, page.next, 100).unwrap();
    assert_eq!((rest.entries.len(), rest.next), (5, None));
    assert_eq!(rest.entries.last().unwrap().number, 8);
    assert_eq!(actions(&store.audited(&other, None, 9).unwrap()), ["theirs"]);
}

#[test]
fn an_enrolment_works_once_whoever_asks_at_the_same_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(dir.path()).unwrap());
    let secret = SecretHash::of("secret");
    store.add_enrolment(&secret, &enrolment(None), now(), &entry("enrolment.create")).unwrap();
    let asking: Vec<_> = (0..8)
        .map(|number| {
            let store = Arc::clone(&store);
            std::thread::spawn(move || {
                store.enrol(&secret, &SecretHash::of(&number.to_string()), &name(&format!("host-{number}")), None, entry("enrol")).unwrap()
            })
        })
        .collect();
    let answers: Vec<Enrolled> = asking.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(answers.iter().filter(|answer| **answer == Enrolled::Done(Tenant::default())).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| **answer == Enrolled::Unknown).count(), 7, "{answers:?}");
    assert_eq!(store.agents(&Tenant::default()).unwrap().len(), 1);
}

#[test]
fn an_enrolment_takes_no_name_that_is_somebody_elses() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let enrol = |secret: &str, only: Option<&str>, credential: &str, agent: &str| {
        let secret = SecretHash::of(secret);
        store.add_enrolment(&secret, &enrolment(only), now(), &entry("enrolment.create")).unwrap();
        store.enrol(&secret, &SecretHash::of(credential), &name(agent), None, entry("enrol")).unwrap()
    };
    assert_eq!(enrol("a", None, "first", "host-a"), Enrolled::Done(Tenant::default()));
    assert_eq!(enrol("b", None, "second", "host-a"), Enrolled::Taken);
    assert_eq!(enrol("c", Some("host-c"), "third", "host-a"), Enrolled::OtherAgent);
    assert!(store.agent(&SecretHash::of("first")).unwrap().is_some());
    assert_eq!(enrol("d", Some("host-a"), "fourth", "host-a"), Enrolled::Done(Tenant::default()));
    assert_eq!(store.agent(&SecretHash::of("first")).unwrap(), None, "the former credential is gone");
    assert_eq!(store.agent(&SecretHash::of("fourth")).unwrap().unwrap().agent, name("host-a"));
}

#[test]
fn what_has_ended_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let secret = SecretHash::of("late");
    let ended = EnrolmentRecord { expires: later(-1), ..enrolment(None) };
    store.add_enrolment(&secret, &ended, later(-60), &entry("enrolment.create")).unwrap();
    assert_eq!(store.enrolments(&Tenant::default(), now()).unwrap(), []);
    assert_eq!(store.enrol(&secret, &SecretHash::of("x"), &name("host-a"), None, entry("enrol")).unwrap(), Enrolled::Unknown);
    let code = CodeRecord { tenant: Tenant::default(), name: "first start".to_owned(), role: Role::Admin, token: None, expires: later(-1) };
    store.set_code(&SecretHash::of("code"), &code).unwrap();
    assert_eq!(store.take_code(&SecretHash::of("code"), now()).unwrap(), None);
    store.set_code(&SecretHash::of("code"), &CodeRecord { expires: later(60), ..code }).unwrap();
    assert!(store.take_code(&SecretHash::of("code"), now()).unwrap().is_some());
    assert_eq!(store.take_code(&SecretHash::of("code"), now()).unwrap(), None, "once");
}

#[test]
fn uses_are_noted_and_bring_nothing_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let (kept, gone) = (SecretHash::of("kept"), SecretHash::of("gone"));
    store.add_token(&kept, &token("kept"), &entry("token.create")).unwrap();
    store.note_used(&[(kept, later(0)), (gone, later(0))]).unwrap();
    assert!(store.token(&kept).unwrap().unwrap().last_used.is_some());
    assert_eq!(store.token(&gone).unwrap(), None);
}

/// A file system of 1 MiB; none where nobody may mount one here.
#[cfg(target_os = "linux")]
struct Tiny(tempfile::TempDir);

#[cfg(target_os = "linux")]
#[allow(clippy::disallowed_methods, reason = "mounting is the test's own business")]
impl Tiny {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = std::process::Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs"]).arg(dir.path()).output();
        if mounted.is_ok_and(|mounted| mounted.status.success()) {
            return Some(Self(dir));
        }
        let required = std::env::var_os("SCOPE_TEST_REQUIRE").is_some_and(|set| set == "1");
        assert!(!required, "missing, and SCOPE_TEST_REQUIRE=1: mounting a file system");
        let skipped = "skipped: a_full_disk_loses_nothing_and_needs_no_restart: a file system of its own may not be mounted here";
        std::io::Write::write_all(&mut std::io::stderr(), format!("{skipped}\n").as_bytes()).unwrap();
        None
    }
}

#[cfg(target_os = "linux")]
#[allow(clippy::disallowed_methods, reason = "unmounting is the test's own business")]
impl Drop for Tiny {
    fn drop(&mut self) {
        std::process::Command::new("umount").arg(self.0.path()).status().unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing_and_needs_no_restart() {
    let Some(tiny) = Tiny::mount() else { return };
    let dir = tiny.0.path();
    let tenant = Tenant::default();
    let store = match Store::open(&dir.join("data")) {
        Ok(store) => store,
        Err(error) => panic!("an empty database has room: {error}"),
    };
    store.set_setting(&tenant, "kept", Some(&1.into()), &entry("setting")).unwrap();
    let room = fs::File::create(dir.join("filler")).unwrap();
    let mut filler = 0;
    while std::io::Write::write(&mut &room, &[0; 1024]).is_ok() {
        filler += 1;
    }
    assert!(filler > 0);
    let mut full = None;
    for number in 0..1000 {
        let value = "x".repeat(60_000).into();
        if let Err(error) = store.set_setting(&tenant, &format!("more {number}"), Some(&value), &entry("setting")) {
            full = Some((number, error));
            break;
        }
    }
    let (number, error) = full.unwrap();
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    assert!(error.to_string().contains("free some on that disk"), "{error}");
    assert_eq!(store.setting(&tenant, "kept").unwrap(), Some(1.into()), "reading goes on");
    assert_eq!(store.setting(&tenant, &format!("more {number}")).unwrap(), None, "all or nothing");
    drop(room);
    fs::remove_file(dir.join("filler")).unwrap();
    store.set_setting(&tenant, "after", Some(&2.into()), &entry("setting")).unwrap();
    drop(store);
    let store = Store::open(&dir.join("data")).unwrap();
    assert_eq!(store.setting(&tenant, "kept").unwrap(), Some(1.into()));
    assert_eq!(store.setting(&tenant, "after").unwrap(), Some(2.into()));
}
