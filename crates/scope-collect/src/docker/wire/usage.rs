//! `GET /system/df`.

use compact_str::CompactString;
use serde::Deserialize;

use crate::docker::id::ContainerId;

use super::{NAME_BYTES, Raw, as_text};

/// Most containers and volumes kept, each.
const MOST: usize = 20_000;

/// What an engine's storage is used for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskUsage {
    /// Bytes of all image layers, each counted once; absent where the engine does not say.
    pub layers_bytes: Option<u64>,
    /// By container, in the engine's order.
    pub containers: Vec<ContainerUsage>,
    /// By volume, in the engine's order.
    pub volumes: Vec<VolumeUsage>,
}

/// What a container's own files take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerUsage {
    /// The container.
    pub id: ContainerId,
    /// Bytes that it wrote over its image.
    pub written_bytes: u64,
    /// Bytes of its image and what it wrote.
    pub total_bytes: Option<u64>,
}

/// What a volume takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeUsage {
    /// The volume.
    pub name: CompactString,
    /// Its bytes; absent for drivers that cannot say.
    pub bytes: Option<u64>,
    /// Containers that have it mounted.
    pub containers: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer<'a> {
    #[serde(borrow)]
    layers_size: Raw<'a>,
    containers: Raw<'a>,
    volumes: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Listed<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    size_rw: Raw<'a>,
    size_root_fs: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Volume<'a> {
    #[serde(borrow)]
    name: Raw<'a>,
    usage_data: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct UsageData<'a> {
    #[serde(borrow)]
    size: Raw<'a>,
    ref_count: Raw<'a>,
}

/// What the answer of `/system/df` says.
pub(crate) fn usage(answer: &[u8]) -> Result<DiskUsage, serde_json::Error> {
    let text = as_text(answer);
    let answer: Answer<'_> = serde_json::from_str(&text)?;
    let volumes = answer.volumes.list().into_iter().take(MOST).filter_map(|volume| {
        let volume: Volume<'_> = volume.get()?;
        let data: UsageData<'_> = volume.usage_data.get().unwrap_or_default();
        // -1 stands for unknown in both.
        Some(VolumeUsage { name: volume.name.text_within(NAME_BYTES)?, bytes: data.size.get(), containers: data.ref_count.get() })
    });
    Ok(DiskUsage { layers_bytes: answer.layers_size.get(), volumes: volumes.collect(), containers: containers(answer.containers.list()) })
}

fn containers(entries: Vec<Raw<'_>>) -> Vec<ContainerUsage> {
    let usage = entries.into_iter().take(MOST).filter_map(|entry| {
        let listed: Listed<'_> = entry.get()?;
        // Nothing written is left out of the answer.
        Some(ContainerUsage { id: listed.id.text()?.parse().ok()?, written_bytes: listed.size_rw.get().unwrap_or(0), total_bytes: listed.size_root_fs.get() })
    });
    usage.collect()
}
