//! A plan in the words of other tools, for those who change their account by other means.
//! Knows plans as data; sends nothing. What cannot be told in a tool's words is said in a comment, never left out.

mod aws_cli;
pub(crate) mod shell;
pub(crate) mod terraform;

pub use aws_cli::{aws_cli, way_back};
pub use terraform::terraform;

use konecta_base::text::prose;

/// One line of a comment: nothing in it can end the line.
fn comment(text: &str) -> String {
    format!("# {}", prose(text))
}
