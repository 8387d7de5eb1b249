//! The binary under test, and how it is run: once, in a pipeline, or on and on. Everything ends at a limit, and nothing outlives its test.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

/// How long anything may run, unless the test says otherwise. Generous: it bounds a hang, and is no claim about speed.
pub const LIMIT: Duration = Duration::from_mins(2);

/// The directory that Cargo builds into, with the profile: `target/debug`.
pub fn build_dir() -> PathBuf {
    let exe = std::env::current_exe().expect("the test's own path");
    let dir = exe.parent().expect("a test lies in a directory");
    if dir.ends_with("deps") { dir.parent().expect("deps lies in the profile's directory") } else { dir }.to_owned()
}

/// The top of the checkout.
pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_owned()
}

/// The binary under test: `$SCOPE_BIN`, else that of this build directory, built first where a source is newer.
pub fn scope() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = std::env::var_os("SCOPE_BIN") {
            return std::fs::canonicalize(path).expect("$SCOPE_BIN");
        }
        let binary = build_dir().join("scope");
        if !is_current(&binary) || !is_whole(&binary) {
            let with_sql = if cfg!(feature = "sql") { &["--features", "sql"][..] } else { &[] };
            build(&[&["-p", "scope-cli"], with_sql].concat());
        }
        binary
    })
}

/// An example of the workspace, built first where a source is newer.
pub fn example(name: &str) -> PathBuf {
    let program = build_dir().join("examples").join(name);
    if !is_current(&program) {
        build(&["-p", "scope-examples", "--examples"]);
    }
    program
}

/// Whether `binary` is newer than everything that it was built from, by the list that Cargo wrote beside it.
fn is_current(binary: &Path) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|about| about.modified()).ok();
    let (Some(built), Ok(list)) = (changed(binary), std::fs::read_to_string(binary.with_extension("d"))) else { return false };
    let sources = list.split_once(": ").map_or("", |(_, sources)| sources).split_whitespace().map(PathBuf::from);
    let newest =
        sources.chain([checkout().join("Cargo.lock")]).map(|source| changed(&source)).try_fold(SystemTime::UNIX_EPOCH, |newest, at| Some(newest.max(at?)));
    newest.is_some_and(|newest| newest <= built)
}

/// Whether the command was built with all of its parts.
fn is_whole(binary: &Path) -> bool {
    let help = Command::new(binary).arg("--help").output();
    help.is_ok_and(|help| ["  collect ", "  render ", "  serve "].iter().all(|command| String::from_utf8_lossy(&help.stdout).contains(command)))
}

fn build(what: &[&str]) {
    let dir = build_dir();
    let profile = match dir.file_name().and_then(OsStr::to_str) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--locked", "--profile", profile]).args(what).current_dir(checkout());
    cargo.env("CARGO_TARGET_DIR", dir.parent().expect("a profile's directory lies in the target directory"));
    // Building is not what the test's limit is for.
    let status = cargo.status().expect("cargo");
    assert!(status.success(), "could not build: {cargo:?}: {status}");
}

/// What a program left when it ended.
#[derive(Debug)]
pub struct Finished {
    /// What was run, for messages.
    pub what: String,
    /// How it ended.
    pub status: ExitStatus,
    /// All it wrote to standard output.
    pub stdout: Vec<u8>,
    /// All it wrote to standard error.
    pub stderr: Vec<u8>,
}

impl Finished {
    /// The exit code; `None` where a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap_or_else(|error| panic!("`{}` wrote no UTF-8: {error}", self.what))
    }

    /// Standard error as text.
    pub fn words(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("`{}` wrote no JSON: {error}\n{}", self.what, self.text()))
    }

    /// Standard output as a JSON value a line.
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("`{}` wrote a line that is no JSON: {error}\n{line}", self.what));
        self.text().lines().map(parse).collect()
    }

    /// Itself, where it ended with 0.
    #[track_caller]
    #[must_use]
    pub fn ok(self) -> Self {
        self.ended(0)
    }

    /// Itself, where it ended with `code`.
    #[track_caller]
    #[must_use]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code(), Some(code), "`{}` ended with {}\nstdout: {}\nstderr: {}", self.what, self.status, head(&self.stdout), head(&self.stderr));
        self
    }
}

fn head(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..4000).unwrap_or(bytes)).into_owned()
}

/// Runs `command` with `input` on its standard input, up to [`LIMIT`].
#[track_caller]
pub fn run(command: &mut Command, input: &[u8]) -> Finished {
    run_within(command, input, LIMIT)
}

/// Runs `command` with `input` on its standard input, up to `limit`.
#[track_caller]
pub fn run_within(command: &mut Command, input: &[u8], limit: Duration) -> Finished {
    let what = shown(command);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap_or_else(|error| panic!("could not start `{what}`: {error}"));
    let (mut stdin, input) = (child.stdin.take().expect("piped"), input.to_vec());
    // Whoever reads only a part of its input closes it; that is no failure of the test.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let (stdout, stderr) = (collect(child.stdout.take().expect("piped")), collect(child.stderr.take().expect("piped")));
    let status = wait(&mut child, limit);
    if status.is_none() {
        drop(child.kill());
    }
    let ended = status.map_or_else(|| child.wait(), Ok).expect("a child can be waited for");
    writer.join().expect("the writer does not panic");
    let finished = Finished { status: ended, stdout: stdout.join().expect("no panic"), stderr: stderr.join().expect("no panic"), what };
    assert!(status.is_some(), "`{}` did not end within {limit:?}\nstdout: {}\nstderr: {}", finished.what, head(&finished.stdout), head(&finished.stderr));
    finished
}

fn shown(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        let _ = write!(text, " {}", arg.to_string_lossy());
    }
    text
}

fn collect(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is what there is.
        drop(from.read_to_end(&mut bytes));
        bytes
    })
}

fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return Some(status);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Variables that would change what the command does.
const OURS: [&str; 28] = [
    "SCOPE_LOG_LEVEL",
    "SCOPE_LOG_FORMAT",
    "SCOPE_EVERY",
    "SCOPE_AGENT",
    "SCOPE_REALM",
    "SCOPE_PROC",
    "SCOPE_SYS",
    "SCOPE_ALLOW_ENV",
    "SCOPE_LISTEN",
    "SCOPE_ALLOW_ORIGIN",
    "SCOPE_EXPOSE",
    "SCOPE_VIEW",
    "SCOPE_BIND",
    "SCOPE_BASE_PATH",
    "SCOPE_DATA_DIR",
    "SCOPE_HOST_NAME",
    "SCOPE_TRUST_PROXY",
    "SCOPE_TLS_CERT",
    "SCOPE_TLS_KEY",
    "SCOPE_TLS_CLIENT_CA",
    "SCOPE_PUSH",
    "SCOPE_PUSH_CERT",
    "SCOPE_PUSH_KEY",
    "SCOPE_PUSH_TOKEN",
    "SCOPE_STATE_DIR",
    "SCOPE_GONE_AFTER",
    "SCOPE_SERIES_MEMORY",
    "NO_COLOR",
];

/// The command under test with these arguments, free of settings from the environment.
pub fn scope_command<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(scope());
    command.args(args);
    for name in OURS {
        command.env_remove(name);
    }
    command
}

/// Runs the command under test on `input`.
#[track_caller]
pub fn run_scope<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>, input: &[u8]) -> Finished {
    run(&mut scope_command(args), input)
}

/// Runs a script in bash in `dir`, with `scope` on the path; a failure anywhere in a pipeline fails it.
#[track_caller]
pub fn bash(script: &str, dir: &Path) -> Finished {
    let mut command = Command::new("bash");
    command.args(["-eu", "-o", "pipefail", "-c", script]).current_dir(dir);
    let mut path = scope().parent().expect("a binary lies in a directory").as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    command.env("PATH", path);
    for name in OURS {
        command.env_remove(name);
    }
    run(&mut command, b"")
}

/// A program that goes on running, and the lines that it writes. It is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    what: String,
}

impl Running {
    /// Starts `command` and reads its standard output.
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        let what = shown(command);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|error| panic!("could not start `{what}`: {error}"));
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines, what }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line, where one comes within `limit`.
    pub fn line(&self, limit: Duration) -> Option<String> {
        self.lines.recv_timeout(limit).ok()
    }

    /// Reads JSON lines until `wanted` says what was looked for.
    #[track_caller]
    pub fn wait_for<T>(&self, what: &str, limit: Duration, mut wanted: impl FnMut(&Value) -> Option<T>) -> T {
        let end = Instant::now() + limit;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Some(line) = self.line(left) else { panic!("`{}` did not say within {limit:?}: {what}", self.what) };
            let record = serde_json::from_str(&line).unwrap_or_else(|error| panic!("`{}` wrote a line that is no JSON: {error}\n{line}", self.what));
            if let Some(found) = wanted(&record) {
                return found;
            }
        }
    }

    /// Everything that it has written up to now and nobody read.
    pub fn written(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    /// Asks it to end (SIGTERM) and waits for that; the rest of what it wrote, and how it ended.
    #[track_caller]
    pub fn stop(mut self) -> (Vec<String>, ExitStatus) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw).expect("a process id");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("our own child");
        let status = wait(&mut self.child, LIMIT).unwrap_or_else(|| panic!("`{}` does not end when asked to", self.what));
        // The reader ends at the end of the pipe, which closes the channel.
        (self.lines.iter().collect(), status)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only where it ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
