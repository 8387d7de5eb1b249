//! Container and pod ids in the names of control groups.

use compact_str::CompactString;

/// Digits of a container id.
const ID_DIGITS: usize = 64;

/// The ids of the containers on the way to the control group `path`, the outermost first: see [`containers_in`].
#[derive(Clone, Debug)]
pub struct ContainerIds<'a> {
    path: &'a [u8],
    at: usize,
}

/// The containers in whose control groups `path` lies, the outermost first, each with the length of the path up to and with its own group.
///
/// A component names a container when it is 64 lower-case hexadecimal digits, alone or behind a prefix that ends in `-` or `:`, with or without `.scope`:
/// `3f2a…` (Docker and Kubernetes with cgroupfs), `docker-3f2a….scope`, `cri-containerd-3f2a….scope`, `crio-3f2a….scope`, `libpod-3f2a….scope` (systemd),
/// `kubepods-….slice:cri-containerd:3f2a…` (containerd with a systemd path that no systemd made). The monitors `libpod-conmon-…` and `crio-conmon-…` run
/// beside their container, not in it.
///
/// ```
/// let id = "0123456789abcdef".repeat(4);
/// let path = format!("/system.slice/docker-{id}.scope/init.scope");
/// let found: Vec<_> = scope_collect::cgroup::containers_in(path.as_bytes()).collect();
/// assert_eq!(found, [(id.as_str(), path.len() - "/init.scope".len())]);
/// ```
pub fn containers_in(path: &[u8]) -> ContainerIds<'_> {
    ContainerIds { path, at: 0 }
}

impl<'a> Iterator for ContainerIds<'a> {
    type Item = (&'a str, usize);

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.path.len() {
            let rest = self.path.get(self.at..)?;
            let length = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
            let end = self.at + length;
            let component = rest.get(..length)?;
            self.at = end + 1;
            if let Some(id) = container(component) {
                return Some((id, end));
            }
        }
        None
    }
}

/// The container that a component names.
fn container(component: &[u8]) -> Option<&str> {
    let name = component.strip_suffix(b".scope").unwrap_or(component);
    let (prefix, id) = name.split_at_checked(name.len().checked_sub(ID_DIGITS)?)?;
    let separated = prefix.is_empty() || (matches!(prefix.last(), Some(b'-' | b':')) && !prefix.ends_with(b"conmon-"));
    if !separated || !id.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    std::str::from_utf8(id).ok()
}

/// The uid of the Kubernetes pod in whose control group `path` lies.
///
/// The kubelet names it `pod<uid>` with cgroupfs and `kubepods[-burstable|-besteffort]-pod<uid>.slice` with systemd, where the dashes of the uid are
/// underscores. A static pod's uid is 32 digits without dashes.
pub fn pod_in(path: &[u8]) -> Option<CompactString> {
    path.split(|byte| *byte == b'/').rev().find_map(|component| {
        // containerd writes `kubepods-burstable-pod<uid>.slice:cri-containerd:<id>` when it takes a systemd name for a directory.
        let component = component.split(|byte| *byte == b':').next()?;
        let uid = match component.strip_suffix(b".slice") {
            Some(slice) if slice.starts_with(b"kubepods") => {
                let at = slice.windows(4).position(|four| four == b"-pod")?;
                slice.get(at + 4..)?
            }
            Some(_) => return None,
            None => component.strip_prefix(b"pod")?,
        };
        let hex = uid.iter().filter(|digit| digit.is_ascii_hexdigit()).count();
        let other = uid.iter().filter(|digit| !digit.is_ascii_hexdigit()).all(|digit| matches!(digit, b'-' | b'_'));
        (hex == 32 && other && uid.len() <= 36).then(|| uid.iter().map(|byte| if *byte == b'_' { '-' } else { char::from(*byte) }).collect())
    })
}
