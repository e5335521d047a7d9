//! What the camera sees: each guest comes, holds the code still, and goes.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Context;
use harness::frames::{self, Kind, Scene, Severity};
use image::GrayImage;

use crate::guests::Presentation;

/// Pictures per guest.
const FRAMES: usize = 8;

/// Renders a folder of numbered pictures of these guests, on as many threads as there are processors,
/// and tells a terminal how far it is.
pub(crate) fn render(guests: &[Presentation], folder: &Path) -> anyhow::Result<usize> {
    std::fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let is_watched = io::stderr().is_terminal();
    let work = || -> anyhow::Result<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(guest) = guests.get(number) else { return Ok(()) };
            for (at, frame) in of_guest(guest, number as u64).into_iter().enumerate() {
                let path = folder.join(format!("{:04}.jpg", number * FRAMES + at));
                frame.save(&path).with_context(|| format!("could not write {}", path.display()))?;
            }
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if is_watched {
                eprint!("\r  {done} of {} guests{}", guests.len(), if done == guests.len() { "\n" } else { "" });
            }
        }
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a thread that rendered pictures panicked")))
        })
    })?;
    Ok(guests.len() * FRAMES)
}

/// The ticket comes in, is held still, then closer to the light, and goes: a camera gets many looks at it, and on a busy
/// machine some of them come to nothing.
fn of_guest(guest: &Presentation, seed: u64) -> Vec<GrayImage> {
    let held = frames::render(&guest.text, &Scene { severity: Severity::Mild, ..Scene::moderate(seed) });
    let lit = frames::render(&guest.text, &Scene { seed, kind: Kind::Paper, severity: Severity::Mild });
    let mut pictures = frames::burst(&guest.text, seed, 2);
    pictures.extend([held.clone(), held, lit.clone(), lit.clone(), lit, frames::without_code(seed)]);
    pictures
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use harness::process;
    use serde_json::Value;

    use super::*;
    use crate::guests::Expected;

    #[test]
    fn each_guests_code_can_be_read_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let guest = |text: &str| Presentation {
            who: String::new(),
            what: "",
            text: text.repeat(12),
            expected: Expected::Admit,
        };
        let guests = [guest("UA1:ABCDEF"), guest("UA1:GHIJKL")];

        let count = render(&guests, folder.path()).unwrap();

        let arguments = ["decode", "--json", &folder.path().to_string_lossy()].map(String::from);
        let read = process::run("usher", &arguments, "").unwrap().success().unwrap();
        let lines: Vec<Value> = read.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), count);
        let texts: BTreeSet<&str> = lines
            .iter()
            .flat_map(|line| line["texts"].as_array().unwrap())
            .map(|text| text.as_str().unwrap())
            .collect();
        assert_eq!(texts, guests.iter().map(|guest| guest.text.as_str()).collect());
    }
}
