//! The first start: from a laptop that knows nothing to a terminal with a list.
//!
//! A state that takes keys, news and time and says what is wanted, as the door's screens do. The
//! enrolment itself, the store and the camera are others' work.

mod passphrase;

use sync_protocol::crockford::CodeError;
use sync_protocol::enrol::{EnrolCode, Invitation};
use sync_protocol::time::Uptime;
use zeroize::Zeroizing;

use super::screen::Outcome;
use super::screen::operator::Operator;
use super::typing::pace::{Heard, Pace, Run};
use super::{Field, Key};
use crate::camera::CameraState;
use crate::door::{Answer, Request, SessionAnswer, SessionRequest};
use crate::enrol::Offer;
use crate::session::Session;

pub use passphrase::{PassphraseForm, Sub};

/// The longest address, in characters.
const SERVER_CHARS_MAX: usize = 200;
/// The longest typed code with its hyphens, in characters.
const CODE_CHARS_MAX: usize = 20;
/// A certificate's fingerprint with colons, in characters.
const FINGERPRINT_CHARS_MAX: usize = 95;

/// Where the first start stands.
#[derive(Debug)]
pub enum Step {
    /// The organiser's code is needed.
    Code(Box<CodeForm>),
    /// The server is being asked.
    Asking,
    /// An organiser must see these digits, and confirm unless that is done.
    Digits {
        /// Six of them.
        digits: String,
        /// Whether the organiser has confirmed in advance.
        is_confirmed: bool,
    },
    /// A passphrase is chosen.
    Passphrase(PassphraseForm),
    /// The keys are being made and kept.
    Keeping,
    /// Who is at the door.
    Operator(Box<Operator>),
    /// The list is on its way.
    Download(Download),
    /// Everything is here.
    Ready {
        /// Tickets in the list.
        tickets: u64,
    },
}

/// The form for what an organiser hands out.
#[derive(Clone, Debug)]
pub struct CodeForm {
    /// Server, code, and the fingerprint that some servers have.
    pub fields: [Field; 3],
    /// Which of them is written in.
    pub at: usize,
    /// The camera, which looks for the organiser's QR.
    pub camera: Option<CameraState>,
    /// What went wrong before.
    pub problem: Option<Problem>,
}

/// What went wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Problem {
    /// The code has foreign characters or another length.
    Code,
    /// The fingerprint is none.
    Fingerprint,
    /// The address cannot be used; in technical words.
    Address(String),
    /// The server does not know the code, or not any more.
    Refused,
    /// Another server answers than the one that made the code.
    OtherServer,
    /// The server cannot be reached.
    Unreachable,
    /// This laptop's clock and the server's are too far apart.
    Clock,
    /// No organiser confirmed in time, or somebody here went back.
    NotConfirmed,
    /// This laptop is a terminal of that event already.
    Enrolled,
    /// Anything else, in technical words.
    Other(String),
}

/// How far the first download is.
#[derive(Clone, Debug, Default)]
pub struct Download {
    /// Bytes fetched, and how many there are.
    pub bytes: Option<(u64, u64)>,
    /// Tickets kept, and how many there are.
    pub tickets: Option<(u64, u64)>,
    /// Why it stopped, in technical words.
    pub trouble: Option<String>,
    /// When the first bytes came, and how many had come by then.
    began: Option<(Uptime, u64)>,
}

impl Download {
    /// Returns how long fetching will still take at its pace so far, in ms.
    pub fn left_ms(&self, now: Uptime) -> Option<u64> {
        let ((done, total), (since, before)) = self.bytes.zip(self.began)?;
        let (spent, fetched) = (now.0.saturating_sub(since.0), done.saturating_sub(before));
        (fetched > 0).then(|| total.saturating_sub(done).saturating_mul(spent) / fetched)
    }
}

/// Something the first start learns.
#[derive(Debug)]
pub enum News {
    /// The camera's state changed.
    Camera(CameraState),
    /// The camera saw an organiser's QR.
    Seen(Box<Invitation>),
    /// The server knows the code; an organiser must see these digits.
    Digits(String, bool),
    /// The server certified this laptop.
    Enrolled,
    /// Nothing came of it.
    Refused(Problem),
    /// The store is made.
    Kept,
    /// So far is the download.
    Progress {
        /// Bytes fetched, and how many there are.
        bytes: Option<(u64, u64)>,
        /// Tickets kept, and how many there are.
        tickets: Option<(u64, u64)>,
    },
    /// The list is here.
    Downloaded(u64),
    /// It stopped; what came is kept.
    Interrupted(String),
    /// Another passphrase was made.
    Made(Zeroizing<String>),
}

/// What is wanted of the shell.
#[derive(Debug)]
pub enum Wish {
    /// Enrol with this.
    Enrol(Box<Offer>),
    /// Enrol no more: somebody went back.
    Forget,
    /// Make another passphrase.
    Make,
    /// Keep what was enrolled under this passphrase.
    Keep(Zeroizing<String>),
    /// Download the list.
    Download,
    /// Open the door.
    Open,
    /// End the program; what is kept is kept.
    Quit,
}

/// The first start.
#[derive(Debug)]
pub struct FirstStart {
    step: Step,
    /// What was typed last for server, code and fingerprint.
    fields: [Field; 3],
    session: Session,
    made: Zeroizing<String>,
    pace: Pace,
    now: Uptime,
    is_after_event: bool,
}

impl FirstStart {
    /// Begins. `made` is a passphrase to offer.
    pub fn new(made: Zeroizing<String>, session: Session) -> Self {
        let fields = [SERVER_CHARS_MAX, CODE_CHARS_MAX, FINGERPRINT_CHARS_MAX].map(Field::new);
        Self {
            step: code_form(None, &fields),
            fields,
            session,
            made,
            pace: Pace::default(),
            now: Uptime(0),
            is_after_event: false,
        }
    }

    /// The same on a laptop whose last event is over and was erased.
    #[must_use]
    pub fn after_an_event(self) -> Self {
        Self { is_after_event: true, ..self }
    }

    /// Whether this laptop's last event is over and was erased.
    pub const fn is_after_event(&self) -> bool {
        self.is_after_event
    }

    /// Returns where it stands.
    pub const fn step(&self) -> &Step {
        &self.step
    }

    /// Returns the time of the last tick.
    pub const fn now(&self) -> Uptime {
        self.now
    }

    /// Returns the session that was begun: who is at the door, with which PIN.
    pub fn into_session(self) -> Session {
        self.session
    }

    /// Returns when the next tick is due at the latest.
    pub fn deadline(&self) -> Option<Uptime> {
        self.pace.deadline()
    }

    /// Takes a key.
    pub fn take_key(&mut self, key: Key) -> Option<Wish> {
        self.pace.handle_key(key, self.now);
        self.hear()
    }

    /// Lets time pass.
    pub fn pass_time(&mut self, now: Uptime) -> Option<Wish> {
        self.now = self.now.max(now);
        self.pace.handle_time(self.now);
        self.hear()
    }

    fn hear(&mut self) -> Option<Wish> {
        while let Some(heard) = self.pace.poll() {
            let wish = match heard {
                Heard::Key(key) => self.press(key),
                Heard::Repeat(letter, times) => {
                    self.pace.put_back(std::iter::repeat_n(Key::Char(letter), times));
                    None
                }
                Heard::Run(run) => self.take_run(&run),
            };
            if wish.is_some() {
                return wish;
            }
        }
        None
    }

    /// A hand scanner reads the organiser's QR as well as a camera does.
    fn take_run(&mut self, run: &Run) -> Option<Wish> {
        if matches!(self.step, Step::Code(_))
            && let Ok(invitation) = Invitation::parse(&run.text)
        {
            return Some(self.enrol(invitation.into()));
        }
        let end = run.is_entered.then_some(Key::Enter);
        let keys: Vec<Key> = run.text.chars().map(Key::Char).chain(end).collect();
        self.pace.put_back(keys.into_iter());
        None
    }

    fn enrol(&mut self, offer: Offer) -> Wish {
        if let Step::Code(form) = &self.step {
            self.fields.clone_from(&form.fields);
        }
        self.step = Step::Asking;
        Wish::Enrol(Box::new(offer))
    }

    fn press(&mut self, key: Key) -> Option<Wish> {
        if key == Key::Interrupt {
            return Some(Wish::Quit);
        }
        match &mut self.step {
            Step::Code(form) => match (key, form.press(key)) {
                (Key::Escape, _) => Some(Wish::Quit),
                (Key::Enter, Ok(Some(offer))) => Some(self.enrol(offer)),
                (_, Ok(_)) => None,
                (_, Err(problem)) => {
                    form.problem = Some(problem);
                    None
                }
            },
            Step::Asking | Step::Digits { .. } if key == Key::Escape => {
                self.step = code_form(Some(Problem::NotConfirmed), &self.fields);
                Some(Wish::Forget)
            }
            Step::Asking | Step::Digits { .. } | Step::Keeping => None,
            Step::Passphrase(form) => match form.press(key) {
                passphrase::Pressed::Nothing => None,
                passphrase::Pressed::Another => Some(Wish::Make),
                passphrase::Pressed::Chosen(passphrase) => {
                    self.step = Step::Keeping;
                    Some(Wish::Keep(passphrase))
                }
            },
            Step::Operator(screen) => {
                let outcome = screen.press(key);
                self.follow(outcome)
            }
            Step::Download(download) => match key {
                Key::Enter if download.trouble.take().is_some() => Some(Wish::Download),
                Key::Escape => Some(Wish::Quit),
                _ => None,
            },
            Step::Ready { .. } => match key {
                Key::Enter => Some(Wish::Open),
                Key::Escape => Some(Wish::Quit),
                _ => None,
            },
        }
    }

    /// The session is this program's own here: there is no gate yet.
    fn follow(&mut self, outcome: Outcome) -> Option<Wish> {
        let (asked, is_over) = match outcome {
            // There is nothing to hear, and no ticket to present, before the list is here.
            Outcome::Stay
            | Outcome::Sound(_)
            | Outcome::Camera(_)
            | Outcome::CloseAndCamera(_)
            | Outcome::Present(_)
            | Outcome::CloseAndPresent(_)
            | Outcome::OpenGroup(_) => (None, false),
            Outcome::Ask(request) => (Some(request), false),
            Outcome::Close => (None, true),
            Outcome::CloseAnd(request) => (Some(request), true),
        };
        match asked {
            Some(Request::Session(SessionRequest::Operator(name))) => _ = self.session.set_operator(&name),
            Some(Request::Session(SessionRequest::Pin(digits))) => self.session.set_pin(&digits),
            _ => {}
        }
        is_over.then(|| {
            self.step = Step::Download(Download::default());
            Wish::Download
        })
    }

    /// Takes news.
    pub fn learn(&mut self, news: News) -> Option<Wish> {
        match (news, &mut self.step) {
            (News::Camera(camera), Step::Code(form)) => form.camera = Some(camera),
            (News::Seen(invitation), Step::Code(_)) => return Some(self.enrol((*invitation).into())),
            (News::Digits(digits, is_confirmed), Step::Asking) => self.step = Step::Digits { digits, is_confirmed },
            (News::Enrolled, Step::Asking | Step::Digits { .. }) => {
                self.step = Step::Passphrase(PassphraseForm::new(self.made.clone()));
            }
            (News::Made(made), Step::Passphrase(form)) => form.offer(made),
            (News::Refused(problem), Step::Asking | Step::Digits { .. } | Step::Keeping) => {
                self.step = code_form(Some(problem), &self.fields);
            }
            (News::Kept, Step::Keeping) => {
                self.made = Zeroizing::default();
                let (mut screen, _) = Operator::open();
                screen.learn(&Answer::Session(SessionAnswer::Recent(Vec::new())));
                self.step = Step::Operator(Box::new(screen));
            }
            (News::Progress { bytes, tickets }, Step::Download(download)) => {
                download.began = download.began.or_else(|| bytes.map(|(done, _)| (self.now, done)));
                (download.bytes, download.tickets) = (bytes.or(download.bytes), tickets);
            }
            (News::Downloaded(tickets), Step::Download(_)) => self.step = Step::Ready { tickets },
            (News::Interrupted(trouble), Step::Download(download)) => download.trouble = Some(trouble),
            // News of what was given up meanwhile.
            _ => {}
        }
        None
    }
}

fn code_form(problem: Option<Problem>, fields: &[Field; 3]) -> Step {
    Step::Code(Box::new(CodeForm { fields: fields.clone(), at: 0, camera: None, problem }))
}

impl CodeForm {
    /// Returns the offer once the form is complete and was entered.
    fn press(&mut self, key: Key) -> Result<Option<Offer>, Problem> {
        let count = self.fields.len();
        match key {
            Key::Tab | Key::Down => self.at = (self.at + 1) % count,
            Key::BackTab | Key::Up => self.at = (self.at + count - 1) % count,
            Key::Enter => return self.entered(),
            key => {
                self.problem = None;
                if let Some(field) = self.fields.get_mut(self.at) {
                    field.press(key);
                }
            }
        }
        Ok(None)
    }

    fn entered(&mut self) -> Result<Option<Offer>, Problem> {
        let [server, code, fingerprint] = self.fields.each_ref().map(|field| field.text().trim().to_owned());
        if server.is_empty() || code.is_empty() {
            self.at = if server.is_empty() { 0 } else { 1 };
            return Ok(None);
        }
        let code = EnrolCode::parse(&code).map_err(|_: CodeError| Problem::Code)?;
        let tls_fingerprint = if fingerprint.is_empty() { None } else { Some(parse_fingerprint(&fingerprint)?) };
        let server = if server.contains("://") { server } else { format!("https://{server}") };
        Ok(Some(Offer { server, server_key_hash: None, tls_fingerprint, code }))
    }
}

fn parse_fingerprint(text: &str) -> Result<[u8; 32], Problem> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    let mut hash = [0; 32];
    hex::decode_to_slice(digits, &mut hash).map_err(|_| Problem::Fingerprint)?;
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::typing::BURST_GAP_MS;
    use crate::session::WhileLocked;

    const QR: &str = "usher://enrol?v=1&c=7K2QP9XWTZ7K2QP9XWTZ7K2QP0&k=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA&s=https://a.example";

    #[test]
    fn a_typed_code_leads_to_the_digits_and_on_to_the_door() {
        let mut start = start();
        typed(&mut start, "192.0.2.10:8443");
        press(&mut start, Key::Tab);
        typed(&mut start, "7K2QP-9XWTZ");

        let Some(Wish::Enrol(offer)) = press(&mut start, Key::Enter) else { panic!("{:?}", start.step()) };
        assert_eq!(offer.server, "https://192.0.2.10:8443");
        start.learn(News::Digits("123456".into(), false));
        assert!(matches!(start.step(), Step::Digits { is_confirmed: false, .. }));
        start.learn(News::Enrolled);
        press(&mut start, Key::Enter);
        typed(&mut start, "four words were made");
        let Some(Wish::Keep(passphrase)) = press(&mut start, Key::Enter) else { panic!("{:?}", start.step()) };
        assert_eq!(*passphrase, "four words were made");
        start.learn(News::Kept);
        typed(&mut start, "Ada");
        press(&mut start, Key::Enter);
        assert!(matches!(press(&mut start, Key::Enter), Some(Wish::Download)));
        start.learn(News::Downloaded(12));
        assert!(matches!(press(&mut start, Key::Enter), Some(Wish::Open)));
        assert_eq!(start.into_session().operator(), Some("Ada"));
    }

    #[test]
    fn a_hand_scanner_reads_the_organisers_code_too() {
        let mut start = start();
        for letter in QR.chars() {
            assert!(start.take_key(Key::Char(letter)).is_none());
        }

        let wish = start.take_key(Key::Enter);

        assert!(matches!(wish, Some(Wish::Enrol(_))), "{wish:?}");
    }

    #[test]
    fn what_is_mistyped_is_said_and_stays() {
        let mut start = start();
        typed(&mut start, "a.example");
        press(&mut start, Key::Down);
        typed(&mut start, "7K2");

        assert!(press(&mut start, Key::Enter).is_none());

        let Step::Code(form) = start.step() else { panic!("{:?}", start.step()) };
        assert_eq!((form.problem.as_ref(), form.fields[1].text().as_str()), (Some(&Problem::Code), "7K2"));
    }

    #[test]
    fn going_back_while_the_organiser_decides_forgets_the_enrolment() {
        let mut start = start();
        start.learn(News::Seen(Box::new(Invitation::parse(QR).unwrap())));
        start.learn(News::Digits("123456".into(), false));

        assert!(matches!(press(&mut start, Key::Escape), Some(Wish::Forget)));

        assert!(start.learn(News::Enrolled).is_none());
        assert!(matches!(start.step(), Step::Code(_)), "what comes late is not followed");
    }

    #[test]
    fn an_interrupted_download_goes_on_with_enter() {
        let mut start = start();
        start.step = Step::Download(Download::default());
        start.learn(News::Progress { bytes: Some((0, 8_000)), tickets: None });
        start.pass_time(Uptime(3_000));
        start.learn(News::Progress { bytes: Some((2_000, 8_000)), tickets: None });
        let Step::Download(download) = start.step() else { panic!("{:?}", start.step()) };
        assert_eq!(download.left_ms(start.now()), Some(6_000 * 2_000 / 2_000));

        start.learn(News::Interrupted("no route".into()));

        assert!(matches!(press(&mut start, Key::Enter), Some(Wish::Download)));
        assert!(press(&mut start, Key::Enter).is_none(), "it runs already");
    }

    fn start() -> FirstStart {
        let mut start = FirstStart::new("four words were made".to_owned().into(), Session::new(WhileLocked::Scan));
        start.pass_time(Uptime(1_000));
        start
    }

    fn press(start: &mut FirstStart, key: Key) -> Option<Wish> {
        let wish = start.take_key(key);
        wish.or(start.pass_time(start.now().plus(BURST_GAP_MS)))
    }

    fn typed(start: &mut FirstStart, text: &str) {
        text.chars().for_each(|letter| assert!(press(start, Key::Char(letter)).is_none()));
    }
}
