//! A device as the server sees it: keys, signed requests and a journal, without a terminal around them.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use ed25519_dalek::SigningKey;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde_json::Value;
use sync_protocol::enrol::{EnrolCode, Handshake};
use sync_protocol::feed::chain::ChainPoint;
use sync_protocol::feed::pull::{Position, Progress, Pull, Pulled};
use sync_protocol::feed::{Record, SignedHead};
use sync_protocol::http_signature::{Headers, Parts, sign};
use sync_protocol::id::{ClassId, DeviceId, GateId, Seq, TicketId};
use sync_protocol::journal::entry::Amount;
use sync_protocol::journal::walk_in::{self, Guest, Payment};
use sync_protocol::journal::{Entry, EntryKind, Link, PersonalData, SignedEntry, batch};
use sync_protocol::key::PublicKey;
use sync_protocol::sync::message::{EnrolPending, EnrolRequest, Enrolled, ServerKey, decode_feed_answer};
use sync_protocol::sync::{Ack, SignedAck};
use sync_protocol::time::{Hlc, UnixMillis};

/// A device and its journal.
#[derive(Clone, Debug)]
pub struct Device {
    http: reqwest::Client,
    server: String,
    /// Its id.
    pub id: DeviceId,
    /// D.sign.
    pub key: SigningKey,
    /// S.
    pub server_key: PublicKey,
    /// What its enrolment brought, once it is confirmed.
    pub enrolled: Option<Enrolled>,
    /// What it wrote, from entry 1.
    pub journal: Vec<SignedEntry>,
    /// The personal data beside that.
    pub personal_data: Vec<PersonalData>,
}

/// What a device that asks to be enrolled sends.
///
/// # Errors
///
/// If the server does not say who it is.
pub async fn enrol_request(
    http: &reqwest::Client,
    server: &str,
    code: &str,
    key: &SigningKey,
) -> anyhow::Result<(EnrolRequest, PublicKey)> {
    let said: ServerKey = http.get(format!("{server}/sync/v1/server")).send().await?.json().await?;
    let mut server_key = [0; 32];
    hex::decode_to_slice(&said.server_key, &mut server_key)?;
    let (sign_key, tls_key) = (key.verifying_key().to_bytes(), [9; 32]);
    let code_hash = EnrolCode::parse(code)?.hash();
    let signature = Handshake { code: code_hash, server_key, sign_key, tls_key }.sign(key);
    let request = EnrolRequest {
        code: code.to_owned(),
        name: "A test's device".to_owned(),
        sign_key: hex::encode(sign_key),
        tls_key: hex::encode(tls_key),
        signature: hex::encode(signature),
    };
    Ok((request, PublicKey::import(&server_key)?))
}

impl Device {
    /// Asks to be enrolled with a code, under a new key.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub async fn ask(server: &str, code: &str) -> anyhow::Result<(Self, EnrolPending)> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::new();
        let key = SigningKey::from_bytes(&rand::random());
        let (request, server_key) = enrol_request(&http, server, code, &key).await?;
        let response = http.post(format!("{server}/sync/v1/enrol")).json(&request).send().await?;
        ensure!(response.status() == StatusCode::CREATED, "{}", response.text().await?);
        let pending: EnrolPending = response.json().await?;
        let id = pending.device_id;
        Ok((
            Self {
                http,
                server: server.to_owned(),
                id,
                key,
                server_key,
                enrolled: None,
                journal: Vec::new(),
                personal_data: Vec::new(),
            },
            pending,
        ))
    }

    /// Enrols with a code that was confirmed in advance, or whose device was confirmed since.
    ///
    /// # Errors
    ///
    /// If it is not confirmed.
    pub async fn finish(&mut self) -> anyhow::Result<()> {
        let response = self.get(&format!("/enrol/{}", self.id)).send().await?;
        ensure!(response.status() == StatusCode::OK, "{}", response.text().await?);
        self.enrolled = Some(response.json().await?);
        Ok(())
    }

    /// Asks and finishes at once, with a code that was confirmed in advance.
    ///
    /// # Errors
    ///
    /// As both.
    pub async fn enrol(server: &str, code: &str) -> anyhow::Result<Self> {
        let (mut device, _) = Self::ask(server, code).await?;
        device.finish().await?;
        Ok(device)
    }

    /// Returns what the enrolment brought.
    ///
    /// # Panics
    ///
    /// If the device is not enrolled.
    pub fn facts(&self) -> &Enrolled {
        self.enrolled.as_ref().expect("the device is enrolled")
    }

    /// Speaks to another server from now on.
    #[must_use]
    pub fn at(mut self, server: &str) -> Self {
        server.clone_into(&mut self.server);
        self
    }

    /// Returns a path below the event, such as `/events/…/feed`.
    pub fn in_event(&self, rest: &str) -> String {
        format!("/events/{}{rest}", self.facts().event_id)
    }

    /// Returns a signed GET of a path below `/sync/v1`.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path, None)
    }

    /// Returns a signed POST to a path below `/sync/v1`.
    pub fn post(&self, path: &str, body: Vec<u8>) -> RequestBuilder {
        self.request(Method::POST, path, Some(body))
    }

    /// Returns a signed request to a path below `/sync/v1`.
    pub fn request(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> RequestBuilder {
        let headers = self.sign(&method, path, body.as_deref(), now().0 / 1_000);
        self.unsigned(method, path, body, Some(&headers))
    }

    /// Signs a request to a path below `/sync/v1`, as of the second `created_s`.
    ///
    /// # Panics
    ///
    /// If the server's address is none.
    pub fn sign(&self, method: &Method, path: &str, body: Option<&[u8]>, created_s: u64) -> Headers {
        let url = Url::parse(&self.url(path)).expect("the server has an address");
        let host = url.host_str().unwrap_or_default();
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let query = url.query().unwrap_or_default();
        let parts = Parts { method: method.as_str(), authority: &authority, path: url.path(), query, body };
        let nonce = hex::encode(rand::random::<[u8; 8]>());
        sign(&parts, self.id, created_s, &nonce, &self.key)
    }

    /// Returns a request with whatever signature it is given.
    pub fn unsigned(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        headers: Option<&Headers>,
    ) -> RequestBuilder {
        let mut request = self.http.request(method, self.url(path));
        if let Some(headers) = headers {
            request = request.header("signature-input", &headers.signature_input);
            request = request.header("signature", &headers.signature);
            if let Some(digest) = &headers.content_digest {
                request = request.header("content-digest", digest);
            }
        }
        match body {
            Some(body) => request.body(body),
            None => request,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/sync/v1{path}", self.server)
    }
}

/// The feed.
impl Device {
    /// Returns where a device stands that holds nothing.
    ///
    /// # Panics
    ///
    /// If the device is not enrolled.
    pub fn beginning(&self) -> Position {
        let facts = self.facts();
        let (event, feed) = (facts.event_id, facts.feed_id);
        Position { event, feed, point: ChainPoint::start(event, feed) }
    }

    /// Returns K_body.
    ///
    /// # Panics
    ///
    /// If the server sent none.
    pub fn k_body(&self) -> [u8; 32] {
        let mut key = [0; 32];
        hex::decode_to_slice(&self.facts().k_body, &mut key).expect("K_body has 64 digits");
        key
    }

    /// Asks for one page, as it is sent: not compressed.
    ///
    /// # Errors
    ///
    /// If the server refuses or the page can't be read.
    pub async fn page(&self, query: &str) -> anyhow::Result<(Vec<Record>, SignedHead)> {
        let response = self.get(&self.in_event(&format!("/feed?{query}"))).send().await?;
        ensure!(response.status() == StatusCode::OK, "{}", response.text().await?);
        Ok(decode_feed_answer(&response.bytes().await?)?)
    }

    /// Pulls everything after `from`, in pages of `max` records, and checks it as a terminal does.
    ///
    /// # Errors
    ///
    /// If the server refuses or what it sends does not hold together.
    pub async fn pull(&self, from: Position, max: u32) -> anyhow::Result<Pulled> {
        let mut pull = Pull::new(from, self.k_body());
        loop {
            let (records, head) = self.page(&format!("after={}&max={max}", pull.after())).await?;
            match pull.take(records, &head.open(&self.server_key)?)? {
                Progress::More(more) => pull = more,
                Progress::Done(pulled) => return Ok(pulled),
            }
        }
    }
}

/// The journal.
impl Device {
    /// Returns the end of the journal.
    pub fn end(&self) -> Link {
        let empty = || Link::empty(self.facts().event_id, self.id);
        self.journal.last().map_or_else(empty, SignedEntry::link)
    }

    /// Writes an entry; `change` says what it holds.
    ///
    /// # Panics
    ///
    /// If no entry may hold that.
    pub fn write(&mut self, kind: EntryKind, change: impl FnOnce(&mut Entry)) -> Seq {
        let end = self.end();
        let mut entry = Entry::new(kind, self.id, end.seq.next(), end.hash);
        let last = self.journal.last().map_or(Hlc(0), |last| last.entry().hlc);
        (entry.wall, entry.hlc) = (now(), last.tick(now()));
        change(&mut entry);
        let seq = entry.seq;
        self.journal.push(SignedEntry::sign(entry, &self.key).expect("a good entry"));
        seq
    }

    /// Admits a ticket, given as its typed code, at a gate.
    ///
    /// # Panics
    ///
    /// If it is no typed code.
    pub fn admit(&mut self, ticket: &str, gate: u16) -> Seq {
        self.movement(EntryKind::Admit, ticket, gate)
    }

    /// Lets a ticket out.
    ///
    /// # Panics
    ///
    /// If it is no typed code.
    pub fn exit(&mut self, ticket: &str, gate: u16) -> Seq {
        self.movement(EntryKind::Exit, ticket, gate)
    }

    fn movement(&mut self, kind: EntryKind, ticket: &str, gate: u16) -> Seq {
        let ticket = TicketId::from_typed_code(ticket).expect("a typed code");
        self.write(kind, |entry| {
            (entry.ticket, entry.gate, entry.class) = (ticket, GateId(gate), ClassId(0));
        })
    }

    /// Sells a ticket of a class to somebody called `name`, for `amount` in cash; `change` says what is otherwise.
    ///
    /// # Panics
    ///
    /// If it is no good entry.
    pub fn sell(&mut self, class: u16, name: &str, amount: u32, change: impl FnOnce(&mut Entry)) -> Seq {
        let seq = self.end().seq.next();
        let guest = Guest { name: name.to_owned(), email: format!("{}@example.org", name.to_lowercase()) };
        let data = guest.encode().expect("a good guest");
        let personal = PersonalData { seq, salt: rand::random(), data };
        let number = self.facts().device_no;
        self.write(EntryKind::WalkIn, |entry| {
            (entry.ticket, entry.issue) = walk_in::ticket(number, seq).expect("a short journal");
            entry.class = ClassId(class);
            entry.amount = Some(Amount { minor: amount, currency: *b"EUR", method: Payment::Cash as u8 });
            entry.operator = Some("Eve".to_owned());
            entry.personal_data = Some(personal.commitment());
            change(entry);
        });
        self.personal_data.push(personal);
        seq
    }

    /// Takes an entry back.
    pub fn undo(&mut self, target: Seq) -> Seq {
        let at = usize::try_from(target.0.saturating_sub(1)).unwrap_or(usize::MAX);
        let ticket = self.journal.get(at).map_or(TicketId(0), |entry| entry.entry().ticket);
        self.write(EntryKind::Undo, |entry| (entry.ticket, entry.undo_target) = (ticket, Some(target)))
    }

    /// Returns the batch of the entries from `first` on, as many as fit, and how many those are.
    pub fn batch(&self, first: u64, personal_data: &[PersonalData]) -> (Vec<u8>, usize) {
        let skip = usize::try_from(first.saturating_sub(1)).unwrap_or(usize::MAX);
        batch::encode(self.journal.get(skip..).unwrap_or_default(), personal_data)
    }

    /// Sends a batch of its own journal, packed.
    ///
    /// # Errors
    ///
    /// If there is no answer.
    pub async fn send(&self, batch: &[u8], query: &str) -> anyhow::Result<Response> {
        let path = self.in_event(&format!("/journals/{}{query}", self.id));
        let packed = zstd::bulk::compress(batch, 3)?;
        Ok(self.post(&path, packed).header("content-encoding", "zstd").send().await?)
    }

    /// Sends the entries from `first` on, until the end is acknowledged.
    ///
    /// # Errors
    ///
    /// If the server refuses, or acknowledges something else.
    pub async fn push(&self, first: u64) -> anyhow::Result<Ack> {
        let mut first = first;
        loop {
            let (batch, count) = self.batch(first, &self.personal_data);
            let response = self.send(&batch, "").await?;
            ensure!(response.status() == StatusCode::OK, "{}", response.text().await?);
            let ack = SignedAck::open(&response.bytes().await?, &self.server_key)?;
            first += count as u64;
            if first > self.journal.len() as u64 {
                ensure!(ack.link() == self.end(), "acknowledged {ack:?}");
                return Ok(ack);
            }
        }
    }
}

/// Reads the answer to a request that should be refused: its status and code.
///
/// # Errors
///
/// If it is no problem.
pub async fn refusal(response: Response) -> anyhow::Result<(u16, String, Value)> {
    let status = response.status().as_u16();
    let problem: Value = serde_json::from_slice(&response.bytes().await?).context("no problem")?;
    let code = problem.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok((status, code, problem))
}

/// Returns the time.
pub fn now() -> UnixMillis {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
}
