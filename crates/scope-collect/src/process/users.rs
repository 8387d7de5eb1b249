//! Names of users: `/etc/passwd` of the machine.

use std::time::{Duration, Instant};

use compact_str::CompactString;
use hashbrown::HashMap;

use crate::host::HostRoot;

/// Longest `/etc/passwd` read.
const PASSWD_BYTES: usize = 1 << 20;

/// Longest user name taken, in bytes.
const NAME_BYTES: usize = 256;

/// How old the names may become.
const REFRESH: Duration = Duration::from_mins(1);

/// User names by number.
///
/// They are the machine's: a process in a container is shown under the name that its number has on the host, as `ps` there shows it. Users of a directory
/// service (LDAP) have no name here.
#[derive(Debug, Default)]
pub struct Users {
    names: HashMap<u32, CompactString>,
    due: Option<Instant>,
}

impl Users {
    /// Reads the names anew where they are too old at `now`.
    pub fn refresh(&mut self, root: Option<&HostRoot>, now: Instant) {
        if self.due.is_some_and(|due| now < due) {
            return;
        }
        self.due = Some(now + REFRESH);
        let mut content = Vec::new();
        if let Some(root) = root
            && root.read("etc/passwd", &mut content, PASSWD_BYTES).is_ok()
        {
            self.names = parse(&content);
        }
    }

    /// The name of user `uid`.
    pub fn name(&self, uid: u32) -> Option<&CompactString> {
        self.names.get(&uid)
    }
}

/// `name:password:uid:gid:…`. Of two names of one number the first counts, as in `getpwuid`.
pub(super) fn parse(content: &[u8]) -> HashMap<u32, CompactString> {
    let mut names = HashMap::new();
    for line in content.split(|byte| *byte == b'\n') {
        let mut fields = line.split(|byte| *byte == b':');
        let (Some(name), Some(uid)) = (fields.next(), fields.nth(1)) else { continue };
        let uid = super::stat::number(uid).and_then(|uid| u32::try_from(uid).ok());
        // A name that begins with + or - asks another service (nsswitch's `compat`).
        if let Some(uid) = uid
            && !name.is_empty()
            && name.len() <= NAME_BYTES
            && !matches!(name.first(), Some(b'+' | b'-' | b'#'))
        {
            names.entry(uid).or_insert_with(|| CompactString::from_utf8_lossy(name));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_name_of_a_number_counts() {
        let names = parse(b"root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n+nis:x:5:5::/:\n#c:x:6:\nbad\n:x:7:7\nweb:x:33:33:::\nbig:x:99999999999:1\n");
        let mut found: Vec<_> = names.iter().map(|(uid, name)| (*uid, name.as_str())).collect();
        found.sort_unstable();
        assert_eq!(found, [(0, "root"), (33, "web")]);
    }

    proptest! {
        #[test]
        fn nothing_panics(content in prop::collection::vec(any::<u8>(), 0..200)) {
            parse(&content);
        }
    }
}
