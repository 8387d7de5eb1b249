//! The views there are, and what can be asked of each.

use axum::Json;
use scope_render::view::{VIEWS, View};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Allowed, Read};

/// A view.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ViewInfo {
    /// Its name in addresses.
    #[schema(example = "containers")]
    name: &'static str,
    /// Its name for people.
    title: &'static str,
    /// One line on what it shows.
    about: &'static str,
    /// The kind of node that it shows.
    of: &'static str,
    /// What it leaves out unless `show` names it.
    hides: Vec<HideInfo>,
}

/// Something that a view leaves out unless it is asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HideInfo {
    /// The word for `show`.
    name: &'static str,
    /// What is left out, for people.
    title: &'static str,
    /// The word that shows these too, with others.
    #[serde(skip_serializing_if = "Option::is_none")]
    part_of: Option<&'static str>,
}

/// All views.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ViewList {
    /// The views, in the order in which they are offered.
    views: Vec<ViewInfo>,
}

/// The views there are, and their options.
#[utoipa::path(get, path = "/api/v1/views", tag = "views", responses((status = 200, body = ViewList)))]
pub(crate) async fn list(_: Allowed<Read>) -> Json<ViewList> {
    let info = |view: &View| ViewInfo {
        name: view.name,
        title: view.title,
        about: view.about,
        of: view.of,
        hides: view.hides.iter().map(|hide| HideInfo { name: hide.name, title: hide.title, part_of: hide.part_of }).collect(),
    };
    Json(ViewList { views: VIEWS.iter().map(info).collect() })
}
