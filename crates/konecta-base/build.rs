//! Takes the tables of `resources/` apart. What the crates know of a resource type stands in one section there; each crate
//! reads the column that is its own, as JSON, which is quicker to read than TOML. What concerns several columns is checked
//! here: whoever writes a table hears of a fault when he builds. The names of types and calls become constants, so that a
//! misspelt one does not compile.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

type Fault = Box<dyn Error>;

/// How a listed element is named; `src/listed_type.rs` says what the members mean.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    id: String,
    arn: Vec<String>,
    tags: Option<String>,
    #[serde(default)]
    tags_left_out: bool,
}

/// What a type's section may hold besides the calls that find it and how it is named; `src/resource_table.rs` has the same list.
const COLUMNS: [&str; 11] = [
    "asff",
    "owners",
    "part_of",
    "silence",
    "state",
    "terraform",
    "terraform_blocks",
    "terraform_identity",
    "terraform_names",
    "terraform_parts",
    "terraform_places",
];

#[derive(Default)]
struct Tables {
    calls: BTreeMap<String, Table>,
    changes: BTreeSet<String>,
    /// Columns by type, in the order of the files.
    types: Vec<(String, Table)>,
    secrets: Table,
}

fn main() -> Result<(), Fault> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("resources");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut tables = Tables::default();
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, Fault>>()?;
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "toml")) {
        tables.add(&fs::read_to_string(file)?).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    // Cargo sets it for the run of a build script, not for its compilation.
    #[expect(clippy::disallowed_methods, reason = "the environment of a build, not of the program")]
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let write = |name: &str, table: &Table| -> Result<(), Fault> {
        Ok(fs::write(out.join(format!("{name}.json")), serde_json::to_string(table)?)?)
    };
    write("reads", &tables.reads()?)?;
    write("secrets", &tables.secrets)?;
    for column in COLUMNS {
        write(column, &tables.column(column))?;
    }
    fs::write(out.join("resource_types.rs"), constants(tables.types.iter().map(|(name, _)| name)))?;
    fs::write(out.join("calls.rs"), constants(tables.calls.keys()))?;
    fs::write(out.join("changes.rs"), constants(tables.changes.iter()))?;
    fs::write(out.join("listed_types.rs"), tables.listed_types()?)?;
    Ok(())
}

impl Tables {
    /// Takes up one service's file.
    fn add(&mut self, text: &str) -> Result<(), Fault> {
        for (name, section) in text.parse::<Table>()? {
            if name == "changes" {
                self.changes.extend(section.try_into::<Vec<String>>()?);
                continue;
            }
            let Value::Table(section) = section else { return Err(format!("{name} is not a section").into()) };
            for (key, value) in section {
                let Value::Table(row) = value else { return Err(format!("{name}.{key} is not a section").into()) };
                let is_new = match name.as_str() {
                    "call" => self.calls.insert(key.clone(), row).is_none(),
                    "secret" => self.secrets.insert(key.clone(), Value::Table(row)).is_none(),
                    "type" => {
                        let is_new = self.types.iter().all(|(known, _)| *known != key);
                        self.types.push((key.clone(), row));
                        is_new
                    }
                    _ => return Err(format!("`{name}` is not `call`, `changes`, `secret` or `type`").into()),
                };
                if !is_new {
                    return Err(format!("{key} stands in two files").into());
                }
            }
        }
        Ok(())
    }

    /// The calls, each with the types that it lists and completes.
    fn reads(&self) -> Result<Table, Fault> {
        let mut reads = self.calls.clone();
        for (name, row) in &self.types {
            let others = ["list", "complete", "identity"];
            if let Some(unknown) = row.keys().find(|key| !others.iter().chain(&COLUMNS).any(|one| one == key)) {
                return Err(format!("{name}: `{unknown}` is not a column").into());
            }
            let listed = row.get("list").map(|call| ("lists", call));
            let completed = row.get("complete").and_then(Value::as_array).into_iter().flatten();
            for (how, call) in listed.into_iter().chain(completed.map(|call| ("completes", call))) {
                let read = call.as_str().and_then(|call| reads.get_mut(call));
                let read = read.ok_or_else(|| format!("{name}: {call} has no section"))?;
                let fed = read.entry(how).or_insert_with(|| Value::Array(Vec::new()));
                fed.as_array_mut().ok_or("a call says what it feeds")?.push(Value::String(name.clone()));
            }
        }
        Ok(reads.into_iter().map(|(call, row)| (call, Value::Table(row))).collect())
    }

    /// A constant for each type that says how its elements are named.
    fn listed_types(&self) -> Result<String, Fault> {
        let (mut text, mut all) = (String::new(), String::new());
        for (name, row) in &self.types {
            let Some(identity) = row.get("identity") else { continue };
            let identity: Identity =
                identity.clone().try_into().map_err(|error| format!("{name}.identity: {error}"))?;
            let call = row.get("list").and_then(Value::as_str).ok_or_else(|| format!("{name}: no list"))?;
            let Identity { id, arn, tags, tags_left_out } = identity;
            writeln!(
                text,
                "/// `{name}`\npub const {}: ListedType = ListedType {{ resource_type: {name:?}, call: {call:?}, id: {id:?}, \
                 arn: &{arn:?}, tags: {tags:?}, tags_left_out: {tags_left_out} }};",
                constant(name)
            )?;
            write!(all, "{}, ", constant(name))?;
        }
        Ok(text + &format!("/// All of them.\npub const ALL: &[ListedType] = &[{all}];\n"))
    }

    /// What the types have in one column; where that is several rows, each has its type.
    fn column(&self, column: &str) -> Table {
        let whole = |(name, row): &(String, Table)| {
            let mut value = row.get(column)?.clone();
            for row in value.as_array_mut().into_iter().flatten().filter_map(Value::as_table_mut) {
                row.insert("type".to_owned(), Value::String(name.clone()));
            }
            Some((name.clone(), value))
        };
        self.types.iter().filter_map(whole).collect()
    }
}

/// A constant for each name: `EC2_SECURITY_GROUP` for `AWS::EC2::SecurityGroup`, `EC2_DESCRIBE_VPCS` for `ec2:DescribeVpcs`.
fn constants<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: BTreeSet<&String> = names.collect();
    let mut text = String::new();
    let mut all = String::new();
    for name in names {
        let constant = constant(name);
        // Writing into a text does not fail.
        let _ = writeln!(text, "/// `{name}`\npub const {constant}: &str = {name:?};");
        let _ = write!(all, "(\"{constant}\", {constant}), ");
    }
    text + &format!(
        "/// All of them, each with the name of its constant.\npub const ALL: &[(&str, &str)] = &[{all}];\n"
    )
}

/// The name of a constant. What AWS writes as one word, in calls or in its plural of ACL, is one word here.
fn constant(name: &str) -> String {
    let known = name.trim_start_matches("AWS::").trim_start_matches("Konecta::");
    let letters: Vec<char> =
        known.replace("ACLs", "Acls").replace("CloudFront", "Cloudfront").replace("::", ":").chars().collect();
    let mut text = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let begins_a_word = before.is_some_and(|before| {
            before.is_lowercase()
                || before.is_uppercase() && letters.get(at + 1).is_some_and(|next| next.is_lowercase())
        });
        match letter {
            ':' => text.push('_'),
            _ => {
                if letter.is_uppercase() && begins_a_word {
                    text.push('_');
                }
                text.extend(letter.to_uppercase());
            }
        }
    }
    text
}
