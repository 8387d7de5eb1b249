//! Short flags by which known programs take a secret. `-p` is a port for one program and a password for another, so a short flag counts only after
//! the name of a program in this table.

use std::sync::LazyLock;

use hashbrown::HashMap;

/// Where the value of a flag stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    /// In the next word: `-a secret`.
    Next,
    /// In the same word: `-psecret` (a lone `-p` asks for it).
    Same,
    /// In either.
    Either,
}

/// How much of a value is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hide {
    /// All of it.
    Whole,
    /// What follows the first such character: `user:secret`.
    After(char),
}

/// A short flag.
#[derive(Debug)]
pub(super) struct Flag {
    pub(super) name: &'static str,
    pub(super) take: Take,
    pub(super) hide: Hide,
}

/// Programs that share flags.
#[derive(Debug)]
pub(super) struct Tool {
    programs: &'static [&'static str],
    /// Subcommands after which the flags count; empty if always.
    pub(super) after: &'static [&'static str],
    pub(super) flags: &'static [Flag],
    /// Subcommands after which the n-th word that is no flag is a secret.
    pub(super) positions: &'static [(&'static str, usize)],
    /// Whether the program runs another after its own flags, whose flags mean something else.
    pub(super) wraps: bool,
}

const fn flag(name: &'static str, take: Take) -> Flag {
    Flag { name, take, hide: Hide::Whole }
}

const fn user(name: &'static str, separator: char) -> Flag {
    Flag { name, take: Take::Either, hide: Hide::After(separator) }
}

const fn tool(programs: &'static [&'static str], flags: &'static [Flag]) -> Tool {
    Tool { programs, after: &[], flags, positions: &[], wraps: false }
}

static TOOLS: &[Tool] = &[
    tool(
        &[
            "mysql",
            "mysqladmin",
            "mysqlbinlog",
            "mysqlcheck",
            "mysqldump",
            "mysqlimport",
            "mysqlpump",
            "mysqlsh",
            "mysqlshow",
            "mysqlslap",
            "mariadb",
            "mariadb-admin",
            "mariadb-backup",
            "mariadb-check",
            "mariadb-dump",
            "mariadb-import",
            "mariadb-show",
            "mycli",
            "7z",
            "7za",
            "7zr",
            "7zz",
            "rar",
            "unrar",
        ],
        &[flag("-p", Take::Same)],
    ),
    Tool { programs: &["sshpass"], after: &[], flags: &[flag("-p", Take::Either)], positions: &[], wraps: true },
    tool(&["mongo", "mongosh", "mongodump", "mongoexport", "mongofiles", "mongoimport", "mongorestore", "mongostat", "mongotop"], &[flag("-p", Take::Either)]),
    tool(&["redis-cli", "valkey-cli", "keydb-cli", "iredis"], &[flag("-a", Take::Next)]),
    tool(&["ldapadd", "ldapcompare", "ldapdelete", "ldapmodify", "ldapmodrdn", "ldapsearch", "ldapwhoami"], &[flag("-w", Take::Either)]),
    tool(&["ldappasswd"], &[flag("-w", Take::Either), flag("-s", Take::Either), flag("-a", Take::Either)]),
    tool(&["sqlcmd", "bcp", "osql", "isql", "tsql"], &[flag("-P", Take::Either)]),
    tool(&["mosquitto_pub", "mosquitto_sub", "mosquitto_rr"], &[flag("-P", Take::Next)]),
    tool(&["zip", "unzip", "ipmitool"], &[flag("-P", Take::Either)]),
    tool(&["openssl"], &[flag("-k", Take::Next), flag("-K", Take::Next)]),
    tool(&["curl"], &[user("-u", ':'), user("--user", ':'), user("-U", ':'), user("--proxy-user", ':'), flag("-b", Take::Either), user("-E", ':')]),
    tool(&["http", "https", "xh", "xhs"], &[flag("-a", Take::Either)]),
    tool(&["smbclient", "rpcclient", "smbmap", "net"], &[user("-U", '%'), user("--user", '%')]),
    tool(&["lftp"], &[user("-u", ','), user("--user", ',')]),
    tool(&["xfreerdp", "xfreerdp3", "wlfreerdp", "rdesktop"], &[flag("/p:", Take::Same), flag("-p", Take::Next)]),
    Tool {
        programs: &["docker", "podman", "nerdctl", "buildah", "skopeo", "crane", "oras", "helm", "az", "oc"],
        after: &["login"],
        flags: &[flag("-p", Take::Either)],
        positions: &[],
        wraps: false,
    },
    Tool { programs: &["vault", "bao"], after: &[], flags: &[], positions: &[("login", 1), ("unseal", 1)], wraps: false },
    Tool { programs: &["rabbitmqctl"], after: &[], flags: &[], positions: &[("add_user", 2), ("change_password", 2), ("authenticate_user", 2)], wraps: false },
    Tool {
        programs: &["htpasswd"],
        after: &[],
        flags: &[],
        positions: &[
            ("-b", 3),
            ("-bc", 3),
            ("-cb", 3),
            ("-Bb", 3),
            ("-bB", 3),
            ("-Bbc", 3),
            ("-nb", 2),
            ("-bn", 2),
            ("-Bbn", 2),
            ("-nbB", 2),
            ("-nBb", 2),
            ("-bnB", 2),
        ],
        wraps: false,
    },
    // Known for what their short flags are not: they end the reach of a program named before them.
    tool(&["ssh", "scp", "sftp", "rsync", "psql", "pg_dump", "nc", "ls", "mkdir"], &[]),
];

static BY_PROGRAM: LazyLock<HashMap<&'static str, &'static Tool>> =
    LazyLock::new(|| TOOLS.iter().flat_map(|tool| tool.programs.iter().map(move |program| (*program, tool))).collect());

/// The entry of the program a word runs, by the last part of its path.
pub(super) fn find(word: &str) -> Option<&'static Tool> {
    let program = word.rsplit(['/', '\\']).next()?;
    let program = program.strip_suffix(".exe").unwrap_or(program);
    BY_PROGRAM.get(program).copied()
}

/// Whether a word runs a shell or an interpreter whose `-c` (or `-e`) takes a script.
pub(super) fn is_shell(word: &str) -> bool {
    let program = word.rsplit('/').next().unwrap_or(word);
    matches!(program.trim_start_matches('-'), "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "mksh" | "fish" | "busybox" | "su" | "runuser")
}
