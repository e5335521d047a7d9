//! Doors as the server sees them.

use anyhow::{Context as _, ensure};
use harness::device::Device;
use reqwest::Method;
use sync_protocol::id::{ClassId, GateId, Seq, TicketId};
use sync_protocol::journal::{EntryKind, batch};
use sync_protocol::sync::SignedAck;
use sync_protocol::sync::message::Doors;
use sync_protocol::verdict::Code;

use super::line::{Line, signed};

/// How hard journals are packed, as terminals do.
const ZSTD_LEVEL: i32 = 3;

/// A door and the server that it speaks with.
pub(super) struct Door {
    pub(super) device: Device,
    /// The server's host and port.
    pub(super) address: String,
}

/// A batch of a journal, ready to be sent.
pub(super) struct Packed {
    pub(super) request: Vec<u8>,
    /// The number of its last entry.
    pub(super) last: Seq,
}

impl Door {
    pub(super) async fn line(&self) -> anyhow::Result<Line> {
        Line::open(&self.address).await
    }

    /// Returns a request to a path of the event that the door signs now.
    pub(super) fn request(&self, method: Method, rest: &str, body: Option<&[u8]>) -> Vec<u8> {
        signed(&self.device, &self.address, method, &self.device.in_event(rest), body)
    }

    /// Writes what became of a ticket: it came in, or was in already.
    pub(super) fn write(&mut self, ticket: TicketId, is_admitted: bool) -> Seq {
        let kind = if is_admitted { EntryKind::Admit } else { EntryKind::Deny };
        self.device.write(kind, |entry| {
            (entry.ticket, entry.gate, entry.class) = (ticket, GateId(0), ClassId(0));
            entry.reason = if is_admitted { 0 } else { Code::AlreadyIn as u16 };
        })
    }

    /// Packs up to `entries_max` entries from `first` on.
    pub(super) fn pack(&self, first: Seq, entries_max: usize) -> anyhow::Result<Packed> {
        let skip = usize::try_from(first.0.saturating_sub(1))?;
        let entries: Vec<_> = self.device.journal.iter().skip(skip).take(entries_max).cloned().collect();
        let (bytes, entries) = batch::encode(&entries, &[]);
        ensure!(entries > 0, "there is nothing to send");
        let packed = zstd::bulk::compress(&bytes, ZSTD_LEVEL)?;
        let request = self.request(Method::POST, &format!("/journals/{}", self.device.id), Some(&packed));
        Ok(Packed { request, last: Seq(first.0 + entries as u64 - 1) })
    }

    /// Checks that an answer acknowledges a batch.
    pub(super) fn check(&self, batch: &Packed, answer: &[u8]) -> anyhow::Result<()> {
        let acknowledged = SignedAck::open(answer, &self.device.server_key)?;
        let at = usize::try_from(batch.last.0.saturating_sub(1))?;
        let held = self.device.journal.get(at).context("what was sent was written")?.link();
        ensure!(acknowledged.link() == held, "acknowledged {acknowledged:?} instead of {held:?}");
        Ok(())
    }

    /// Returns what the server knows of all doors.
    pub(super) async fn known(&self) -> anyhow::Result<Doors> {
        let answer = self.line().await?.ask(&self.request(Method::GET, "/doors", None)).await?;
        Ok(serde_json::from_slice(&answer.success()?)?)
    }
}

/// Checks that the server holds every entry that these doors wrote, once, and as many admissions as they made.
pub(super) async fn check(doors: &[Door]) -> anyhow::Result<()> {
    let Some(one) = doors.first() else { return Ok(()) };
    let known = one.known().await?;
    for door in doors {
        let number = door.device.facts().device_no;
        let held = known.doors.iter().find(|held| held.device_no == number).context("the server knows the door")?;
        let admitted = door.device.journal.iter().filter(|entry| entry.entry().kind == EntryKind::Admit).count();
        let written = (door.device.end().seq, admitted as u64);
        ensure!((held.last_seq, held.admitted) == written, "the server holds {held:?} and not {written:?}");
    }
    Ok(())
}
