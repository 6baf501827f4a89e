//! A Python program of the emulators that is told what to do on its standard input, a line a command, and answers each by a
//! line. It ends when its standard input closes, also when this process is killed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::world::{python, root};

/// The program; it ends when this is dropped.
pub(crate) struct Helper {
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Helper {
    /// Starts a program that can import what stands in `tests/emulator`.
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Self {
        let path = format!("import sys\nsys.path.insert(0, {:?})\n", root().join("tests/emulator"));
        Self::spawn(Command::new(python()).args(["-c", &(path + program)]).args(arguments))
    }

    /// Starts a file of `tests/emulator`; its first line is the answer.
    pub(crate) fn file(name: &str, arguments: &[&str]) -> (Self, Value) {
        let file = root().join("tests/emulator").join(name);
        let mut helper = Self::spawn(Command::new(python()).arg(file).args(arguments));
        let told = helper.told();
        (helper, told)
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python starts");
        let commands = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, commands, answers }
    }

    /// One line from the program.
    pub(crate) fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the helper answers");
        assert!(!line.is_empty(), "the helper has ended");
        line.trim_end().to_owned()
    }

    /// One line to the program, and its answer.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        writeln!(self.commands.as_mut().expect("open"), "{line}").expect("the helper listens");
        self.answer()
    }

    /// A command to the program, and its answer, both as JSON.
    pub(crate) fn order(&mut self, command: &Value) -> Value {
        writeln!(self.commands.as_mut().expect("open"), "{command}").expect("the helper listens");
        self.told()
    }

    fn told(&mut self) -> Value {
        let line = self.answer();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("the helper said {line:?}"))
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        drop(self.commands.take());
        if self.child.wait().is_err() {
            let _ = self.child.kill();
        }
    }
}
