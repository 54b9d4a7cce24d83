//! The languages of third-party clients.

use std::fmt;

use clap::ValueEnum;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Python,
    Go,
    Java,
    Typescript,
    Rust,
}

impl Language {
    pub(crate) const ALL: &[Self] = &[Self::Python, Self::Go, Self::Java, Self::Typescript, Self::Rust];

    /// Returns the tools that build the programs, each with an option that has no effect.
    pub(crate) fn tools(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Python => &[("python3", "--version")],
            Self::Go => &[("go", "version")],
            Self::Java => &[("java", "-version"), ("mvn", "--version")],
            Self::Typescript => &[("node", "--version"), ("npm", "--version")],
            Self::Rust => &[("cargo", "--version")],
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Python => "python",
            Self::Go => "go",
            Self::Java => "java",
            Self::Typescript => "typescript",
            Self::Rust => "rust",
        })
    }
}
