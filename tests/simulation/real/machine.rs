//! A terminal: a disk that survives, clocks that anybody sets, and the product's own program over both.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;

use anyhow::{Context as _, anyhow};
use harness::feed_world::PASSPHRASE;
use harness::organiser::text;
use serde_json::json;
use sync_protocol::enrol::EnrolCode;
use sync_protocol::hash::Hash;
use sync_protocol::id::{DeviceId, DeviceNo, EventId, GateId, Seq};
use sync_protocol::journal::{EntryKind, SignedEntry};
use sync_protocol::key::{PublicKey, public_key};
use sync_protocol::time::UnixMillis;
use tempfile::TempDir;
use usher_terminal::cache::{KdfCost, NewStore, READ_MAX, Store};
use usher_terminal::clock::{Clock as _, SetClock};
use usher_terminal::door::Notice;
use usher_terminal::enrol::{Offer, enrol};
use usher_terminal::gate::Gate;
use usher_terminal::gate::desk::{self, Desk};
use usher_terminal::sync::driver::{Driver, Until};

use super::disk::Image;
use super::house::{House, on_memory};
use crate::reference::{Act, Written};
use crate::rng::Rng;

/// What sealing a store costs here: nothing, since nobody guesses.
const QUICK: KdfCost = KdfCost::Fixed { memory_kib: 8, passes: 1 };

/// What a power cut takes away.
pub(super) struct Process {
    desk: Desk,
    thread: JoinHandle<Gate>,
    pub(super) driver: Driver,
    /// Held so that the gate's thread goes on telling.
    _told: Receiver<Notice>,
}

/// A terminal at its gate.
pub(super) struct Machine {
    pub(super) no: DeviceNo,
    pub(super) device: DeviceId,
    pub(super) key: PublicKey,
    pub(super) gate: GateId,
    pub(super) clock: Arc<SetClock>,
    pub(super) process: Option<Process>,
    /// How often it was started: what was asked before is not answered to it.
    pub(super) life: u64,
    /// Up to where its journal is in the reference.
    pub(super) noted: Seq,
    event: EventId,
    data: TempDir,
}

impl Process {
    /// Does something at the gate, between two guests.
    pub(super) fn at_gate<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Gate) -> R + Send + 'static,
    ) -> anyhow::Result<R> {
        Ok(self.desk.call(work)?)
    }

    /// Does something with the store.
    pub(super) fn in_store<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> R + Send + 'static,
    ) -> anyhow::Result<R> {
        self.at_gate(|gate| work(gate.store()))
    }
}

impl Machine {
    /// Enrols a terminal whose wall clock is `skew_ms` off.
    pub(super) async fn enrol(house: &House, index: usize, now: u64, skew_ms: i64) -> anyhow::Result<Self> {
        let name = format!("door {}", index + 1);
        let role = json!({ "name": name, "confirmed": true, "capabilities": ["scan", "search"] });
        let code = house.organiser().enrolment_code(&house.event, &role).await?;
        let code = EnrolCode::parse(&text(&code, "code")?)?;
        let offer = Offer { server: house.url.clone(), server_key_hash: None, tls_fingerprint: None, code };
        let clock = Arc::new(SetClock::new(UnixMillis(now.saturating_add_signed(skew_ms))));
        let enrolment = enrol(&offer, &name, || clock.read().wall, |_, _| {}).await?;
        let (no, device, event) = (enrolment.device_no, enrolment.device, enrolment.event);
        let key = public_key(&enrolment.sign_key);
        let data = on_memory()?;
        drop(Store::create(data.path(), PASSPHRASE, QUICK, NewStore::try_from(enrolment)?)?);
        let gate = GateId(u16::try_from(index % super::house::GATES)?);
        Ok(Self { no, device, key, gate, clock, process: None, life: 0, noted: Seq(0), event, data })
    }

    /// Starts the program over what the disk holds. Whatever it waits for after a failure comes from `rng`.
    pub(super) fn start(&mut self, mut rng: Rng) -> anyhow::Result<()> {
        let store = Store::open(self.data.path(), self.event, PASSPHRASE, &mut |_, _| {})?;
        let (notices, told) = mpsc::channel();
        let (desk, thread) = desk::open(Gate::new(store, self.clock.clone(), self.gate), notices)?;
        let driver = Driver::new(desk.clone(), self.clock.clone(), Until::InStep)?;
        let driver = driver.with_chance(move || rng.next());
        self.life += 1;
        self.process = Some(Process { desk, thread, driver, _told: told });
        Ok(())
    }

    /// Ends the program.
    pub(super) fn stop(&mut self) -> anyhow::Result<()> {
        let Some(Process { desk, thread, driver, .. }) = self.process.take() else { return Ok(()) };
        drop(driver);
        desk.close();
        drop(thread.join().map_err(|_| anyhow!("the gate's thread panicked"))?);
        Ok(())
    }

    /// Returns the program, which runs.
    pub(super) fn running(&self) -> anyhow::Result<&Process> {
        self.process.as_ref().context("the terminal does not run")
    }

    /// Returns the folder of its disk.
    pub(super) fn disk(&self) -> &Path {
        self.data.path()
    }

    /// Returns what its disk holds.
    pub(super) fn image(&self) -> anyhow::Result<Image> {
        Ok(Image::of(self.disk())?)
    }

    /// Returns the journal after an entry, as it is on the disk.
    pub(super) fn entries_after(&self, seq: Seq) -> anyhow::Result<Vec<SignedEntry>> {
        let mut entries: Vec<SignedEntry> = Vec::new();
        loop {
            let after = entries.last().map_or(seq, |last| last.entry().seq);
            let more = self.running()?.in_store(move |store| store.entries_after(after, READ_MAX))??.entries;
            if more.is_empty() {
                return Ok(entries);
            }
            entries.extend(more);
        }
    }

    /// Returns the hashes of the whole journal.
    pub(super) fn hashes(&self) -> anyhow::Result<Vec<Hash>> {
        Ok(self.entries_after(Seq(0))?.iter().map(|entry| *entry.hash()).collect())
    }

    /// Returns an entry as the reference notes it.
    pub(super) fn written(&self, signed: &SignedEntry) -> Written {
        let entry = signed.entry();
        let act = match (entry.kind, entry.undo_target) {
            (EntryKind::Admit, _) => Act::Admit,
            (EntryKind::Exit, _) => Act::Exit,
            (EntryKind::Undo, Some(target)) => Act::Undo { target: target.0 },
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

impl Drop for Machine {
    fn drop(&mut self) {
        // What the disk holds goes with it.
        let _ = self.stop();
    }
}
