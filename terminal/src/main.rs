//! The program at the door.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Every TLS connection of the process uses this one provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    usher_terminal::cli::run().unwrap_or_else(|error| {
        eprintln!("usher: {error:#}");
        ExitCode::from(2)
    })
}
