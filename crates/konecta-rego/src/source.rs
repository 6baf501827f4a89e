//! A policy as text: what can be told of it before it is parsed, and what is refused unseen.
//! Knows Rego's comments, strings and brackets; does not evaluate anything.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;

use super::PolicyError;
use crate::fact_reads;

/// How the packages of libraries begin.
pub(crate) const LIBRARY: &str = "konecta.lib.";

/// Deeper nesting makes the parser's time explode: it doubles with every further bracket.
const DEEPEST: usize = 12;

/// Built-ins that look outside, at the clock or at chance, or that eat the machine; and why each is refused.
const FORBIDDEN: &[(&str, &str)] = &[
    ("http.send", "a policy may not reach the network"),
    ("net.lookup_ip_addr", "a policy may not reach the network"),
    ("opa.runtime", "a policy may not see its environment"),
    ("time.now_ns", "a policy may not read the clock; use `data.now`"),
    ("rand.intn", "a policy may not be random"),
    ("uuid.rfc4122", "a policy may not be random"),
    ("trace", "a policy may not write traces"),
    ("numbers.range", "it can take all memory; CIDR and port arithmetic are facts"),
    ("numbers.range_step", "it can take all memory; CIDR and port arithmetic are facts"),
    ("bits.lsh", "it can take all memory"),
    ("net.cidr_expand", "it can take all memory; CIDR arithmetic is a fact"),
];

/// Built-ins that both OPA and regorus have and that a policy may call.
static ALLOWED: LazyLock<BTreeSet<&str>> = LazyLock::new(|| include_str!("builtins.txt").lines().collect());

/// The words that they begin with, as `time` in `time.clock`.
static ALLOWED_ROOTS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| ALLOWED.iter().filter_map(|allowed| allowed.split('.').next()).collect());

/// What a policy's text says before anybody parses it.
#[derive(Debug, Clone)]
pub struct PolicySource {
    /// Where it came from, as shown to the user.
    pub file: String,
    /// The text.
    pub text: String,
    /// The package, such as `konecta.ecr.scan_on_push`.
    pub package: String,
    /// The names of the rules and functions it defines, with the first line of each.
    pub rules: BTreeMap<String, usize>,
    /// The facts and indexes that stand in it as words.
    pub(crate) facts: BTreeSet<&'static str>,
    /// What stands in it behind [`LIBRARY`], as far as it is a path.
    libraries: BTreeSet<String>,
}

impl PolicySource {
    /// Looks at a policy and refuses what must not be parsed or run.
    ///
    /// # Errors
    /// Nested too deep, a forbidden or unknown built-in, recursion, no package: with file and line.
    pub fn read(file: &str, text: &str) -> Result<Self, PolicyError> {
        let refuse = |line: usize, reason: String| PolicyError::refused(file, line, reason);
        let code = blank(text).map_err(|line| refuse(line, "a string is not closed".to_owned()))?;
        check_depth(&code).map_err(|line| refuse(line, format!("brackets are nested more than {DEEPEST} deep")))?;
        let package = code
            .lines()
            .find_map(|line| line.strip_prefix("package "))
            .map(|name| name.trim().to_owned())
            .ok_or_else(|| refuse(1, "no `package`".to_owned()))?;
        let rules = rules(&code);
        let calls = calls(&code);
        check_calls(&calls, &rules, &imports(&code)).map_err(|(line, reason)| refuse(line, reason))?;
        check_recursion(&calls, &rules).map_err(|(line, reason)| refuse(line, reason))?;
        let (facts, libraries) = (facts(text), libraries(text));
        Ok(Self { file: file.to_owned(), text: text.to_owned(), package, rules, facts, libraries })
    }

    /// Whether the policy names this library.
    pub(crate) fn names(&self, library: &Self) -> bool {
        let is_it = |path: &String| {
            path.strip_prefix(&library.package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.libraries.iter().any(is_it)
    }

    /// Whether the policy defines this rule.
    #[must_use]
    pub fn defines(&self, rule: &str) -> bool {
        self.rules.contains_key(rule)
    }
}

/// The facts and indexes that stand in a text as words.
fn facts(text: &str) -> BTreeSet<&'static str> {
    let words: HashSet<&str> = text.split(|char| !is_name(char)).collect();
    let known = fact_reads::catalogue();
    known.facts.keys().chain(known.index.keys()).map(String::as_str).filter(|name| words.contains(name)).collect()
}

/// The paths of libraries, and of what is in them, in a text.
fn libraries(text: &str) -> BTreeSet<String> {
    let path = |at: usize| text[at..].split(|char| !is_name(char) && char != '.').next().unwrap_or_default();
    text.match_indices(LIBRARY).map(|(at, _)| path(at).to_owned()).collect()
}

/// The text with comments and the insides of strings turned into spaces, line by line the same.
fn blank(text: &str) -> Result<String, usize> {
    let mut code = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut line = 1;
    while let Some(char) = chars.next() {
        match char {
            '\n' => {
                line += 1;
                code.push('\n');
            }
            '#' => while chars.next_if(|&next| next != '\n').is_some() {},
            '"' | '`' => {
                let opened = line;
                code.push(char);
                loop {
                    match chars.next() {
                        None => return Err(opened),
                        Some('\n') if char == '"' => return Err(opened),
                        Some('\n') => {
                            line += 1;
                            code.push('\n');
                        }
                        Some('\\') if char == '"' => {
                            chars.next();
                            code.push_str("  ");
                        }
                        Some(end) if end == char => break,
                        Some(_) => code.push(' '),
                    }
                }
                code.push(char);
            }
            other => code.push(other),
        }
    }
    Ok(code)
}

fn check_depth(code: &str) -> Result<(), usize> {
    let mut depth = 0_usize;
    for (number, line) in code.lines().enumerate() {
        for char in line.chars() {
            match char {
                '[' | '{' | '(' => depth += 1,
                ']' | '}' | ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > DEEPEST {
                return Err(number + 1);
            }
        }
    }
    Ok(())
}

/// The names at the beginning of a line are what the policy defines.
fn rules(code: &str) -> BTreeMap<String, usize> {
    let mut rules = BTreeMap::new();
    for (number, line) in code.lines().enumerate() {
        let line = line.strip_prefix("default ").unwrap_or(line);
        let name: String = line.chars().take_while(|&char| is_name(char)).collect();
        if !name.is_empty() && !matches!(name.as_str(), "package" | "import" | "else" | "default") {
            rules.entry(name).or_insert(number + 1);
        }
    }
    rules
}

/// What `import data.a.b` and `import data.a.b as c` may be called by.
fn imports(code: &str) -> BTreeSet<String> {
    code.lines()
        .filter_map(|line| line.strip_prefix("import "))
        .filter_map(|import| import.rsplit([' ', '.']).next())
        .map(str::to_owned)
        .collect()
}

struct Call {
    name: String,
    line: usize,
    /// The rule in whose body it stands.
    within: String,
}

/// Every `name(`, with the rule it stands in. A call through an index (`x["f"](y)`) is named `[]`.
fn calls(code: &str) -> Vec<Call> {
    let mut found = Vec::new();
    let mut within = String::new();
    for (number, line) in code.lines().enumerate() {
        let head: String = line.chars().take_while(|&char| is_name(char)).collect();
        let is_head = !head.is_empty() && head != "else";
        if is_head {
            within.clone_from(&head);
        }
        for (at, _) in line.match_indices('(') {
            let before = &line[..at];
            let outside = before.trim_end_matches(|char| is_name(char) || char == '.');
            let name = before.strip_prefix(outside).unwrap_or_default();
            let name = if before.ends_with(']') { "[]" } else { name };
            let is_definition = is_head && outside.is_empty();
            if !name.is_empty()
                && !is_definition
                && !matches!(name, "in" | "if" | "not" | "with" | "as" | "contains" | "every" | "some")
            {
                found.push(Call { name: name.to_owned(), line: number + 1, within: within.clone() });
            }
        }
    }
    found
}

fn check_calls(
    calls: &[Call],
    rules: &BTreeMap<String, usize>,
    imports: &BTreeSet<String>,
) -> Result<(), (usize, String)> {
    for call in calls {
        let name = call.name.as_str();
        if let Some((_, why)) = FORBIDDEN.iter().find(|(forbidden, _)| *forbidden == name) {
            return Err((call.line, format!("`{name}` is not allowed: {why}")));
        }
        let root = name.split('.').next().unwrap_or(name);
        let known =
            rules.contains_key(name) || imports.contains(root) || name.starts_with("data.") || ALLOWED.contains(name);
        if !known {
            let what =
                if name == "[]" { "a function reached through an index".to_owned() } else { format!("`{name}`") };
            return Err((call.line, format!("{what} is not a function that OPA and konecta-audit both have")));
        }
    }
    Ok(())
}

/// Functions that call each other in a circle overflow the engine's stack, so they are refused here.
fn check_recursion(calls: &[Call], rules: &BTreeMap<String, usize>) -> Result<(), (usize, String)> {
    let mut callees: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
    for call in calls.iter().filter(|call| rules.contains_key(&call.name)) {
        callees.entry(&call.within).or_default().push(call);
    }
    let of = |name: &str| callees.get(name).map(Vec::as_slice).unwrap_or_default().iter();
    // Depth first, each function entered once: a call of one that is not left yet closes a circle.
    let mut left: BTreeMap<&str, bool> = BTreeMap::new();
    for start in rules.keys() {
        if left.contains_key(start.as_str()) {
            continue;
        }
        left.insert(start, false);
        let mut path = vec![(start.as_str(), of(start))];
        while let Some((name, rest)) = path.last_mut() {
            let Some(call) = rest.next() else {
                left.insert(*name, true);
                path.pop();
                continue;
            };
            match left.get(call.name.as_str()) {
                Some(true) => {}
                Some(false) => {
                    return Err((call.line, format!("`{}` calls itself, directly or by a detour", call.name)));
                }
                None => {
                    left.insert(&call.name, false);
                    path.push((&call.name, of(&call.name)));
                }
            }
        }
    }
    Ok(())
}

/// Whether a built-in begins with this word, as `time` in `time.clock`.
pub(super) fn is_builtin_root(word: &str) -> bool {
    ALLOWED_ROOTS.contains(word)
}

fn is_name(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &str) -> String {
        let text = format!("package a.b\n\nimport rego.v1\n\n{body}\n");
        PolicySource::read("x.rego", &text).expect_err("refused").to_string()
    }

    #[test]
    fn what_must_not_run_is_refused_with_file_and_line() {
        assert!(refusal("pass if http.send({}).status == 200").contains("x.rego:5"));
        assert!(refusal("pass if time.now_ns() > 0").contains("data.now"));
        assert!(refusal("pass if nosuch(1)").contains("`nosuch`"));
        assert!(refusal("f(x) := f(x + 1)").contains("calls itself"));
        assert!(refusal("f(x) := g(x)\n\ng(x) := h(x)\n\nh(x) := f(x)").contains("calls itself"));
        assert!(refusal("pass if data.h[\"f\"](1)").contains("through an index"));
        assert!(refusal(&format!("x := {}{}", "[".repeat(20), "]".repeat(20))).contains("nested"));
        assert!(refusal("x := \"open").contains("not closed"));
    }

    /// Found by `make fuzz TARGET=policy_source`.
    #[test]
    fn a_letter_of_several_bytes_before_a_call_is_no_part_of_its_name() {
        assert!(refusal("x := éhttp.send({})").contains("`http.send` is not allowed"));
        assert!(refusal("x := 日本(1)\n\ny := nosuch(2)").contains("`nosuch`"));
    }

    #[test]
    fn a_long_chain_of_functions_is_gone_through_once() {
        let chain =
            (0..2_000).fold(String::new(), |text, number| text + &format!("f{number}(x) := f{}(x)\n\n", number + 1));
        let text = format!("package a.b\n\nimport rego.v1\n\n{chain}f2000(x) := x\n");
        PolicySource::read("x.rego", &text).expect("no circle");
        let circle = text.replace("f2000(x) := x", "f2000(x) := f7(x)");
        let error = PolicySource::read("x.rego", &circle).expect_err("a circle").to_string();
        assert!(error.contains("`f7` calls itself"), "{error}");
    }

    #[test]
    fn strings_and_comments_are_no_code() {
        let text = "package a.b\n\nimport rego.v1\n\n# http.send(\nx := \"http.send(\" # [[[[[[[[[[[[[[[[\ny := `f(`\n";
        let source = PolicySource::read("x.rego", text).expect("accepted");
        assert_eq!(source.package, "a.b");
        assert_eq!(source.rules.keys().collect::<Vec<_>>(), ["x", "y"]);
    }
}
