//! What happens at a terminal's gate: verify, decide, make durable, show — in this order.

use sync_protocol::{
    hash::Hash,
    id::{FeedSeq, Issue, Seq, TicketId},
    journal::{Entry, EntryKind, Flags, PersonalData, SignedEntry, walk_in},
    ticket::ReadFailure,
    time::UnixMillis,
    verdict::{Cache, Clock, Code, Direction, NotReady, OverrideBy, Question, Readiness, Scan, Scope, Verdict, decide},
};

use crate::{
    env::{Crashed, Env},
    mistake::Mistake,
    reference::{Act, Shown, Written},
    terminal::Terminal,
};

impl Terminal {
    /// Presents a text to the terminal. Now and then a supervisor decides against a denial.
    pub(crate) fn present(&mut self, env: &mut Env, text: &str, direction: Direction) -> Result<(), Crashed> {
        let now = self.time(env);
        let Some(process) = &self.process else { return Ok(()) };
        let Some(policy) = &process.list.policy else { return Ok(()) };
        let verified = process.list.keyring.read(text);
        let (ticket, issue) = verified.map_or((TicketId(0), Issue(0)), |v| (v.claims().ticket, v.claims().issue));
        let row = self.row_of(ticket);
        let is_suspended = process.client.suspended().is_some() || self.disk.suspended.is_some();
        let readiness = match (is_suspended, self.disk.valid_until) {
            (true, _) => Readiness::NotReady(NotReady::Suspended),
            (false, UnixMillis(0)) => Readiness::NotReady(NotReady::Unverified),
            (false, _) => Readiness::Ready,
        };
        let cursor = self.disk.position.map_or(FeedSeq(0), |position| position.point.seq);
        let verdict = decide(&Question {
            scan: Scan::Credential(verified),
            direction,
            policy,
            row: row.as_ref(),
            history: process.list.history(ticket),
            clock: Clock { now, uncertainty_ms: 100 },
            scope: Scope {
                readiness,
                device: self.no,
                gate: self.gate,
                has_link: process.client.is_online(),
                unlisted_admitted: process.unlisted_admitted,
                occupancy: 0,
            },
            cache: Cache {
                cursor,
                is_complete: true,
                valid_until: self.disk.valid_until,
                seller_seen: process.list.seen(ticket.issuer()),
            },
        });
        let mut entry = Entry::new(EntryKind::Admit, self.device, Seq(0), [0; 32]);
        (entry.ticket, entry.issue, entry.gate, entry.cursor) = (ticket, issue, self.gate, cursor);
        match verdict {
            Verdict::Admit { flags, .. } => {
                entry.flags = flags;
                if direction == Direction::Exit {
                    entry.kind = EntryKind::Exit;
                } else {
                    self.process.iter_mut().for_each(|p| p.unlisted_admitted += u32::from(row.is_none()));
                    let check = env.reference.check_admission(ticket.0, issue.0, cursor.0);
                    env.must(check);
                }
                self.write(env, entry)
            }
            Verdict::Deny { primary, by, flags, .. } => {
                env.note(format_args!("{} denies {ticket}: {}", self.no, primary.name()));
                if primary == Code::NotInList && env.reference.is_innocent(ticket.issuer().0) {
                    env.must(Err(format!("7: {} does not list {ticket}, which was sold", self.no)));
                }
                if by != OverrideBy::Nobody && env.rng.chance(150) {
                    entry.flags = flags.and(Flags::OVERRIDE);
                    entry.overridden = Some(primary as u16);
                    return self.write(env, entry);
                }
                let is_worth_a_line = verified != Err(ReadFailure::NotATicket) && readiness == Readiness::Ready;
                if let Some(process) = self.process.as_mut().filter(|_| is_worth_a_line) {
                    (entry.kind, entry.reason) = (EntryKind::Deny, primary as u16);
                    process.unwritten.push(entry);
                }
                Ok(())
            }
        }
    }

    /// Takes back one of the last own admissions, which need not be young enough.
    pub(crate) fn undo(&mut self, env: &mut Env) -> Result<(), Crashed> {
        let is_suspended = self.disk.suspended.is_some();
        let admits: Vec<_> = self.disk.journal.iter().filter(|e| e.entry().kind == EntryKind::Admit).collect();
        let last = admits.get(admits.len().saturating_sub(6)..).unwrap_or_default();
        let Some(target) = env.rng.pick(last).filter(|_| !is_suspended && self.process.is_some()) else {
            return Ok(());
        };
        let mut entry = Entry::new(EntryKind::Undo, self.device, Seq(0), [0; 32]);
        (entry.ticket, entry.gate) = (target.entry().ticket, self.gate);
        entry.undo_target = Some(target.entry().seq);
        env.count("undo");
        self.write(env, entry)
    }

    /// Writes the denials that were shown.
    pub(crate) fn write_denials(&mut self, env: &mut Env) -> Result<(), Crashed> {
        let entries = self.process.as_mut().map(|process| std::mem::take(&mut process.unwritten)).unwrap_or_default();
        if entries.is_empty() { Ok(()) } else { self.commit(env, entries, None).map(|_| ()) }
    }

    /// Makes an entry durable, and then shows what it records.
    pub(crate) fn write(&mut self, env: &mut Env, entry: Entry) -> Result<(), Crashed> {
        let is_admission = entry.kind == EntryKind::Admit;
        let mut entries = self.process.as_mut().map(|p| std::mem::take(&mut p.unwritten)).unwrap_or_default();
        entries.push(entry);
        let (seq, hash) = self.commit(env, entries, None)?;
        if is_admission && !env.makes(Mistake::ShownBeforeDurable) {
            env.survives("terminal between journal and screen")?;
            self.show(env, "admission", seq, hash);
        }
        Ok(())
    }

    /// Makes a sale durable, with who bought beside it, and returns its entry's name.
    pub(crate) fn write_sale(
        &mut self,
        env: &mut Env,
        entry: Entry,
        guest: PersonalData,
    ) -> Result<(Seq, Hash), Crashed> {
        let mut entries = self.process.as_mut().map(|p| std::mem::take(&mut p.unwritten)).unwrap_or_default();
        entries.push(entry);
        self.commit(env, entries, Some(guest))
    }

    pub(crate) fn show(&self, env: &mut Env, what: &str, seq: Seq, hash: Hash) {
        env.note(format_args!("{} shows the {what} {seq}", self.no));
        env.count("shown");
        env.reference.shown.push(Shown { machine: self.index, device: self.no.0, seq: seq.0, hash, is_erased: false });
    }

    /// Commits entries in one transaction, with whom the last is about, and returns the last's name.
    fn commit(
        &mut self,
        env: &mut Env,
        entries: Vec<Entry>,
        guest: Option<PersonalData>,
    ) -> Result<(Seq, Hash), Crashed> {
        let now = self.time(env);
        let (mut end, mut hlc) = (self.disk.end(self.device), self.disk.hlc);
        let mut signed = Vec::new();
        for mut entry in entries {
            hlc = hlc.tick(now);
            (entry.seq, entry.prev, entry.hlc) = (Seq(end.seq.0 + 1 + self.disk.lost_numbers), end.hash, hlc);
            entry.wall = UnixMillis(env.now.saturating_add_signed(self.skew_ms));
            if entry.kind == EntryKind::WalkIn {
                (entry.ticket, entry.issue) = walk_in::ticket(self.no, entry.seq).expect("journals are short");
            }
            let entry = SignedEntry::sign(entry, &self.key).expect("the entry has no texts");
            end = entry.link();
            signed.push(entry);
        }
        let is_admission = signed.last().is_some_and(|last| last.entry().kind == EntryKind::Admit);
        if is_admission && env.makes(Mistake::ShownBeforeDurable) {
            self.show(env, "admission", end.seq, end.hash);
        }
        if let Err(crashed) = env.survives("terminal before the commit of an entry") {
            self.disk.lost_numbers += u64::from(env.makes(Mistake::NumberTakenBeforeCommit));
            return Err(crashed);
        }
        self.disk.lost_numbers = 0;
        self.disk.hlc = hlc;
        self.disk.personal.extend(guest.map(|guest| PersonalData { seq: end.seq, ..guest }));
        for entry in signed {
            let check = env.reference.write(self.written(&entry));
            env.must(check);
            self.disk.journal.push(entry.clone());
            let movement = self.movement(&entry);
            let Some(process) = &mut self.process else { continue };
            process.book.note(entry.entry(), None);
            movement.into_iter().for_each(|movement| process.list.record(movement));
            if entry.entry().kind == EntryKind::WalkIn {
                env.reference.sell(entry.entry().ticket.0, entry.entry().issue.0);
            }
        }
        env.note(format_args!("{} has written up to {}", self.no, end.seq));
        if let Some(process) = &mut self.process {
            process.client.handle_journaled(end.seq);
        }
        env.survives("terminal after the commit of an entry")?;
        Ok((end.seq, end.hash))
    }

    fn written(&self, signed: &SignedEntry) -> Written {
        let entry = signed.entry();
        let act = match (entry.kind, entry.undo_target) {
            (EntryKind::Admit, _) => Act::Admit,
            (EntryKind::Exit, _) => Act::Exit,
            (EntryKind::Undo, Some(target)) => Act::Undo { target: target.0 },
            (EntryKind::WalkIn, _) => Act::Sale { is_right_spent: entry.reason == 0 },
            _ => Act::Other,
        };
        Written {
            device: self.no.0,
            seq: entry.seq.0,
            hash: *signed.hash(),
            hlc: entry.hlc.0,
            act,
            ticket: entry.ticket.0,
            gate: entry.gate.0,
        }
    }
}
