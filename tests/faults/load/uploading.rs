//! A device that sends its journal, again from the last acknowledged entry whenever no answer comes.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use harness::device::Device;
use reqwest::StatusCode;
use serde_json::Value;
use sync_protocol::sync::SignedAck;

use crate::asking::Front;
use crate::doors::{Event, number, word};
use crate::findings::Findings;

/// Entries that are written before they are sent.
const AT_ONCE: usize = 6;

/// A device and what it was told.
#[derive(Debug)]
pub(super) struct Uploaded {
    device: Device,
    /// The last entry that was acknowledged.
    acknowledged: u64,
    /// What it admitted, from entry 1.
    admitted: Vec<String>,
}

impl Uploaded {
    pub(super) async fn enrol(event: &Event, front: &Front) -> anyhow::Result<Self> {
        let device = Device::enrol(&front.url(), &event.code("uploading").await?).await?;
        Ok(Self { device, acknowledged: 0, admitted: Vec::new() })
    }

    /// Admits and sends until the load ends.
    pub(super) async fn send(mut self, front: Arc<Front>, tickets: Vec<String>) -> anyhow::Result<Self> {
        for tickets in tickets.chunks(AT_ONCE) {
            if front.is_over() {
                break;
            }
            for ticket in tickets {
                self.device.admit(ticket, 0);
                self.admitted.push(ticket.clone());
            }
            while !front.is_over() && self.acknowledged < self.admitted.len() as u64 {
                self.push(&front).await?;
                front.pause().await;
            }
        }
        Ok(self)
    }

    async fn push(&mut self, front: &Front) -> anyhow::Result<()> {
        let device = self.device.clone().at(&front.url());
        let (batch, _) = device.batch(self.acknowledged + 1, &[]);
        let Ok(response) = device.send(&batch, "").await else { return Ok(()) };
        let status = response.status();
        let Ok(body) = response.bytes().await else { return Ok(()) };
        if status == StatusCode::OK {
            let ack = SignedAck::open(&body, &device.server_key).context("an acknowledgement is signed")?;
            self.acknowledged = ack.link().seq.0;
        } else if status != StatusCode::SERVICE_UNAVAILABLE {
            front.findings().violation(format!("an upload: {status}, {}", String::from_utf8_lossy(&body)));
        }
        Ok(())
    }

    /// Sends what is left, and reads the whole feed as a terminal does: without gaps, and signed.
    pub(super) async fn finish(&mut self, findings: &mut Findings) -> anyhow::Result<()> {
        if self.acknowledged < self.admitted.len() as u64 {
            self.acknowledged = self.device.push(self.acknowledged + 1).await?.link().seq.0;
        }
        let pulled = self.device.pull(self.device.beginning(), 500).await.context("the feed cannot be read")?;
        findings.count("feed entries read in one chain", usize::try_from(pulled.position.point.seq.0)?);
        Ok(())
    }

    pub(super) fn compare(&self, check_ins: &[Value], findings: &mut Findings) {
        let own = u64::from(self.device.facts().device_no.0);
        let mut held: BTreeMap<u64, &str> = BTreeMap::new();
        for check_in in check_ins {
            if check_in.pointer("/device/number").and_then(Value::as_u64) == Some(own) {
                held.insert(number(check_in, "seq").unwrap_or_default(), word(check_in, "ticket"));
            }
        }
        for (seq, ticket) in (1_u64..).zip(&self.admitted) {
            let found = held.get(&seq).copied();
            findings.expect(found == Some(ticket), || format!("entry {seq} of {ticket} was sent; {found:?} is held"));
        }
        findings.expect(held.len() == self.admitted.len(), || {
            format!("{} entries are held of {} that were sent", held.len(), self.admitted.len())
        });
        findings.count("entries uploaded", self.admitted.len());
    }
}
