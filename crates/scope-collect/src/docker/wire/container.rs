//! `GET /containers/json` and `GET /containers/{id}/json`, API 1.22 to 1.53, and Podman's likeness of them.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use compact_str::CompactString;
use scope_core::redact::Redactor;
use scope_core::{Timestamp, limits};
use serde::Deserialize;

use crate::docker::facts::{Attachment, ContainerFacts, Health, Interface, Limits, Mount, Port, PublishedPort, RestartPolicy, State};
use crate::docker::id::{ContainerId, ImageId};

use super::{ITEMS, LOOKED_INTO_BYTES, NAME_BYTES, PATH_BYTES, Raw, Room, as_text, health, port, within_sight};

/// Names of one container in one network kept.
const ALIASES: usize = 32;
/// The kernel's period where a quota names none, in microseconds.
const CPU_PERIOD_US: u64 = 100_000;

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Inspect<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    name: Raw<'a>,
    created: Raw<'a>,
    path: Raw<'a>,
    args: Raw<'a>,
    state: Raw<'a>,
    image: Raw<'a>,
    restart_count: Raw<'a>,
    host_config: Raw<'a>,
    config: Raw<'a>,
    mounts: Raw<'a>,
    network_settings: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct InspectState<'a> {
    #[serde(borrow)]
    status: Raw<'a>,
    running: Raw<'a>,
    paused: Raw<'a>,
    restarting: Raw<'a>,
    dead: Raw<'a>,
    #[serde(rename = "OOMKilled")]
    oom_killed: Raw<'a>,
    pid: Raw<'a>,
    exit_code: Raw<'a>,
    error: Raw<'a>,
    started_at: Raw<'a>,
    finished_at: Raw<'a>,
    health: Raw<'a>,
    healthcheck: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HostConfig<'a> {
    #[serde(borrow)]
    network_mode: Raw<'a>,
    restart_policy: Raw<'a>,
    privileged: Raw<'a>,
    readonly_rootfs: Raw<'a>,
    runtime: Raw<'a>,
    tmpfs: Raw<'a>,
    cpu_shares: Raw<'a>,
    cpu_period: Raw<'a>,
    cpu_quota: Raw<'a>,
    nano_cpus: Raw<'a>,
    cpuset_cpus: Raw<'a>,
    memory: Raw<'a>,
    memory_reservation: Raw<'a>,
    memory_swap: Raw<'a>,
    pids_limit: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config<'a> {
    #[serde(borrow)]
    hostname: Raw<'a>,
    user: Raw<'a>,
    working_dir: Raw<'a>,
    exposed_ports: Raw<'a>,
    env: Raw<'a>,
    image: Raw<'a>,
    labels: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NetworkSettings<'a> {
    #[serde(borrow)]
    ports: Raw<'a>,
    networks: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct EndpointSettings<'a> {
    #[serde(borrow, rename = "NetworkID")]
    network_id: Raw<'a>,
    gateway: Raw<'a>,
    #[serde(rename = "IPAddress")]
    ip_address: Raw<'a>,
    #[serde(rename = "IPPrefixLen")]
    ip_prefix_len: Raw<'a>,
    #[serde(rename = "IPv6Gateway")]
    ipv6_gateway: Raw<'a>,
    #[serde(rename = "GlobalIPv6Address")]
    ipv6_address: Raw<'a>,
    #[serde(rename = "GlobalIPv6PrefixLen")]
    ipv6_prefix_len: Raw<'a>,
    mac_address: Raw<'a>,
    aliases: Raw<'a>,
    #[serde(rename = "DNSNames")]
    dns_names: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct MountPoint<'a> {
    #[serde(borrow, rename = "Type")]
    kind: Raw<'a>,
    name: Raw<'a>,
    source: Raw<'a>,
    destination: Raw<'a>,
    driver: Raw<'a>,
    #[serde(rename = "RW")]
    rw: Raw<'a>,
}

/// The facts in the answer about one container; `None` where it has no id.
pub(crate) fn inspect(answer: &[u8], redactor: &Redactor) -> Result<Option<ContainerFacts>, serde_json::Error> {
    let text = as_text(answer);
    let inspect: Inspect<'_> = serde_json::from_str(&text)?;
    let Some(id) = inspect.id.text().and_then(|id| id.parse::<ContainerId>().ok()) else { return Ok(None) };
    let state: InspectState<'_> = inspect.state.get().unwrap_or_default();
    let host: HostConfig<'_> = inspect.host_config.get().unwrap_or_default();
    let config: Config<'_> = inspect.config.get().unwrap_or_default();
    let net: NetworkSettings<'_> = inspect.network_settings.get().unwrap_or_default();
    let doing = state_of(&state);
    let (health, health_check) = health::health([state.health, state.healthcheck], redactor);
    let mut room = Room::new();
    let image_name = config.image.text_within(NAME_BYTES);
    let (published, exposed) = ports(net.ports, config.exposed_ports, &mut room);
    let env = room.take(config.env.list(), |entry| {
        let entry = entry.text()?;
        let (name, value) = redactor.env(&entry);
        let bytes = name.len() + value.len();
        Some(((CompactString::from(name), CompactString::from(value)), bytes))
    });
    let arguments = inspect.path.text().into_iter().chain(inspect.args.list().into_iter().map(|arg| arg.text().unwrap_or_default()));
    let mut sight = LOOKED_INTO_BYTES;
    let arguments = arguments.map(within_sight).take_while(|argument| {
        let fits = argument.len() <= sight;
        sight = sight.saturating_sub(argument.len());
        fits
    });
    let arguments: Vec<Cow<'_, str>> = arguments.take(ITEMS).collect();
    Ok(Some(ContainerFacts {
        id,
        name: name_of(inspect.name.text().as_deref(), id),
        image_tag: image_name.as_deref().and_then(tag_of).map(Into::into),
        image_name,
        image: inspect.image.text().and_then(|id| id.parse().ok()),
        state: doing,
        error: state.error.text_within(1024),
        health,
        health_check,
        created_at: inspect.created.time(),
        started_at: state.started_at.time(),
        // A running container keeps the time of its last end.
        finished_at: state.finished_at.time(),
        pid: state.pid.positive().filter(|_| doing.is_alive()).and_then(|pid| u32::try_from(pid).ok()),
        labels: room.labels(config.labels, redactor),
        env,
        command: redactor.args(arguments.iter()).into_iter().map(Into::into).collect(),
        hostname: config.hostname.text_within(NAME_BYTES),
        user: config.user.text_within(NAME_BYTES),
        cwd: config.working_dir.text_within(PATH_BYTES),
        published,
        exposed,
        mounts: mounts(inspect.mounts, host.tmpfs, &mut room),
        network_mode: host.network_mode.text_within(NAME_BYTES),
        networks: attachments(net.networks, &mut room),
        limits: limits_of(&host),
        restart_count: inspect.restart_count.get(),
        restart_policy: host.restart_policy.get::<Policy<'_>>().and_then(|policy| {
            Some(RestartPolicy { name: policy.name.text_within(64)?, max_retries: policy.maximum_retry_count.positive().and_then(|n| u32::try_from(n).ok()) })
        }),
        oom_killed: state.oom_killed.flag(),
        privileged: host.privileged.flag(),
        read_only: host.readonly_rootfs.flag(),
        runtime: host.runtime.text_within(64),
        last_exit_code: None,
        partial: false,
        dropped: room.dropped,
    }))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Policy<'a> {
    #[serde(borrow)]
    name: Raw<'a>,
    maximum_retry_count: Raw<'a>,
}

/// The first name without its slash; the short id where there is none.
fn name_of(name: Option<&str>, id: ContainerId) -> CompactString {
    let name = name.map(|name| name.trim_start_matches('/')).unwrap_or_default();
    if name.is_empty() { id.to_string().chars().take(12).collect() } else { limits::cut(name, NAME_BYTES).as_ref().into() }
}

/// The tag in `registry:5000/name:tag@digest`.
fn tag_of(image: &str) -> Option<&str> {
    let (name, _) = image.split_once('@').unwrap_or((image, ""));
    let last = name.rsplit_once('/').map_or(name, |(_, last)| last);
    last.split_once(':').map(|(_, tag)| tag).filter(|tag| !tag.is_empty() && !image.starts_with("sha256:"))
}

fn state_of(state: &InspectState<'_>) -> State {
    let code = state.exit_code.get();
    match state.status.text().map(|word| state_named(&word, code)) {
        Some(known) if known != State::Unknown => known,
        // Without a word that is known, the flags tell; `Running` is set beside `Paused` and `Restarting`.
        _ if state.restarting.flag() => State::Restarting { code },
        _ if state.paused.flag() => State::Paused,
        _ if state.running.flag() => State::Running,
        _ if state.dead.flag() => State::Dead,
        _ if state.finished_at.time().is_some() => State::Exited { code },
        _ if state.running.0.is_some() && state.started_at.time().is_none() => State::Created,
        _ => State::Unknown,
    }
}

/// The state that Docker's or Podman's word means.
fn state_named(word: &str, code: Option<i32>) -> State {
    match word {
        "created" | "configured" | "initialized" => State::Created,
        "running" | "stopping" => State::Running,
        "paused" => State::Paused,
        "restarting" => State::Restarting { code },
        "removing" => State::Removing,
        "exited" | "stopped" => State::Exited { code },
        "dead" => State::Dead,
        _ => State::Unknown,
    }
}

/// The state in the list's words for people, which before API 1.23 are all that it has: `Up 2 hours (Paused)`, `Exited (3) 2 minutes ago`.
fn state_described(words: &str) -> State {
    let code = || words.split_once('(').and_then(|(_, rest)| rest.split_once(')')).and_then(|(code, _)| code.parse().ok());
    match words.split([' ', '(']).next() {
        Some("Up") if words.ends_with("(Paused)") => State::Paused,
        Some("Up") => State::Running,
        Some("Exited") => State::Exited { code: code() },
        Some("Created") => State::Created,
        Some("Restarting") => State::Restarting { code: code() },
        Some("Removal") => State::Removing,
        Some("Dead") => State::Dead,
        _ => State::Unknown,
    }
}

fn limits_of(host: &HostConfig<'_>) -> Limits {
    let quota = host.cpu_quota.positive();
    let period = host.cpu_period.positive();
    let from_quota = || quota.map(|quota| u64::try_from(u128::from(quota) * 1_000_000_000 / u128::from(period.unwrap_or(CPU_PERIOD_US))).unwrap_or(u64::MAX));
    Limits {
        nano_cpus: host.nano_cpus.positive().or_else(from_quota),
        cpu_quota_us: quota,
        cpu_period_us: period,
        cpu_shares: host.cpu_shares.positive(),
        cpuset: host.cpuset_cpus.text_within(NAME_BYTES),
        memory_bytes: host.memory.positive(),
        memory_reservation_bytes: host.memory_reservation.positive(),
        memory_swap_bytes: host.memory_swap.positive(),
        pids: host.pids_limit.positive(),
    }
}

fn ports(ports: Raw<'_>, exposed: Raw<'_>, room: &mut Room) -> (Vec<PublishedPort>, Vec<Port>) {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    struct Binding<'a> {
        #[serde(borrow)]
        host_ip: Raw<'a>,
        host_port: Raw<'a>,
    }
    let ports = ports.entries();
    let declared = exposed.entries();
    let mut exposed = room.take(declared.iter().chain(&ports).map(|(key, _)| key).collect(), |key| Some((port(key)?, key.len())));
    let bindings = ports.iter().flat_map(|(key, bindings)| bindings.list().into_iter().map(move |binding| (key, binding))).collect();
    let mut published = room.take(bindings, |(key, binding): (&Cow<'_, str>, Raw<'_>)| {
        let binding: Binding<'_> = binding.get()?;
        // An address that is left out is every address.
        let host_ip = binding.host_ip.text().map_or(Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)), |ip| ip.parse().ok())?;
        let host_port = binding.host_port.text()?.parse().ok().filter(|port| *port > 0)?;
        Some((PublishedPort { host_ip, host_port, to: port(key)? }, key.len()))
    });
    exposed.sort_unstable();
    exposed.dedup();
    published.sort_unstable();
    published.dedup();
    (published, exposed)
}

fn mounts(mounts: Raw<'_>, tmpfs: Raw<'_>, room: &mut Room) -> Vec<Mount> {
    let mut kept = room.take(mounts.list(), |mount| {
        let mount: MountPoint<'_> = mount.get()?;
        let (name, source) = (mount.name.text_within(NAME_BYTES), mount.source.text_within(PATH_BYTES));
        let target = mount.destination.text_within(PATH_BYTES)?;
        let bytes = target.len() + source.as_ref().map_or(0, CompactString::len);
        // Before API 1.23 the kind is not said; only volumes have a name.
        let kind = mount.kind.text_within(64).unwrap_or_else(|| if name.is_some() { "volume".into() } else { "bind".into() });
        Some((Mount { kind, name, source, target, driver: mount.driver.text_within(64), read_only: !mount.rw.get().unwrap_or(true) }, bytes))
    });
    // What `--tmpfs` mounts is not among the mounts.
    kept.extend(room.take(tmpfs.entries(), |(target, options)| {
        let target: CompactString = limits::cut(&target, PATH_BYTES).as_ref().into();
        let bytes = target.len();
        let read_only = options.text().is_some_and(|options| options.split(',').any(|option| option == "ro"));
        Some((Mount { kind: "tmpfs".into(), name: None, source: None, target, driver: None, read_only }, bytes))
    }));
    kept.sort_by(|a, b| a.target.cmp(&b.target));
    kept.dedup_by(|a, b| a.target == b.target && a.kind == b.kind);
    kept
}

fn attachments(networks: Raw<'_>, room: &mut Room) -> Vec<Attachment> {
    let interface = |ip: Raw<'_>, prefix: Raw<'_>, gateway: Raw<'_>| {
        let ip = ip.ip()?;
        let longest = if ip.is_ipv4() { 32 } else { 128 };
        Some(Interface { ip, prefix: prefix.get().filter(|bits| (1..=longest).contains(bits)), gateway: gateway.ip() })
    };
    let mut kept = room.take(networks.entries(), |(name, settings)| {
        let settings: EndpointSettings<'_> = settings.get()?;
        let name: CompactString = limits::cut(&name, NAME_BYTES).as_ref().into();
        let names = settings.aliases.list().into_iter().chain(settings.dns_names.list());
        let mut aliases: Vec<CompactString> = names.filter_map(|alias| alias.text_within(256)).collect();
        aliases.sort_unstable();
        aliases.dedup();
        aliases.truncate(ALIASES);
        let bytes = name.len() + aliases.iter().map(CompactString::len).sum::<usize>();
        let attachment = Attachment {
            name,
            network: settings.network_id.text().and_then(|id| id.parse().ok()),
            ipv4: interface(settings.ip_address, settings.ip_prefix_len, settings.gateway),
            ipv6: interface(settings.ipv6_address, settings.ipv6_prefix_len, settings.ipv6_gateway),
            mac: settings.mac_address.text_within(64),
            aliases,
            since: None,
        };
        Some((attachment, bytes))
    });
    kept.sort_by(|a, b| a.name.cmp(&b.name));
    kept
}

/// What the list says of a container.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    /// The facts as far as they go.
    pub(crate) facts: ContainerFacts,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Listed<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    names: Raw<'a>,
    image: Raw<'a>,
    #[serde(rename = "ImageID")]
    image_id: Raw<'a>,
    command: Raw<'a>,
    created: Raw<'a>,
    ports: Raw<'a>,
    labels: Raw<'a>,
    state: Raw<'a>,
    status: Raw<'a>,
    host_config: Raw<'a>,
    network_settings: Raw<'a>,
    mounts: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ListedPort<'a> {
    #[serde(borrow, rename = "IP")]
    ip: Raw<'a>,
    private_port: Raw<'a>,
    public_port: Raw<'a>,
    #[serde(rename = "Type")]
    kind: Raw<'a>,
}

/// The containers in the list, and how many entries had no id.
pub(crate) fn list(answer: &[u8], redactor: &Redactor) -> Result<(Vec<Summary>, usize), serde_json::Error> {
    let text = as_text(answer);
    let entries: Vec<Raw<'_>> = serde_json::from_str(&text)?;
    let count = entries.len();
    let summaries: Vec<Summary> = entries.into_iter().filter_map(|entry| summary(&entry.get()?, redactor)).collect();
    let odd = count - summaries.len();
    Ok((summaries, odd))
}

fn summary(listed: &Listed<'_>, redactor: &Redactor) -> Option<Summary> {
    let id: ContainerId = listed.id.text()?.parse().ok()?;
    let mut room = Room::new();
    let words = listed.status.text().unwrap_or_default();
    let described = state_described(&words);
    let state = match (listed.state.text().map(|word| state_named(&word, None)), described) {
        // Only the words have the exit code.
        (Some(State::Exited { .. }), State::Exited { code }) => State::Exited { code },
        (Some(State::Restarting { .. }), State::Restarting { code }) => State::Restarting { code },
        (Some(State::Unknown) | None, described) => described,
        (Some(state), _) => state,
    };
    let health = ["healthy", "unhealthy"].into_iter().find(|word| words.ends_with(&format!("({word})"))).and_then(health::named);
    let health = health.or_else(|| words.ends_with("(health: starting)").then_some(Health::Starting));
    // Links give further names, with slashes within them.
    let names = listed.names.list();
    let own = names.iter().filter_map(|name| name.text()).find(|name| !name.trim_start_matches('/').contains('/'));
    let networks: NetworkSettings<'_> = listed.network_settings.get().unwrap_or_default();
    let host: HostConfig<'_> = listed.host_config.get().unwrap_or_default();
    let image_name = listed.image.text_within(NAME_BYTES);
    let (published, exposed) = listed_ports(listed.ports);
    let facts = ContainerFacts {
        id,
        name: name_of(own.as_deref(), id),
        image_tag: image_name.as_deref().and_then(tag_of).map(Into::into),
        image_name,
        image: listed.image_id.text().and_then(|id| id.parse::<ImageId>().ok()),
        state,
        error: None,
        health,
        health_check: None,
        created_at: listed.created.positive().and_then(|seconds| i64::try_from(seconds).ok()).map(Timestamp::from_seconds),
        started_at: None,
        finished_at: None,
        pid: None,
        labels: room.labels(listed.labels, redactor),
        env: Vec::new(),
        command: listed.command.text().map(|line| redactor.command_line(&within_sight(line)).into_owned().into()).into_iter().collect(),
        hostname: None,
        user: None,
        cwd: None,
        published,
        exposed,
        mounts: mounts(listed.mounts, Raw::default(), &mut room),
        network_mode: host.network_mode.text_within(NAME_BYTES),
        networks: attachments(networks.networks, &mut room),
        limits: Limits::default(),
        restart_count: None,
        restart_policy: None,
        oom_killed: false,
        privileged: false,
        read_only: false,
        runtime: None,
        last_exit_code: None,
        partial: true,
        dropped: room.dropped,
    };
    Some(Summary { facts })
}

fn listed_ports(ports: Raw<'_>) -> (Vec<PublishedPort>, Vec<Port>) {
    let (mut published, mut exposed) = (Vec::new(), Vec::new());
    for listed in ports.list().into_iter().take(ITEMS).filter_map(Raw::get::<ListedPort<'_>>) {
        let kind = listed.kind.text().unwrap_or(Cow::Borrowed("tcp"));
        let Some(to) = listed.private_port.positive().and_then(|number| port(&format!("{number}/{kind}"))) else { continue };
        exposed.push(to);
        if let Some(host_port) = listed.public_port.positive().and_then(|port| u16::try_from(port).ok()) {
            let host_ip = listed.ip.ip().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
            published.push(PublishedPort { host_ip, host_port, to });
        }
    }
    exposed.sort_unstable();
    exposed.dedup();
    published.sort_unstable();
    published.dedup();
    (published, exposed)
}
