//! Figures by way of the engine.

use serde_json::json;

use super::fake::{Fake, Reply};
use super::*;

const ID: &str = "cf014fcaaa00aba9714ca7748ad004b95efa466bbb2146a675c959e832178b64";

fn start(fake: &Fake) -> Stats {
    let client = Client::new(Endpoint::Unix(fake.socket()), None, Deadlines::default());
    Stats::start(client, Duration::from_millis(10))
}

async fn until(what: &str, enough: impl Fn() -> bool) {
    let waiting = async {
        while !enough() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(AT_MOST, waiting).await.is_ok(), "{what} did not come");
}

fn stream() -> Reply {
    Reply::Lines(fixture("engine-20.10/stats-stream-1.22.ndjson").split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect())
}

#[tokio::test]
async fn reads_streams_and_opens_them_again() {
    let fake = Fake::new();
    fake.reply(&format!("/containers/{ID}/stats?stream=1"), stream());
    let stats = start(&fake);
    let id: ContainerId = ID.parse().unwrap();
    assert_eq!(stats.latest(id), None);
    stats.follow([id]);
    until("a sample", || stats.latest(id).is_some()).await;
    until("a second stream", || fake.asked(&format!("/containers/{ID}/stats")) > 1).await;
    assert_eq!(stats.problems(), []);
    stats.follow([]);
    until("the end", || stats.latest(id).is_none()).await;
    stats.stop().await;
}

#[tokio::test]
async fn asks_at_the_interval_where_a_stream_fails_and_says_so() {
    let fake = Fake::new();
    fake.reply(&format!("/containers/{ID}/stats?stream=1"), Reply::Json(500, json!({"message": "no streams"}).to_string().into_bytes()));
    fake.json(&format!("/containers/{ID}/stats?stream=0&one-shot=1"), fixture("engine-20.10/stats.json"));
    let stats = start(&fake);
    let id: ContainerId = ID.parse().unwrap();
    stats.follow([id]);
    until("a sample", || stats.latest(id).is_some()).await;
    let problems = stats.problems();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("stream stats of 1 container") && problems[0].message.contains("no streams"), "{problems:?}");
    fake.reply(&format!("/containers/{ID}/stats?stream=0&one-shot=1"), Reply::Json(500, b"{}".to_vec()));
    until("the second problem", || stats.problems().len() == 2).await;
    assert_eq!(stats.latest(id), None, "an old sample is not a new one");
}

#[tokio::test]
async fn a_container_that_is_gone_is_not_asked_about_again() {
    let fake = Fake::new();
    let stats = start(&fake);
    let id: ContainerId = ID.parse().unwrap();
    stats.follow([id]);
    until("the question", || fake.asked("/containers/") > 0).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!((fake.asked("/containers/"), stats.problems()), (1, vec![]));
}
