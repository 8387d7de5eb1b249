//! `/debug/memory`: what the memory of this process is made of, as the kernel counts it. Who asked the allocator for it is not known here.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;

/// Memory of one kind. Absent kinds have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Part {
    what: &'static str,
    /// Mappings of this kind.
    mappings: u64,
    /// Addresses, used or not.
    size_bytes: u64,
    /// In memory now.
    rss_bytes: u64,
    /// In memory, and no other process' too.
    private_bytes: u64,
    /// On a disk instead.
    swap_bytes: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Memory {
    rss_bytes: u64,
    /// The greatest first.
    parts: Vec<Part>,
}

pub(super) async fn show() -> Response {
    match tokio::fs::read_to_string("/proc/self/smaps").await {
        Ok(text) => Json(read(&text)).into_response(),
        Err(error) => {
            tracing::warn!("could not read /proc/self/smaps: {error}");
            (StatusCode::INTERNAL_SERVER_ERROR, "the kernel does not tell: /proc/self/smaps cannot be read\n").into_response()
        }
    }
}

fn read(smaps: &str) -> Memory {
    let mut parts: Vec<Part> = Vec::new();
    let mut at = None;
    for line in smaps.lines() {
        let mut words = line.split_ascii_whitespace();
        let Some(first) = words.next() else { continue };
        if let Some(name) = first.strip_suffix(':') {
            let bytes = words.next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0).saturating_mul(1024);
            let Some(part) = at.and_then(|at: usize| parts.get_mut(at)) else { continue };
            match name {
                "Size" => part.size_bytes += bytes,
                "Rss" => part.rss_bytes += bytes,
                "Private_Clean" | "Private_Dirty" => part.private_bytes += bytes,
                "Swap" => part.swap_bytes += bytes,
                _ => {}
            }
        } else {
            let what = kind(words.next().unwrap_or_default(), words.nth(3).unwrap_or_default());
            let place = parts.iter().position(|part| part.what == what).unwrap_or_else(|| {
                parts.push(Part { what, ..Part::default() });
                parts.len() - 1
            });
            parts[place].mappings += 1;
            at = Some(place);
        }
    }
    parts.sort_by_key(|part| (std::cmp::Reverse(part.rss_bytes), part.what));
    Memory { rss_bytes: parts.iter().map(|part| part.rss_bytes).sum(), parts }
}

/// What a mapping with these permissions, of this file or name, is.
fn kind(permissions: &str, name: &str) -> &'static str {
    match name {
        "[heap]" => "heap",
        "[stack]" => "stack of the first thread",
        "[vdso]" | "[vvar]" | "[vvar_vclock]" | "[vsyscall]" => "kernel",
        // Further arenas of the allocator, large allocations, and the stacks of threads.
        "" => "anonymous",
        _ if name.starts_with('[') => "anonymous",
        _ if permissions.contains('x') => "code",
        _ if permissions.contains('w') => "writable data of files",
        _ => "constants and files",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_add_up_by_what_they_are() {
        let smaps = "\
55d0c0000000-55d0c0100000 r-xp 00001000 fe:00 131 /usr/bin/scope
Size:               1024 kB
Rss:                 512 kB
Private_Clean:       500 kB
Private_Dirty:         0 kB
Swap:                  0 kB
55d0c2000000-55d0c2400000 rw-p 00000000 00:00 0 [heap]
Size:               4096 kB
Rss:                2048 kB
Private_Clean:         0 kB
Private_Dirty:      2048 kB
Swap:                 64 kB
7f0000000000-7f0000100000 rw-p 00000000 00:00 0 
Size:               1024 kB
Rss:                  12 kB
Private_Dirty:        12 kB
7f0000200000-7f0000300000 ---p 00000000 00:00 0 
Size:               1024 kB
Rss:                   0 kB
VmFlags: mr mw me
";
        let kib = |what, mappings, size: u64, rss: u64, private: u64, swap: u64| Part {
            what,
            mappings,
            size_bytes: size << 10,
            rss_bytes: rss << 10,
            private_bytes: private << 10,
            swap_bytes: swap << 10,
        };
        let parts = vec![kib("heap", 1, 4096, 2048, 2048, 64), kib("code", 1, 1024, 512, 500, 0), kib("anonymous", 2, 2048, 12, 12, 0)];
        assert_eq!(read(smaps), Memory { rss_bytes: 2572 << 10, parts });
        assert_eq!(read("").parts, []);
    }
}
