//! What the watcher makes of engines that are away, stuck or refuse, and of replies that no engine should give.

use std::time::Duration;

use serde_json::{Value, json};

use super::captured::*;
use super::fake::{Fake, Reply};
use super::*;

#[tokio::test]
async fn comes_back_after_the_engine_was_away() {
    let mut fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    fake.stop().await;
    reader.until("the loss", |reader| !reader.synced).await;
    assert_eq!(reader.containers.len(), 11, "what was known is not taken back");
    // Meanwhile one was removed, one renamed, one created.
    let mut listed: Vec<Value> = serde_json::from_slice(&fixture("engine-20.10/containers.json")).unwrap();
    let removed = listed.remove(0)["Id"].as_str().unwrap().to_owned();
    let new = "ab".repeat(32);
    let mut created = listed[0].clone();
    created["Id"] = json!(new);
    listed.push(created);
    fake.json(LIST, Value::from(listed).to_string());
    fake.forget(&path_of(&removed));
    fake.json(&path_of(RUNNING), named("renamed"));
    fake.json(&path_of(&new), named("new").replace_id(&new));
    reader.until("refusals", |reader| reader.messages().contains("connect to the engine")).await;
    assert!(reader.problems[0].hint.as_ref().unwrap().contains("nothing listens"));
    fake.start();
    reader.synced().await;
    assert_eq!(reader.containers.len(), 11);
    assert!(reader.named("renamed").is_some() && reader.named("new").is_some() && !reader.containers.contains_key(&removed.parse().unwrap()));
    assert!(reader.problems.is_empty(), "{:?}", reader.problems);
}

#[tokio::test]
async fn reads_all_again_when_the_event_stream_ends() {
    let fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    fake.json(&path_of(RUNNING), named("meanwhile"));
    fake.end_events();
    reader.until("the change", |reader| reader.synced && reader.named("meanwhile").is_some()).await;
    assert_eq!(fake.asked("/v1.41/events"), 2);
}

#[tokio::test]
async fn what_events_did_not_tell_the_list_tells() {
    let fake = captured();
    let mut reader = Reader::start(Settings { compare_every: Duration::from_millis(20), ..settings(&fake) });
    reader.synced().await;
    let asked = fake.asked("/v1.41/containers/");
    let mut listed: Vec<Value> = serde_json::from_slice(&fixture("engine-20.10/containers.json")).unwrap();
    for container in &mut listed {
        if container["Id"] == RUNNING {
            container["Names"] = json!(["/silently"]);
        }
    }
    fake.json(&path_of(RUNNING), named("silently"));
    fake.json(LIST, Value::from(listed).to_string());
    reader.until("the rename", |reader| reader.named("silently").is_some()).await;
    let lists = fake.asked("/v1.41/containers/json");
    assert_eq!(fake.asked("/v1.41/containers/") - asked, lists, "beside the lists only what differs is asked about");
}

#[tokio::test]
async fn a_container_that_the_engine_refuses_is_known_from_the_list() {
    for (reply, why) in [
        (Reply::Json(500, br#"{"message":"layer does not exist"}"#.to_vec()), "layer does not exist"),
        (Reply::Json(200, b"{\"Id\":".to_vec()), "decode"),
        (Reply::Json(200, vec![b' '; 5 << 20]), "larger than"),
        (Reply::Hangup, "read /v1.41/containers/"),
    ] {
        let fake = captured();
        fake.reply(&path_of(RUNNING), reply);
        let mut reader = Reader::start(settings(&fake));
        reader.synced().await;
        assert_eq!(reader.containers.len(), 11, "{why}");
        let facts = reader.named("scope-fix-running").unwrap();
        assert!(facts.partial && facts.state == State::Running && facts.published.len() == 3, "{why}");
        assert!(reader.messages().contains(why), "{}", reader.messages());
        assert_eq!(reader.problems[0].id, facts.id.node());
        // It comes to its senses.
        fake.json(&path_of(RUNNING), fixture("engine-20.10/inspect/running.json"));
        fake.event(event("update", RUNNING));
        reader.until("the whole container", |reader| !reader.named("scope-fix-running").unwrap().partial && reader.problems.is_empty()).await;
    }
}

#[tokio::test]
async fn a_container_that_the_engine_is_stuck_on_does_not_hold_up_the_rest() {
    let fake = captured();
    fake.reply(&path_of(RUNNING), Reply::Silence);
    let mut reader =
        Reader::start(Settings { deadlines: Deadlines { connect: Duration::from_secs(30), answer: Duration::from_millis(200) }, ..settings(&fake) });
    reader.synced().await;
    assert_eq!(reader.containers.len(), 11);
    assert!(reader.messages().contains("no answer within"), "{}", reader.messages());
}

#[tokio::test]
async fn events_that_make_no_sense_are_counted_and_made_up_for() {
    let fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    fake.event("{\"Type\":");
    fake.event(vec![b'x'; 5 << 20]);
    fake.event(event("start", "../../version?x="));
    reader.until("the problem", |reader| reader.messages().contains("2 events of the engine could not be read")).await;
    // The stream goes on.
    fake.json(&path_of(RUNNING), named("still"));
    fake.event(event("rename", RUNNING));
    reader.until("the rename", |reader| reader.named("still").is_some()).await;
    assert_eq!(fake.asked("/v1.41/events"), 1);
}

#[tokio::test]
async fn a_list_that_makes_no_sense_is_tried_again() {
    let fake = captured();
    fake.json(LIST, b"[{]".to_vec());
    let mut reader = Reader::start(settings(&fake));
    reader.until("the problem", |reader| reader.messages().contains("decode what the engine answered to /containers/json")).await;
    fake.json(LIST, fixture("engine-20.10/containers.json"));
    reader.synced().await;
    assert_eq!((reader.containers.len(), reader.problems.len()), (11, 0));
}

#[tokio::test]
async fn networks_that_cannot_be_read_are_a_problem_and_no_more() {
    let fake = captured();
    fake.reply("/networks", Reply::Json(500, b"plain text of an old engine".to_vec()));
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    assert_eq!((reader.containers.len(), reader.networks.len()), (11, 0));
    assert!(reader.messages().contains("plain text of an old engine"));
}

#[tokio::test]
async fn hostile_names_come_through_bounded() {
    let fake = captured();
    let huge = "\u{1b}[2J<script>".repeat(100_000);
    fake.json(
        &path_of(RUNNING),
        changed(|value| {
            value["Name"] = json!(format!("/{huge}"));
            value["Config"]["Labels"] = json!({"l": huge});
        }),
    );
    let mut reader = Reader::start(settings(&fake));
    reader.synced().await;
    let facts = &reader.containers[&RUNNING.parse().unwrap()];
    assert!(facts.name.len() <= 512 && facts.labels[0].1.len() <= 1024);
    // A problem's text is safe to show.
    fake.reply(&path_of(RUNNING), Reply::Json(500, json!({"message": "\u{1b}[31mred\nline"}).to_string().into_bytes()));
    fake.event(event("update", RUNNING));
    reader.until("the problem", |reader| !reader.problems.is_empty()).await;
    assert!(!reader.messages().contains(['\u{1b}', '\n']), "{:?}", reader.messages());
}

#[tokio::test]
async fn says_why_there_is_no_engine() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("none.sock");
    let fake_settings = |endpoint: String| Settings { lookup: Lookup { endpoint: Some(endpoint), ..Lookup::default() }, ..Settings::default() };
    let mut reader = Reader::start(fake_settings(format!("unix://{}", socket.display())));
    reader.until("the problem", |reader| !reader.problems.is_empty()).await;
    assert!(reader.problems[0].hint.as_ref().unwrap().contains("no such socket"));
    reader.watch.stop().await;

    let error = Watch::start(fake_settings("ssh://host".into())).unwrap_err();
    assert!(error.hint().unwrap().contains("forward its socket"));

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut reader = Reader::start(fake_settings(format!("tcp://127.0.0.1:{port}")));
    reader.until("the problem", |reader| !reader.problems.is_empty()).await;
    assert!(reader.problems[0].message.contains("127.0.0.1") && reader.problems[0].message.contains("refused"), "{:?}", reader.problems);
}

#[tokio::test]
async fn what_is_not_an_engine_is_a_problem() {
    for reply in [Reply::Json(200, b"<html>".to_vec()), Reply::Json(403, b"{}".to_vec()), Reply::Hangup] {
        let fake = Fake::new();
        fake.reply("/version", reply);
        let mut reader = Reader::start(settings(&fake));
        reader.until("the problem", |reader| reader.messages().contains("/version")).await;
    }
}

#[tokio::test]
async fn ends_when_nobody_reads() {
    let fake = captured();
    let mut reader = Reader::start(settings(&fake));
    reader.until("the engine", |reader| reader.engine.is_some()).await;
    tokio::time::timeout(AT_MOST, reader.watch.stop()).await.expect("it ends with changes untold");
}
