//! The mount table: `/proc/PID/mountinfo` (`fs/proc_namespace.c`, `Documentation/filesystems/proc.rst` 3.5).
//!
//! Own code, as `procfs-core` refuses the whole table for one mount point that is not UTF-8, and any user may make one.

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// Longest mount table looked at. A host with 1,000 containers has some 3,000 mounts of 200 bytes.
pub(crate) const MOUNTS_BYTES: usize = 4 << 20;

/// One line. Paths are as the kernel wrote them: see [`unescape`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mount<'a> {
    /// Unique among all mounts of the machine while it lasts.
    pub(crate) id: u32,
    /// `major:minor` of the files' device; major 0 where no one block device is behind it.
    pub(crate) device: (u32, u32),
    /// Which directory of the file system is mounted.
    pub(crate) root: &'a [u8],
    /// Where.
    pub(crate) at: &'a [u8],
    /// `ext4`.
    pub(crate) file_system: &'a [u8],
    /// `/dev/vda`.
    pub(crate) source: &'a [u8],
    /// Options of the file system itself; for control groups the controllers.
    pub(crate) super_options: &'a [u8],
}

/// The mounts of a table, in its order; lines that are not in the kernel's form are skipped.
pub(crate) fn parse(content: &[u8]) -> impl Iterator<Item = Mount<'_>> {
    content.split(|byte| *byte == b'\n').filter_map(parse_line)
}

fn parse_line(line: &[u8]) -> Option<Mount<'_>> {
    let mut fields = line.split(|byte| *byte == b' ');
    let id = number(fields.next()?)?;
    let _parent = fields.next()?;
    let mut device = fields.next()?.splitn(2, |byte| *byte == b':');
    let device = (number(device.next()?)?, number(device.next()?)?);
    let (root, at) = (fields.next()?, fields.next()?);
    // The options, any number of optional fields (`shared:1`), then a lone dash.
    fields.by_ref().find(|field| *field == b"-")?;
    let (file_system, source) = (fields.next()?, fields.next()?);
    Some(Mount { id, device, root, at, file_system, source, super_options: fields.next().unwrap_or_default() })
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A path without the kernel's escapes: `\040` for a blank, likewise tab, line feed, backslash and `#`.
pub(crate) fn unescape(path: &[u8]) -> PathBuf {
    let plain = if path.contains(&b'\\') { Cow::Owned(unescape_bytes(path)) } else { Cow::Borrowed(path) };
    OsString::from_vec(plain.into_owned()).into()
}

fn unescape_bytes(mut path: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(path.len());
    while let Some((first, rest)) = path.split_first() {
        path = rest;
        match (*first, rest) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                plain.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                path = after;
            }
            (byte, _) => plain.push(byte),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    #[test]
    fn reads_a_line_with_optional_fields_and_escapes() {
        let line = b"36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue";
        let mount = parse(line).next().unwrap();
        assert_eq!((mount.id, mount.device, mount.root), (36, (98, 0), &b"/mnt1"[..]));
        assert_eq!(unescape(mount.at), Path::new("/mnt 2"));
        assert_eq!((mount.file_system, mount.source, mount.super_options), (&b"ext3"[..], &b"/dev/root"[..], &b"rw,errors=continue"[..]));
    }

    #[test]
    fn a_line_that_is_cut_is_skipped_and_the_next_read() {
        let content = b"36 35 98:0 / /a rw - ext3\n37 35 98:0 / /b rw - ext3 /dev/b rw\n";
        assert_eq!(parse(content).map(|mount| mount.id).collect::<Vec<_>>(), [37]);
    }

    proptest! {
        #[test]
        fn nothing_panics(content in prop::collection::vec(any::<u8>(), 0..300)) {
            parse(&content).for_each(|mount| drop(unescape(mount.at)));
            unescape(&content);
        }

        #[test]
        fn escapes_read_back(path in prop::collection::vec(1_u8.., 0..60)) {
            let escaped: Vec<u8> = path.iter().flat_map(|byte| match byte {
                b' ' | b'\t' | b'\n' | b'\\' | b'#' => format!("\\{byte:03o}").into_bytes(),
                other => vec![*other],
            }).collect();
            prop_assert_eq!(unescape(&escaped).into_os_string().into_vec(), path);
        }
    }
}
