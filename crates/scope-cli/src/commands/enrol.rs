//! `scope serve enrol`: an enrolment string of the server whose files are on this machine.

use std::io::{self, Write};

use anyhow::{Context, Result};
use scope_serve::server::auth::{Announced, Auth, AuthConfig, NewEnrolment};
use scope_serve::server::tenant::Tenant;

use super::token::{WHO, open};
use crate::args::EnrolArgs;
use crate::exit::{Exit, Hint};

/// Runs the command.
pub(crate) fn run(args: &EnrolArgs) -> Result<Exit> {
    let store = open(&args.data_dir)?;
    let announced = Announced::read(&store).context("could not read what the server says of itself")?;
    let fingerprint = announced.as_ref().and_then(|server| server.fingerprint);
    let has_started = announced.is_some();
    let url = args.url.clone().or_else(|| announced.and_then(|server| server.url));
    let url = url.ok_or_else(|| {
        let (why, hint) = if has_started {
            ("it listens on all addresses of its machine and was not told its name", "name the address that agents reach with --url https://HOST:4040")
        } else {
            ("none has started on these files", "start it first, or name its address with --url https://HOST:4040")
        };
        anyhow::anyhow!("could not tell where agents reach the server: {why}").context(Hint(hint.to_owned()))
    })?;
    let url = url.trim_end_matches('/').to_owned();
    check(&url, args)?;
    let auth = Auth::new(store, AuthConfig { fingerprint: fingerprint.filter(|_| url.starts_with("https://")), ..AuthConfig::default() });
    let new = NewEnrolment { agent: args.agent.clone(), expires: Some(args.expires.ends_at()) };
    let (string, _, record) = auth.create_enrolment(&Tenant::default(), WHO, None, url.clone(), new).context("could not make the enrolment")?;
    writeln!(io::stdout(), "{string}").context("could not write to standard output")?;
    let whom = record.agent.map_or_else(|| "one new agent".to_owned(), |agent| format!("the agent {agent}"));
    drop(writeln!(io::stderr(), "on the other host: scope collect --push STRING; it lets {whom} in, once, until {}, at {url}", record.expires));
    Ok(Exit::Done)
}

/// An address that another host can use, and safely.
fn check(url: &str, args: &EnrolArgs) -> Result<()> {
    let (tls, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => anyhow::bail!("`{url}` is no address of a server: it begins with https://"),
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.strip_prefix('[').and_then(|rest| rest.split(']').next()).unwrap_or_else(|| authority.split(':').next().unwrap_or_default());
    let local = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if local && args.url.is_none() {
        let hint = "start it with --bind 0.0.0.0:4040 --tls-self-signed, or give the address of the proxy before it with --url";
        return Err(anyhow::anyhow!("the server listens on this machine only, at {url}: no other host reaches it").context(Hint(hint.to_owned())));
    }
    if !tls && !local && !args.insecure {
        let hint = "start it with --tls-self-signed, or insist with --insecure";
        return Err(anyhow::anyhow!("{url} has no TLS: the secret and all records would cross the network in clear").context(Hint(hint.to_owned())));
    }
    Ok(())
}
