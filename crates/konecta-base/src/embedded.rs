//! Tables that are compiled into the program.

use serde::de::DeserializeOwned;

/// Reads a TOML table that is built in; a test of its owner reads it, so that no shipped program can fail here.
///
/// # Panics
/// When the table is not of its type.
#[must_use]
pub fn embedded<T: DeserializeOwned>(name: &str, text: &str) -> T {
    match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => unreachable!("{name} is built in and broken: {error}"),
    }
}

/// As [`embedded`], of a table that a program has written as JSON.
///
/// # Panics
/// When the table is not of its type.
#[must_use]
pub fn embedded_json<T: DeserializeOwned>(name: &str, text: &str) -> T {
    match serde_json::from_str(text) {
        Ok(table) => table,
        Err(error) => unreachable!("{name} is built in and broken: {error}"),
    }
}
