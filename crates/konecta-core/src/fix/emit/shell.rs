//! What a shell script needs: words that stay words, names of commands, and `jq` programs for JSON pointers.
//! Knows nothing of plans.

use serde_json::Value;

/// A word that the shell takes as it is, whatever is in it.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The JSON as one shell word. Acting characters are written as escapes, which JSON allows.
pub(super) fn json(value: &Value) -> String {
    let mut text = String::new();
    for character in value.to_string().chars() {
        if crate::report::text::acts(character) {
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

/// The name of an operation on the command line, as in `modify-db-instance` for `ModifyDBInstance`.
///
/// The AWS CLI breaks a name before a capital letter that a small one follows, and after a small letter or a digit.
pub(super) fn command(operation: &str) -> String {
    // The CLI's own exceptions: `xform_name` keeps these words whole.
    let operation = operation.replace("OpenIDConnect", "OpenIdConnect").replace("SSLPolicies", "SslPolicies");
    let operation = operation.replace("WebACLs", "WebAcls");
    let letters: Vec<char> = operation.chars().collect();
    let mut name = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let after_small = at > 0 && !letters[at - 1].is_ascii_uppercase();
        let before_small = letters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        if at > 0 && letter.is_ascii_uppercase() && (after_small || before_small) {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
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
