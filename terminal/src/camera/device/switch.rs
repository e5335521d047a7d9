//! From one camera to another while they are read: what is wanted, what is there, what each offers.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use super::{Connected, Settings, capture, list};
use crate::camera::{
    Trouble,
    offer::{Mode, Offer},
};
use crate::contained;

/// What changes the camera that a [`super::Device`] reads, and tells which others there are.
#[derive(Clone, Debug)]
pub struct Switch(pub(super) Arc<Shared>);

/// What the supervising thread, the capturing thread and those who choose a camera share.
#[derive(Debug)]
pub(super) struct Shared {
    wanted: Mutex<Settings>,
    /// How often somebody wanted something else.
    turn: AtomicU64,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The camera that is being opened or read. Nobody else may open it.
    taken: Option<Connected>,
    /// What it gives, once it does.
    gives: Option<Mode>,
    /// What cameras were found to offer.
    modes: Vec<(Connected, Vec<Mode>)>,
}

impl Switch {
    /// Reads another camera, or other frames of the same one, from now on.
    pub fn to(&self, settings: Settings) {
        *lock(&self.0.wanted) = settings;
        self.0.turn.fetch_add(1, Ordering::Release);
    }

    /// Returns the cameras that are connected. Opens those of which nothing is known yet, which takes
    /// as long as their drivers do.
    pub fn look(&self) -> Vec<Offer> {
        offers(list().into_iter().map(|camera| self.0.offer(camera)).collect())
    }
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        Self { wanted: Mutex::new(settings), turn: AtomicU64::new(0), known: Mutex::default() }
    }

    /// Returns what is wanted, and how often that changed before.
    pub(super) fn wanted(&self) -> (u64, Settings) {
        // In this order: who sees the number of a change sees the change.
        let turn = self.turn();
        (turn, lock(&self.wanted).clone())
    }

    pub(super) fn turn(&self) -> u64 {
        self.turn.load(Ordering::Acquire)
    }

    /// Notes which camera is being opened or read.
    pub(super) fn take(&self, camera: Option<&Connected>) {
        let mut known = lock(&self.known);
        known.taken = camera.cloned();
        known.gives = None;
    }

    /// Notes what the taken camera offers and gives.
    pub(super) fn gives(&self, camera: &Connected, modes: Vec<Mode>, gives: Option<Mode>) {
        let mut known = lock(&self.known);
        known.note(camera, modes);
        known.gives = gives;
    }

    fn offer(&self, camera: Connected) -> Offer {
        let (mut modes, in_use, is_taken) = {
            let known = lock(&self.known);
            let is_taken = known.taken.as_ref() == Some(&camera);
            (known.modes_of(&camera), known.gives.filter(|_| is_taken), is_taken)
        };
        // A second handle on a camera that is being opened would change what it sends.
        if modes.is_none() && !is_taken {
            modes = Some(match contained::run(|| capture::ask(camera.index)) {
                Ok(Ok(modes)) => {
                    lock(&self.known).note(&camera, modes.clone());
                    Ok(modes)
                }
                Ok(Err(error)) => Err(error.trouble()),
                Err(_) => Err(Trouble::Unknown),
            });
        }
        Offer { index: camera.index, name: camera.name, modes: modes.unwrap_or_else(|| Ok(Vec::new())), in_use }
    }
}

impl Known {
    fn modes_of(&self, camera: &Connected) -> Option<Result<Vec<Mode>, Trouble>> {
        self.modes.iter().find(|(one, _)| one == camera).map(|(_, modes)| Ok(modes.clone()))
    }

    fn note(&mut self, camera: &Connected, modes: Vec<Mode>) {
        self.modes.retain(|(one, _)| one.index != camera.index);
        self.modes.push((camera.clone(), modes));
    }
}

/// Leaves out the second device files that many cameras have for data about their pictures.
fn offers(all: Vec<Offer>) -> Vec<Offer> {
    let gives_pictures = |offer: &Offer| offer.modes.is_ok();
    let is_second = |offer: &Offer| {
        !gives_pictures(offer) && all.iter().any(|other| other.name == offer.name && gives_pictures(other))
    };
    all.iter().filter(|offer| !is_second(offer)).cloned().collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_file_of_a_camera_is_no_camera() {
        let offer = |index, name: &str, modes| Offer { index, name: name.to_owned(), modes, in_use: None };
        let all = vec![
            offer(0, "C920", Ok(Vec::new())),
            offer(1, "C920", Err(Trouble::Unknown)),
            offer(2, "Busy", Err(Trouble::Busy)),
        ];

        let left: Vec<u32> = offers(all).iter().map(|offer| offer.index).collect();

        assert_eq!(left, [0, 2]);
    }

    #[test]
    fn a_camera_that_is_being_opened_is_left_alone() {
        let camera = Connected { index: 9, name: "Taken".into() };
        let shared = Shared::new(Settings::default());

        shared.take(Some(&camera));

        assert_eq!(shared.offer(camera).modes, Ok(Vec::new()));
    }
}
