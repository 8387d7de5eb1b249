//! File systems on disks: how large, how full.

use std::path::{Path, PathBuf};

use compact_str::CompactString;
use rustix::fs::OFlags;

use super::file;
use super::mounts::{self, Mount};
use super::root::HostRoot;

/// Most file systems looked at.
pub(super) const DISKS: usize = 64;

/// A file system on a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// What is mounted: `/dev/vda1`, or a pool's data set.
    pub device: CompactString,
    /// Where; of several places the shortest.
    pub mount_point: PathBuf,
    /// `ext4`.
    pub file_system: CompactString,
    /// Size, in bytes.
    pub capacity_bytes: u64,
    /// In use, in bytes; what is kept back for root counts as free, as in `df`.
    pub used_bytes: u64,
    /// Left for ordinary users, in bytes.
    pub available_bytes: u64,
}

/// File systems without a block device of their own number that hold data on local disks.
const POOLS: [&[u8]; 3] = [b"btrfs", b"zfs", b"bcachefs"];

/// Images that are full by nature.
const IMAGES: [&[u8]; 4] = [b"squashfs", b"iso9660", b"erofs", b"udf"];

/// The file systems on disks in pid 1's mount table, asked for their use through `root`. None where the table cannot be read.
///
/// Not asked: network and FUSE file systems, where an absent server would make us wait for ever; memory file systems; read-only images.
pub(super) fn read(proc: &Path, root: &HostRoot) -> Option<Vec<Disk>> {
    let mut content = Vec::new();
    file::read(&proc.join("1/mountinfo"), &mut content, mounts::MOUNTS_BYTES).ok()?;
    Some(on_disks(&content).iter().filter_map(|mount| usage(mount, root)).collect())
}

/// One mount for each file system on a disk, in the table's order: bind mounts and snapshots of one device count once.
pub(super) fn on_disks(table: &[u8]) -> Vec<Mount<'_>> {
    let mut found: Vec<Mount<'_>> = Vec::new();
    for mount in mounts::parse(table) {
        let pool = POOLS.contains(&mount.file_system);
        let disk = mount.device.0 != 0 && mount.source.starts_with(b"/dev/") && mount.file_system != b"fuseblk";
        if !(pool || disk) || IMAGES.contains(&mount.file_system) {
            continue;
        }
        // All subvolumes of one btrfs share its space and name one source; each has a device number of its own.
        let same = |known: &&mut Mount<'_>| if pool { known.source == mount.source } else { known.device == mount.device };
        let room = found.len() < DISKS;
        match found.iter_mut().find(same) {
            // The whole file system before a part of it, then the shorter path.
            Some(known) => {
                let rank = |mount: &Mount<'_>| (mount.root != b"/", mount.at.len());
                if rank(&mount) < rank(known) {
                    *known = mount;
                }
            }
            None if room => found.push(mount),
            None => {}
        }
    }
    found
}

fn usage(mount: &Mount<'_>, root: &HostRoot) -> Option<Disk> {
    let mount_point = mounts::unescape(mount.at);
    let directory = root.open_file(&mount_point, OFlags::PATH).ok()?;
    let stat = rustix::fs::fstatvfs(&directory).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    let text = |bytes: &[u8]| CompactString::from_utf8_lossy(bytes);
    (stat.f_blocks > 0).then(|| Disk {
        device: text(mount.source),
        file_system: text(mount.file_system),
        capacity_bytes: bytes(stat.f_blocks),
        used_bytes: bytes(stat.f_blocks.saturating_sub(stat.f_bfree)),
        available_bytes: bytes(stat.f_bavail),
        mount_point,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
22 27 0:21 / /proc rw - proc proc rw
27 1 254:1 / / rw - ext4 /dev/vda1 rw
28 27 254:1 /var/lib/x /srv/bound rw - ext4 /dev/vda1 rw
29 27 0:40 / /mnt/nfs rw - nfs4 server:/export rw
30 27 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro
31 27 8:17 /deep /data/part rw - xfs /dev/sdb1 rw
32 27 8:17 / /data/the/whole rw - xfs /dev/sdb1 rw
33 27 0:50 /@ /pool rw - btrfs /dev/sdc rw
34 27 0:51 /@home /pool/home rw - btrfs /dev/sdc rw
35 27 0:60 / /tank rw - zfs tank rw
36 27 8:33 / /mnt/ntfs rw - fuseblk /dev/sdd1 rw
37 27 0:29 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
38 27 0:30 / /tmp rw - tmpfs tmpfs rw
";

    #[test]
    fn only_disks_and_each_once() {
        let found: Vec<_> = on_disks(TABLE.as_bytes()).iter().map(|mount| mounts::unescape(mount.at)).collect();
        assert_eq!(found, ["/", "/data/the/whole", "/pool", "/tank"].map(PathBuf::from));
    }

    #[test]
    fn the_number_of_disks_is_bounded() {
        let table: Vec<String> = (0..200).map(|minor| format!("{minor} 1 8:{minor} / /d{minor} rw - ext4 /dev/sd{minor} rw\n")).collect();
        assert_eq!(on_disks(table.concat().as_bytes()).len(), DISKS);
    }
}
