//! Requests that are carried out once, however often they are sent: `Idempotency-Key`.
//!
//! The first request with a key is noted before it is carried out, and noted as done in the transaction that does
//! it. So whoever sends it again gets the answer of the first time, or learns that it was done and its answer lost
//! (the server was killed in between); it is never done twice.

pub mod store;

use serde::{Deserialize, Serialize};
use sync_protocol::time::UnixMillis;

use crate::app::App;
use crate::db::sealed::{Part, Sealed};
use crate::db::{StoreError, Tx};

/// The longest key, in characters.
pub const KEY_CHARS_MAX: usize = 255;
/// How long an answer is kept.
pub const KEPT_MS: u64 = 24 * 60 * 60 * 1000;
/// After this time, a request that was not answered died with its server: none may take that long.
pub const UNANSWERED_MS_MAX: u64 = 3 * 60 * 1000;
/// Where an answer is sealed for; the row is its scope and key.
const ANSWER_PLACE: &str = "requests.answer";
/// What holds answers.
pub const SEALED: Sealed = Sealed {
    table: "requests",
    column: "answer",
    place: ANSWER_PLACE,
    key: &[Part::Bytes("scope"), Part::Text("idempotency_key")],
};

/// What a request is known by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key {
    /// Who sent it, hashed: two callers' keys have nothing to do with each other.
    pub scope: [u8; 32],
    /// What they call it.
    pub text: String,
}

impl Key {
    /// Reads a key: 1 to 255 visible ASCII characters.
    pub fn parse(scope: [u8; 32], text: &str) -> Option<Self> {
        let is_fine = (1..=KEY_CHARS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        is_fine.then(|| Self { scope, text: text.to_owned() })
    }

    fn row(&self) -> Vec<u8> {
        [&self.scope[..], self.text.as_bytes()].concat()
    }
}

/// An answer that was given.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers that belong to the body.
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(with = "serde_bytes_as_text")]
    pub body: Vec<u8>,
}

/// What is known of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It is new: carry it out.
    New,
    /// It was carried out and answered so.
    Answered(Answer),
    /// It was carried out, and nobody knows what was answered.
    Done,
    /// It is being carried out.
    Running,
    /// Its key was given to another request.
    Other,
}

/// Notes that a request begins, and says what is known of it.
///
/// # Errors
///
/// [`StoreError`].
pub async fn begin(app: &App, key: &Key, digest: [u8; 32]) -> Result<Standing, StoreError> {
    let now = app.clock().now();
    let dead = UnixMillis(now.0.saturating_sub(UNANSWERED_MS_MAX));
    let mut tx = app.database().begin_write().await?;
    store::delete_older(&mut tx, UnixMillis(now.0.saturating_sub(KEPT_MS))).await?;
    store::delete_dead(&mut tx, key, dead).await?;
    let standing = if store::insert(&mut tx, key, digest, now).await? {
        Standing::New
    } else {
        let held = store::find(&mut tx, key).await?;
        if held.digest != digest {
            Standing::Other
        } else {
            match (held.state, held.answer) {
                (store::State::Begun, _) => Standing::Running,
                (store::State::Done, _) if held.begun_at > dead => Standing::Running,
                (store::State::Answered, Some(sealed)) => {
                    let opened = app.sealer().open(ANSWER_PLACE, &key.row(), &sealed)?;
                    Standing::Answered(serde_json::from_slice(&opened).map_err(|_| StoreError::Corrupt("answer"))?)
                }
                (store::State::Done | store::State::Answered, _) => Standing::Done,
            }
        }
    };
    tx.commit().await?;
    Ok(standing)
}

/// Keeps the answer to a request.
///
/// # Errors
///
/// [`StoreError`].
pub async fn keep(app: &App, key: &Key, answer: &Answer) -> Result<(), StoreError> {
    let text = serde_json::to_vec(answer).map_err(|_| StoreError::Corrupt("answer"))?;
    let sealed = app.sealer().seal(ANSWER_PLACE, &key.row(), &text);
    let mut tx = app.database().begin_write().await?;
    store::set_answer(&mut tx, key, answer.status, &sealed).await?;
    tx.commit().await
}

/// Forgets a request that failed before it changed anything, so that it can be sent again.
///
/// # Errors
///
/// [`StoreError`].
pub async fn forget(app: &App, key: &Key) -> Result<(), StoreError> {
    let mut tx = app.database().begin_write().await?;
    store::delete_undone(&mut tx, key).await?;
    tx.commit().await
}

/// Answers read at once.
const ANSWERS: u32 = 200;

/// Forgets the answers in which one of `signs` stands. Whoever sends such a request again learns that it was done.
///
/// # Errors
///
/// [`StoreError`].
pub async fn forget_answers(tx: &mut Tx, app: &App, signs: &[String]) -> Result<(), StoreError> {
    let mut after = Key { scope: [0; 32], text: String::new() };
    loop {
        let answers = store::answers(tx, &after, ANSWERS).await?;
        let Some((last, _)) = answers.last() else { return Ok(()) };
        after = last.clone();
        for (key, sealed) in answers {
            let opened = app.sealer().open(ANSWER_PLACE, &key.row(), &sealed)?;
            let answer: Answer = serde_json::from_slice(&opened).map_err(|_| StoreError::Corrupt("answer"))?;
            let body = String::from_utf8_lossy(&answer.body);
            if signs.iter().any(|sign| body.contains(sign)) {
                store::forget_answer(tx, &key).await?;
            }
        }
    }
}

/// Bytes as base64 in JSON.
mod serde_bytes_as_text {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text).map_err(|_| serde::de::Error::custom("not base64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_visible() {
        let parse = |text: &str| Key::parse([0; 32], text);

        assert!(parse("order-7f3a").is_some() && parse(&"x".repeat(255)).is_some());
        for bad in ["", " ", "a b", "ä", "a\n", &"x".repeat(256)] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }
}
