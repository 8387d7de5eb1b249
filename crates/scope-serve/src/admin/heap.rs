//! `/debug/pprof/heap`: who asked for the memory that is in use, by call site. jemalloc writes that down where it is told to at the start; it is found here by the
//! settings that jemalloc itself reads. Nothing is sampled otherwise.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

/// Largest profile that is handed out.
const LARGEST: u64 = 64 << 20;
/// Where the settings stand: of the allocator that the command with the server has, and of one that was put before the C library's.
const SETTINGS: [&str; 2] = ["_RJEM_MALLOC_CONF", "MALLOC_CONF"];
/// What to do where nothing writes profiles.
const HOW: &str = "the allocator was not told to write profiles: start the server with \
                   _RJEM_MALLOC_CONF=prof:true,lg_prof_interval:28,prof_prefix:/some/directory/scope, the slim agent with LD_PRELOAD=libjemalloc.so.2 and \
                   the same in MALLOC_CONF, as docs/serve.md says\n";

pub(super) async fn profile() -> Response {
    let Some(prefix) = SETTINGS.iter().find_map(|name| prefix(&std::env::var(name).ok()?)) else {
        return (StatusCode::NOT_IMPLEMENTED, HOW).into_response();
    };
    match tokio::task::spawn_blocking(move || newest(&prefix, std::process::id())).await {
        Ok(Ok(Some(profile))) => ([(header::CONTENT_TYPE, "application/octet-stream")], profile).into_response(),
        Ok(Ok(None)) => (StatusCode::NOT_FOUND, "no profile has been written yet: one is each time 2^lg_prof_interval bytes were asked for\n").into_response(),
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, format!("the profile cannot be read: {error}\n")).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the profile cannot be read\n").into_response(),
    }
}

/// Where jemalloc writes profiles by these settings, if it does.
fn prefix(settings: &str) -> Option<PathBuf> {
    let setting = |name: &str| settings.split(',').rev().find_map(|setting| setting.strip_prefix(name)?.strip_prefix(':'));
    let prefix = setting("prof_prefix").filter(|_| setting("prof") == Some("true"))?;
    Some(PathBuf::from(prefix)).filter(|prefix| prefix.is_absolute())
}

/// The newest of this process's profiles: `PREFIX.PID.SEQUENCE.KIND.heap`.
fn newest(prefix: &Path, pid: u32) -> std::io::Result<Option<Vec<u8>>> {
    let (Some(dir), Some(name)) = (prefix.parent(), prefix.file_name().and_then(|name| name.to_str())) else { return Ok(None) };
    let begins = format!("{name}.{pid}.");
    let mut found: Option<(SystemTime, PathBuf)> = None;
    for entry in std::fs::read_dir(dir)?.flatten() {
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| name.starts_with(&begins) && Path::new(name).extension().is_some_and(|kind| kind == "heap"));
        let Ok(about) = entry.metadata() else { continue };
        if is_ours && about.is_file() && about.len() <= LARGEST {
            let at = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if found.as_ref().is_none_or(|(newest, _)| at >= *newest) {
                found = Some((at, entry.path()));
            }
        }
    }
    found.map(|(_, path)| std::fs::read(path)).transpose()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn the_settings_say_where() {
        assert_eq!(prefix("prof:true,lg_prof_interval:28,prof_prefix:/tmp/a/scope"), Some("/tmp/a/scope".into()));
        for none in ["", "prof:true", "prof:false,prof_prefix:/a", "prof_prefix:/a", "prof:true,prof_prefix:here", "prof:true,prof_prefix:/a,prof:false"] {
            assert_eq!(prefix(none), None, "{none}");
        }
    }

    #[test]
    fn the_newest_of_ones_own_counts() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        assert_eq!(newest(&at("scope"), 7).unwrap(), None);
        let old = SystemTime::now() - std::time::Duration::from_mins(1);
        for (name, text, is_old) in [("scope.7.0.i0.heap", "old", true), ("scope.7.1.i1.heap", "new", false), ("scope.77.0.i0.heap", "another's", false)] {
            std::fs::write(at(name), text).unwrap();
            if is_old {
                std::fs::File::options().write(true).open(at(name)).unwrap().set_modified(old).unwrap();
            }
        }
        std::fs::write(at("scope.7.2.txt"), "no profile").unwrap();
        assert_eq!(newest(&at("scope"), 7).unwrap(), Some(b"new".to_vec()));
        assert!(newest(&at("nowhere/scope"), 7).is_err());
    }
}
