//! What an engine says of a container's health check: whether it passes, and what the last check printed where it does not.

use compact_str::CompactString;
use scope_core::limits::cut;
use scope_core::redact::{ELLIPSIS, Redactor};
use serde::Deserialize;

use crate::docker::facts::{Health, HealthCheck};

use super::{LOOKED_INTO_BYTES, Raw};

/// Most of what a check printed that is kept, in bytes. Docker keeps 4,096 bytes of each, Podman 500 characters.
const OUTPUT_BYTES: usize = 1024;

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer<'a> {
    #[serde(borrow)]
    status: Raw<'a>,
    failing_streak: Raw<'a>,
    log: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Check<'a> {
    #[serde(borrow)]
    end: Raw<'a>,
    output: Raw<'a>,
}

/// The health, and what is known of the checks unless they pass, from the fields in which engines have it: `Health`, and `Healthcheck` in some versions of Podman.
pub(super) fn health(fields: [Raw<'_>; 2], redactor: &Redactor) -> (Option<Health>, Option<HealthCheck>) {
    let said = |field: Raw<'_>| {
        let answer: Answer<'_> = field.get()?;
        let health = named(&answer.status.text()?)?;
        // A check that passes is nobody's trouble, and what it printed is as old as whatever else made the engine be asked.
        let check = (health != Health::Healthy).then(|| {
            let last: Check<'_> = answer.log.list().last().and_then(|last| last.get()).unwrap_or_default();
            HealthCheck { failing_streak: answer.failing_streak.get(), output: output(last.output, redactor), checked_at: last.end.time() }
        });
        Some((health, check))
    };
    fields.into_iter().find_map(said).map_or((None, None), |(health, check)| (Some(health), check))
}

/// The health that an engine's word means; `none` is none.
pub(super) fn named(word: &str) -> Option<Health> {
    match word {
        "starting" => Some(Health::Starting),
        "healthy" => Some(Health::Healthy),
        "unhealthy" => Some(Health::Unhealthy),
        _ => None,
    }
}

/// What may be shown of what a check printed: secrets are looked for before it is cut, so that no half of one is left.
fn output(printed: Raw<'_>, redactor: &Redactor) -> Option<CompactString> {
    let printed = printed.text()?;
    let printed = printed.trim_end_matches(['\r', '\n']);
    let seen = cut(printed, LOOKED_INTO_BYTES);
    let shown = redactor.command_line(&seen);
    let shown = if seen.len() < printed.len() && shown.len() <= OUTPUT_BYTES { ELLIPSIS.into() } else { cut(&shown, OUTPUT_BYTES) };
    (!shown.is_empty()).then(|| shown.as_ref().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use serde_json::value::RawValue;
    use serde_json::{Value, json};

    use super::*;

    fn read(health: &Value, healthcheck: &Value) -> (Option<Health>, Option<HealthCheck>) {
        let raw = |value: &Value| RawValue::from_string(value.to_string()).unwrap();
        let (health, healthcheck) = (raw(health), raw(healthcheck));
        super::health([Raw(Some(&health)), Raw(Some(&healthcheck))], &Redactor::new())
    }

    fn printed(output: &str) -> Option<CompactString> {
        let log = json!([{"End": "2026-11-21T21:10:17Z", "ExitCode": 0, "Output": "of the check before"}, {"End": "2026-11-21T21:10:18Z", "ExitCode": 1, "Output": output}]);
        let (health, check) = read(&json!({"Status": "unhealthy", "FailingStreak": 3, "Log": log}), &Value::Null);
        let check = check.unwrap();
        assert_eq!((health, check.failing_streak, check.checked_at), (Some(Health::Unhealthy), Some(3), Some("2026-11-21T21:10:18Z".parse().unwrap())));
        check.output
    }

    #[test]
    fn the_last_check_is_told_unless_it_passes() {
        assert_eq!(
            printed("wget: can't connect to remote host: Connection refused\r\n\n").as_deref(),
            Some("wget: can't connect to remote host: Connection refused")
        );
        assert_eq!(printed("\n"), None);
        let log = json!([{"End": "2026-11-21T21:10:18Z", "ExitCode": 0, "Output": "fine"}]);
        assert_eq!(read(&json!({"Status": "healthy", "FailingStreak": 0, "Log": log}), &Value::Null), (Some(Health::Healthy), None));
        let starting = HealthCheck { failing_streak: Some(0), output: None, checked_at: None };
        assert_eq!(read(&json!({"Status": "starting", "FailingStreak": 0, "Log": null}), &Value::Null), (Some(Health::Starting), Some(starting)));
    }

    #[test]
    fn either_name_of_the_field_will_do() {
        let unhealthy = json!({"Status": "unhealthy", "FailingStreak": 1, "Log": [{"ExitCode": 1, "Output": "no"}]});
        let told = (Some(Health::Unhealthy), Some(HealthCheck { failing_streak: Some(1), output: Some("no".into()), checked_at: None }));
        for beside in [Value::Null, json!({"Status": "", "FailingStreak": 0, "Log": null}), json!("odd"), json!({"Status": "none"})] {
            assert_eq!(read(&unhealthy, &beside), told, "{beside}");
            assert_eq!(read(&beside, &unhealthy), told, "{beside}");
        }
        assert_eq!(read(&Value::Null, &Value::Null), (None, None));
        for log in [json!({}), json!([]), json!(["odd"]), json!([{"Output": ["odd"], "End": 7}])] {
            let (health, check) = read(&json!({"Status": "unhealthy", "FailingStreak": -1, "Log": log}), &Value::Null);
            assert_eq!((health, check.unwrap().output), (Some(Health::Unhealthy), None), "{log}");
        }
    }

    #[test]
    fn what_a_check_prints_is_bounded_and_without_secrets() {
        // What a terminal would obey is data here: outputs escape it.
        assert_eq!(printed("\u{1b}[2Jgone\u{7}\u{0}\nnext").as_deref(), Some("\u{1b}[2Jgone\u{7}\u{0}\nnext"));
        for secret in ["curl: (6) https://app:hunter2@db/", "--password hunter2", "PGPASSWORD=hunter2 refused", "token: hunter2"] {
            let shown = printed(&format!("check failed\n{secret}\n")).unwrap();
            assert!(!shown.contains("hunter2") && shown.starts_with("check failed\n") && shown.contains("[redacted]"), "{shown}");
        }
        for long in ["x".repeat(64 << 10), "ä€ ".repeat(32 << 10), "\u{fffd}\u{1b}[31m".repeat(20 << 10)] {
            let shown = printed(&long).unwrap();
            assert!(shown.len() <= OUTPUT_BYTES && shown.len() > OUTPUT_BYTES - 8 && shown.ends_with(ELLIPSIS), "{} bytes", shown.len());
        }
        // The secret lies across the end of what is kept.
        let shown = printed(&format!("{}--password {}", "x ".repeat(500), "hunter2".repeat(200))).unwrap();
        assert!(!shown.contains("hunter"), "{shown}");
        // What was not looked into would be shown, as what was is so short without its secret.
        let secrets = format!("password={} AKIAIOSFODNN7EXAMPLE", "h".repeat((64 << 10) - 20));
        assert_eq!(printed(&secrets).as_deref(), Some(ELLIPSIS));
    }
}
