//! Storing what an exchange brought.

use sync_protocol::feed::SignedHead;
use sync_protocol::feed::head::Head;
use sync_protocol::feed::pull::{Progress, Pull};
use sync_protocol::feed::snapshot::{ChunkName, Manifest, SignedManifest};
use sync_protocol::hash::Hash;
use sync_protocol::id::Seq;
use sync_protocol::sync::client::Reply;
use tracing::info;

use super::{Brought, Driver, StepError};
use crate::cache::{Acknowledged, StoreError};
use crate::gate::desk::Closed;
use crate::sync::exchange::{Page, Taken};

impl Driver {
    pub(super) fn keep(&mut self, brought: Brought) -> Result<Option<Reply>, StepError> {
        match brought {
            Brought::Time(sample) => {
                let clock = std::sync::Arc::clone(&self.clock);
                self.store(move |store| store.record_time(&sample, &*clock))??;
                Ok(Some(Reply::Time))
            }
            Brought::Manifest(manifest, signed) => self.keep_manifest(manifest, signed).map(Some),
            Brought::Chunk(hash, packed) => {
                let Some(name) = self.chunk_name(&hash) else { return Err(StoreError::MissingChunk.into()) };
                self.fetched += packed.len() as u64;
                self.store(move |store| store.stage_chunk(&name, &packed))??;
                self.report_download()?;
                Ok(Some(Reply::Chunk))
            }
            Brought::Head(head, signed) => {
                self.load_snapshot(&head, signed)?;
                Ok(None)
            }
            Brought::Page(page) => self.keep_page(page).map(Some),
            Brought::Held(None) => Ok(Some(Reply::Held { seq: Seq(0), is_ours: true })),
            Brought::Held(Some(ack)) => {
                let seq = ack.seq;
                let is_ours = matches!(self.store(move |store| store.acknowledge(&ack))??, Acknowledged::UpTo(_));
                Ok(Some(Reply::Held { seq, is_ours }))
            }
            Brought::Taken(Taken::Quarantined(seq)) => Ok(Some(Reply::Quarantined(seq))),
            Brought::Taken(Taken::Acknowledged(ack)) => {
                let seq = ack.seq;
                match self.store(move |store| store.acknowledge(&ack))?? {
                    Acknowledged::UpTo(seq) => Ok(Some(Reply::Acknowledged(seq))),
                    Acknowledged::RolledBack => Ok(Some(Reply::Held { seq, is_ours: false })),
                }
            }
        }
    }

    fn keep_manifest(&mut self, manifest: Manifest, signed: SignedManifest) -> Result<Reply, StepError> {
        let names: Vec<Hash> = manifest.chunks.iter().map(|chunk| chunk.hash).collect();
        let missing = self.store(move |store| {
            let mut missing = Vec::new();
            for hash in names {
                if !store.is_staged(&hash)? {
                    missing.push(hash);
                }
            }
            Ok::<_, StoreError>(missing)
        })??;
        let is_here = |hash: &Hash| !missing.contains(hash);
        self.fetched = manifest
            .chunks
            .iter()
            .filter(|chunk| is_here(&chunk.hash))
            .map(|chunk| u64::from(chunk.packed_bytes))
            .sum();
        self.snapshot = Some((manifest, signed));
        self.report_download()?;
        Ok(Reply::Manifest { missing })
    }

    fn chunk_name(&self, hash: &Hash) -> Option<ChunkName> {
        let (manifest, _) = self.snapshot.as_ref()?;
        manifest.chunks.iter().find(|chunk| chunk.hash == *hash).copied()
    }

    /// Writes the snapshot in bites, so that the gate answers in between, and makes it count.
    fn load_snapshot(&mut self, head: &Head, signed_head: SignedHead) -> Result<(), StepError> {
        let Some((manifest, signed)) = self.snapshot.take() else { return Err(StoreError::MissingChunk.into()) };
        let rows = manifest.rows;
        let mut loading = self.store(move |store| store.begin_loading(&signed))??;
        while let Some(bite) = loading.next_bite()? {
            self.store(move |store| store.write_bite(&bite))??;
            self.set_download(Some((loading.progress().0, rows)))?;
        }
        let clock = std::sync::Arc::clone(&self.clock);
        self.store(move |store| {
            let moment = store.moment(&*clock);
            store.finish_loading(loading, &signed_head, &moment)
        })??;
        self.set_download(None)?;
        self.desk.call(|gate| gate.set_fetched(None))?;
        info!(rows, head = head.seq.0, "the list is here");
        self.pull = None;
        self.client.handle_snapshot_applied(manifest.seq);
        self.hear_of_closing()?;
        Ok(())
    }

    fn keep_page(&mut self, page: Page) -> Result<Reply, StepError> {
        let pull = match self.pull.take() {
            Some(pull) => pull,
            None => {
                let (position, k_body) = self.store(|store| (store.position(), *store.k_body()))?;
                Pull::new(position.ok_or(StoreError::Misfit)?, k_body)
            }
        };
        match pull.take(page.records, &page.head)? {
            Progress::More(pull) => {
                let after = pull.after();
                self.pull = Some(pull);
                Ok(Reply::Page { after, is_complete: false })
            }
            Progress::Done(pulled) => {
                let after = pulled.position.point.seq;
                let clock = std::sync::Arc::clone(&self.clock);
                let signed_head = page.signed_head;
                self.store(move |store| {
                    let moment = store.moment(&*clock);
                    store.apply(pulled, &signed_head, &moment)
                })??;
                self.pages_in_step = true;
                self.has_pulled = true;
                self.hear_of_closing()?;
                Ok(Reply::Page { after, is_complete: true })
            }
        }
    }

    /// Says how large the list is that is being fetched.
    fn report_download(&self) -> Result<(), Closed> {
        let snapshot = self.snapshot.as_ref().map(|(manifest, _)| manifest);
        let bytes = snapshot.map(|manifest| manifest.chunks.iter().map(|chunk| u64::from(chunk.packed_bytes)).sum());
        let fetched = bytes.map(|bytes: u64| (self.fetched.min(bytes), bytes));
        self.desk.call(move |gate| gate.set_fetched(fetched))?;
        self.set_download(snapshot.map(|manifest| (0, manifest.rows)))
    }

    fn set_download(&self, download: Option<(u64, u64)>) -> Result<(), Closed> {
        self.desk.call(move |gate| gate.set_download(download))
    }
}
