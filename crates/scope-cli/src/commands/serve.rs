//! `scope serve`: settings from flags, this machine's records into the server's state, and what is said at the start.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use scope_serve::server::app::{Server, StartError};
use scope_serve::server::config::Config;
use scope_serve::server::live::Live;
use scope_serve::server::tls::{Asked, Source, TlsSettings, bind_policy, container_sign};

use crate::args::{ServeArgs, ServeCommand};
use crate::exit::{Exit, Hint};
use crate::interruption::interruption;
#[cfg(feature = "collect")]
use crate::local;

/// Runs the command.
pub(crate) fn run(args: ServeArgs) -> Result<Exit> {
    match &args.command {
        Some(ServeCommand::Enrol(args)) => return super::enrol::run(args),
        Some(ServeCommand::Agents(args)) => return super::agents::run(args),
        None => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("could not start the runtime")?;
    runtime.block_on(serve(args))
}

async fn serve(args: ServeArgs) -> Result<Exit> {
    #[cfg(feature = "collect")]
    if !args.no_collect {
        local::check(&args.local)?;
    }
    let live = Arc::new(Live::new(args.limits.live()));
    let data_dir = args.data_dir.path()?;
    let config = Config {
        tls: tls(&args, &data_dir)?,
        bind: args.bind,
        base_path: args.base_path,
        data_dir,
        host_names: args.host_name,
        trusted_proxies: args.trust_proxy,
        admin: args.admin,
        limits: args.limits.server(),
    };
    let server = Server::bind(config, Arc::clone(&live)).await.map_err(|error| {
        let hint = advice(&error);
        let error = anyhow::Error::new(error).context("could not start the server");
        match hint {
            Some(hint) => error.context(Hint(hint)),
            None => error,
        }
    })?;
    greet(&server)?;
    #[cfg(feature = "collect")]
    let local = (!args.no_collect).then(|| local::Local::start(args.local, live));
    server.run(interruption()).await;
    #[cfg(feature = "collect")]
    if let Some(local) = local {
        local.stop().await;
    }
    Ok(Exit::Done)
}

/// Answers one question of a server, on standard input and output.
#[cfg(feature = "sql")]
pub(crate) fn answer_sql() -> Result<Exit> {
    scope_serve::server::sql::work(std::io::stdin().lock(), &mut std::io::stdout().lock()).context("could not answer")?;
    Ok(Exit::Done)
}

/// The TLS that the flags and the address ask for; an error where the address needs one that they do not ask for.
fn tls(args: &ServeArgs, data_dir: &Path) -> Result<Option<TlsSettings>> {
    let asked = match (&args.tls_cert, args.tls_self_signed) {
        (Some(_), _) => Asked::Files,
        (None, true) => Asked::SelfSigned,
        (None, false) => Asked::Nothing,
    };
    let sign = container_sign();
    let policy = bind_policy(&[args.bind], asked, args.insecure, sign.is_some())?;
    if let (Asked::Nothing, Asked::SelfSigned, Some(sign)) = (asked, policy.tls, sign) {
        tracing::warn!(
            "{sign} says that this is a container, where others come in through a bridge: {} speaks TLS, with a certificate made here, as with --tls-self-signed; \
             --tls-cert and --tls-key bring another, --insecure does without",
            args.bind
        );
    }
    if policy.in_clear {
        tracing::warn!("everything crosses the network in clear, tokens too: --insecure was given");
    }
    let source = match (policy.tls, &args.tls_cert, &args.tls_key) {
        (Asked::Nothing, ..) => None,
        (Asked::Files, Some(cert), Some(key)) => Some(Source::Files { cert: cert.clone(), key: key.clone() }),
        (Asked::Files | Asked::SelfSigned, ..) => Some(Source::SelfSigned { dir: data_dir.to_owned(), names: args.host_name.clone() }),
    };
    if source.is_none() && args.tls_client_ca.is_some() {
        let hint = "add --tls-self-signed, or a certificate with --tls-cert and --tls-key";
        return Err(anyhow::anyhow!("certificates of agents are asked for with TLS only, and --tls-client-ca was given without").context(Hint(hint.to_owned())));
    }
    Ok(source.map(|source| TlsSettings { source, client_ca: args.tls_client_ca.clone() }))
}

/// What to do where an address is taken.
fn advice(error: &StartError) -> Option<String> {
    let (address, flag, source) = match error {
        StartError::Bind { address, source } => (address, "--bind", source),
        StartError::Admin { address, source } => (address, "--admin", source),
        _ => return None,
    };
    let free = std::net::SocketAddr::new(address.ip(), address.port().checked_add(1)?);
    (source.kind() == std::io::ErrorKind::AddrInUse)
        .then(|| format!("another program listens there, perhaps another `scope serve`: stop that one, or choose another address, such as {flag} {free}"))
}

/// Says where the server is; at the very first start also how to sign in, which is shown this once.
fn greet(server: &Server) -> Result<()> {
    let url = server.url();
    let mut text = format!("scope is at {url}/\n");
    if let Some(fingerprint) = server.fingerprint() {
        text.push_str(&format!("its certificate (SHA-256):      {}\n", scope_serve::enrolment::hex(&fingerprint)));
    }
    if let Some(first) = server.first_start() {
        text.push_str(&format!("\nsign in once, within the hour:  {url}/sign-in#{}\n", first.code.reveal()));
        text.push_str(&format!("token with the role admin:      {}\nneither is shown again\n", first.admin_token.reveal()));
    }
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("could not write to standard output")
}
