//! `usher decode`: says what the QR codes in pictures say, whether or not they are tickets.
//!
//! It needs no enrolment and touches nothing: for trying a camera, a printout or a phone, and for
//! measuring how well codes are read.

mod cameras;
mod files;
mod live;
mod report;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use crate::{
    camera::device::{Choice, offers},
    decoder::Budget,
};

/// Reads QR codes in pictures, or in front of a camera.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  usher decode ticket.png                  what a picture says
  usher decode --json photos/ > read.jsonl one JSON line for each picture in a folder
  usher decode --cameras                   which cameras there are
  usher decode --camera                    read with the first camera until Ctrl-C
  usher decode --camera logi --frames 30   read 30 frames with the camera whose name contains \"logi\"

The exit code is 1 if a picture could not be opened, or the camera showed no picture; a picture
without a code is no failure.")]
pub struct Args {
    /// Pictures (PNG, JPEG, PNM, GIF, WebP), and folders of them.
    #[arg(required_unless_present_any = ["camera", "cameras"], value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Print JSON, one line for each picture.
    #[arg(long)]
    json: bool,

    /// The longest time to spend on one picture, in milliseconds.
    ///
    /// 1000 for files and 150 for a camera, unless given.
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=600_000))]
    budget_ms: Option<u64>,

    /// Read this many pictures at a time. More is faster, and makes the times less exact.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,

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
    let mut report = report::Report::new(args.json);
    let is_good = if args.cameras {
        cameras::list(&offers(), args.json)?
    } else if let Some(choice) = args.camera {
        let until = live::Until { frames: args.frames, time: args.seconds.map(Duration::from_secs) };
        live::read(choice, until, limited(Budget::live()), &mut report)?
    } else {
        files::read(&args.paths, usize::from(args.jobs), limited(Budget::thorough()), &mut report)?
    };
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
