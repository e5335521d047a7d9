//! Sending the letters that are due.

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;
use lettre::Message;
use lettre::message::Mailbox;

use super::store::{self, Claimed};
use super::transport::{Refused, Transport};
use super::{CONTENT_PLACE, Letter, Mail, message, writing};
use crate::app::App;
use crate::db::StoreError;
use crate::http::time::rfc3339;
use crate::work::{Turn, insist, retry_at};

/// Letters under way at once.
const BATCH_MAX: u32 = 8;
/// Between two full batches letters rest so many times as long as it took to write the first.
const RESTS: u32 = 2;
/// How long nobody else takes up a letter: longer than a mail server may take for all of its answers.
const LEASE_MS: u64 = 15 * 60 * 1_000;
/// Tries before a letter is given up: over eight hours.
pub const TRIES_MAX: u32 = 10;
/// Of what a mail server says, this much is kept.
const ERROR_CHARS_MAX: usize = 500;

/// How letters leave, and whom they are from. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Post {
    transport: Transport,
    from: Arc<Mailbox>,
}

impl Post {
    /// Returns letters from `from` that leave by `transport`.
    pub fn new(transport: Transport, from: Mailbox) -> Self {
        Self { transport, from: Arc::new(from) }
    }
}

/// Sends some of the letters that are due.
///
/// # Errors
///
/// [`StoreError`]; letters that were taken up are tried again later.
pub async fn turn(app: &App, post: &Post) -> Result<Turn, StoreError> {
    let now = app.clock().now();
    let mut tx = app.database().begin_read().await?;
    if !store::is_due(&mut tx, now).await? {
        return Ok(Turn::Done);
    }
    drop(tx);
    let mut tx = app.database().begin_write().await?;
    let claimed = store::claim(&mut tx, now, now.plus(LEASE_MS), BATCH_MAX).await?;
    tx.commit().await?;
    let is_full = claimed.len() == BATCH_MAX as usize;
    let began = Instant::now();
    let mut written = Vec::with_capacity(claimed.len());
    for claimed in claimed {
        let message = write(app, post, &claimed).await;
        written.push((claimed.mail, message));
    }
    let busy = began.elapsed();
    for done in join_all(written.into_iter().map(|(mail, message)| send(app, post, mail, message))).await {
        done?;
    }
    if is_full {
        // A rush of registrations brings as many letters: who registers comes first.
        tokio::time::sleep(busy * RESTS).await;
    }
    Ok(if is_full { Turn::More } else { Turn::Done })
}

/// Sends one letter and sees to it that this is noted.
async fn send(app: &App, post: &Post, mail: Mail, message: Result<Message, Refused>) -> Result<(), StoreError> {
    let sent = match message {
        Ok(message) => post.transport.deliver(message, &name(&mail)).await,
        Err(refused) => Err(refused),
    };
    insist(app, || note(app, &mail, &sent)).await
}

/// Notes what became of a letter.
async fn note(app: &App, mail: &Mail, sent: &Result<(), Refused>) -> Result<(), StoreError> {
    let now = app.clock().now();
    let mut tx = app.database().begin_write().await?;
    // What a mail server says may hold the recipient's address, which has no place in a log.
    match sent {
        Ok(()) => {
            store::sent(&mut tx, mail.id, now).await?;
            tracing::info!(mail.id = %mail.id, kind = mail.kind, "sent a letter");
        }
        Err(Refused::ForNow(error)) if mail.tries < TRIES_MAX => {
            store::failed(&mut tx, mail.id, &short(error), retry_at(now, mail.tries)).await?;
            tracing::warn!(mail.id = %mail.id, kind = mail.kind, tries = mail.tries, "a letter was not taken yet");
        }
        Err(Refused::ForNow(error) | Refused::ForGood(error)) => {
            store::given_up(&mut tx, mail.id, &short(error), now).await?;
            tracing::warn!(mail.id = %mail.id, kind = mail.kind, tries = mail.tries, "a letter was given up");
        }
    }
    tx.commit().await
}

/// Writes a letter as it is sent.
async fn write(app: &App, post: &Post, claimed: &Claimed) -> Result<Message, Refused> {
    let Claimed { mail, sealed } = claimed;
    let for_good = |error: &dyn std::error::Error| Refused::ForGood(chain(error));
    let content = app.sealer().open(CONTENT_PLACE, &mail.id.0, sealed).map_err(|error| for_good(&error))?;
    let letter: Letter = serde_json::from_slice(&content).map_err(|error| for_good(&error))?;
    let mut tx = app.database().begin_read().await.map_err(|error| Refused::ForNow(chain(&error)))?;
    let written = writing::write(&mut tx, app, &letter, &mail.recipient).await;
    let written = written
        .map_err(|error| if error.is_transient() { Refused::ForNow(chain(&error)) } else { for_good(&error) })?;
    message::message(written, mail, &post.from).map_err(|error| for_good(&error))
}

/// Returns what a letter is called where it is a file.
fn name(mail: &Mail) -> String {
    let day = rfc3339(mail.created_at);
    format!("{}-{}-{}", day.split('T').next().unwrap_or_default(), mail.kind, mail.id)
}

fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}

fn short(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(ERROR_CHARS_MAX).collect()
}
