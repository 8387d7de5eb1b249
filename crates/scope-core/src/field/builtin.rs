//! The fields that scope's own collectors write, in the order in which tables show them. A new field is a new line here, and nothing else.

use std::borrow::Cow;
use std::sync::LazyLock;

use hashbrown::HashMap;

use super::{Field, HIDDEN_FROM, Kinds, Show, Unit};

const ALL: &[&str] = &[];
const HOST: &[&str] = &["host"];
const PROCESS: &[&str] = &["process"];
const CONTAINER: &[&str] = &["container"];
const IMAGE: &[&str] = &["image"];
const FLOW: &[&str] = &["flow"];
const CONNECTION: &[&str] = &["connection"];
/// Figures of the agent itself stand in its ticks.
const AGENT: &[&str] = &["tick"];
const FLOW_CONNECTION: &[&str] = &["flow", "connection"];
const RUNS: &[&str] = &["process", "container"];
const LOAD: &[&str] = &["host", "process", "container"];
const MACHINE: &[&str] = &["host", "container"];
const LABELLED: &[&str] = &["host", "container", "image", "pod", "service"];

/// A field that tables show.
const fn shown(
    priority: u32,
    name: &'static str,
    label: &'static str,
    unit: Unit,
    show: Show,
    kinds: &'static [&'static str],
    description: &'static str,
) -> Field {
    Field {
        name: Cow::Borrowed(name),
        label: Cow::Borrowed(label),
        unit,
        show,
        priority,
        kinds: Kinds::BuiltIn(kinds),
        description: Cow::Borrowed(description),
    }
}

/// A field that tables show only when it is asked for.
const fn hidden(
    priority: u32,
    name: &'static str,
    label: &'static str,
    unit: Unit,
    show: Show,
    kinds: &'static [&'static str],
    description: &'static str,
) -> Field {
    shown(HIDDEN_FROM + priority, name, label, unit, show, kinds, description)
}

/// What a counter counts, that is shown as a rate or percentage of its own.
const fn counter(priority: u32, name: &'static str, label: &'static str, unit: Unit, kinds: &'static [&'static str], description: &'static str) -> Field {
    hidden(1000 + priority, name, label, unit, Show::Number, kinds, description)
}

static FIELDS: &[Field] = &[
    // What every node has.
    shown(0, "name", "Name", Unit::Text, Show::Text, ALL, "Its name for people."),
    shown(10, "kind", "Kind", Unit::Text, Show::Text, ALL, "What it is: `container`, `process`, `host`."),
    shown(20, "state", "State", Unit::Text, Show::Text, &["process", "container", "pod", "connection"], "What it is doing: `running`, `established`."),
    shown(30, "health", "Health", Unit::Text, Show::Text, CONTAINER, "What its health check says: `starting`, `healthy`, `unhealthy`."),
    shown(40, "namespace", "Namespace", Unit::Text, Show::Text, &["container", "pod", "service"], "The Kubernetes namespace that it is in."),
    shown(50, "image", "Image", Unit::Text, Show::Text, CONTAINER, "The image as it was asked for: `nginx:1.27`."),
    // What it uses now.
    shown(60, "cpu_pct", "CPU", Unit::PercentOfCore, Show::Bar, LOAD, "CPU time used, 100 for one core."),
    shown(70, "mem_bytes", "Memory", Unit::Bytes, Show::Bar, LOAD, "Memory in use: as `docker stats` counts it, resident, or not available."),
    shown(80, "mem_pct", "Memory", Unit::Percent, Show::Bar, MACHINE, "Memory in use, of the limit or of the machine's."),
    shown(90, "rx_bytes_per_sec", "Received", Unit::BytesPerSecond, Show::Spark, &["host", "container", "flow"], "Network bytes received."),
    shown(100, "tx_bytes_per_sec", "Sent", Unit::BytesPerSecond, Show::Spark, &["host", "container", "flow"], "Network bytes sent."),
    shown(110, "disk_read_bytes_per_sec", "Read", Unit::BytesPerSecond, Show::Spark, LOAD, "Bytes read from block devices."),
    shown(120, "disk_write_bytes_per_sec", "Written", Unit::BytesPerSecond, Show::Spark, LOAD, "Bytes written to block devices."),
    shown(130, "disk_pct", "Disks", Unit::Percent, Show::Bar, HOST, "Space in use on all file systems on disks."),
    shown(140, "load1", "Load", Unit::Number, Show::Number, HOST, "Tasks that ran or waited for a disk, average of one minute."),
    shown(150, "pids", "PIDs", Unit::Count, Show::Number, CONTAINER, "Processes and threads."),
    shown(160, "threads", "Threads", Unit::Count, Show::Number, PROCESS, "Threads."),
    shown(170, "open_files", "Files", Unit::Count, Show::Number, PROCESS, "Open file descriptors."),
    // Flows and connections.
    shown(180, "proto", "Protocol", Unit::Text, Show::Text, FLOW_CONNECTION, "`tcp` or `udp`."),
    shown(190, "side", "Side", Unit::Text, Show::Text, FLOW_CONNECTION, "Which end its owner is: `client` or `server`."),
    shown(200, "owner", "Owner", Unit::Text, Show::Text, FLOW_CONNECTION, "The node that the near end belongs to."),
    shown(210, "server", "Server", Unit::Text, Show::Text, FLOW, "The node that serves, where its own agent could tell."),
    shown(220, "server_name", "Server name", Unit::Text, Show::Text, FLOW, "A name of the far end: from a container network, the hosts file or DNS."),
    shown(230, "server_addr", "Server address", Unit::Text, Show::Text, FLOW, "Where the server listens, after translation."),
    shown(240, "client_addr", "Client address", Unit::Text, Show::Text, FLOW, "Who came, seen from the server."),
    shown(250, "dialled", "Dialled", Unit::Text, Show::Text, FLOW, "What the client dialled, before translation."),
    shown(260, "local", "Local", Unit::Text, Show::Text, CONNECTION, "The owner's address and port."),
    shown(270, "remote", "Remote", Unit::Text, Show::Text, CONNECTION, "The other end's address and port."),
    shown(280, "open", "Open", Unit::Count, Show::Number, FLOW, "Connections that are open."),
    shown(290, "opened_per_sec", "Opened", Unit::PerSecond, Show::Spark, FLOW, "Connections opened."),
    shown(300, "failed_per_sec", "Failed", Unit::PerSecond, Show::Spark, FLOW, "Connection attempts that failed."),
    shown(310, "rtt_us", "Round trip", Unit::Micros, Show::Number, FLOW, "Smoothed round-trip time, median over open connections."),
    shown(320, "last_seen", "Last seen", Unit::Time, Show::TimeAgo, FLOW, "When a connection was last open."),
    shown(330, "since", "Since", Unit::Time, Show::TimeAgo, FLOW, "When it was first seen."),
    // What it is.
    shown(340, "pid", "PID", Unit::Number, Show::Number, &["process", "container", "connection"], "The process on the host; of a container its first."),
    shown(350, "command", "Command", Unit::List, Show::Text, &["process", "container", "flow"], "Program and arguments, without what looks secret."),
    shown(360, "user", "User", Unit::Text, Show::Text, RUNS, "The user that it runs as."),
    shown(370, "ports", "Ports", Unit::List, Show::Table, &["container", "flow"], "Ports and where they are published; of a flow sampled client ports."),
    shown(380, "networks", "Networks", Unit::List, Show::Table, CONTAINER, "Networks that it is attached to, with its addresses there."),
    shown(390, "addresses", "Addresses", Unit::List, Show::List, &["host", "container", "pod", "service"], "Its addresses."),
    shown(400, "compose_project", "Project", Unit::Text, Show::Text, CONTAINER, "The Compose project that it belongs to."),
    shown(410, "compose_service", "Service", Unit::Text, Show::Text, CONTAINER, "The Compose service that it is an instance of."),
    shown(420, "started_at", "Started", Unit::Time, Show::TimeAgo, LOAD, "When it started; of a host when it booted."),
    shown(430, "created_at", "Created", Unit::Time, Show::TimeAgo, &["container", "image", "pod", "service"], "When it was created."),
    shown(440, "restart_count", "Restarts", Unit::Count, Show::Number, CONTAINER, "How often the engine restarted it."),
    shown(450, "tags", "Tags", Unit::List, Show::List, IMAGE, "Its names: `nginx:1.27`."),
    shown(460, "size_bytes", "Size", Unit::Bytes, Show::Number, IMAGE, "The size of all its layers."),
    shown(470, "os", "System", Unit::Text, Show::Text, &["host", "image"], "The operating system."),
    shown(480, "kernel", "Kernel", Unit::Text, Show::Text, HOST, "The release of the kernel."),
    shown(490, "architecture", "Architecture", Unit::Text, Show::Text, &["host", "image"], "The processor architecture: `x86_64`, `arm64`."),
    shown(500, "cores", "Cores", Unit::Count, Show::Number, HOST, "Processors that are online."),
    shown(510, "mem_total_bytes", "Memory size", Unit::Bytes, Show::Number, HOST, "Memory of the machine."),
    shown(520, "disks", "Disks", Unit::List, Show::Table, HOST, "File systems on disks, with capacity and use."),
    // Details of identity.
    hidden(0, "id", "ID", Unit::Text, Show::Text, ALL, "Its stable identity."),
    hidden(10, "agent", "Agent", Unit::Text, Show::Text, ALL, "The agent that reports it, named after its host."),
    hidden(20, "source", "Source", Unit::Text, Show::Text, ALL, "The part of the agent that reports it: `docker`, `process`."),
    hidden(30, "parents", "Parents", Unit::List, Show::List, ALL, "What it belongs to: its host, image, pod."),
    hidden(40, "endpoints", "Endpoints", Unit::List, Show::List, ALL, "Where it can be reached."),
    hidden(50, "labels", "Labels", Unit::Map, Show::Table, LABELLED, "Labels."),
    hidden(60, "env", "Environment", Unit::Map, Show::Table, CONTAINER, "Environment variables; values only of names that the operator allows."),
    // Details of processes and containers.
    hidden(70, "finished_at", "Finished", Unit::Time, Show::TimeAgo, CONTAINER, "When it last ended."),
    hidden(80, "exit_code", "Exit code", Unit::Number, Show::Number, CONTAINER, "What it exited with, the last time that it did."),
    hidden(90, "error", "Error", Unit::Text, Show::Text, CONTAINER, "Why it could not be started."),
    hidden(
        92,
        "health_output",
        "Check's output",
        Unit::Text,
        Show::Text,
        CONTAINER,
        "What its last health check printed, unless it passed; without what looks secret.",
    ),
    hidden(
        94,
        "health_failing_streak",
        "Failed checks",
        Unit::Count,
        Show::Number,
        CONTAINER,
        "How many health checks failed in a row, when the engine was last asked.",
    ),
    hidden(96, "health_checked_at", "Checked", Unit::Time, Show::TimeAgo, CONTAINER, "When the health check ended that `health_output` is of."),
    hidden(100, "oom_killed", "Killed for memory", Unit::Bool, Show::Text, CONTAINER, "Whether it ended for want of memory."),
    hidden(110, "hostname", "Host name", Unit::Text, Show::Text, RUNS, "Its own host name."),
    hidden(120, "image_tag", "Image tag", Unit::Text, Show::Text, CONTAINER, "The tag in `image`."),
    hidden(130, "cwd", "Directory", Unit::Text, Show::Text, RUNS, "The working directory."),
    hidden(140, "exe", "Program", Unit::Text, Show::Text, PROCESS, "The file of the program, as its own mount namespace names it."),
    hidden(150, "uid", "UID", Unit::Number, Show::Number, PROCESS, "The effective user's number."),
    hidden(160, "parent_pid", "Parent PID", Unit::Number, Show::Number, PROCESS, "The pid of its parent."),
    hidden(170, "container_pid", "PID inside", Unit::Number, Show::Number, PROCESS, "The pid in its own pid namespace."),
    hidden(180, "kernel_thread", "Kernel thread", Unit::Bool, Show::Text, PROCESS, "Whether it is a thread of the kernel."),
    hidden(190, "mounts", "Mounts", Unit::List, Show::Table, CONTAINER, "What is mounted into it."),
    hidden(200, "network_mode", "Network mode", Unit::Text, Show::Text, CONTAINER, "`bridge`, `host`, `none`, `container:<id>` or a network's name."),
    hidden(210, "restart_policy", "Restart policy", Unit::Text, Show::Text, CONTAINER, "When the engine restarts it: `no`, `always`, `on-failure:3`."),
    hidden(220, "privileged", "Privileged", Unit::Bool, Show::Text, CONTAINER, "Whether it has all capabilities and devices."),
    hidden(230, "read_only", "Read-only", Unit::Bool, Show::Text, CONTAINER, "Whether its root file system is read-only."),
    hidden(240, "runtime", "Runtime", Unit::Text, Show::Text, CONTAINER, "The OCI runtime: `runc`."),
    hidden(250, "partial", "Partial", Unit::Bool, Show::Text, ALL, "Whether less is known of it than there is to know."),
    // Limits.
    hidden(260, "cpu_limit_pct", "CPU limit", Unit::PercentOfCore, Show::Number, CONTAINER, "The most CPU time that it may use, 100 for one core."),
    hidden(270, "cpu_shares", "CPU shares", Unit::Number, Show::Number, CONTAINER, "Weight against others when CPU time is short, 1024 by default."),
    hidden(280, "cpuset", "CPU set", Unit::Text, Show::Text, CONTAINER, "Cores that it may run on: `0-3,8`."),
    hidden(290, "mem_limit_bytes", "Memory limit", Unit::Bytes, Show::Number, CONTAINER, "The most memory that it may use."),
    hidden(300, "mem_reservation_bytes", "Memory reservation", Unit::Bytes, Show::Number, CONTAINER, "Memory below which the kernel does not reclaim."),
    hidden(310, "mem_swap_limit_bytes", "Memory and swap limit", Unit::Bytes, Show::Number, CONTAINER, "The most memory and swap together."),
    hidden(320, "pids_limit", "PID limit", Unit::Count, Show::Number, CONTAINER, "The most processes and threads."),
    // Details of hosts, images, flows.
    hidden(330, "os_id", "System ID", Unit::Text, Show::Text, HOST, "The operating system in one word: `debian`."),
    hidden(340, "os_version", "System version", Unit::Text, Show::Text, HOST, "The version of the operating system."),
    hidden(350, "machine_id", "Machine ID", Unit::Text, Show::Text, HOST, "A hash of the machine's own id."),
    hidden(360, "engine", "Engine", Unit::Text, Show::Text, HOST, "The container engine and its version."),
    hidden(370, "engine_api", "Engine API", Unit::Text, Show::Text, HOST, "The version of the engine's API in use."),
    hidden(380, "digests", "Digests", Unit::List, Show::List, IMAGE, "Its names by content: `nginx@sha256:…`."),
    hidden(390, "seen_by", "Seen by", Unit::List, Show::List, FLOW_CONNECTION, "The sources that saw it: `sock_diag`, `conntrack`."),
    // More figures.
    hidden(400, "cpu_user_pct", "CPU user", Unit::PercentOfCore, Show::Bar, LOAD, "CPU time in user mode."),
    hidden(410, "cpu_system_pct", "CPU system", Unit::PercentOfCore, Show::Bar, LOAD, "CPU time in the kernel."),
    hidden(420, "cpu_iowait_pct", "CPU I/O wait", Unit::PercentOfCore, Show::Bar, HOST, "Time that cores idled while a task waited for a disk."),
    hidden(430, "cpu_steal_pct", "CPU steal", Unit::PercentOfCore, Show::Bar, HOST, "Time that the hypervisor gave to others."),
    hidden(440, "cpu_idle_pct", "CPU idle", Unit::PercentOfCore, Show::Bar, HOST, "Time that cores idled otherwise."),
    hidden(450, "cpu_throttled_pct", "CPU throttled", Unit::PercentOfCore, Show::Bar, CONTAINER, "Time that its tasks were held back by its CPU limit."),
    hidden(460, "cpu_throttled_periods_per_sec", "Throttled periods", Unit::PerSecond, Show::Spark, CONTAINER, "Periods in which it used up its CPU limit."),
    hidden(470, "cpu_periods_per_sec", "CPU periods", Unit::PerSecond, Show::Spark, CONTAINER, "Periods in which it wanted to run under a CPU limit."),
    hidden(480, "mem_usage_bytes", "Memory charged", Unit::Bytes, Show::Number, CONTAINER, "All memory charged to it, page cache too."),
    hidden(490, "mem_cache_bytes", "Page cache", Unit::Bytes, Show::Number, MACHINE, "Page cache and buffers."),
    hidden(500, "mem_anon_bytes", "Anonymous memory", Unit::Bytes, Show::Number, CONTAINER, "Memory that no file backs."),
    hidden(510, "mem_virtual_bytes", "Address space", Unit::Bytes, Show::Number, PROCESS, "The size of its address space."),
    hidden(520, "mem_available_bytes", "Memory available", Unit::Bytes, Show::Number, HOST, "What programs could still get without swapping."),
    hidden(530, "swap_pct", "Swap", Unit::Percent, Show::Bar, HOST, "Swap space in use."),
    hidden(540, "swap_bytes", "Swap in use", Unit::Bytes, Show::Number, HOST, "Swap space in use."),
    hidden(550, "swap_total_bytes", "Swap size", Unit::Bytes, Show::Number, HOST, "Swap space of the machine."),
    hidden(560, "disk_bytes", "Disk in use", Unit::Bytes, Show::Number, HOST, "Space in use on all file systems on disks."),
    hidden(570, "disk_total_bytes", "Disk size", Unit::Bytes, Show::Number, HOST, "Space on all file systems on disks, without what is kept back for root."),
    hidden(580, "disk_reads_per_sec", "Reads", Unit::PerSecond, Show::Spark, MACHINE, "Reads from block devices."),
    hidden(590, "disk_writes_per_sec", "Writes", Unit::PerSecond, Show::Spark, MACHINE, "Writes to block devices."),
    hidden(600, "written_bytes", "Written layer", Unit::Bytes, Show::Number, CONTAINER, "What it wrote over its image."),
    hidden(610, "volume_bytes", "Volumes", Unit::Bytes, Show::Number, CONTAINER, "What is in the volumes that it mounts."),
    hidden(620, "rx_packets_per_sec", "Packets received", Unit::PerSecond, Show::Spark, MACHINE, "Network packets received."),
    hidden(630, "tx_packets_per_sec", "Packets sent", Unit::PerSecond, Show::Spark, MACHINE, "Network packets sent."),
    hidden(640, "net_errors_per_sec", "Packets lost", Unit::PerSecond, Show::Spark, MACHINE, "Network packets lost or broken, either way."),
    hidden(650, "retrans_per_sec", "Retransmits", Unit::PerSecond, Show::Spark, FLOW, "Segments sent again."),
    hidden(660, "load5", "Load, 5 min", Unit::Number, Show::Number, HOST, "Tasks that ran or waited for a disk, average of five minutes."),
    hidden(670, "load15", "Load, 15 min", Unit::Number, Show::Number, HOST, "Tasks that ran or waited for a disk, average of fifteen minutes."),
    hidden(672, "agent_cpu_pct", "Agent CPU", Unit::PercentOfCore, Show::Bar, AGENT, "CPU time that the agent itself uses."),
    hidden(674, "agent_mem_bytes", "Agent memory", Unit::Bytes, Show::Number, AGENT, "Memory that the agent itself holds."),
    hidden(680, "cpu_pressure_some_pct", "Pressure, CPU", Unit::Percent, Show::Bar, MACHINE, "Time in which some task waited for a core."),
    hidden(690, "cpu_pressure_full_pct", "Pressure, CPU, full", Unit::Percent, Show::Bar, MACHINE, "Time in which all tasks waited for a core."),
    hidden(700, "mem_pressure_some_pct", "Pressure, memory", Unit::Percent, Show::Bar, MACHINE, "Time in which some task waited for memory."),
    hidden(710, "mem_pressure_full_pct", "Pressure, memory, full", Unit::Percent, Show::Bar, MACHINE, "Time in which all tasks waited for memory."),
    hidden(720, "io_pressure_some_pct", "Pressure, disks", Unit::Percent, Show::Bar, MACHINE, "Time in which some task waited for a disk."),
    hidden(730, "io_pressure_full_pct", "Pressure, disks, full", Unit::Percent, Show::Bar, MACHINE, "Time in which all tasks waited for a disk."),
    // Counters.
    counter(0, "cpu_usage_us_total", "CPU time", Unit::Micros, LOAD, "CPU time used."),
    counter(10, "cpu_user_us_total", "CPU time, user", Unit::Micros, LOAD, "CPU time in user mode."),
    counter(20, "cpu_system_us_total", "CPU time, system", Unit::Micros, LOAD, "CPU time in the kernel."),
    counter(30, "cpu_iowait_us_total", "I/O wait", Unit::Micros, HOST, "Time that cores idled while a task waited for a disk."),
    counter(40, "cpu_steal_us_total", "Steal", Unit::Micros, HOST, "Time that the hypervisor gave to others."),
    counter(50, "cpu_idle_us_total", "Idle time", Unit::Micros, HOST, "Time that cores idled otherwise."),
    counter(60, "cpu_throttled_us_total", "Throttled time", Unit::Micros, CONTAINER, "Time that its tasks were held back by its CPU limit."),
    counter(70, "cpu_periods_total", "CPU periods", Unit::Count, CONTAINER, "Periods in which it wanted to run under a CPU limit."),
    counter(80, "cpu_throttled_periods_total", "Throttled periods", Unit::Count, CONTAINER, "Periods in which it used up its CPU limit."),
    counter(85, "agent_cpu_us_total", "Agent CPU time", Unit::Micros, AGENT, "CPU time that the agent itself used."),
    counter(90, "oom_kills_total", "Kills for memory", Unit::Count, CONTAINER, "Processes ended for want of memory."),
    counter(100, "disk_read_bytes_total", "Bytes read", Unit::Bytes, LOAD, "Bytes read from block devices."),
    counter(110, "disk_write_bytes_total", "Bytes written", Unit::Bytes, LOAD, "Bytes written to block devices."),
    counter(120, "disk_reads_total", "Reads", Unit::Count, MACHINE, "Reads from block devices."),
    counter(130, "disk_writes_total", "Writes", Unit::Count, MACHINE, "Writes to block devices."),
    counter(140, "rx_bytes_total", "Bytes received", Unit::Bytes, &["host", "container", "flow", "connection"], "Network bytes received."),
    counter(150, "tx_bytes_total", "Bytes sent", Unit::Bytes, &["host", "container", "flow", "connection"], "Network bytes sent."),
    counter(160, "rx_packets_total", "Packets received", Unit::Count, MACHINE, "Network packets received."),
    counter(170, "tx_packets_total", "Packets sent", Unit::Count, MACHINE, "Network packets sent."),
    counter(180, "net_errors_total", "Packets lost", Unit::Count, MACHINE, "Network packets lost or broken, either way."),
    counter(190, "opened_total", "Opened", Unit::Count, FLOW, "Connections opened."),
    counter(200, "failed_total", "Failed", Unit::Count, FLOW, "Connection attempts that failed."),
    counter(210, "retrans_total", "Retransmits", Unit::Count, FLOW, "Segments sent again."),
    counter(220, "cpu_pressure_some_us_total", "Pressure, CPU, some, time", Unit::Micros, MACHINE, "Time in which some task waited for a core."),
    counter(230, "cpu_pressure_full_us_total", "Pressure, CPU, full, time", Unit::Micros, MACHINE, "Time in which all tasks waited for a core."),
    counter(240, "mem_pressure_some_us_total", "Pressure, memory, some, time", Unit::Micros, MACHINE, "Time in which some task waited for memory."),
    counter(250, "mem_pressure_full_us_total", "Pressure, memory, full, time", Unit::Micros, MACHINE, "Time in which all tasks waited for memory."),
    counter(260, "io_pressure_some_us_total", "Pressure, disks, some, time", Unit::Micros, MACHINE, "Time in which some task waited for a disk."),
    counter(270, "io_pressure_full_us_total", "Pressure, disks, full, time", Unit::Micros, MACHINE, "Time in which all tasks waited for a disk."),
];

/// Shorter names that the filter language takes: for a field, for whichever of several a node has (the first first), for a key of a map.
static ALIASES: &[(&str, &[&str])] = &[
    ("address", &["addresses"]),
    ("age", &["created_at", "started_at", "since"]),
    ("app", &["labels.app", "labels.app.kubernetes.io/name", "compose_service"]),
    ("arch", &["architecture"]),
    ("args", &["command"]),
    ("cache", &["mem_cache_bytes"]),
    ("cmd", &["command"]),
    ("connections", &["open"]),
    ("conns", &["open"]),
    ("cpu", &["cpu_pct"]),
    ("cpu_pressure", &["cpu_pressure_some_pct"]),
    ("cpus", &["cores"]),
    ("created", &["created_at"]),
    ("disk", &["disk_pct"]),
    ("dns", &["server_name"]),
    ("endpoint", &["endpoints"]),
    ("environment", &["env"]),
    ("errors", &["net_errors_per_sec"]),
    ("exit", &["exit_code"]),
    ("fds", &["open_files"]),
    ("finished", &["finished_at"]),
    ("host", &["agent"]),
    ("io_pressure", &["io_pressure_some_pct"]),
    ("iowait", &["cpu_iowait_pct"]),
    ("ip", &["addresses"]),
    ("label", &["labels"]),
    ("latency", &["rtt_us"]),
    ("load", &["load1"]),
    ("mem", &["mem_bytes"]),
    ("mem_limit", &["mem_limit_bytes"]),
    ("mem_pressure", &["mem_pressure_some_pct"]),
    ("memory", &["mem_bytes"]),
    ("memory_pct", &["mem_pct"]),
    ("mount", &["mounts"]),
    ("network", &["networks"]),
    ("ns", &["namespace"]),
    ("oom_kills", &["oom_kills_total"]),
    ("parent", &["parents"]),
    ("port", &["ports"]),
    ("ppid", &["parent_pid"]),
    ("processors", &["cores"]),
    ("project", &["compose_project"]),
    ("protocol", &["proto"]),
    ("read", &["disk_read_bytes_per_sec"]),
    ("restarts", &["restart_count"]),
    ("retransmits", &["retrans_per_sec"]),
    ("rss", &["mem_bytes"]),
    ("rtt", &["rtt_us"]),
    ("rx", &["rx_bytes_per_sec"]),
    ("service", &["compose_service"]),
    ("size", &["size_bytes"]),
    ("started", &["started_at"]),
    ("status", &["state"]),
    ("steal", &["cpu_steal_pct"]),
    ("swap", &["swap_pct"]),
    ("tag", &["image_tag"]),
    ("throttled", &["cpu_throttled_pct"]),
    ("tx", &["tx_bytes_per_sec"]),
    ("uptime", &["started_at"]),
    ("vsz", &["mem_virtual_bytes"]),
    ("write", &["disk_write_bytes_per_sec"]),
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Field>> = LazyLock::new(|| FIELDS.iter().map(|field| (field.name.as_ref(), field)).collect());

/// All fields, in the order of their priorities.
pub(super) fn fields() -> &'static [Field] {
    FIELDS
}

/// The field of this name.
pub(super) fn get(name: &str) -> Option<&'static Field> {
    BY_NAME.get(name).copied()
}

/// What an alias stands for, the first that a node has.
pub(super) fn alias(alias: &str) -> Option<&'static [&'static str]> {
    ALIASES.binary_search_by_key(&alias, |(alias, _)| alias).ok().and_then(|at| ALIASES.get(at)).map(|(_, names)| *names)
}

/// All aliases with what they stand for, sorted.
pub(super) fn aliases() -> &'static [(&'static str, &'static [&'static str])] {
    ALIASES
}
