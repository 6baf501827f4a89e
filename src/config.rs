//! The blueprint file: found, read and checked once. What is not known in it is an error with its line.
//! With [`scheduled`], the one place that reads the environment.

pub(crate) mod scheduled;
pub(crate) mod waiver_file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use konecta_base::blueprint::Blueprint;
use konecta_base::blueprint::file::{self, Declared};
use konecta_base::limits;
use konecta_base::waiver::{Waiver, WaiverLimits};
use konecta_core::audit::Audit;
use konecta_rego::catalogue::Catalogue;

use crate::error::Error;

/// The name that is searched for.
pub(crate) const FILE_NAME: &str = "konecta-audit.toml";

/// The commented example that `init` writes; a test holds it to the defaults.
pub(crate) const EXAMPLE: &str = include_str!("konecta-audit.example.toml");

/// What was promised, what was accepted, and where that is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    pub(crate) blueprint: Blueprint,
    pub(crate) waivers: Vec<Waiver>,
    pub(crate) waiver_limits: WaiverLimits,
    /// The file, and the line of each of its sections.
    pub(crate) file: Option<ConfigFile>,
}

#[derive(Debug, Clone)]
pub(crate) struct ConfigFile {
    pub(crate) path: PathBuf,
    pub(crate) lines: BTreeMap<String, u32>,
}

impl ConfigFile {
    /// The line of each layer. The request path runs through all of them; it is declared with the stack.
    pub(crate) fn places(&self) -> BTreeMap<String, u32> {
        let path = self.lines.get("stack").map(|&line| ("path".to_owned(), line));
        self.lines.clone().into_iter().chain(path).collect()
    }
}

impl Config {
    /// What verdicts are reached by, with these controls.
    pub(crate) fn audit<'a>(&'a self, catalogue: &'a Catalogue) -> Audit<'a> {
        Audit {
            catalogue,
            blueprint: &self.blueprint,
            waivers: &self.waivers,
            waiver_limits: self.waiver_limits,
            tool_version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// Reads the file that was named, or the nearest one upwards, or takes the defaults.
pub(crate) fn load(named: Option<&Path>) -> Result<Config, Error> {
    let Some(path) = named.map(Path::to_owned).or_else(nearest) else { return Ok(Config::default()) };
    let text =
        limits::read_text(&path, limits::BLUEPRINT).map_err(|source| Error::ReadFile { path: path.clone(), source })?;
    parse(path, &text)
}

/// Reads a file's text; `path` is what errors and reports call it.
pub(crate) fn parse(path: PathBuf, text: &str) -> Result<Config, Error> {
    let Declared { blueprint, waivers, waiver_limits } = file::read(text).map_err(|error| Error::Config {
        line: error.span().map_or(1, |span| line_at(text, span.start)),
        reason: error.message().to_owned(),
        path: path.clone(),
    })?;
    Ok(Config { blueprint, waivers, waiver_limits, file: Some(ConfigFile { lines: section_lines(text), path }) })
}

fn nearest() -> Option<PathBuf> {
    let start = std::env::current_dir().ok()?;
    start.ancestors().map(|dir| dir.join(FILE_NAME)).find(|path| path.is_file())
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

/// The line of every `[section]`, for formats that must point at a place.
fn section_lines(text: &str) -> BTreeMap<String, u32> {
    let headings = text.lines().zip(1_u32..).filter_map(|(line, number)| {
        let name = line.trim().strip_prefix('[')?.split(']').next()?;
        // What is about a waiver is shown at the first one.
        let name = if name == "[waiver" { "waivers" } else { name.trim() };
        (!name.starts_with('[')).then(|| (name.to_owned(), number))
    });
    let mut lines = BTreeMap::new();
    for (name, number) in headings {
        lines.entry(name).or_insert(number);
    }
    lines
}

/// Whether colour is wanted at all, by the convention of <https://no-color.org>.
#[expect(clippy::disallowed_methods, reason = "the environment is read here and nowhere else")]
pub(crate) fn colour_refused() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Who is logged in, as far as the environment says.
#[expect(clippy::disallowed_methods, reason = "the environment is read here and nowhere else")]
pub(crate) fn user() -> Option<String> {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse(PathBuf::from("k.toml"), text).expect_err("refused").to_string()
    }

    #[test]
    fn the_example_says_what_the_defaults_are() {
        let config = parse(PathBuf::from("k.toml"), EXAMPLE).expect("example");
        assert_eq!(config.blueprint, Blueprint::default());
        let uncommented: String = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .fold(String::new(), |text, line| text + line + "\n");
        let config = parse(PathBuf::from("k.toml"), &uncommented).expect("example with every line in force");
        assert_eq!(config.blueprint, Blueprint::default());
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_line() {
        assert!(
            error("[alb]\nhealth_path = \"/\"\nhealth_pth = \"/\"\n")
                .starts_with("k.toml:3: unknown field `health_pth`")
        );
        assert!(error("[albb]\n").starts_with("k.toml:1: unknown field `albb`"));
        assert!(error("[ecr]\nkeep_images = \"ten\"\n").starts_with("k.toml:2: invalid type"));
        assert!(error("[ecr\n").starts_with("k.toml:1: "));
    }

    #[test]
    fn sections_have_lines() {
        let lines = section_lines("# x\n[alb]\na = 1\n\n[[waiver]]\n[rds] # y\n");
        assert_eq!(lines, BTreeMap::from([("alb".to_owned(), 2), ("rds".to_owned(), 6), ("waivers".to_owned(), 5)]));
    }
}
