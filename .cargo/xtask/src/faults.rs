//! `cargo xtask faults`: real faults on the real programs, over and over.

use anyhow::Result;
use clap::Args;

use crate::{packages, steps};

#[derive(Args)]
pub(crate) struct Faults {
    /// Install missing packages without asking
    #[arg(long)]
    yes: bool,
    /// What `usher-faults --help` names: plans, --rounds, --seed, --database, --json
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "PLANS AND OPTIONS")]
    options: Vec<String>,
}

impl Faults {
    pub(crate) fn run(self) -> Result<()> {
        packages::require(&[packages::BUILD, &[packages::POSTGRESQL]].concat(), self.yes)?;
        let build = ["build", "--workspace", "--bins"];
        steps::cargo("Building the programs", &build)?;
        let options: Vec<&str> = self.options.iter().map(String::as_str).collect();
        steps::become_program("usher-faults", &options)
    }
}
