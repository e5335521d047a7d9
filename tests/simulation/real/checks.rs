//! What must hold: of the terminals' lists at any time, and of everything once all is quiet.

use std::collections::BTreeSet;

use anyhow::Context as _;
use sync_protocol::feed::{Body, Entity, Kind};
use sync_protocol::hash::Hash;
use sync_protocol::id::{FeedSeq, Seq, TicketId};
use sync_protocol::journal::Conflict;
use usher_server::admissions::conflicts;

use super::World;
use crate::reference::{Act, Excess};

impl World {
    /// Invariant 4: a terminal's list is what the server had at the cursor.
    pub(super) fn check_rows(&mut self, at: usize) -> anyhow::Result<()> {
        let machine = self.machines.get(at).context("no such terminal")?;
        let process = machine.running()?;
        let (position, counts) = process.in_store(|store| (store.position(), store.counts()))?;
        let Some(position) = position else { return Ok(()) };
        let (cursor, no) = (position.point.seq.0, machine.no);
        let expected = self.env.reference.row_count(cursor) as u64;
        if counts.rows != expected {
            let words = format!("4: {no} holds {} rows at {cursor}, and the server had {expected}", counts.rows);
            self.env.must(Err(words));
        }
        for ticket in self.office.known() {
            let entity = Entity::ticket(ticket);
            let held = process.in_store(move |store| store.ticket(ticket))??;
            let expected = match self.env.reference.row(&(Kind::Ticket as u8, entity.0), cursor) {
                Some((seq, body)) => match Body::decode(Kind::Ticket, entity, body)? {
                    Body::Ticket { ticket_row, .. } => Some((FeedSeq(seq), ticket_row)),
                    _ => None,
                },
                None => None,
            };
            if held != expected {
                let name = self.office.name(ticket);
                self.env.must(Err(format!("4: {no} holds another {name} than the server at {cursor}")));
            }
        }
        Ok(())
    }

    pub(super) async fn check_at_the_end(&mut self) -> anyhow::Result<()> {
        let devices = self.devices();
        let watch = self.watch.as_ref().context("the server runs")?;
        let (quarantine, check_ins) = (watch.quarantine(&devices)?, watch.check_ins()?);
        let check = self.env.reference.check_arrived(&quarantine);
        self.env.must(check);
        let check = self.check_check_ins(&check_ins);
        self.env.must(check);
        for at in 0..self.machines.len() {
            self.check_rows(at)?;
            self.check_machine(at)?;
        }
        if !quarantine.is_empty() {
            self.env.count("quarantine");
        }
        self.check_conflicts().await
    }

    /// The server's list of check-ins is the record: each admission and exit once, and nothing else.
    fn check_check_ins(&self, check_ins: &[(u16, Seq, Hash)]) -> Result<(), String> {
        let told: BTreeSet<(u16, u64, Hash)> = check_ins.iter().map(|(no, seq, hash)| (*no, seq.0, *hash)).collect();
        if told.len() != check_ins.len() {
            return Err("1: a check-in stands in the server's list twice".to_owned());
        }
        let held: BTreeSet<&Hash> = self.env.reference.copies.values().flatten().collect();
        let counts = self.env.reference.written.iter().filter(|w| matches!(w.act, Act::Admit | Act::Exit));
        let recorded: BTreeSet<(u16, u64, Hash)> =
            counts.filter(|w| held.contains(&w.hash)).map(|w| (w.device, w.seq, w.hash)).collect();
        if told == recorded {
            return Ok(());
        }
        let (missing, surplus) = (recorded.difference(&told).count(), told.difference(&recorded).count());
        Err(format!(
            "1: {missing} admissions of the record are no check-ins, and {surplus} check-ins are no admissions"
        ))
    }

    /// A terminal's journal holds together, the server has the beginning of it, and it stands as it should.
    fn check_machine(&mut self, at: usize) -> anyhow::Result<()> {
        let machine = self.machines.get(at).context("no such terminal")?;
        let (verified, suspension) =
            machine.running()?.in_store(|store| (store.verify_journal(), store.suspension()))?;
        verified.with_context(|| format!("3: the journal of {}", machine.no))?;
        let reference = &self.env.reference;
        let (no, own) = (machine.no, machine.hashes()?);
        let has_gone_back = reference.gone_back.contains(&no.0);
        let copy = reference.copies.get(&no.0).cloned().unwrap_or_default();
        if !has_gone_back && !own.starts_with(&copy) {
            self.env.must(Err(format!("2: the server's copy of {no} is no prefix of it")));
        }
        let is_revoked = self.env.reference.revoked.contains_key(&no.0);
        match suspension {
            Some(reason) if !is_revoked && !has_gone_back => {
                self.env.must(Err(format!("{no} is suspended for nothing: {reason:?}")));
            }
            None if is_revoked => self.env.must(Err(format!("6: {no} was revoked and goes on"))),
            _ => {}
        }
        Ok(())
    }

    /// Invariant 5, by the server's own feature.
    pub(super) async fn check_conflicts(&mut self) -> anyhow::Result<()> {
        let (Some(app), Some(policy)) = (self.house.app(), &self.policy) else { return Ok(()) };
        let mut tx = app.database().begin_read().await?;
        let found = conflicts::of_event(&mut tx, self.house.event_id, policy).await?.conflicts;
        drop(tx);
        let expected = self.env.reference.conflicts(policy);
        expected.iter().for_each(|_| self.env.count("conflict"));
        let mut found: Vec<Excess> = found.iter().map(excess).collect();
        found.sort();
        if found != expected {
            let (found, expected) = (self.told(&found), self.told(&expected));
            self.env.must(Err(format!("5: the server's conflicts are {found}, and they should be {expected}")));
        }
        Ok(())
    }

    fn told(&self, conflicts: &[Excess]) -> String {
        let line = |of: &Excess| {
            let name = self.office.name(TicketId(of.ticket));
            format!("{name} in {} after {:?}: {:?}", of.zone, of.first, of.excess)
        };
        let mut lines: Vec<String> = conflicts.iter().map(line).collect();
        lines.sort();
        format!("[{}]", lines.join(", "))
    }
}

fn excess(conflict: &Conflict) -> Excess {
    Excess {
        ticket: conflict.ticket.0,
        zone: conflict.zone.0,
        first: (conflict.first.0.0, conflict.first.1.0),
        excess: conflict.excess.iter().map(|(device, seq)| (device.0, seq.0)).collect(),
    }
}
