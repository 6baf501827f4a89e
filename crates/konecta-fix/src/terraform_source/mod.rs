//! Where a finding stands in the user's Terraform: the live resource is joined to the resource that declares it, and the
//! attribute to its argument, in its file, line and column; and how a plan is written into the files (`edit`). Is given texts
//! and reads no file itself.

mod aim;
mod arguments;
mod edit;
mod evaluate;
mod files;
mod join;
mod locate;
mod path;
mod sites;
mod spots;

pub use self::aim::Live;
pub(crate) use self::aim::{Aim, aims};
pub(crate) use self::arguments::Step;
pub use self::edit::{Edited, FileEdit, Left, Link, edited};
pub use self::files::{Position, SourceText, Sources, UnreadFile};
pub(crate) use self::join::Declared;
pub use self::join::Join;
pub use self::spots::spots;

#[cfg(test)]
mod tests;
