//! One transaction at the server's own door: while it lasts nobody else changes what its decisions rest on.

use std::sync::Arc;

use sync_protocol::id::EventId;
use sync_protocol::journal::Entry;
use sync_protocol::sync::intake::movement_of;
use sync_protocol::verdict::Presentation;

use super::Shown;
use super::facts::{self, Facts};
use super::journal::{self, Author, Writer};
use crate::admissions::CheckIn;
use crate::app::App;
use crate::db::{StoreError, Tx};
use crate::devices::{self, Device, own};
use crate::sync::feed;

/// A transaction in which the server's own journal is locked.
#[derive(Debug)]
pub(super) struct Locked {
    pub(super) tx: Tx,
    author: Arc<Author>,
    device: Device,
    event: EventId,
}

impl Locked {
    /// Locks the server's journal of an event.
    pub(super) async fn begin(app: &App, event: EventId) -> Result<Self, StoreError> {
        let author = journal::author(app, event).await?;
        let mut tx = app.database().begin_write().await?;
        let device = devices::store::lock_device(&mut tx, author.device).await?;
        let device = device.ok_or(StoreError::Corrupt("own_journals"))?;
        Ok(Self { tx, author, device, event })
    }

    /// Locks the event's feed, too, and reads what is shown and all that bears on it.
    pub(super) async fn sit(
        self,
        app: &App,
        shown: impl IntoIterator<Item = &Shown> + Clone,
    ) -> Result<(Sitting, Vec<Presentation>), StoreError> {
        let Self { mut tx, author, device, event } = self;
        let keyring = facts::keyring(&mut tx, event, shown.clone()).await?;
        let presentations: Vec<Presentation> = shown.into_iter().map(|shown| facts::read(shown, &keyring)).collect();
        let cursor = feed::lock(&mut tx, app.sealer(), event).await?.last();
        let facts = Facts::read(&mut tx, app, event, cursor, &presentations).await?;
        let mut writer = Writer::open(&mut tx, author, device, cursor, facts.now).await?;
        facts.movements().for_each(|movement| writer.merge(movement.hlc));
        Ok((Sitting { tx, facts, writer }, presentations))
    }
}

/// A transaction in which decisions are made: what they rest on, and what they came to so far.
#[derive(Debug)]
pub(super) struct Sitting {
    pub(super) tx: Tx,
    pub(super) facts: Facts,
    writer: Writer,
}

impl Sitting {
    /// Opens the server's door to what is shown.
    pub(super) async fn open(
        app: &App,
        event: EventId,
        shown: impl IntoIterator<Item = &Shown> + Clone,
    ) -> Result<(Self, Vec<Presentation>), StoreError> {
        Locked::begin(app, event).await?.sit(app, shown).await
    }

    /// Writes an entry, and returns its place among those of this transaction. Later decisions know of it.
    pub(super) fn write(&mut self, draft: Entry) -> Result<usize, StoreError> {
        let (at, written) = self.writer.write(draft)?;
        if let Some(movement) = movement_of(&written.entry, &written.hash, own::NUMBER) {
            self.facts.learn(movement);
        }
        Ok(at)
    }

    /// Stores what was written, and returns the check-ins and the transaction, which is not committed yet.
    pub(super) async fn store(mut self, app: &App) -> Result<(Vec<CheckIn>, Tx), StoreError> {
        let check_ins = self.writer.store(app, &mut self.tx).await?;
        Ok((check_ins, self.tx))
    }
}
