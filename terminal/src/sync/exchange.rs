//! One exchange with the server: a request of the state machine in, a verified answer out.
//!
//! What is signed is verified here, before anybody looks inside; what it means for the store is the
//! driver's.

use std::time::Duration;

use sync_protocol::feed::snapshot::{Manifest, SignedManifest, SnapshotError};
use sync_protocol::feed::{Head, Record, SignedHead};
use sync_protocol::hash::Hash;
use sync_protocol::id::{DeviceId, EventId, FeedSeq, Seq};
use sync_protocol::key::PublicKey;
use sync_protocol::problem::ProblemCode;
use sync_protocol::sync::ack::{Ack, SignedAck};
use sync_protocol::sync::client::Failure;
use sync_protocol::sync::health::Health;
use sync_protocol::sync::message::{self, ClaimGranted, ClaimRequest, Doors, JournalStatus, Quarantined, ServerTime};
use sync_protocol::time::UnixMillis;

use super::packing;
use super::transport::{Body, RequestError, Signer, Transport};

/// Everything that stays the same from one exchange to the next.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) transport: Transport,
    pub(super) signer: Signer,
    pub(super) server_key: PublicKey,
    pub(super) event: EventId,
}

/// A page of the feed, its head verified.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) records: Vec<Record>,
    pub(super) head: Head,
    pub(super) signed_head: SignedHead,
}

/// What became of a batch that the server took.
#[derive(Debug)]
pub(super) enum Taken {
    Acknowledged(Ack),
    Quarantined(Seq),
}

/// Why an exchange came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExchangeError {
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("the server's answer is not what it should be: {0}")]
    Distrusted(&'static str),
}

impl ExchangeError {
    /// Returns what the state machine calls this.
    pub(super) fn failure(&self) -> Failure {
        match self {
            // What our server did not sign was said by somebody else, so our server was not reached.
            Self::Distrusted(_) | Self::Request(RequestError::Unreachable(_) | RequestError::Unreadable) => {
                Failure::Unreachable
            }
            Self::Request(RequestError::Problem { code: Some(ProblemCode::Gap), problem, .. }) => {
                problem.last_seq.map_or(Failure::Problem(ProblemCode::Gap), Failure::Gap)
            }
            Self::Request(RequestError::Problem { code: Some(ProblemCode::Retry), retry_after_ms, .. }) => {
                Failure::Busy { retry_after_ms: *retry_after_ms }
            }
            Self::Request(RequestError::Problem { code: Some(code), .. }) => Failure::Problem(*code),
            Self::Request(RequestError::Problem { status, retry_after_ms, .. }) => match status {
                413 => Failure::Problem(ProblemCode::TooLarge),
                429 | 500..=599 => Failure::Busy { retry_after_ms: *retry_after_ms },
                // Somebody else answers in the server's place: a proxy, a hotel's log-in page.
                _ => Failure::Unreachable,
            },
        }
    }
}

impl Session {
    pub(super) async fn time(&self, now: UnixMillis) -> Result<ServerTime, ExchangeError> {
        let answer = self.transport.send("/time", Body::None, None, now, Duration::ZERO).await?;
        read_json(&answer.body)
    }

    pub(super) async fn manifest(&self, now: UnixMillis) -> Result<(Manifest, SignedManifest), ExchangeError> {
        let target = format!("/events/{}/snapshot", self.event);
        let body = self.ask(&target, now, Duration::ZERO).await?;
        let signed = SignedManifest::from_bytes(&body).map_err(|_| UNREADABLE)?;
        match signed.open(&self.server_key) {
            Ok(manifest) if manifest.event == self.event => Ok((manifest, signed)),
            Ok(_) => Err(ExchangeError::Distrusted("the snapshot is another event's")),
            Err(SnapshotError::Signature(_)) => Err(ExchangeError::Distrusted("the snapshot is not signed by it")),
            Err(_) => Err(ExchangeError::Distrusted("the snapshot's list cannot be read")),
        }
    }

    pub(super) async fn head(&self, now: UnixMillis) -> Result<(Head, SignedHead), ExchangeError> {
        let body = self.ask(&format!("/events/{}/head", self.event), now, Duration::ZERO).await?;
        let signed = SignedHead::from_bytes(&body).map_err(|_| UNREADABLE)?;
        let head = signed.open(&self.server_key).map_err(|_| NOT_ITS_HEAD)?;
        Ok((head, signed))
    }

    pub(super) async fn chunk(&self, hash: &Hash, now: UnixMillis) -> Result<Vec<u8>, ExchangeError> {
        let target = format!("/events/{}/chunks/{}", self.event, hex::encode(hash));
        self.ask(&target, now, Duration::ZERO).await
    }

    /// Asks for what follows `after`, and tells how this terminal is beside it.
    pub(super) async fn feed(
        &self,
        after: FeedSeq,
        wait_s: u64,
        health: Option<&Health>,
        now: UnixMillis,
    ) -> Result<Page, ExchangeError> {
        let mut target = format!("/events/{}/feed?after={after}&wait={wait_s}", self.event);
        if let Some(health) = health {
            target.push_str("&health=");
            target.push_str(&hex::encode(health.encode()));
        }
        let body = self.ask(&target, now, Duration::from_secs(wait_s)).await?;
        let (records, signed_head) = message::decode_feed_answer(&body).map_err(|_| UNREADABLE)?;
        let head = signed_head.open(&self.server_key).map_err(|_| NOT_ITS_HEAD)?;
        Ok(Page { records, head, signed_head })
    }

    /// Asks what the server knows of the event's terminals. Nothing is decided by it, and it is not signed.
    pub(super) async fn doors(&self, now: UnixMillis) -> Result<Doors, ExchangeError> {
        read_json(&self.ask(&format!("/events/{}/doors", self.event), now, Duration::ZERO).await?)
    }

    /// Asks how much of the journal the server holds; nothing if it holds nothing.
    pub(super) async fn journal_status(&self, now: UnixMillis) -> Result<Option<Ack>, ExchangeError> {
        let body = self.ask(&self.journal_target(), now, Duration::ZERO).await?;
        let status: JournalStatus = read_json(&body)?;
        match status.acknowledgement {
            None if status.last_seq == Seq(0) => Ok(None),
            None => Err(UNREADABLE),
            Some(ack) => self.open_ack(&hex::decode(ack).map_err(|_| UNREADABLE)?).map(Some),
        }
    }

    pub(super) async fn push(&self, batch: &[u8], is_evidence: bool, now: UnixMillis) -> Result<Taken, ExchangeError> {
        let mut target = self.journal_target();
        if is_evidence {
            target.push_str("?evidence=1");
        }
        let packed = packing::pack(batch);
        let answer =
            self.transport.send(&target, Body::Packed(&packed), Some(&self.signer), now, Duration::ZERO).await?;
        if answer.status == 202 {
            return read_json::<Quarantined>(&answer.body).map(|taken| Taken::Quarantined(taken.last_seq));
        }
        self.open_ack(&answer.body).map(Taken::Acknowledged)
    }

    /// Asks for a ticket that this terminal is about to admit.
    pub(super) async fn claim(&self, claim: &ClaimRequest, now: UnixMillis) -> Result<(), ExchangeError> {
        let body = serde_json::to_vec(claim).map_err(|_| UNREADABLE)?;
        let target = format!("/events/{}/claims", self.event);
        let answer = self.transport.send(&target, Body::Json(&body), Some(&self.signer), now, Duration::ZERO).await?;
        read_json::<ClaimGranted>(&answer.body).map(|_| ())
    }

    fn open_ack(&self, bytes: &[u8]) -> Result<Ack, ExchangeError> {
        let ack = SignedAck::open(bytes, &self.server_key)
            .map_err(|_| ExchangeError::Distrusted("the acknowledgement is not signed by it"))?;
        if ack.event == self.event && ack.device == self.device() {
            Ok(ack)
        } else {
            Err(ExchangeError::Distrusted("the acknowledgement is for another journal"))
        }
    }

    pub(super) const fn device(&self) -> DeviceId {
        self.signer.device
    }

    fn journal_target(&self) -> String {
        format!("/events/{}/journals/{}", self.event, self.device())
    }

    async fn ask(&self, target: &str, now: UnixMillis, wait: Duration) -> Result<Vec<u8>, ExchangeError> {
        Ok(self.transport.send(target, Body::None, Some(&self.signer), now, wait).await?.body)
    }
}

const NOT_ITS_HEAD: ExchangeError = ExchangeError::Distrusted("the head is not signed by it");
const UNREADABLE: ExchangeError = ExchangeError::Request(RequestError::Unreadable);

fn read_json<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, ExchangeError> {
    serde_json::from_slice(body).map_err(|_| UNREADABLE)
}
