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
    /// Makes a database usable again whose master key is lost: what was sealed under it is given up, and everything else
    /// stays. RECOVERY.md says what that means for organisers and doors. Stop all servers first.
    #[command(after_help = "Example:\n  usher-server master-key lost --give-up-secrets")]
    Lost(LostKeyArgs),
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

/// How a database is made usable again.
#[derive(Args, Clone, Debug)]
pub struct LostKeyArgs {
    /// Where things are kept. The key that is found there, or made, is the new one.
    #[command(flatten)]
    pub storage: StorageArgs,
    /// Says that no copy of the old key is left, and that nothing sealed under it is needed any more: it is overwritten.
    #[arg(long)]
    pub give_up_secrets: bool,
    /// Says what came of it as JSON.
    #[arg(long)]
    pub json: bool,
}
