//! Reads this machine once and prints its containers: the collector as a library.

use std::error::Error;
use std::io::{self, Write};

use scope_collect::agent;
use scope_collect::config::{Config, Source};
use scope_core::Body;
use tokio::sync::mpsc;

fn main() -> Result<(), Box<dyn Error>> {
    // Without `every` the agent makes one whole report and ends.
    let config = Config { sources: vec![Source::Host, Source::Docker, Source::Cgroup], ..Config::default() };

    // Each message is a report: its records, the tick last. The channel is bounded, so a slow reader slows the agent instead of filling memory.
    let (reports, mut waiting) = mpsc::channel(4);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let never = std::future::pending::<()>();
    let records = runtime.block_on(async {
        let (ended, records) = tokio::join!(agent::run(config, reports, never), async {
            let mut records = Vec::new();
            while let Some(report) = waiting.recv().await {
                records.extend(report);
            }
            records
        });
        ended.map(|_| records)
    })?;

    let mut out = io::stdout().lock();
    for record in &records {
        match &record.body {
            // Names come from outside: `escape_debug` keeps what is in them off the terminal.
            Body::Node(node) if node.kind == "container" && node.name.is_some() => {
                let state = node.attrs.get("state").map(ToString::to_string).unwrap_or_default();
                writeln!(out, "{:10} {}", state, node.name.as_deref().unwrap_or_default().escape_debug())?;
            }
            Body::Node(node) if node.kind == "host" && node.name.is_some() => {
                writeln!(out, "host       {}", node.name.as_deref().unwrap_or_default().escape_debug())?;
            }
            // What could not be seen is data, too.
            Body::Problem(problem) => writeln!(out, "problem    {}", problem.message.escape_debug())?,
            _ => {}
        }
    }
    Ok(())
}
