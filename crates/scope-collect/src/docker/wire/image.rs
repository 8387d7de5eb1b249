//! `GET /images/{id}/json`.

use scope_core::redact::Redactor;
use serde::Deserialize;

use crate::docker::facts::ImageFacts;

use super::{NAME_BYTES, Raw, Room, as_text};

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Inspect<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    repo_tags: Raw<'a>,
    repo_digests: Raw<'a>,
    created: Raw<'a>,
    size: Raw<'a>,
    architecture: Raw<'a>,
    os: Raw<'a>,
    config: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config<'a> {
    #[serde(borrow)]
    labels: Raw<'a>,
}

/// The facts in the answer about one image; `None` where it has no id.
pub(crate) fn image(answer: &[u8], redactor: &Redactor) -> Result<Option<ImageFacts>, serde_json::Error> {
    let text = as_text(answer);
    let image: Inspect<'_> = serde_json::from_str(&text)?;
    let Some(id) = image.id.text().and_then(|id| id.parse().ok()) else { return Ok(None) };
    let mut room = Room::new();
    // Before Docker 25 an image without a tag has this one.
    let named = |text: &compact_str::CompactString| !text.starts_with("<none>");
    let (mut tags, mut digests) = (room.texts(image.repo_tags, NAME_BYTES), room.texts(image.repo_digests, NAME_BYTES));
    tags.retain(named);
    digests.retain(named);
    Ok(Some(ImageFacts {
        id,
        tags,
        digests,
        size_bytes: image.size.positive(),
        created_at: image.created.time(),
        labels: room.labels(image.config.get::<Config<'_>>().unwrap_or_default().labels, redactor),
        architecture: image.architecture.text_within(64),
        os: image.os.text_within(64),
    }))
}
