//! Views: one graph, projected. A view is a row of a table: which kind it shows, what it collapses into one node, what stands for an end of a
//! connection that belongs to none of them, and what it leaves out unless asked. Nothing here knows what an output looks like.

mod early;
mod explain;
mod group;
mod groups;
mod kept;
mod project;
mod rendered;
mod restrict;
mod subject;
mod sums;
mod table;
mod unknown;

use scope_core::Timestamp;
use scope_core::filter::Filter;

pub use explain::{Explanation, Verdict};
pub use group::{GroupBy, Key, UnknownGroup};
pub use kept::KeptView;
pub use rendered::{Edge, Frame, Hidden, Node, Rendered, Role};
pub use restrict::{heard_at, restrict};
pub use table::VIEWS;
pub use unknown::{UnknownField, unknown_fields};

/// A view: a row of [`VIEWS`].
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The name in commands and URLs.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// One line on what it shows.
    pub about: &'static str,
    /// The kind that it shows. Every end of a connection climbs to the nearest such node that it belongs to.
    pub of: &'static str,
    /// What collapses into one node: all that have the same of these, the first that a node has; nothing where there is none.
    pub by: &'static [Key],
    /// What stands for an end that climbs to nothing.
    pub outside: Outside,
    /// What the frames of a picture are: the first that tells nodes apart.
    pub frames: &'static [Key],
    /// What is left out unless it is asked for.
    pub hides: &'static [Hide],
}

/// What stands for an end of a connection that belongs to no node of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// The end itself: a container of which only the command is known to have connected.
    Itself,
    /// One node for each host: what runs outside its containers.
    Uncontained,
}

/// What a view leaves out unless it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Hide {
    /// Its name in commands, and in the counts: `stopped`.
    pub name: &'static str,
    /// What is left out, for people: `stopped containers`.
    pub title: &'static str,
    /// The name of what shows these too.
    pub part_of: Option<&'static str>,
    /// Which nodes.
    pub what: What,
}

/// Which nodes a view leaves out.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// Those that a filter takes.
    Matching {
        /// The filter.
        filter: &'static str,
        /// A user's filter that asks for one of these fields overrules it: `state:exited` shows what ended, `exit=42` what ended so.
        fields: &'static [&'static str],
    },
    /// Those without a connection to another node of the view.
    Unconnected,
}

/// What of a view is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// Only nodes that it takes. It is asked before nodes are collapsed.
    pub filter: Option<&'a Filter>,
    /// Whether the filter asks for nothing but facts about a node itself, so that its answer holds as long as they do.
    pub of_facts: bool,
    /// What the view would leave out and is to be shown all the same, by name; `all` for everything.
    pub show: &'a [&'a str],
    /// Collapses nodes by something else than the view does.
    pub group_by: Option<&'a GroupBy>,
    /// Keeps connections of a node with itself.
    pub loops: bool,
    /// What stands for the outside and is not wanted, by kind: `internet`, `unwatched`, `shared`, `uncontained`.
    pub without: &'a [&'a str],
    /// What ages are measured from; the latest report where absent.
    pub now: Option<Timestamp>,
}

/// Those of `words` that no view leaves out anything by.
pub fn unknown_show<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let knows = |word: &str| word == "all" || VIEWS.iter().flat_map(|view| view.hides).any(|hide| hide.name == word || hide.part_of == Some(word));
    words.iter().copied().filter(|word| !knows(word)).collect()
}

/// The view of this name.
pub fn find(name: &str) -> Option<&'static View> {
    VIEWS.iter().find(|view| view.name == name)
}
