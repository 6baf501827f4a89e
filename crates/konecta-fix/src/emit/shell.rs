//! What a shell script needs: words that stay words, and `jq` programs for JSON pointers.
//! Knows nothing of plans.

use serde_json::Value;

/// A word that the shell takes as it is, whatever is in it.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The JSON as one shell word. Acting characters are written as escapes, which JSON allows.
pub(crate) fn json(value: &Value) -> String {
    let mut text = String::new();
    for character in value.to_string().chars() {
        if konecta_base::text::acts(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(character);
        }
    }
    quoted(&text)
}

/// A JSON pointer as a `jq` path array, as in `["Items",0]`; an index stays an index.
pub(super) fn jq_path(pointer: &str) -> String {
    let steps = pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"));
    let steps = steps.map(|step| step.parse::<u64>().map_or_else(|_| Value::String(step), Value::from));
    Value::Array(steps.collect()).to_string()
}

/// A pointer in which `*` stands for every entry of a list, as a `jq` filter.
pub(super) fn jq_filter(pointer: &str) -> String {
    let steps = pointer.split('/').skip(1).map(|step| match (step, step.parse::<u64>()) {
        ("*", _) => "[]?".to_owned(),
        (_, Ok(index)) => format!("[{index}]?"),
        (name, Err(_)) => format!("[{}]?", Value::String(name.replace("~1", "/").replace("~0", "~"))),
    });
    format!(".{}", steps.collect::<String>())
}
