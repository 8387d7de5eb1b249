//! `/api/v1/sql`: what is answered, and everything that the process that answers cannot do.

use scope_tests::server::{Answer, Server};
use serde_json::json;

fn ask(server: &Server, head: &[&str], sql: &str) -> Answer {
    let body = json!({ "sql": sql, "view": "containers" }).to_string();
    server.ask("POST", "/api/v1/sql", &[head, &["content-type: application/json"]].concat(), body.as_bytes())
}

#[cfg(not(feature = "sql"))]
#[test]
fn a_build_without_sql_says_so() {
    let server = Server::start(&["--no-collect"]);
    let answer = ask(&server, &[], "SELECT 1");
    assert_eq!(answer.status, 501);
    assert!(answer.json()["detail"].as_str().unwrap().contains("make release"), "{}", answer.text());
}

#[cfg(feature = "sql")]
mod answers {
    use std::fmt::Write as _;
    use std::path::PathBuf;
    use std::time::{Duration, Instant};

    use super::*;
    use scope_tests::command::LIMIT;

    /// So many containers: every other one is labelled `app=web`, the rest `app=vault`.
    fn containers(count: usize) -> String {
        let head = r#""agent":"elsewhere","run":"01930000-0000-7000-8000-000000000001","seq":1,"at":"2026-11-21T22:00:00Z""#;
        let mut text = String::new();
        for number in 0..count {
            let app = if number % 2 == 0 { "web" } else { "vault" };
            let _ = writeln!(
                text,
                r#"{{"record":"node",{head},"source":"docker","id":"container:{number:064x}","name":"{app}-{number}","attrs":{{"state":"running","labels":{{"app":"{app}"}}}},"metrics":{{"cpu_pct":{number}}}}}"#
            );
        }
        let _ = writeln!(text, r#"{{"record":"tick",{head},"sources":{{"docker":{{"full":true,"records":{count}}}}}}}"#);
        text
    }

    fn start(flags: &[&str], count: usize) -> Server {
        let server = Server::start(&[&["--no-collect"], flags].concat());
        assert_eq!(server.post_records(containers(count).as_bytes()).status, 200);
        server
    }

    #[test]
    fn one_select_is_answered_and_nothing_else() {
        let server = start(&[], 4);
        let answer = ask(&server, &[], "SELECT name, cpu_pct FROM nodes ORDER BY cpu_pct DESC LIMIT 2");
        assert_eq!(answer.json(), json!({ "columns": ["name", "cpu_pct"], "rows": [["vault-3", 3.0], ["web-2", 2.0]], "cut": false }), "{}", answer.text());
        let secret = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(secret.path(), "column\nhidden-in-a-file\n").unwrap();
        let path = secret.path().display();
        for sql in [
            format!("SELECT * FROM read_csv('{path}')"),
            format!("SELECT * FROM read_parquet('{path}')"),
            format!("SELECT * FROM read_ipc('{path}')"),
            format!("SELECT * FROM read_json('{path}')"),
            format!("SELECT * FROM '{path}'"),
            format!("SELECT * FROM \"{path}\""),
            format!("SELECT * FROM nodes WHERE name IN (SELECT column FROM read_csv('{path}'))"),
            format!("WITH a AS (SELECT * FROM read_csv('{path}')) SELECT * FROM a"),
            format!("CREATE TABLE x AS SELECT * FROM read_csv('{path}')"),
            "SELECT * FROM nodes; DROP TABLE nodes".to_owned(),
            "DELETE FROM nodes".to_owned(),
            "SHOW TABLES".to_owned(),
            "SELECT nothing FROM nodes".to_owned(),
            String::new(),
        ] {
            let answer = ask(&server, &[], &sql);
            assert_eq!(answer.status, 422, "{sql}: {}", answer.text());
            assert_eq!(answer.header("content-type"), "application/problem+json", "{sql}");
            assert!(!answer.text().contains("hidden-in-a-file"), "{sql}");
        }
        assert_eq!(server.ask("POST", "/api/v1/sql", &["content-type: application/json"], b"{}").status, 422);
        assert_eq!(server.ask("POST", "/api/v1/sql", &["content-type: application/json"], b"{").status, 400);
        let view = json!({ "sql": "SELECT 1", "view": "nothing" }).to_string();
        assert_eq!(server.ask("POST", "/api/v1/sql", &["content-type: application/json"], view.as_bytes()).status, 404);
    }

    #[test]
    fn rows_are_bounded_and_say_so() {
        let server = start(&["--sql-rows", "3"], 10);
        let answer = ask(&server, &[], "SELECT name FROM nodes").json();
        assert_eq!((answer["rows"].as_array().unwrap().len(), answer["cut"].as_bool()), (3, Some(true)));
        let answer = ask(&server, &[], "SELECT name FROM nodes LIMIT 3").json();
        assert_eq!(answer["cut"], false);
    }

    #[test]
    fn only_what_the_caller_may_see_is_in_the_tables() {
        let server = start(&[], 10);
        let token = server.new_token(&["--filter", "app:web"]);
        let head = format!("authorization: Bearer {token}");
        let answer = ask(&server, &[&head], "SELECT name FROM nodes ORDER BY name");
        assert_eq!(answer.json()["rows"], json!([["web-0"], ["web-2"], ["web-4"], ["web-6"], ["web-8"]]), "{}", answer.text());
        let answer = ask(&server, &[&head], "SELECT count(*) AS n FROM nodes WHERE name LIKE 'vault%'");
        assert_eq!(answer.json()["rows"], json!([[0]]));
    }

    /// Nine to the eighth of rows: nothing answers that.
    const ENDLESS: &str = "SELECT sum(length(a.name || b.name || c.name || d.name)) AS n FROM nodes a CROSS JOIN nodes b CROSS JOIN nodes c CROSS JOIN nodes d";

    #[test]
    fn what_needs_too_much_memory_is_refused() {
        let server = start(&["--sql-time", "2m", "--sql-memory", "400M"], 1000);
        let answer = ask(&server, &[], ENDLESS);
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.json()["detail"].as_str().unwrap().contains("400 MiB"), "{}", answer.text());
        assert_eq!(ask(&server, &[], "SELECT count(*) AS n FROM nodes").json()["rows"], json!([[1000]]), "the next question is answered");
    }

    #[test]
    fn the_process_that_answers_has_nothing_and_ends_in_time() {
        let server = start(&["--sql-time", "8s", "--sql-memory", "900G"], 1000);
        let pid = server.pid();
        let look = std::thread::spawn(move || {
            let worker = wait(|| children(pid).first().copied());
            // It has read its question once the limits hold.
            wait(|| status(worker, "Seccomp:").filter(|mode| mode == "2"));
            let limits = std::fs::read_to_string(format!("/proc/{worker}/limits")).unwrap();
            let limit = |name: &str| limits.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().rev().nth(1).unwrap().to_owned();
            assert_eq!((limit("Max open files").as_str(), limit("Max file size").as_str(), limit("Max core file size").as_str()), ("0", "0", "0"));
            assert_eq!(status(worker, "NoNewPrivs:").as_deref(), Some("1"));
            assert_eq!(std::fs::read_to_string(format!("/proc/{worker}/environ")).unwrap().matches("SCOPE").count(), 0, "nor has it the server's settings");
            // Nothing of the server came with it: no file, and of sockets only what its own threads wake each other by.
            let open = |pid: u32| -> Vec<String> {
                let entries = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
                entries.filter_map(|entry| Some(std::fs::read_link(entry.path()).ok()?.display().to_string())).collect()
            };
            let servers = open(pid);
            let expected = |path: &String| {
                ["pipe:", "anon_inode:", "/dev/null"].iter().any(|known| path.starts_with(known)) || (path.starts_with("socket:") && !servers.contains(path))
            };
            assert_eq!(open(worker).into_iter().filter(|path| !expected(path)).collect::<Vec<_>>(), Vec::<String>::new());
            worker
        });
        let answer = ask(&server, &[], ENDLESS);
        let worker = look.join().unwrap();
        assert_eq!(answer.status, 504, "{}", answer.text());
        assert!(answer.json()["detail"].as_str().unwrap().contains("within 8 s"));
        wait(|| (!PathBuf::from(format!("/proc/{worker}/fd/0")).exists()).then_some(()));
    }

    fn wait<T>(mut found: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(found) = found() {
                return found;
            }
            assert!(Instant::now() < end, "it never came to be");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn children(pid: u32) -> Vec<u32> {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        let of = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
        tasks.flat_map(|task| of(task).split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect()
    }

    fn status(pid: u32, name: &str) -> Option<String> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
    }
}
