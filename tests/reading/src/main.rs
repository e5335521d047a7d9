//! Readers of others, and pictures made alike for all of them. `cargo xtask bench reading` runs it.
//!
//! `usher-reading luma OUT SIDE DIR...` writes the pictures in the folders as grey PGM files, the longer side at most
//! SIDE pixels, and a manifest. `usher-reading rqrr|quircs|rxing` reads paths of such files, one a line, and
//! answers each with a line of JSON.

mod luma;
mod readers;

use std::{
    env, fs,
    io::{self, BufRead as _, Write as _},
    panic,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["luma", out, side, folders @ ..] => luma::convert(out.as_ref(), side.parse()?, folders),
        [reader] => answer(readers::named(reader).with_context(|| format!("there is no reader {reader}"))?),
        _ => bail!("usage: usher-reading luma OUT SIDE DIR... | rqrr | quircs | rxing"),
    }
}

fn answer(read: readers::Reader) -> Result<()> {
    // A reader that gives up must not take the others' pictures with it, nor talk in between.
    panic::set_hook(Box::new(|_| {}));
    for path in io::stdin().lock().lines() {
        let bytes = fs::read(path?)?;
        let picture = image::load_from_memory(&bytes)?.into_luma8();
        let began = worked();
        let texts = panic::catch_unwind(|| read(&picture)).unwrap_or_default();
        let took = worked().saturating_sub(began);
        let mut out = io::stdout().lock();
        writeln!(out, "{}", json!({ "texts": texts, "ms": took.as_secs_f64() * 1e3 }))?;
        out.flush()?;
    }
    Ok(())
}

/// Returns how long the processor has worked on this thread.
fn worked() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[expect(unsafe_code, reason = "the standard library knows no clock of a thread's work")]
    // SAFETY: the call writes one timespec, which is there for it.
    unsafe {
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time);
    }
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
