//! `scope serve agents`: the credentials of agents of the server whose files are on this machine.

use std::io::{self, Write};

use anyhow::{Context, Result};
use scope_serve::server::tenant::Tenant;

use super::token::{WHO, auth, open, time};
use crate::args::{AgentsArgs, AgentsCommand, AgentsListArgs, AgentsRevokeArgs};
use crate::columns::columns;
use crate::exit::{Exit, Hint, plain};

/// Runs the command.
pub(crate) fn run(args: &AgentsArgs) -> Result<Exit> {
    match &args.command {
        AgentsCommand::List(args) => list(args),
        AgentsCommand::Revoke(args) => revoke(args),
    }
}

fn list(args: &AgentsListArgs) -> Result<Exit> {
    let agents = open(&args.data_dir)?.agents(&Tenant::default()).context("could not list the agents")?;
    let text = if args.json {
        let lines = agents.iter().map(|(_, agent)| serde_json::to_string(agent).map(|line| line + "\n"));
        lines.collect::<Result<String, _>>().context("could not write an agent")?
    } else {
        let mut rows = vec![["AGENT", "MACHINE", "CREATED", "LAST USED"].map(str::to_owned)];
        rows.extend(agents.iter().map(|(_, agent)| {
            let machine = plain(agent.machine_id.as_deref().unwrap_or("-"));
            [agent.agent.to_string(), machine, time(Some(agent.created)), time(agent.last_used)]
        }));
        columns(&rows)
    };
    io::stdout().write_all(text.as_bytes()).context("could not write to standard output")?;
    Ok(Exit::Done)
}

fn revoke(args: &AgentsRevokeArgs) -> Result<Exit> {
    let revoked = auth(&args.data_dir)?.revoke_agent(&Tenant::default(), WHO, None, &args.name);
    revoked
        .with_context(|| format!("could not revoke the credential of `{}`", args.name))
        .context(Hint("`scope serve agents list` says what there is".to_owned()))?;
    Ok(Exit::Done)
}
