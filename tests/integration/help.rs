//! The help of every command, as it is printed: an option that appears, goes or is renamed is seen in review.

use crate::world::program;

fn help(path: &[&str]) -> String {
    let output = program().args(path).arg("--help").output().expect("runs");
    assert!(output.status.success(), "{path:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The names below `Commands:`, `help` aside.
fn below(text: &str) -> Vec<String> {
    let commands = text.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = commands.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}

fn walk(path: &[&str], pages: &mut String) {
    let text = help(path);
    pages.push_str(&format!(
        "$ konecta-audit {}--help\n{text}\n",
        path.iter().map(|name| format!("{name} ")).collect::<String>()
    ));
    for name in below(&text) {
        walk(&[path, &[name.as_str()]].concat(), pages);
    }
}

#[test]
fn the_help_of_every_command() {
    let mut pages = String::new();
    walk(&[], &mut pages);
    assert!(pages.matches("\nUsage: ").count() > 12, "{pages}");
    insta::assert_snapshot!(pages);
}
