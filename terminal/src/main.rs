//! The program at the door.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use usher_terminal::decode_command;

/// Checks tickets at the door, with or without a network.
#[derive(Debug, Parser)]
#[command(name = "usher", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Decode(decode_command::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Decode(args) => decode_command::run(args),
    };
    result.unwrap_or_else(|error| {
        eprintln!("usher: {error:#}");
        ExitCode::from(2)
    })
}
