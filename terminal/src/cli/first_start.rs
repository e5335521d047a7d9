//! `usher` on a laptop that is no terminal yet: does what the first start's screen wishes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use sync_protocol::enrol::Invitation;
use sync_protocol::problem::ProblemCode;
use tokio::sync::Notify;

use super::enrol::host_name;
use super::opening::events_over;
use super::sync::{self, Fetched};
use crate::app::first_start::{FirstStart, News, Problem, Wish};
use crate::cache::{KdfCost, Store, StoreError};
use crate::camera::device::{Device, Settings};
use crate::camera::{FrameSource as _, Sight};
use crate::catalogue::Catalogue;
use crate::causes::chain;
use crate::clock::{Clock as _, SystemClock};
use crate::decoder::{Budget, Decoder};
use crate::enrol::{self, EnrolError, Enrolment, Offer};
use crate::passphrase;
use crate::session::Session;
use crate::sync::transport::RequestError;
use crate::tui::first_start::{self, Ending};
use crate::tui::theme::Theme;

/// How long the camera is waited for before it is looked whether it is still needed.
const FRAMES_EVERY: Duration = Duration::from_millis(200);

/// Leads from nothing to an open store with a list; nothing if somebody quit on the way.
pub(super) fn run(
    folder: &Path,
    session: Session,
    camera: Option<Settings>,
    catalogue: &Catalogue,
    theme: Theme,
    is_plain: bool,
) -> anyhow::Result<Option<(Store, Session)>> {
    let (wishes, wished) = mpsc::channel();
    let (to_screen, news) = mpsc::channel();
    let eyes = Eyes { camera, to_screen: to_screen.clone(), is_needed: Arc::default() };
    let helper = Helper { folder: folder.to_owned(), to_screen, eyes, enrolment: None, store: None };
    let worker = thread::Builder::new().name("first start".into()).spawn(move || helper.run(&wished))?;
    let start = FirstStart::new(passphrase::generate(), session);
    let start = if events_over(folder).is_empty() { start } else { start.after_an_event() };
    let ending = first_start::run(start, news, &wishes, catalogue, theme, is_plain);
    // Without wishes the worker ends, after what it is at.
    drop(wishes);
    match ending? {
        Ending::Quit => Ok(None),
        Ending::Open(session) => {
            let store = worker.join().map_err(|_| anyhow::anyhow!("the first start stopped inside"))?;
            Ok(store.map(|store| (store, *session)))
        }
    }
}

/// Does what is wished, one after the other.
struct Helper {
    folder: PathBuf,
    to_screen: Sender<News>,
    eyes: Eyes,
    enrolment: Option<Enrolment>,
    store: Option<Store>,
}

impl Helper {
    fn run(mut self, wished: &Receiver<Wish>) -> Option<Store> {
        self.eyes.open();
        let mut next = wished.recv().ok();
        while let Some(wish) = next.take() {
            let mut after = None;
            let news = match wish {
                Wish::Enrol(offer) => {
                    self.eyes.close();
                    let (news, wish) = self.enrol(&offer, wished);
                    after = wish;
                    news
                }
                Wish::Make => Some(News::Made(passphrase::generate())),
                Wish::Keep(passphrase) => Some(self.keep(&passphrase)),
                Wish::Download => Some(self.download()),
                Wish::Forget | Wish::Open | Wish::Quit => None,
            };
            if matches!(news, Some(News::Refused(_)) | None) && self.store.is_none() {
                self.eyes.open();
            }
            if news.is_some_and(|news| self.to_screen.send(news).is_err()) {
                break;
            }
            next = after.or_else(|| wished.recv().ok());
        }
        self.eyes.close();
        self.store
    }

    /// Enrols until it succeeds, fails, or something else is wished, which is returned.
    fn enrol(&mut self, offer: &Offer, wished: &Receiver<Wish>) -> (Option<News>, Option<Wish>) {
        let given_up = Arc::new(Notify::new());
        let (is_given_up, to_screen, offer) = (Arc::clone(&given_up), self.to_screen.clone(), offer.clone());
        let task = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            let (clock, name) = (SystemClock::new(), host_name());
            let on_digits = |digits: &str, is_confirmed| {
                // The screen is gone only if the program ends.
                let _ = to_screen.send(News::Digits(digits.to_owned(), is_confirmed));
            };
            let outcome = runtime.block_on(async {
                tokio::select! {
                    outcome = enrol::enrol(&offer, &name, || clock.read().wall, on_digits) => Some(outcome),
                    () = is_given_up.notified() => None,
                }
            });
            runtime.shutdown_background();
            outcome
        });
        let mut other = None;
        while !task.is_finished() {
            match wished.recv_timeout(FRAMES_EVERY) {
                Ok(wish) => {
                    other = Some(wish);
                    given_up.notify_one();
                    break;
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    given_up.notify_one();
                    break;
                }
            }
        }
        let news = match task.join() {
            Ok(Some(Ok(enrolment))) => {
                self.enrolment = Some(enrolment);
                Some(News::Enrolled)
            }
            Ok(Some(Err(error))) => Some(News::Refused(problem(&error))),
            Ok(None) => None,
            Err(_) => Some(News::Refused(Problem::Other(String::new()))),
        };
        (news, other)
    }

    fn keep(&mut self, passphrase: &str) -> News {
        let Some(enrolment) = self.enrolment.take() else { return News::Refused(Problem::Other(String::new())) };
        let made = match enrolment.try_into() {
            Ok(new) => Store::create(&self.folder, passphrase, KdfCost::Calibrated, new),
            Err(error) => return News::Refused(Problem::Other(chain(&error))),
        };
        match made {
            Ok(store) => {
                self.store = Some(store);
                News::Kept
            }
            Err(StoreError::AlreadyEnrolled(_)) => News::Refused(Problem::Enrolled),
            Err(error) => News::Refused(Problem::Other(chain(&error))),
        }
    }

    fn download(&mut self) -> News {
        let Some(store) = self.store.take() else { return News::Interrupted(String::new()) };
        let to_screen = self.to_screen.clone();
        let progress = move |bytes, tickets| {
            let _ = to_screen.send(News::Progress { bytes, tickets });
        };
        match sync::fetch(store, progress) {
            Ok(Fetched { store, trouble: None }) => {
                let tickets = store.counts().tickets;
                self.store = Some(store);
                News::Downloaded(tickets)
            }
            Ok(Fetched { store, trouble: Some(trouble) }) => {
                self.store = Some(store);
                News::Interrupted(trouble)
            }
            Err(error) => News::Interrupted(format!("{error:#}")),
        }
    }
}

fn problem(error: &EnrolError) -> Problem {
    match error {
        EnrolError::Code(_) => Problem::Code,
        EnrolError::Address(error) => Problem::Address(chain(error)),
        EnrolError::CodeRefused => Problem::Refused,
        EnrolError::OtherServer(_) => Problem::OtherServer,
        EnrolError::NotConfirmed => Problem::NotConfirmed,
        EnrolError::Request(RequestError::Unreachable(_)) => Problem::Unreachable,
        EnrolError::Request(RequestError::Problem { code: Some(ProblemCode::Clock), .. }) => Problem::Clock,
        error @ (EnrolError::Unfit(_) | EnrolError::Request(_)) => Problem::Other(chain(error)),
    }
}

/// The camera, while the organiser's QR is looked for.
struct Eyes {
    /// Nothing if no camera is to be used.
    camera: Option<Settings>,
    to_screen: Sender<News>,
    /// Whether the thread that looks is still needed; one of its own for each thread.
    is_needed: Arc<AtomicBool>,
}

impl Eyes {
    fn open(&mut self) {
        let Some(settings) = self.camera.clone().filter(|_| !self.is_needed.load(Ordering::Relaxed)) else { return };
        self.is_needed = Arc::new(AtomicBool::new(true));
        let (is_needed, to_screen) = (Arc::clone(&self.is_needed), self.to_screen.clone());
        let looking = thread::Builder::new().name("enrolment QR".into());
        let spawned = looking.spawn(move || {
            if let Err(error) = look(settings, &to_screen, &is_needed) {
                tracing::warn!(error = chain(&error), "the camera's threads could not be started");
            }
        });
        if let Err(error) = spawned {
            tracing::warn!(error = chain(&error), "there is no thread for the camera");
        }
    }

    fn close(&self) {
        self.is_needed.store(false, Ordering::Relaxed);
    }
}

/// Looks until it has seen an organiser's QR, or is not needed any more.
fn look(settings: Settings, to_screen: &Sender<News>, is_needed: &AtomicBool) -> std::io::Result<()> {
    let mut camera = Device::open(settings)?;
    let mut decoder = Decoder::new(Budget::live());
    while is_needed.load(Ordering::Relaxed) {
        let news = match camera.next(FRAMES_EVERY) {
            Sight::Frame { frame, .. } => {
                let reading = decoder.decode(&frame);
                let seen = reading.codes.iter().find_map(|code| Invitation::parse(&code.text).ok());
                seen.map(|invitation| News::Seen(Box::new(invitation)))
            }
            Sight::Camera(state) => Some(News::Camera(state)),
            Sight::End => return Ok(()),
            Sight::Unreadable { .. } | Sight::Nothing => None,
        };
        let has_seen = matches!(news, Some(News::Seen(_)));
        if news.is_some_and(|news| to_screen.send(news).is_err()) || has_seen {
            is_needed.store(false, Ordering::Relaxed);
        }
    }
    Ok(())
}
