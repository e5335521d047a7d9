//! The terminal's half of the conversation, as a state machine that owns no socket.
//!
//! The shell gives it what happens (`handle_*`), sends what [`SyncClient::poll_request`] returns
//! until that is nothing, does what [`SyncClient::poll_event`] says, and sleeps until
//! [`SyncClient::poll_timeout`]. Two lanes run side by side, so that a check-in never waits behind a
//! long poll: at most one download and one upload are in flight.

mod words;

use alloc::collections::VecDeque;

pub use words::{Event, Failure, Lane, Reply, Request, Start, Suspend};

use super::message::WAIT_S_MAX;
use super::retry::Backoff;
use crate::hash::Hash;
use crate::id::{FeedSeq, Seq};
use crate::journal::batch::BATCH_ENTRIES_MAX;
use crate::problem::ProblemCode;
use crate::time::Uptime;

/// How often the time is measured again, in ms.
pub const TIME_EVERY_MS: u64 = 10 * 60_000;
/// How long a lane rests after an answer that waiting alone doesn't change, in ms.
pub const REST_MS: u64 = 60_000;

#[derive(Clone, Debug, Eq, PartialEq)]
enum Down {
    Time,
    Snapshot,
    Chunks(VecDeque<Hash>),
    Applying,
    Feed { wait: bool },
    Halted,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Up {
    Status,
    Push,
}

/// The terminal's half of the conversation.
#[derive(Clone, Debug)]
pub struct SyncClient {
    cursor: Option<FeedSeq>,
    journal: Seq,
    acknowledged: Seq,
    quarantined: Option<Seq>,
    suspended: Option<Suspend>,
    is_closed: bool,
    is_up: Option<bool>,
    down: Down,
    down_busy: bool,
    down_backoff: Backoff,
    up: Up,
    up_busy: bool,
    up_backoff: Backoff,
    count_max: usize,
    time_due: Option<Uptime>,
    clock_retried: bool,
    /// Whether the server refused a signature's time after the downloads had ended: nothing more is sent before the time
    /// was measured.
    needs_time: bool,
    events: VecDeque<Event>,
}

impl SyncClient {
    /// Returns a conversation that has not begun.
    pub fn new(start: Start) -> Self {
        let mut client = Self {
            cursor: start.cursor,
            journal: start.journal,
            acknowledged: start.acknowledged,
            quarantined: None,
            suspended: None,
            is_closed: start.is_closed,
            is_up: None,
            down: Down::Time,
            down_busy: false,
            down_backoff: Backoff::default(),
            up: Up::Status,
            up_busy: false,
            up_backoff: Backoff::default(),
            count_max: BATCH_ENTRIES_MAX,
            time_due: None,
            clock_retried: false,
            needs_time: false,
            events: VecDeque::new(),
        };
        if let Some(reason) = start.suspended {
            client.suspend(reason);
            client.events.clear();
        }
        client
    }

    /// Returns the last number the server acknowledged.
    pub const fn acknowledged(&self) -> Seq {
        self.acknowledged
    }

    /// Returns how many entries the server has neither acknowledged nor quarantined.
    pub fn unsent(&self) -> u64 {
        self.journal.0.saturating_sub(self.sent().0)
    }

    /// Returns why the terminal may not admit, if so.
    pub const fn suspended(&self) -> Option<Suspend> {
        self.suspended
    }

    /// Whether the terminal has nothing more to do for its event and is to shred what it holds of it: the event is
    /// closed, and the server has said in this conversation that it holds the journal to its end.
    ///
    /// What was acknowledged earlier does not do: the server's data may have gone back since. Nor does a place in
    /// quarantine, where entries wait for an organiser's word, nor the word of a server that this terminal has stopped
    /// believing.
    pub fn is_done(&self) -> bool {
        let is_told = self.up == Up::Push && self.acknowledged == self.journal;
        self.is_closed && is_told && self.suspended.is_none() && self.quarantined.is_none()
    }

    /// Whether the last exchange succeeded.
    pub fn is_online(&self) -> bool {
        self.is_up == Some(true)
    }

    /// Notes that the journal has grown to `seq`, durably. The uploader wakes at once where there
    /// is a link.
    pub fn handle_journaled(&mut self, seq: Seq) {
        self.journal = self.journal.max(seq);
        if self.is_up == Some(true) {
            self.up_backoff.wake();
        }
    }

    /// Notes that the event is closed, by the list that was taken in.
    pub const fn handle_closed(&mut self) {
        self.is_closed = true;
    }

    /// Notes what came back for a request of its lane.
    pub fn handle_reply(&mut self, reply: Reply, now: Uptime) {
        match &reply {
            Reply::Held { .. } | Reply::Acknowledged(_) | Reply::Quarantined(_) => {
                self.up_busy = false;
                self.up_backoff.succeed();
                self.down_backoff.wake();
            }
            _ => {
                self.down_busy = false;
                self.down_backoff.succeed();
                self.up_backoff.wake();
            }
        }
        self.clock_retried = false;
        self.set_link(true);
        match reply {
            Reply::Time => {
                self.time_due = Some(now.plus(TIME_EVERY_MS));
                self.needs_time = false;
                self.go_on(self.next_download(false));
            }
            Reply::Manifest { missing } => self.continue_with_chunks(missing.into()),
            Reply::Chunk => {
                if let Down::Chunks(missing) = &self.down {
                    let rest = missing.iter().skip(1).copied().collect();
                    self.continue_with_chunks(rest);
                }
            }
            Reply::Page { after, is_complete } => {
                self.cursor = Some(after);
                self.go_on(Down::Feed { wait: is_complete });
            }
            Reply::Held { seq, is_ours } => {
                self.up = Up::Push;
                self.count_max = (self.count_max * 2).min(BATCH_ENTRIES_MAX);
                self.hold(seq, is_ours);
            }
            Reply::Acknowledged(seq) => {
                self.lengthen_batches();
                self.hold(seq, true);
            }
            Reply::Quarantined(seq) => {
                self.lengthen_batches();
                self.quarantined = Some(self.quarantined.unwrap_or_default().max(seq));
            }
        }
    }

    /// Notes that the snapshot is applied and the cursor stands at `cursor`.
    pub fn handle_snapshot_applied(&mut self, cursor: FeedSeq) {
        self.cursor = Some(cursor);
        self.go_on(Down::Feed { wait: false });
    }

    /// Notes that the snapshot that was put together could not be applied: it starts over.
    pub fn handle_snapshot_failed(&mut self) {
        self.go_on(Down::Snapshot);
    }

    /// Notes that a request of `lane` came to nothing. `random` is uniform over all of u64.
    pub fn handle_failure(&mut self, lane: Lane, failure: Failure, now: Uptime, random: u64) {
        match lane {
            Lane::Down => self.down_busy = false,
            Lane::Up => self.up_busy = false,
        }
        match failure {
            Failure::Unreachable => {
                self.set_link(false);
                self.back_off(lane, now, random, None);
                // What the other side holds may have changed by the time it answers again.
                match lane {
                    Lane::Up => self.up = Up::Status,
                    Lane::Down => self.go_on(Down::Time),
                }
            }
            Failure::Busy { retry_after_ms } => self.back_off(lane, now, random, retry_after_ms),
            Failure::Gap(last) => self.hold(last, true),
            Failure::Distrusted(reason) => self.suspend(reason),
            Failure::Problem(code) => self.handle_problem(lane, code, now, random),
        }
    }

    fn handle_problem(&mut self, lane: Lane, code: ProblemCode, now: Uptime, random: u64) {
        match code {
            ProblemCode::DeviceRevoked => self.suspend(Suspend::Revoked),
            // The server puts the batch into quarantine; all that follows goes there too.
            ProblemCode::DeviceForked | ProblemCode::Fork => self.suspend(Suspend::Forked),
            ProblemCode::BelowFloor => self.go_on(Down::Snapshot),
            ProblemCode::TooLarge if self.count_max > 1 => self.count_max /= 2,
            ProblemCode::Clock if !self.clock_retried => {
                self.clock_retried = true;
                // Nothing more is signed before the time was measured again.
                self.time_due = None;
                self.needs_time = self.down == Down::Halted;
                if !self.down_busy {
                    self.go_on(Down::Time);
                }
                self.back_off(lane, now, random, Some(0));
            }
            ProblemCode::NotFound if matches!(self.down, Down::Chunks(_)) && lane == Lane::Down => {
                // The snapshot was replaced by a newer one while it was being fetched.
                self.down = Down::Snapshot;
                self.back_off(lane, now, random, None);
            }
            ProblemCode::Retry => self.back_off(lane, now, random, None),
            _ => {
                self.events.push_back(Event::Report(code));
                self.back_off(lane, now, random, Some(REST_MS));
            }
        }
    }

    /// Returns the next thing to ask, if a lane is free and its wait is over.
    pub fn poll_request(&mut self, now: Uptime) -> Option<Request> {
        if !self.down_busy && self.down_backoff.is_over(now) {
            if matches!(self.down, Down::Feed { .. }) && self.time_due.is_none_or(|due| due <= now) {
                self.down = Down::Time;
            }
            if let Some(request) = self.download() {
                self.down_busy = true;
                return Some(request);
            }
        }
        if !self.up_busy
            && self.up_backoff.is_over(now)
            && let Some(request) = self.upload()
        {
            self.up_busy = true;
            return Some(request);
        }
        None
    }

    /// Returns the next thing to do or show.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Returns when to poll again if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Uptime> {
        let down = (!self.down_busy && self.download().is_some()).then(|| self.down_backoff.until()).flatten();
        let up = (!self.up_busy && self.upload().is_some()).then(|| self.up_backoff.until()).flatten();
        match (down, up) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    fn download(&self) -> Option<Request> {
        match &self.down {
            Down::Time => Some(Request::Time),
            Down::Snapshot => Some(Request::Snapshot),
            Down::Chunks(missing) => missing.front().copied().map(Request::Chunk),
            Down::Feed { wait } => {
                let wait_s = if *wait { WAIT_S_MAX } else { 0 };
                self.cursor.map(|after| Request::Feed { after, wait_s })
            }
            // Uploads never stop, and they are signed with the server's time.
            Down::Halted if self.needs_time => Some(Request::Time),
            Down::Applying | Down::Halted => None,
        }
    }

    fn upload(&self) -> Option<Request> {
        // Requests are signed with the server's time, which a laptop's own clock may be far from.
        let is_time_known = self.time_due.is_some() || (self.down == Down::Halted && !self.needs_time);
        match self.up {
            _ if !is_time_known => None,
            Up::Status => Some(Request::JournalStatus),
            Up::Push if self.unsent() > 0 => {
                let is_evidence = self.suspended.is_some_and(Suspend::makes_evidence);
                Some(Request::Push { from: self.sent().next(), count_max: self.count_max, is_evidence })
            }
            Up::Push => None,
        }
    }

    fn sent(&self) -> Seq {
        self.acknowledged.max(self.quarantined.unwrap_or_default())
    }

    fn next_download(&self, wait: bool) -> Down {
        if self.cursor.is_some() { Down::Feed { wait } } else { Down::Snapshot }
    }

    /// Turns to the next part of the download, unless this terminal downloads no more: an answer
    /// that was on its way when it was suspended doesn't change that.
    fn go_on(&mut self, next: Down) {
        if self.down != Down::Halted {
            self.down = next;
        }
    }

    fn continue_with_chunks(&mut self, missing: VecDeque<Hash>) {
        if missing.is_empty() && self.down != Down::Halted {
            self.events.push_back(Event::ApplySnapshot);
        }
        self.go_on(if missing.is_empty() { Down::Applying } else { Down::Chunks(missing) });
    }

    /// The server holds the journal up to `seq`: more than there is means that this disk went back,
    /// less than before that the server's did.
    fn hold(&mut self, seq: Seq, is_ours: bool) {
        if seq > self.journal {
            self.suspend(Suspend::RolledBack);
        } else if !is_ours {
            self.suspend(Suspend::Forked);
        } else {
            self.acknowledged = seq;
        }
    }

    fn suspend(&mut self, reason: Suspend) {
        if self.suspended.is_none() {
            self.suspended = Some(reason);
            self.events.push_back(Event::Suspend(reason));
        }
        self.down = Down::Halted;
        self.down_busy = false;
        if reason.makes_evidence() && self.quarantined.is_none() {
            self.quarantined = Some(self.acknowledged.min(self.journal));
        }
    }

    /// Grows slowly back: batches that were halved are likely to be too large again. Very short
    /// ones grow only when the conversation begins anew, or every other one would be sent in vain.
    fn lengthen_batches(&mut self) {
        self.count_max = (self.count_max + self.count_max / 16).min(BATCH_ENTRIES_MAX);
    }

    fn back_off(&mut self, lane: Lane, now: Uptime, random: u64, after_ms: Option<u64>) {
        match lane {
            Lane::Down => self.down_backoff.fail(now, random, after_ms),
            Lane::Up => self.up_backoff.fail(now, random, after_ms),
        }
    }

    fn set_link(&mut self, is_up: bool) {
        if self.is_up != Some(is_up) {
            self.is_up = Some(is_up);
            self.events.push_back(if is_up { Event::LinkUp } else { Event::LinkDown });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn start() -> Start {
        Start { cursor: Some(FeedSeq(5)), journal: Seq(0), acknowledged: Seq(0), suspended: None, is_closed: false }
    }

    /// A client that has measured the time, waits for news, and knows what the server holds.
    fn online(start: Start) -> SyncClient {
        let mut client = SyncClient::new(start);
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::Time));
        assert_eq!(client.poll_request(Uptime(0)), None);
        client.handle_reply(Reply::Time, Uptime(0));
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::Feed { after: FeedSeq(5), wait_s: 0 }));
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::JournalStatus));
        client.handle_reply(Reply::Held { seq: start.acknowledged, is_ours: true }, Uptime(0));
        client.handle_reply(Reply::Page { after: FeedSeq(5), is_complete: true }, Uptime(0));
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::Feed { after: FeedSeq(5), wait_s: WAIT_S_MAX }));
        assert_eq!(client.poll_event(), Some(Event::LinkUp));
        client
    }

    fn push(from: u64) -> Request {
        Request::Push { from: Seq(from), count_max: BATCH_ENTRIES_MAX, is_evidence: false }
    }

    #[test]
    fn a_suspended_terminal_whose_clock_is_refused_measures_the_time_and_goes_on_sending() {
        let mut client = SyncClient::new(Start { journal: Seq(3), suspended: Some(Suspend::Revoked), ..start() });
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::JournalStatus));
        assert_eq!(client.poll_request(Uptime(0)), None);

        client.handle_failure(Lane::Up, Failure::Problem(ProblemCode::Clock), Uptime(0), 0);

        assert_eq!(client.poll_request(Uptime(0)), Some(Request::Time));
        assert_eq!(client.poll_request(Uptime(0)), None);
        client.handle_reply(Reply::Time, Uptime(0));
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::JournalStatus));
        assert_eq!(client.poll_request(Uptime(0)), None);
        client.handle_reply(Reply::Held { seq: Seq(0), is_ours: true }, Uptime(0));
        assert!(matches!(client.poll_request(Uptime(0)), Some(Request::Push { .. })));
        assert_eq!(client.poll_request(Uptime(0)), None);
    }

    #[test]
    fn a_check_in_is_sent_at_once_beside_the_long_poll() {
        let mut client = online(start());
        assert_eq!(client.poll_request(Uptime(0)), None);
        client.handle_journaled(Seq(1));
        assert_eq!(client.poll_request(Uptime(0)), Some(push(1)));
        client.handle_journaled(Seq(2));
        assert_eq!(client.poll_request(Uptime(0)), None);
        client.handle_reply(Reply::Acknowledged(Seq(1)), Uptime(0));
        assert_eq!(client.unsent(), 1);
        assert_eq!(client.poll_request(Uptime(0)), Some(push(2)));
    }

    #[test]
    fn an_unreachable_server_is_asked_again_and_first_what_it_holds() {
        let mut client = online(start());
        client.handle_journaled(Seq(1));
        assert_eq!(client.poll_request(Uptime(0)), Some(push(1)));
        client.handle_failure(Lane::Up, Failure::Unreachable, Uptime(0), 700);
        client.handle_failure(Lane::Down, Failure::Unreachable, Uptime(0), 900);
        assert_eq!(client.poll_event(), Some(Event::LinkDown));
        assert_eq!(client.poll_request(Uptime(0)), None);
        assert_eq!(client.poll_timeout(), Some(Uptime(700)));
        assert_eq!(client.poll_request(Uptime(700)), Some(Request::JournalStatus));
        client.handle_reply(Reply::Held { seq: Seq(1), is_ours: true }, Uptime(700));
        assert_eq!(client.unsent(), 0);
        // The link is back, so the other lane need not wait its time out.
        assert_eq!(client.poll_request(Uptime(700)), Some(Request::Time));
    }

    #[test]
    fn nothing_more_is_signed_with_a_clock_that_the_server_refused() {
        let mut client = online(start());
        client.handle_journaled(Seq(1));
        assert_eq!(client.poll_request(Uptime(0)), Some(push(1)));
        client.handle_failure(Lane::Up, Failure::Problem(ProblemCode::Clock), Uptime(0), 0);
        assert_eq!(client.poll_request(Uptime(0)), None);
        client.handle_reply(Reply::Page { after: FeedSeq(5), is_complete: true }, Uptime(9));
        assert_eq!(client.poll_request(Uptime(9)), Some(Request::Time));
        client.handle_reply(Reply::Time, Uptime(9));
        assert_eq!(client.poll_request(Uptime(9)), Some(Request::Feed { after: FeedSeq(5), wait_s: 0 }));
        assert_eq!(client.poll_request(Uptime(9)), Some(push(1)));
    }

    #[test]
    fn a_server_that_asks_for_time_gets_it_whatever_happens_meanwhile() {
        let mut client = online(start());
        client.handle_journaled(Seq(1));
        assert_eq!(client.poll_request(Uptime(0)), Some(push(1)));
        client.handle_failure(Lane::Up, Failure::Busy { retry_after_ms: Some(30_000) }, Uptime(0), 0);
        client.handle_journaled(Seq(2));
        client.handle_reply(Reply::Page { after: FeedSeq(6), is_complete: true }, Uptime(10));
        assert_eq!(client.poll_request(Uptime(10)), Some(Request::Feed { after: FeedSeq(6), wait_s: WAIT_S_MAX }));
        assert_eq!(client.poll_request(Uptime(29_999)), None);
        assert_eq!(client.poll_request(Uptime(30_000)), Some(push(1)));
    }

    #[test]
    fn the_first_download_fetches_what_is_missing_and_then_the_rest() {
        let mut client = SyncClient::new(Start { cursor: None, ..start() });
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::Time));
        client.handle_reply(Reply::Time, Uptime(0));
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::Snapshot));
        client.handle_reply(Reply::Manifest { missing: vec![[1; 32], [2; 32]] }, Uptime(0));
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::Chunk([1; 32])));
        client.handle_reply(Reply::Chunk, Uptime(0));
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::Chunk([2; 32])));
        client.handle_reply(Reply::Chunk, Uptime(0));
        assert_eq!(client.poll_event(), Some(Event::LinkUp));
        assert_eq!(client.poll_event(), Some(Event::ApplySnapshot));
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::JournalStatus));
        assert_eq!(client.poll_request(Uptime(0)), None);
        client.handle_snapshot_applied(FeedSeq(9));
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::Feed { after: FeedSeq(9), wait_s: 0 }));
    }

    #[test]
    fn a_revoked_terminal_stops_downloading_and_sends_the_rest_as_evidence() {
        let mut client = online(start());
        client.handle_journaled(Seq(2));
        assert_eq!(client.poll_request(Uptime(0)), Some(push(1)));
        client.handle_reply(Reply::Acknowledged(Seq(1)), Uptime(0));
        client.handle_failure(Lane::Down, Failure::Problem(ProblemCode::DeviceRevoked), Uptime(0), 0);
        assert_eq!(client.poll_event(), Some(Event::Suspend(Suspend::Revoked)));
        let evidence = Request::Push { from: Seq(2), count_max: BATCH_ENTRIES_MAX, is_evidence: true };
        assert_eq!(client.poll_request(Uptime(0)), Some(evidence));
        client.handle_reply(Reply::Quarantined(Seq(2)), Uptime(0));
        assert_eq!(client.unsent(), 0);
        assert_eq!(client.poll_request(Uptime(0)), None);
    }

    #[test]
    fn an_answer_that_was_on_its_way_does_not_make_a_suspended_terminal_download_again() {
        let answers = [
            Reply::Time,
            Reply::Manifest { missing: vec![[1; 32]] },
            Reply::Manifest { missing: vec![] },
            Reply::Chunk,
            Reply::Page { after: FeedSeq(6), is_complete: false },
        ];
        for answer in answers {
            let mut client = online(start());
            client.handle_failure(Lane::Up, Failure::Problem(ProblemCode::Fork), Uptime(0), 0);
            assert_eq!(client.poll_event(), Some(Event::Suspend(Suspend::Forked)));
            client.handle_reply(answer, Uptime(0));
            client.handle_failure(Lane::Down, Failure::Problem(ProblemCode::BelowFloor), Uptime(0), 0);
            client.handle_snapshot_applied(FeedSeq(7));
            assert_eq!(client.poll_request(Uptime(TIME_EVERY_MS)), None);
            assert_eq!(client.poll_event(), None);
        }
    }

    #[test]
    fn an_acknowledgement_above_the_own_journal_means_that_the_disk_went_back() {
        let mut client = online(start());
        client.handle_failure(Lane::Up, Failure::Unreachable, Uptime(0), 0);
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::JournalStatus));
        client.handle_reply(Reply::Held { seq: Seq(7), is_ours: false }, Uptime(0));
        assert_eq!(client.suspended(), Some(Suspend::RolledBack));
    }

    #[test]
    fn a_server_that_lost_entries_gets_them_again() {
        let mut client = online(Start { journal: Seq(9), acknowledged: Seq(9), ..start() });
        client.handle_failure(Lane::Up, Failure::Gap(Seq(4)), Uptime(0), 0);
        assert_eq!(client.poll_request(Uptime(0)), Some(push(5)));
    }

    #[test]
    fn a_closed_events_terminal_is_done_once_the_server_says_that_it_holds_everything() {
        let mut client = online(Start { journal: Seq(2), acknowledged: Seq(1), ..start() });
        assert_eq!(client.poll_request(Uptime(0)), Some(push(2)));
        client.handle_closed();
        assert!(!client.is_done(), "one entry is still on its way");

        client.handle_reply(Reply::Acknowledged(Seq(2)), Uptime(0));

        assert!(client.is_done());
        client.handle_journaled(Seq(3));
        assert!(!client.is_done(), "what was written since is sent first");
    }

    #[test]
    fn a_terminal_whose_event_goes_on_is_never_done() {
        let client = online(Start { journal: Seq(2), acknowledged: Seq(2), ..start() });

        assert_eq!(client.unsent(), 0);
        assert!(!client.is_done());
    }

    #[test]
    fn an_acknowledgement_of_an_earlier_day_does_not_make_a_terminal_done() {
        let mut client = SyncClient::new(Start { journal: Seq(2), acknowledged: Seq(2), is_closed: true, ..start() });
        assert!(!client.is_done(), "the server has not been asked yet");
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::Time));
        client.handle_reply(Reply::Time, Uptime(0));
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::Feed { after: FeedSeq(5), wait_s: 0 }));
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::JournalStatus));

        client.handle_reply(Reply::Held { seq: Seq(1), is_ours: true }, Uptime(0));

        assert!(!client.is_done(), "its data went back, and the second entry is sent again");
        assert_eq!(client.poll_request(Uptime(0)), Some(push(2)));
        client.handle_failure(Lane::Up, Failure::Unreachable, Uptime(0), 0);
        assert_eq!(client.poll_request(Uptime(0)), Some(Request::JournalStatus));
        client.handle_reply(Reply::Held { seq: Seq(2), is_ours: true }, Uptime(0));
        assert!(client.is_done());
    }

    #[test]
    fn a_suspended_terminal_keeps_what_it_holds_when_the_event_closes() {
        for code in [ProblemCode::DeviceRevoked, ProblemCode::Fork] {
            let mut client = online(Start { journal: Seq(2), acknowledged: Seq(2), is_closed: true, ..start() });
            assert!(client.is_done());

            client.handle_failure(Lane::Down, Failure::Problem(code), Uptime(0), 0);

            assert!(!client.is_done(), "{code:?}");
        }
        let mut client = online(Start { journal: Seq(2), acknowledged: Seq(1), is_closed: true, ..start() });
        assert_eq!(client.poll_request(Uptime(0)), Some(push(2)));
        client.handle_reply(Reply::Quarantined(Seq(2)), Uptime(0));
        assert_eq!((client.unsent(), client.is_done()), (0, false));
    }

    #[test]
    fn a_batch_that_is_too_large_is_halved() {
        let mut client = online(start());
        client.handle_journaled(Seq(9));
        assert_eq!(client.poll_request(Uptime(0)), Some(push(1)));
        client.handle_failure(Lane::Up, Failure::Problem(ProblemCode::TooLarge), Uptime(0), 0);
        let half = Request::Push { from: Seq(1), count_max: BATCH_ENTRIES_MAX / 2, is_evidence: false };
        assert_eq!(client.poll_request(Uptime(0)), Some(half));
    }

    #[test]
    fn where_only_short_batches_pass_few_are_sent_in_vain() {
        let mut client = online(start());
        client.handle_journaled(Seq(1_000));
        let (mut refused, mut sent) = (0, 0);
        while let Some(Request::Push { from, count_max, .. }) = client.poll_request(Uptime(0)) {
            if count_max > 8 {
                refused += 1;
                client.handle_failure(Lane::Up, Failure::Problem(ProblemCode::TooLarge), Uptime(0), 0);
            } else {
                sent += 1;
                let end = from.0 - 1 + count_max as u64;
                client.handle_reply(Reply::Acknowledged(Seq(end.min(1_000))), Uptime(0));
            }
        }
        assert_eq!(client.unsent(), 0);
        assert!(refused * 4 < sent, "{refused} of {sent}");
    }
}
