//! What a terminal and its server send each other, over the terminal's own transport, signed at the story's time.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use sync_protocol::feed::SignedHead;
use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::feed::pull::{Position, Progress, Pull, Pulled};
use sync_protocol::id::{DeviceId, EventId};
use sync_protocol::journal::batch;
use sync_protocol::key::PublicKey;
use sync_protocol::problem::ProblemCode;
use sync_protocol::sync::message::decode_feed_answer;
use sync_protocol::sync::{Ack, SignedAck};
use sync_protocol::time::UnixMillis;
use usher_terminal::cache::Run;
use usher_terminal::enrol::Enrolment;
use usher_terminal::sync::packing::pack;
use usher_terminal::sync::transport::{Body, RequestError, Signer, Transport};

/// A terminal's connection.
pub(super) struct Wire {
    transport: Transport,
    signer: Signer,
    server_key: PublicKey,
    k_body: [u8; 32],
    beginning: Position,
    pub(super) event: EventId,
}

impl Wire {
    /// Returns the connection of a terminal that was just enrolled.
    pub(super) fn new(enrolment: &Enrolment) -> anyhow::Result<Self> {
        let (event, feed) = (enrolment.event, enrolment.feed);
        Ok(Self {
            transport: Transport::new(&enrolment.server, enrolment.tls_fingerprint)?,
            signer: Signer { device: enrolment.device, key: enrolment.sign_key.clone() },
            server_key: enrolment.server_key,
            k_body: enrolment.k_body,
            beginning: Position { event, feed, point: ChainPoint::start(event, feed) },
            event,
        })
    }

    /// Returns who this is.
    pub(super) const fn device(&self) -> DeviceId {
        self.signer.device
    }

    /// Sends entries and what goes with them. Returns how far the server holds the journal; nothing where it was put
    /// aside.
    pub(super) async fn push(&self, run: &Run, now: UnixMillis) -> anyhow::Result<Option<Ack>> {
        let (batch, count) = batch::encode(&run.entries, &run.personal_data);
        ensure!(count > 0, "an entry fits into a batch");
        let target = format!("/events/{}/journals/{}", self.event, self.signer.device);
        let body = pack(&batch);
        let answer = self.transport.send(&target, Body::Packed(&body), Some(&self.signer), now, Duration::ZERO).await?;
        if answer.status == 202 {
            return Ok(None);
        }
        Ok(Some(SignedAck::open(&answer.body, &self.server_key)?))
    }

    /// Asks for everything after `from`; nothing where the server says that this terminal counts no more.
    pub(super) async fn pull(
        &self,
        from: Option<Position>,
        now: UnixMillis,
    ) -> anyhow::Result<Option<(Pulled, SignedHead)>> {
        let mut pull = Pull::new(from.unwrap_or(self.beginning), self.k_body);
        loop {
            let target = format!("/events/{}/feed?after={}&wait=0", self.event, pull.after());
            let answer = self.transport.send(&target, Body::None, Some(&self.signer), now, Duration::ZERO).await;
            let answer = match answer {
                Err(RequestError::Problem { code: Some(ProblemCode::DeviceRevoked), .. }) => return Ok(None),
                answer => answer.context("the feed was not answered")?,
            };
            let (records, head) = decode_feed_answer(&answer.body)?;
            match pull.take(records, &head.open(&self.server_key)?)? {
                Progress::More(more) => pull = more,
                Progress::Done(pulled) => return Ok(Some((pulled, head))),
            }
        }
    }
}
