//! The table of views.

use super::group::Key;
use super::{Hide, Outside, View, What};

/// What tells that a container does not run, and how it ended.
const ENDED: &[&str] = &["state", "exit_code", "oom_killed"];

/// What ended by failing: with a code other than those of who was stopped (Ctrl-C, SIGKILL, SIGTERM), or for want of memory. Counted by itself, as whoever looks
/// for what is wrong looks for these; asked for with the others, too.
const FAILED: Hide = Hide {
    name: "failed",
    title: "containers that failed",
    part_of: Some("stopped"),
    what: What::Matching {
        filter: "state=dead or state=exited (oom_killed=true or exit_code<0 or exit_code>0 exit_code!=130 exit_code!=137 exit_code!=143)",
        fields: ENDED,
    },
};

const STOPPED: Hide = Hide {
    name: "stopped",
    title: "containers that do not run",
    part_of: None,
    what: What::Matching {
        filter: "state=created or state=removing or state=exited not (oom_killed=true or exit_code<0 or exit_code>0 exit_code!=130 exit_code!=137 exit_code!=143)",
        fields: ENDED,
    },
};

/// Containers that only hold a pod's namespaces.
const INFRASTRUCTURE: Hide = Hide {
    name: "infrastructure",
    title: "containers that only hold a pod's network",
    part_of: None,
    what: What::Matching { filter: "label.io.kubernetes.docker.type=podsandbox or label.io.cri-containerd.kind=sandbox", fields: &["labels"] },
};

const UNCONNECTED: Hide = Hide { name: "unconnected", title: "processes without connections", part_of: None, what: What::Unconnected };

const CONTAINERS: &[Hide] = &[FAILED, STOPPED, INFRASTRUCTURE];

/// Every view there is. A new one is a new row.
pub const VIEWS: &[View] = &[
    View {
        name: "containers",
        title: "Containers",
        about: "each container",
        of: "container",
        by: &[],
        outside: Outside::Uncontained,
        frames: &[Key::parent("host"), Key::attr("compose_project")],
        hides: CONTAINERS,
    },
    View {
        name: "containers-by-image",
        title: "Containers by image",
        about: "containers of one image as one",
        of: "container",
        by: &[Key::attr("image"), Key::parent("image")],
        outside: Outside::Uncontained,
        frames: &[],
        hides: CONTAINERS,
    },
    View {
        name: "containers-by-dns-name",
        title: "Containers by DNS name",
        about: "containers that answer to one name as one",
        of: "container",
        by: &[Key::attr("compose_service"), Key::HostName, Key::Name],
        outside: Outside::Uncontained,
        frames: &[],
        hides: CONTAINERS,
    },
    View {
        name: "containers-by-compose-project",
        title: "Containers by Compose project",
        about: "containers of one Compose project as one",
        of: "container",
        by: &[Key::attr("compose_project")],
        outside: Outside::Uncontained,
        frames: &[],
        hides: CONTAINERS,
    },
    View {
        name: "images",
        title: "Images",
        about: "each image, with the connections of its containers",
        of: "image",
        by: &[],
        outside: Outside::Uncontained,
        frames: &[],
        hides: &[],
    },
    View {
        name: "processes",
        title: "Processes",
        about: "each process",
        of: "process",
        by: &[],
        outside: Outside::Itself,
        frames: &[Key::parent("container"), Key::parent("host")],
        hides: &[UNCONNECTED],
    },
    View {
        name: "processes-by-name",
        title: "Processes by name",
        about: "processes of one name as one",
        of: "process",
        by: &[Key::Name],
        outside: Outside::Itself,
        frames: &[],
        hides: &[UNCONNECTED],
    },
    View { name: "hosts", title: "Hosts", about: "each host", of: "host", by: &[], outside: Outside::Itself, frames: &[], hides: &[] },
];
