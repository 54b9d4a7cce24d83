//! Runs of the program, written down as a terminal would show them.

use std::fmt::Write as _;

use crate::program::{Ran, hss_at, run};

/// Commands on one emulator, and what they came to.
#[derive(Debug)]
pub(crate) struct Transcript<'a> {
    url: &'a str,
    text: String,
}

impl<'a> Transcript<'a> {
    pub(crate) fn at(url: &'a str) -> Self {
        Self { url, text: String::new() }
    }

    /// Runs a command, written as in a shell, and writes down what it prints and says and its exit status.
    pub(crate) fn run(&mut self, line: &str) -> Ran {
        let ran = run(&mut hss_at(self.url, &line.split(' ').collect::<Vec<_>>()));
        let _ = writeln!(self.text, "$ hss {line}");
        for line in ran.stdout.lines() {
            let _ = writeln!(self.text, "{line}");
        }
        for line in ran.stderr.lines() {
            let _ = writeln!(self.text, "! {line}");
        }
        let _ = writeln!(self.text, "= {}\n", ran.status.unwrap());
        ran
    }

    /// Writes down what comes next.
    pub(crate) fn say(&mut self, what: &str) {
        let _ = writeln!(self.text, "# {what}");
    }

    /// All of it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}
