//! `scope doctor`: the collector's findings as a table or as JSON. What is looked at, and how, is the collector's business.

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, Result};
use scope_collect::config::{Config, Source};
use scope_collect::doctor::{self, Finding, State};
use serde_json::json;

use crate::args::{DoctorArgs, DoctorOutput};
use crate::exit::{Exit, plain};

/// Runs the command.
pub(crate) fn run(args: DoctorArgs) -> Result<Exit> {
    let output = args.output;
    let only = args.only.iter().map(|name| name.parse::<Source>()).collect::<Result<Vec<_>, _>>()?;
    let config = Config {
        sources: if only.is_empty() { Source::ALL.to_vec() } else { only },
        docker_endpoint: args.docker_endpoint.filter(|endpoint| !endpoint.is_empty()),
        runtime_dir: std::env::var_os("XDG_RUNTIME_DIR").map(Into::into),
        proc_root: args.proc,
        sys_root: args.sys,
        ..Config::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("could not start the runtime")?;
    let findings = runtime.block_on(doctor::examine(&config));
    let text = match output {
        DoctorOutput::Table => table(&findings),
        DoctorOutput::Json => json(&findings),
    };
    io::stdout().write_all(text.as_bytes()).context("could not write to standard output")?;
    Ok(if count(&findings, State::Missing) > 0 { Exit::Partial } else { Exit::Done })
}

fn count(findings: &[Finding], state: State) -> usize {
    findings.iter().filter(|finding| finding.state == state).count()
}

fn json(findings: &[Finding]) -> String {
    let list: Vec<_> = findings
        .iter()
        .map(|finding| {
            let mut object = json!({
                "source": finding.source.as_str(), "topic": finding.topic, "state": finding.state.as_str(), "found": finding.found.as_str(),
            });
            if let Some(mend) = &finding.mend {
                object["mend"] = json!(mend.as_str());
            }
            object
        })
        .collect();
    format!("{}\n", json!({"findings": list, "missing": count(findings, State::Missing), "advice": count(findings, State::Advice)}))
}

/// A line a finding, what was found wrapped to the terminal, what mends it beneath.
fn table(findings: &[Finding]) -> String {
    let terminal = io::stdout().is_terminal();
    let colour = terminal && std::env::var_os("NO_COLOR").is_none();
    let width = if terminal { terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0)) } else { 120 };
    let topics = findings.iter().map(|finding| finding.topic.len()).max().unwrap_or(0);
    let sources = findings.iter().map(|finding| finding.source.as_str().len()).max().unwrap_or(0);
    let margin = "missing".len() + sources + topics + 6;
    let room = width.saturating_sub(margin).max(30);
    let mut text = String::new();
    for finding in findings {
        let state = finding.state.as_str();
        let (begin, end) = match (colour, finding.state) {
            (false, _) => ("", ""),
            (true, State::Ok) => ("\x1b[32m", "\x1b[0m"),
            (true, State::Advice) => ("\x1b[33m", "\x1b[0m"),
            (true, State::Missing) => ("\x1b[31m", "\x1b[0m"),
        };
        text.push_str(&format!("{begin}{state:<7}{end}  {:<sources$}  {:<topics$}  ", finding.source.as_str(), finding.topic));
        let mend = finding.mend.iter().map(|mend| format!("-> {}", plain(mend)));
        let lines = [plain(&finding.found)].into_iter().chain(mend).flat_map(|part| wrap(&part, room));
        text.push_str(&lines.collect::<Vec<_>>().join(&format!("\n{:margin$}", "")));
        text.push('\n');
    }
    let (missing, advice) = (count(findings, State::Missing), count(findings, State::Advice));
    text.push_str(&match (missing, advice) {
        (0, 0) => "\nEverything can be seen.\n".to_owned(),
        (0, _) => "\nNothing is missing; a setting would show more. Nothing was changed.\n".to_owned(),
        (missing, _) => format!("\n{missing} missing. Nothing was changed.\n"),
    });
    text
}

/// Breaks `text` between words into lines of at most `room` characters; a longer word stands alone.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_and_none_is_lost() {
        assert_eq!(wrap("run as root or not", 11), ["run as root", "or not"]);
        assert_eq!(wrap("averyveryverylongword a", 5), ["averyveryverylongword", "a"]);
        assert!(wrap("", 5).is_empty());
    }
}
