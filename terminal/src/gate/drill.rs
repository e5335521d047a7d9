//! The gate's part of the ready check: nothing of it is counted, and only its result is written down.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use sync_protocol::id::{ClassId, DeviceNo, EventId, Issue, Kid, TicketId};
use sync_protocol::journal::drill::Drill;
use sync_protocol::journal::{EntryKind, IncidentKind};
use sync_protocol::key::public_key;
use sync_protocol::policy::Policy;
use sync_protocol::ticket::credential::Signer;
use sync_protocol::ticket::{Claims, Credential, KeyState, Keyring, ReadFailure};
use sync_protocol::verdict::{self, Code, Direction, Scan, Verdict};

use super::{Gate, Presentation, no_rules};
use crate::cache::{Store, StoreError};
use crate::causes::chain;
use crate::clock::Moment;
use crate::door::{Fault, Link};
use crate::drill::{Battery, Camera, Found, Probe, Probed, Rehearsal, Sample, can_read_a_picture};

impl Gate {
    /// Takes one step of a ready check.
    pub fn probe(&mut self, probe: Probe) -> Probed {
        match probe {
            Probe::Look => Probed::Found(self.look_around()),
            Probe::Append(count) => Probed::Appended(self.append_on_trial(count)),
            Probe::Sample => Probed::Found(vec![Found::Sample(self.sample())]),
            Probe::Rehearse(count) => Probed::Rehearsed(self.rehearse(count)),
            Probe::Picture { is_wanted } => Probed::Found(vec![Found::Camera(self.read_a_picture(is_wanted))]),
        }
    }

    /// Writes the result of a ready check down.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it cannot be written.
    pub fn keep_drill(&mut self, drill: &Drill) -> Result<(), Fault> {
        let moment = self.moment();
        if self.clock_went_back(&moment) {
            return Err(Fault::ClockWentBack);
        }
        let mut draft = Store::draft(EntryKind::Incident);
        draft.reason = IncidentKind::Drill.reason();
        draft.gate = self.gate;
        draft.note = Some(drill.encode().map_err(|error| Fault::Other(error.to_string()))?);
        self.store.append(draft, &moment).map_err(|error| self.fault(&error))?;
        Ok(())
    }

    fn look_around(&mut self) -> Vec<Found> {
        let moment = self.moment();
        let status = self.status();
        let policy = self.rules();
        let certified = self.store.certified();
        let is_certified = certified.contains(moment.now);
        vec![
            Found::Ready(status.suspended),
            Found::List { tickets: status.tickets, age_ms: status.list_at.map(|at| moment.now.since(at)) },
            Found::Keys(self.store.keyring().vouching().count()),
            Found::Certificate {
                left_ms: is_certified.then(|| certified.until().since(moment.now)),
                lasts: certified.until() >= policy.ends,
            },
            Found::Clock {
                uncertainty_ms: moment.uncertainty_ms,
                limit_ms: policy.limits.max_uncertainty_ms,
                off_ms: u64::from(moment.offset_ms().unsigned_abs()),
            },
            Found::Server { is_online: self.link == Link::Online, unsent: status.unsent },
            Found::Disk(self.store.free_bytes()),
            Found::Copy(self.store.copy_lag()),
            Found::Battery(Battery::read()),
        ]
    }

    fn append_on_trial(&self, count: u32) -> Option<Vec<u32>> {
        let times = self.store.time_appends(count);
        let times = times.inspect_err(|error| tracing::warn!(%error, "nothing can be written on trial")).ok()?;
        Some(times.into_iter().map(micros).collect())
    }

    /// Whether the machine takes a good ticket for good, and a forged one for a ticket of the list for forged.
    fn sample(&self) -> Sample {
        let tickets = match self.store.some_tickets(10) {
            Ok(tickets) => tickets,
            Err(error) => {
                tracing::error!(error = chain(&error), "the list cannot be read");
                return Sample::Unreadable;
            }
        };
        let keyring = self.store.keyring();
        let (Some(ticket), Some(kid)) = (tickets.iter().find(|ticket| is_servers(ticket)), keyring.vouching().next())
        else {
            return Sample::NoTicket;
        };
        let trial = Trial::new(self.store.identity().event());
        let good = trial.credential(*ticket, Issue(1), ClassId(1));
        let forged = trial.claims(kid, *ticket, Issue(1), ClassId(1));
        let is_good = trial.keyring.read(&good.to_text()).is_ok();
        let is_refused = keyring.verify(&forged) == Err(ReadFailure::BadSignature);
        if is_good && is_refused { Sample::Told } else { Sample::NotTold }
    }

    fn rehearse(&mut self, count: u32) -> Rehearsal {
        let mut rehearsal = Rehearsal::default();
        let policy = self.rules();
        let mut moment = self.moment();
        // Before the doors open it is of interest what will be then.
        moment.now = moment.now.max(policy.starts);
        let trial = Trial::new(self.store.identity().event());
        let tickets = self.store.some_tickets(count).unwrap_or_else(|error| {
            tracing::error!(error = chain(&error), "the list cannot be read");
            rehearsal.failed += 1;
            Vec::new()
        });
        for ticket in tickets.into_iter().filter(is_servers) {
            match self.decide_on_trial(ticket, &trial, &policy, &moment) {
                Ok((verdict, took)) => {
                    rehearsal.times_us.push(micros(took));
                    match verdict {
                        Verdict::Admit { .. } => rehearsal.admitted += 1,
                        Verdict::Deny { primary, .. } if primary.is_stage_a() || primary == Code::ClockUnsure => {
                            rehearsal.failed += 1;
                        }
                        Verdict::Deny { .. } => rehearsal.refused += 1,
                    }
                }
                Err(error) => {
                    tracing::error!(error = chain(&error), "the list cannot be read");
                    rehearsal.failed += 1;
                }
            }
        }
        rehearsal
    }

    /// Decides about a listed ticket as if its code had been read and there were no network.
    fn decide_on_trial(
        &self,
        ticket: TicketId,
        trial: &Trial,
        policy: &Policy,
        moment: &Moment,
    ) -> Result<(Verdict, Duration), StoreError> {
        let listed = self.store.ticket(ticket)?.map(|(_, row)| row.row);
        let (issue, class) = listed.map(|row| (row.issue, row.class)).unwrap_or_default();
        let text = trial.credential(ticket, issue, class).to_text();
        let started = Instant::now();
        let verified = trial.keyring.read(&text);
        let claims = verified.as_ref().ok().map(|verified| *verified.claims());
        let row = self.store.ticket(ticket)?;
        let scan = Scan::Credential(verified);
        let shown = verdict::Presentation { scan, credential: None, claims, ticket: Some(ticket) };
        let presentation = Presentation { shown, row };
        let mut question = self.question(&presentation, Direction::Entry, policy, moment);
        question.scope.has_link = false;
        let verdict = verdict::decide(&question);
        Ok((verdict, started.elapsed()))
    }

    fn read_a_picture(&self, is_wanted: bool) -> Camera {
        let trial = Trial::new(self.store.identity().event());
        let text = trial.credential(TicketId(1), Issue(1), ClassId(1)).to_text();
        match (can_read_a_picture(&text), is_wanted) {
            (false, _) => Camera::Blind,
            (true, true) => Camera::Away,
            (true, false) => Camera::Unwanted,
        }
    }

    fn rules(&self) -> Arc<Policy> {
        self.store.policy().map_or_else(|| Arc::new(no_rules()), |(_, policy)| policy)
    }
}

/// A ticket key that was made up for a trial: what it signs is good nowhere else.
struct Trial {
    event: EventId,
    key: SigningKey,
    keyring: Keyring,
}

impl Trial {
    const KID: Kid = Kid(1);

    fn new(event: EventId) -> Self {
        let key = SigningKey::from_bytes(&rand::random());
        let mut keyring = Keyring::new(event);
        keyring.add_key(event, Self::KID, public_key(&key), KeyState::Active);
        Self { event, key, keyring }
    }

    fn credential(&self, ticket: TicketId, issue: Issue, class: ClassId) -> Credential {
        self.claims(Self::KID, ticket, issue, class)
    }

    fn claims(&self, kid: Kid, ticket: TicketId, issue: Issue, class: ClassId) -> Credential {
        let claims = Claims { is_test: false, signer: Signer::Server(kid), ticket, issue, class };
        claims.sign(self.event, &self.key)
    }
}

/// Whether the server issued the ticket: a made-up key of the server cannot speak for a terminal.
fn is_servers(ticket: &TicketId) -> bool {
    ticket.issuer() == DeviceNo(0)
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}
