//! Reading files, several at a time, answering in their order.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use super::report::Report;
use crate::{
    camera::picture::{self, PictureError},
    decoder::{Budget, Decoder, Reading},
};

/// The most answers that wait for the screen.
const ANSWERS_MAX: usize = 64;

/// Reads the pictures in `paths` and reports each; says whether all could be opened.
pub(super) fn read(paths: &[PathBuf], jobs: usize, budget: Budget, report: &mut Report) -> anyhow::Result<bool> {
    let files = picture::expand(paths);
    let next = AtomicUsize::new(0);
    let mut all_opened = true;
    thread::scope(|scope| -> anyhow::Result<()> {
        let (answers, answered) = mpsc::sync_channel::<(usize, Result<Reading, PictureError>)>(ANSWERS_MAX);
        for _ in 0..jobs.min(files.len()) {
            let (answers, files, next) = (answers.clone(), &files, &next);
            scope.spawn(move || {
                let mut decoder = Decoder::new(budget);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(number) else { break };
                    let answer = picture::read(file).map(|frame| decoder.decode(&frame));
                    if answers.send((number, answer)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(answers);

        let mut early = BTreeMap::new();
        let mut due = 0;
        for (number, answer) in answered {
            early.insert(number, answer);
            while let (Some(answer), Some(file)) = (early.remove(&due), files.get(due)) {
                due += 1;
                match answer {
                    Ok(reading) => report.picture(file, &reading)?,
                    Err(error) => {
                        all_opened = false;
                        report.unreadable(file, error)?;
                    }
                }
            }
        }
        Ok(())
    })?;
    report.summary()?;
    Ok(all_opened)
}
