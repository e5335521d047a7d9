//! The thread that prints and writes files, so that a printer without paper keeps nobody waiting at
//! the door.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use super::printer::Printer;
use super::receipt::receipt;
use super::{Sheet, files};
use crate::catalogue::Language;
use crate::causes::chain;

/// How many jobs wait at most.
const JOBS_MAX: usize = 8;
/// How long a printer may take for one receipt.
const PATIENCE: Duration = Duration::from_secs(8);

/// Where tickets can be put out; both are off unless somebody configured them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Outlets {
    /// The receipt printer.
    pub printer: Option<Printer>,
    /// The folder for files. They hold personal data.
    pub folder: Option<PathBuf>,
    /// How amounts are written.
    pub language: Language,
}

/// One thing to put out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Job {
    /// Print a receipt.
    Print(Sheet),
    /// Write PDF and PNG.
    Save(Sheet),
}

/// What came of a job.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Done {
    /// It is being done; more is told later.
    Begun,
    /// The printer took it.
    Printed,
    /// The page lies there.
    Saved(PathBuf),
    /// It could not be printed, in technical words.
    NotPrinted(String),
    /// It could not be written, in technical words.
    NotSaved(String),
    /// Too much waits already.
    Busy,
    /// No printer is configured.
    NoPrinter,
    /// No folder for files is configured.
    NoFolder,
}

/// Takes jobs to the thread; clones bring to the same one, and it ends when the last is gone.
#[derive(Clone, Debug)]
pub struct Shop {
    outlets: Outlets,
    jobs: SyncSender<Job>,
}

/// Starts the thread. `tell` learns what came of each job.
///
/// # Errors
///
/// If the system gives no thread.
pub fn open(outlets: Outlets, tell: impl Fn(Done) + Send + 'static) -> io::Result<Shop> {
    let (jobs, waiting) = sync_channel(JOBS_MAX);
    let places = outlets.clone();
    thread::Builder::new().name(String::from("print")).spawn(move || run(&waiting, &places, tell))?;
    Ok(Shop { outlets, jobs })
}

impl Shop {
    /// Returns where tickets can be put out.
    pub const fn outlets(&self) -> &Outlets {
        &self.outlets
    }

    /// Takes a job, and returns at once. [`Done::Begun`] means that the thread will tell what came
    /// of it.
    pub fn take(&self, job: Job) -> Done {
        match job {
            Job::Print(_) if self.outlets.printer.is_none() => return Done::NoPrinter,
            Job::Save(_) if self.outlets.folder.is_none() => return Done::NoFolder,
            Job::Print(_) | Job::Save(_) => {}
        }
        match self.jobs.try_send(job) {
            Ok(()) => Done::Begun,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Done::Busy,
        }
    }
}

fn run(waiting: &Receiver<Job>, outlets: &Outlets, tell: impl Fn(Done)) {
    for job in waiting {
        let done = work(&job, outlets);
        match &done {
            Done::NotPrinted(why) => tracing::warn!(error = why, "a ticket was not printed"),
            Done::NotSaved(why) => tracing::warn!(error = why, "a ticket was not written to a file"),
            _ => {}
        }
        tell(done);
    }
}

fn work(job: &Job, outlets: &Outlets) -> Done {
    match (job, outlets) {
        (Job::Print(_), Outlets { printer: None, .. }) => Done::NoPrinter,
        (Job::Save(_), Outlets { folder: None, .. }) => Done::NoFolder,
        (Job::Print(sheet), Outlets { printer: Some(printer), .. }) => match receipt(sheet) {
            Ok(bytes) => match printer.send(&bytes, PATIENCE) {
                Ok(()) => Done::Printed,
                Err(error) => Done::NotPrinted(chain(&error)),
            },
            Err(error) => Done::NotPrinted(chain(&error)),
        },
        (Job::Save(sheet), Outlets { folder: Some(folder), .. }) => match files::save(folder, sheet) {
            Ok(path) => Done::Saved(path),
            Err(error) => Done::NotSaved(chain(&error)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::samples;
    use std::sync::mpsc;

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn jobs_are_done_one_after_the_other_and_each_is_told_of() {
        let paper = tempfile::NamedTempFile::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let outlets = Outlets {
            printer: Some(Printer::Device(paper.path().to_path_buf())),
            folder: Some(folder.path().to_path_buf()),
            ..Outlets::default()
        };
        let (tell, told) = mpsc::channel();
        let shop = open(outlets, move |done| tell.send(done).unwrap()).unwrap();
        let sheet = samples::sheet("Ada");

        assert_eq!(shop.take(Job::Print(sheet.clone())), Done::Begun);
        assert_eq!(shop.take(Job::Save(sheet.clone())), Done::Begun);

        assert_eq!(told.recv_timeout(SOON), Ok(Done::Printed));
        assert_eq!(told.recv_timeout(SOON), Ok(Done::Saved(folder.path().join("R00000000057.pdf"))));
        assert_eq!(std::fs::read(paper.path()).unwrap(), receipt(&sheet).unwrap());
    }

    #[test]
    fn a_printer_that_fails_is_told_of_and_what_is_not_set_up_too() {
        let outlets = Outlets { printer: Some(Printer::Device("/nowhere/lp0".into())), ..Outlets::default() };
        let (tell, told) = mpsc::channel();
        let shop = open(outlets, move |done| tell.send(done).unwrap()).unwrap();

        assert_eq!(shop.take(Job::Save(samples::sheet("Ada"))), Done::NoFolder);
        assert_eq!(shop.take(Job::Print(samples::sheet("Ada"))), Done::Begun);
        assert!(matches!(told.recv_timeout(SOON), Ok(Done::NotPrinted(_))));
    }
}
