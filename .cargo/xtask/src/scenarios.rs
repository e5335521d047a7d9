//! `cargo xtask scenarios`: cases of anybody's own, played through the rules, real terminals and a real server.
//!
//! The work is `usher-scenarios`'; its files are described in `tests/scenarios/README.md`.

use anyhow::Result;
use clap::Args;

use crate::{packages, steps};

#[derive(Args)]
pub(crate) struct Scenarios {
    /// Install missing packages without asking
    #[arg(long)]
    yes: bool,
    /// Files, and what `usher-scenarios --help` names: --way, --database, --json
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "FILES AND OPTIONS")]
    options: Vec<String>,
}

impl Scenarios {
    pub(crate) fn run(&self) -> Result<()> {
        let needs_postgres = self.options.iter().any(|option| option.contains("postgres"));
        let mut needed = packages::BUILD.to_vec();
        needed.extend(needs_postgres.then_some(packages::POSTGRESQL));
        packages::require(&needed, self.yes)?;
        steps::cargo("Building the program", &["build", "--workspace", "--bin", "usher-scenarios"])?;
        let options: Vec<&str> = self.options.iter().map(String::as_str).collect();
        steps::become_program("usher-scenarios", &options)
    }
}
