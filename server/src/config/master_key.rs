//! What is asked of `usher-server master-key`.

use clap::{Args, Subcommand};

use super::StorageArgs;

/// What can be done with the master key.
#[derive(Debug, Subcommand)]
pub enum MasterKeyCommand {
    /// Makes a new master key, seals every secret in the database under it, and puts it in the place of the old one,
    /// which is kept beside it: copies of the database that were made before need it. Stop all servers first. If it is
    /// cut short, run it again: it goes on from there.
    #[command(after_help = "Examples:\n  \
        usher-server master-key replace\n  \
        usher-server master-key replace --database-url postgres://usher@db.example.org/usher --json\n\n\
        Where the key comes from USHER_MASTER_KEY, the new one is left in master.key.next in the data folder.")]
    Replace(ReplaceKeyArgs),
}

/// How the master key is replaced.
#[derive(Args, Clone, Debug)]
pub struct ReplaceKeyArgs {
    /// Where things are kept.
    #[command(flatten)]
    pub storage: StorageArgs,
    /// Says what came of it as JSON.
    #[arg(long)]
    pub json: bool,
}
