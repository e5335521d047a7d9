//! What the camera sees: each guest comes, holds the code still, and goes.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Context;
use harness::frames::{self, Scene};
use image::GrayImage;

use crate::guests::Presentation;

/// Frames per guest: a few while the ticket comes in, one in the guest's own light, one with nobody there.
const FRAMES: usize = COMING + 2;
const COMING: usize = 4;

/// Renders a folder of numbered pictures of these guests, on as many threads as there are processors.
pub(crate) fn render(guests: &[Presentation], folder: &Path) -> anyhow::Result<usize> {
    std::fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    let next = AtomicUsize::new(0);
    let work = || -> anyhow::Result<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(guest) = guests.get(number) else { return Ok(()) };
            for (at, frame) in of_guest(guest, number as u64).into_iter().enumerate() {
                let path = folder.join(format!("{:04}.jpg", number * FRAMES + at));
                frame.save(&path).with_context(|| format!("could not write {}", path.display()))?;
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

fn of_guest(guest: &Presentation, seed: u64) -> Vec<GrayImage> {
    let mut pictures = frames::burst(&guest.text, seed, COMING);
    pictures.push(frames::render(&guest.text, &Scene::moderate(seed)));
    pictures.push(frames::without_code(seed));
    pictures
}
