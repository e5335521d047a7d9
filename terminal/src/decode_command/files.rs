//! Reading files, several at a time, answering in their order.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use super::{progress::Progress, report::Report};
use crate::{
    camera::picture::{self, PictureError},
    clock,
    decoder::{Budget, Decoder, Reading},
    interrupt,
};

/// The most answers that wait for the screen.
const ANSWERS_MAX: usize = 64;

/// A picture's reading, and how long the processor worked on it.
type Answer = Result<(Reading, Duration), PictureError>;

/// How the reading of files ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ended {
    /// All pictures could be opened.
    Good,
    /// Some could not.
    SomeNotOpened,
    /// By Ctrl-C, before all were read.
    Interrupted,
}

/// Reads the pictures in `paths` and reports each, until there are no more or Ctrl-C.
pub(super) fn read(paths: &[PathBuf], jobs: usize, budget: Budget, report: &mut Report) -> anyhow::Result<Ended> {
    let files = picture::expand(paths);
    let next = AtomicUsize::new(0);
    let mut progress = Progress::begin(files.len());
    let mut due = 0;
    let mut all_opened = true;
    interrupt::listen();
    thread::scope(|scope| -> anyhow::Result<()> {
        let (answers, answered) = mpsc::sync_channel::<(usize, Answer)>(ANSWERS_MAX);
        for _ in 0..jobs.min(files.len()) {
            let (answers, files, next) = (answers.clone(), &files, &next);
            scope.spawn(move || {
                while !interrupt::happened() {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(number) else { break };
                    // Each picture is the first: what it says must not hang on those before it.
                    let mut decoder = Decoder::new(budget);
                    let answer = picture::read(file).map(|frame| {
                        let began = clock::worked();
                        let reading = decoder.decode(&frame);
                        (reading, clock::worked().saturating_sub(began))
                    });
                    if answers.send((number, answer)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(answers);

        let mut early = BTreeMap::new();
        for (number, answer) in answered {
            early.insert(number, answer);
            while let (Some(answer), Some(file)) = (early.remove(&due), files.get(due)) {
                due += 1;
                let is_read = answer.as_ref().is_ok_and(|(reading, _)| !reading.codes.is_empty());
                progress.clear();
                match answer {
                    Ok((reading, worked)) => report.picture(file, &reading, worked)?,
                    Err(error) => {
                        all_opened = false;
                        report.unreadable(file, error)?;
                    }
                }
                progress.step(is_read);
            }
        }
        Ok(())
    })?;
    progress.clear();
    let is_cut_short = due < files.len();
    report.summary(is_cut_short.then_some(files.len()))?;
    Ok(match (is_cut_short, all_opened) {
        (true, _) => Ended::Interrupted,
        (false, true) => Ended::Good,
        (false, false) => Ended::SomeNotOpened,
    })
}
