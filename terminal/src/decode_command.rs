//! `usher decode`: says what the QR codes in pictures say, whether or not they are tickets.
//!
//! It needs no enrolment and touches nothing: for trying a camera, a printout or a phone, and for
//! measuring how well codes are read.

mod cameras;
mod explain;
mod files;
mod live;
mod progress;
mod report;

use std::{num::NonZeroUsize, path::PathBuf, process::ExitCode, str::FromStr, thread, time::Duration};

use crate::{
    camera::device::{Choice, offers},
    decoder::Budget,
};

/// Reads QR codes in pictures, or in front of a camera.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  usher decode ticket.png                  what a picture says
  usher decode --json photos/ > read.jsonl one JSON line for each picture in a folder
  usher decode --jobs all \"photos/**/*.jpg\"  every JPEG below a folder, on all cores
  usher decode --explain blurred.jpg       which stage read it, or what stopped it
  usher decode --cameras                   which cameras there are
  usher decode --camera                    read with the first camera until Ctrl-C
  usher decode --camera logi --frames 30   read 30 frames with the camera whose name contains \"logi\"

With --json each picture is a line: file, texts, ms (by the clock), cpu_ms (of the processor), and where
they apply ran_out, error and explain.

The exit code is 1 if a picture could not be opened, or the camera showed no picture; a picture
without a code is no failure. Ctrl-C ends with the summary of what was read, and 130.")]
pub struct Args {
    /// Pictures (PNG, JPEG, PNM, GIF, WebP), folders of them, and patterns such as \"*.jpg\".
    #[arg(required_unless_present_any = ["camera", "cameras"], value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Print JSON, one line for each picture.
    #[arg(long)]
    json: bool,

    /// The longest time to spend on one picture, in milliseconds.
    ///
    /// 1000 for files and 150 for a camera and with --live, unless given.
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=600_000))]
    budget_ms: Option<u64>,

    /// Treat files as frames of a camera: be content with what is cheap, since another frame comes soon.
    #[arg(long, conflicts_with_all = ["camera", "cameras"])]
    live: bool,

    /// Say which stage read a code, or what stopped it.
    #[arg(long)]
    explain: bool,

    /// Read this many pictures at a time: a number, or "all" for one on each core.
    ///
    /// One by default: pictures that share the cores get less done within the same time.
    #[arg(long, value_name = "N", default_value = "1")]
    jobs: Jobs,

    /// Read from a camera: its number, a part of its name, or the first that works.
    #[arg(long, value_name = "CAMERA", num_args = 0..=1, default_missing_value = "any", conflicts_with = "paths")]
    camera: Option<Choice>,

    /// Stop after this many frames of the camera.
    #[arg(long, value_name = "N", requires = "camera")]
    frames: Option<u64>,

    /// Stop after this many seconds.
    #[arg(long, value_name = "S", requires = "camera")]
    seconds: Option<u64>,

    /// List the cameras with what they offer, and stop.
    #[arg(long, conflicts_with_all = ["paths", "camera"])]
    cameras: bool,
}

/// How many pictures are read at a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Jobs(NonZeroUsize);

/// The exit code of programs that Ctrl-C ended, by custom.
const INTERRUPTED: u8 = 130;

/// The most pictures that are read at a time.
const JOBS_MAX: usize = 512;

#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a number from 1 to {JOBS_MAX}, or \"all\"")]
struct NoJobs;

impl FromStr for Jobs {
    type Err = NoJobs;

    fn from_str(text: &str) -> Result<Self, NoJobs> {
        if text == "all" {
            return Ok(Self(thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)));
        }
        let jobs = text.parse().map_err(|_| NoJobs)?;
        if jobs > JOBS_MAX { Err(NoJobs) } else { NonZeroUsize::new(jobs).map(Self).ok_or(NoJobs) }
    }
}

/// Runs the command.
///
/// # Errors
///
/// If the answer can't be written, or a thread can't be started. Pictures that can't be read are part of
/// the answer.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let limited = |budget: Budget| match args.budget_ms {
        Some(ms) => budget.within(Duration::from_millis(ms)),
        None => budget,
    };
    let mut report = report::Report::new(args.json, args.explain);
    let is_good = if args.cameras {
        cameras::list(&offers(), args.json)?
    } else if let Some(choice) = args.camera {
        let until = live::Until { frames: args.frames, time: args.seconds.map(Duration::from_secs) };
        live::read(choice, until, limited(Budget::live()), &mut report)?
    } else {
        let budget = if args.live { Budget::live() } else { Budget::thorough() };
        match files::read(&args.paths, args.jobs.0.get(), limited(budget), &mut report)? {
            files::Ended::Good => true,
            files::Ended::SomeNotOpened => false,
            files::Ended::Interrupted => return Ok(ExitCode::from(INTERRUPTED)),
        }
    };
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_a_number_or_all() {
        assert_eq!("3".parse().map(|jobs: Jobs| jobs.0.get()), Ok(3));
        assert!("all".parse().is_ok_and(|jobs: Jobs| jobs.0.get() >= 1));
        for wrong in ["0", "-1", "513", "many", ""] {
            assert_eq!(wrong.parse::<Jobs>(), Err(NoJobs), "{wrong}");
        }
    }
}
