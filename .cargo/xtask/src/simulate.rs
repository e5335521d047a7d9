//! `cargo xtask simulate`: doors and a server from seeds, with everything that can go wrong.
//!
//! The work is `usher-simulate`'s; what it simulates is described in `tests/simulation/README.md`.

use anyhow::Result;
use clap::Args;

use crate::{packages, steps};

#[derive(Args)]
pub(crate) struct Simulate {
    /// Install missing packages without asking
    #[arg(long)]
    yes: bool,
    /// What `usher-simulate --help` names: --seeds, --steps, --from, --world, --mistake, --all-mistakes, --json
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    options: Vec<String>,
}

impl Simulate {
    pub(crate) fn run(&self) -> Result<()> {
        packages::require(packages::BUILD, self.yes)?;
        steps::cargo("Building the program", &["build", "--workspace", "--bin", "usher-simulate"])?;
        let options: Vec<&str> = self.options.iter().map(String::as_str).collect();
        steps::become_program("usher-simulate", &options)
    }
}
