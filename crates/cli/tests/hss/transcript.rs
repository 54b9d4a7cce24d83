//! Records runs of the program as a terminal would show them.

use std::fmt::Write as _;

use crate::program::{Ran, hss_at, run};

/// Commands on one emulator with their results.
#[derive(Debug)]
pub(crate) struct Transcript<'a> {
    url: &'a str,
    text: String,
}

impl<'a> Transcript<'a> {
    pub(crate) fn at(url: &'a str) -> Self {
        Self { url, text: String::new() }
    }

    /// Runs a command line, and records its output, its messages and its exit status.
    pub(crate) fn run(&mut self, line: &str) -> Ran {
        let ran = run(&mut hss_at(self.url, &line.split(' ').collect::<Vec<_>>()));
        let _ = writeln!(self.text, "$ hss {line}");
        for line in ran.stdout.lines() {
            let _ = writeln!(self.text, "{line}");
        }
        // The port differs in each run.
        for line in ran.stderr.replace(self.url, "URL").lines() {
            let _ = writeln!(self.text, "! {line}");
        }
        let _ = writeln!(self.text, "= {}\n", ran.status.unwrap());
        ran
    }

    /// Records a heading for the next commands.
    pub(crate) fn say(&mut self, what: &str) {
        let _ = writeln!(self.text, "# {what}");
    }

    /// Returns the whole transcript.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}
