//! `scope token`: the tokens of the server whose files are on this machine.

use std::io::{self, Write};
use std::sync::Arc;

use anyhow::{Context, Result};
use scope_core::Timestamp;
use scope_serve::server::auth::{Auth, AuthConfig, NewToken, Role};
use scope_serve::server::store::Store;
use scope_serve::server::tenant::Tenant;

use crate::args::{TokenArgs, TokenCommand, TokenCreateArgs, TokenListArgs, TokenRevokeArgs, TokenRole};
use crate::columns::columns;
use crate::data_dir::DataDirArgs;
use crate::exit::{Exit, Hint, plain};

/// Who the audit says it was: whoever may write these files.
pub(super) const WHO: &str = "data-dir";

/// Runs the command.
pub(crate) fn run(args: &TokenArgs) -> Result<Exit> {
    match &args.command {
        TokenCommand::Create(args) => create(args),
        TokenCommand::List(args) => list(args),
        TokenCommand::Revoke(args) => revoke(args),
    }
}

/// The server's database. A new one is never made: no server would know what is put into it.
pub(super) fn open(data_dir: &DataDirArgs) -> Result<Arc<Store>> {
    Ok(Arc::new(Store::open_existing(&data_dir.path()?)?))
}

pub(super) fn auth(data_dir: &DataDirArgs) -> Result<Auth> {
    Ok(Auth::new(open(data_dir)?, AuthConfig::default()))
}

fn create(args: &TokenCreateArgs) -> Result<Exit> {
    let role = match args.role {
        TokenRole::Viewer => Role::Viewer,
        TokenRole::Operator => Role::Operator,
        TokenRole::Admin => Role::Admin,
    };
    let new = NewToken { name: args.name.clone(), role, filter: args.filter.clone(), expires: args.expires.map(|age| age.ends_at()) };
    let (secret, record) = auth(&args.data_dir)?.create_token(&Tenant::default(), WHO, None, &new).context("could not make the token")?;
    writeln!(io::stdout(), "{}", secret.reveal()).context("could not write to standard output")?;
    // Standard output holds the token alone, for programs; this is for people.
    let ends = record.expires.map_or_else(|| "never ends".to_owned(), |end| format!("ends {end}"));
    drop(writeln!(io::stderr(), "{} `{}`: role {}, {ends}; it is not shown again", secret.hash().id(), plain(&record.name), record.role.as_str()));
    Ok(Exit::Done)
}

fn list(args: &TokenListArgs) -> Result<Exit> {
    let tokens = auth(&args.data_dir)?.tokens(&Tenant::default()).context("could not list the tokens")?;
    let mut text = String::new();
    if args.json {
        for (hash, token) in &tokens {
            let mut line = serde_json::to_value(token).context("could not write a token")?;
            line["id"] = hash.id().into();
            text.push_str(&format!("{line}\n"));
        }
    } else {
        let mut rows = vec![["ID", "NAME", "ROLE", "FILTER", "CREATED", "EXPIRES", "LAST USED"].map(str::to_owned)];
        rows.extend(tokens.iter().map(|(hash, token)| {
            let filter = token.filter.as_deref().unwrap_or("-");
            let (created, expires, used) = (time(Some(token.created)), time(token.expires), time(token.last_used));
            [hash.id(), plain(&token.name), token.role.as_str().to_owned(), plain(filter), created, expires, used]
        }));
        text = columns(&rows);
    }
    io::stdout().write_all(text.as_bytes()).context("could not write to standard output")?;
    Ok(Exit::Done)
}

/// A time for people.
pub(super) fn time(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.to_string())
}

fn revoke(args: &TokenRevokeArgs) -> Result<Exit> {
    let revoked = auth(&args.data_dir)?.revoke_token(&Tenant::default(), WHO, None, &args.id);
    revoked.with_context(|| format!("could not revoke `{}`", args.id)).context(Hint("`scope token list` says what there is".to_owned()))?;
    Ok(Exit::Done)
}
