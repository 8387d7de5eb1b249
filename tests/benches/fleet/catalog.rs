//! What simulated hosts run: Compose projects of well-known services, and who of them dials whom.

/// A project, as somebody would write it in a Compose file.
pub(crate) struct Project {
    pub(crate) name: &'static str,
    pub(crate) services: &'static [Service],
}

/// A service of a project.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) image: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) port: u16,
    /// The first word is the process's name.
    pub(crate) command: &'static str,
    /// Processes beside the first one, by name.
    pub(crate) workers: &'static [&'static str],
    /// Typical load: per cent of a core, and MB.
    pub(crate) cpu: f64,
    pub(crate) mem: u64,
    /// Other services of the project that it dials.
    pub(crate) dials: &'static [&'static str],
    /// What it has to do with others.
    pub(crate) far: Far,
}

/// What a service has to do with the world outside of its project.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Far {
    Nothing,
    /// Its port is published, and people come from the internet.
    Public,
    /// Its port is published, for the next host's `Next`.
    Published,
    /// It dials what the next host publishes.
    Next,
    /// It dials this name on the internet.
    World(&'static str),
}

use Far::{Next, Nothing, Public, Published, World};

#[expect(clippy::too_many_arguments, reason = "columns of a table")]
const fn service(
    name: &'static str,
    image: (&'static str, &'static str),
    port: u16,
    command: &'static str,
    workers: &'static [&'static str],
    load: (f64, u64),
    dials: &'static [&'static str],
    far: Far,
) -> Service {
    Service { name, image: image.0, tag: image.1, port, command, workers, cpu: load.0, mem: load.1, dials, far }
}

const NGINX: (&str, &str) = ("nginx", "1.27-alpine");
const POSTGRES: (&str, &str) = ("postgres", "16.4");
const REDIS: (&str, &str) = ("redis", "7.4-alpine");
const BACKENDS: &[&str] = &["postgres: checkpointer", "postgres: walwriter", "postgres: app app idle"];
const WORKERS: &[&str] = &["nginx: worker process", "nginx: worker process"];

/// The projects, in the order in which hosts take them.
pub(crate) const PROJECTS: [Project; 8] = [
    Project {
        name: "shop",
        services: &[
            service("web", NGINX, 443, "nginx -g daemon off;", WORKERS, (3.0, 18), &["api", "assets"], Public),
            service("api", ("ghcr.io/acme/shop-api", "2.14.3"), 3000, "node server.js", &[], (22.0, 240), &["db", "cache", "search"], Nothing),
            service("db", POSTGRES, 5432, "postgres", BACKENDS, (9.0, 620), &[], Nothing),
            service("cache", REDIS, 6379, "redis-server *:6379", &[], (1.5, 48), &[], Nothing),
            service("worker", ("ghcr.io/acme/shop-api", "2.14.3"), 3001, "node worker.js", &[], (31.0, 190), &["db", "cache"], World("api.stripe.com")),
            service(
                "search",
                ("opensearchproject/opensearch", "2.17.0"),
                9200,
                "java -Xms1g -Xmx1g org.opensearch.bootstrap.OpenSearch",
                &[],
                (14.0, 1480),
                &[],
                Nothing,
            ),
            service("assets", ("ghcr.io/acme/shop-assets", "2.14.3"), 8080, "caddy run --config /etc/caddy/Caddyfile", &[], (0.6, 34), &[], Nothing),
        ],
    },
    Project {
        name: "monitoring",
        services: &[
            service(
                "prometheus",
                ("prom/prometheus", "v2.54.1"),
                9090,
                "prometheus --config.file=/etc/prometheus/prometheus.yml",
                &[],
                (18.0, 910),
                &["node-exporter", "alertmanager"],
                Next,
            ),
            service("node-exporter", ("quay.io/prometheus/node-exporter", "v1.8.2"), 9100, "node_exporter", &[], (0.8, 22), &[], Published),
            service("grafana", ("grafana/grafana", "11.2.0"), 3000, "grafana server", &[], (2.2, 160), &["prometheus", "loki"], Nothing),
            service("loki", ("grafana/loki", "3.1.1"), 3100, "loki -config.file=/etc/loki/config.yaml", &[], (6.5, 310), &[], Nothing),
            service("alertmanager", ("prom/alertmanager", "v0.27.0"), 9093, "alertmanager", &[], (0.4, 30), &[], World("hooks.slack.com")),
        ],
    },
    Project {
        name: "data",
        services: &[
            service("kafka", ("apache/kafka", "3.8.0"), 9092, "java -Xmx2G kafka.Kafka", &[], (27.0, 2100), &[], Published),
            service("ingest", ("ghcr.io/acme/ingest", "0.31.0"), 8080, "ingest --workers 8", &[], (44.0, 130), &["kafka"], Next),
            service("clickhouse", ("clickhouse/clickhouse-server", "24.8"), 9000, "clickhouse-server", &[], (38.0, 3200), &["kafka"], Nothing),
            service(
                "connect",
                ("confluentinc/cp-kafka-connect", "7.7.1"),
                8083,
                "java org.apache.kafka.connect.cli.ConnectDistributed",
                &[],
                (7.0, 1400),
                &["kafka", "clickhouse"],
                Nothing,
            ),
        ],
    },
    Project {
        name: "forge",
        services: &[
            service("gitea", ("gitea/gitea", "1.22.2"), 3000, "gitea web", &[], (2.8, 210), &["db"], Public),
            service("db", POSTGRES, 5432, "postgres", BACKENDS, (1.4, 180), &[], Nothing),
            service(
                "runner",
                ("gitea/act_runner", "0.2.11"),
                8088,
                "act_runner daemon",
                &["cargo build --release"],
                (88.0, 900),
                &["gitea", "registry"],
                World("index.crates.io"),
            ),
            service("registry", ("registry", "2.8.3"), 5000, "registry serve /etc/docker/registry/config.yml", &[], (0.9, 60), &[], Published),
        ],
    },
    Project {
        name: "mail",
        services: &[
            service(
                "postfix",
                ("ghcr.io/acme/postfix", "3.9.0"),
                25,
                "master -w",
                &["qmgr -l -t unix -u", "pickup -l -t unix -u"],
                (0.7, 40),
                &["rspamd", "dovecot"],
                Public,
            ),
            service("dovecot", ("dovecot/dovecot", "2.3.21"), 993, "dovecot -F", &["imap-login"], (0.5, 52), &[], Public),
            service("rspamd", ("rspamd/rspamd", "3.9.1"), 11332, "rspamd: main process", &["rspamd: normal process"], (3.4, 170), &["redis"], Nothing),
            service("redis", REDIS, 6379, "redis-server *:6379", &[], (0.3, 14), &[], Nothing),
        ],
    },
    Project {
        name: "identity",
        services: &[
            service(
                "keycloak",
                ("quay.io/keycloak/keycloak", "25.0.6"),
                8443,
                "java -jar /opt/keycloak/lib/quarkus-run.jar",
                &[],
                (5.2, 780),
                &["db", "ldap"],
                Published,
            ),
            service("db", POSTGRES, 5432, "postgres", BACKENDS, (0.9, 120), &[], Nothing),
            service("ldap", ("osixia/openldap", "1.5.0"), 389, "slapd -h ldap:///", &[], (0.2, 28), &[], Nothing),
        ],
    },
    Project {
        name: "chat",
        services: &[
            service("mattermost", ("mattermost/mattermost-team-edition", "9.11"), 8065, "mattermost", &[], (4.1, 320), &["db"], Next),
            service("db", POSTGRES, 5432, "postgres", BACKENDS, (1.8, 210), &[], Nothing),
            service("coturn", ("coturn/coturn", "4.6.2"), 3478, "turnserver -n", &[], (0.3, 16), &[], Public),
        ],
    },
    Project {
        name: "media",
        services: &[
            service(
                "jellyfin",
                ("jellyfin/jellyfin", "10.9.11"),
                8096,
                "jellyfin",
                &["ffmpeg -i file:/media/film.mkv -codec:v:0 libx264"],
                (64.0, 870),
                &["cache"],
                Public,
            ),
            service("transcoder", ("ghcr.io/acme/transcoder", "1.9.2"), 8090, "transcoder --queue redis://cache", &[], (92.0, 410), &["cache"], Nothing),
            service("cache", REDIS, 6379, "redis-server *:6379", &[], (0.6, 20), &[], Nothing),
        ],
    },
];

/// What the copies of a project on one host are called beside its name.
pub(crate) const COPIES: [&str; 6] = ["", "-staging", "-canary", "-eu", "-us", "-demo"];

/// Where hosts stand.
pub(crate) const SITES: [&str; 4] = ["ams1", "fra2", "iad3", "sin1"];
