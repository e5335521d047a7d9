//! Who this terminal is: what the server certified, and the device's private keys.

use ed25519_dalek::SigningKey;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use sync_protocol::certificate::{Certificate, SignedCertificate};
use sync_protocol::hash::Hash;
use sync_protocol::id::{DeviceId, DeviceNo, EventId, GateId};
use sync_protocol::key::PublicKey;
use zeroize::Zeroizing;

use super::StoreError;
use super::error::Part;
use super::seal::{RowKey, Sealer, Table};

const KEY: RowKey = [0; 16];

/// What the server certified at enrolment, and how to reach it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The server's address.
    pub server: String,
    /// S, pinned.
    pub server_key: PublicKey,
    /// The SHA-256 of the server's TLS certificate, where that is pinned instead of looked up.
    pub tls_fingerprint: Option<Hash>,
    /// The event's name, for choosing among several before the rules are known.
    pub event_name: String,
    /// The gate the terminal is meant for, if the organiser said so.
    pub gate: Option<GateId>,
    /// The device's newest certificate as it travels.
    pub signed: SignedCertificate,
    /// The same, opened under the S of its time.
    pub certificate: Certificate,
}

/// The device's private keys. Wiped when they go.
#[derive(Clone)]
pub struct DeviceKeys {
    /// D.sign.
    pub sign: SigningKey,
    /// D.tls.
    pub tls: SigningKey,
}

impl std::fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceKeys(..)")
    }
}

#[derive(Deserialize, Serialize)]
struct Written {
    server: String,
    server_key: String,
    event_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gate: Option<GateId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tls_fingerprint: Option<String>,
    certificate: String,
    signature: String,
}

impl Identity {
    /// Returns the event.
    pub const fn event(&self) -> EventId {
        self.certificate.event
    }

    /// Returns the device's id.
    pub const fn device(&self) -> DeviceId {
        self.certificate.device
    }

    /// Returns the device's number in the event.
    pub const fn number(&self) -> DeviceNo {
        self.certificate.number
    }

    fn encode(&self) -> Vec<u8> {
        let written = Written {
            server: self.server.clone(),
            event_name: self.event_name.clone(),
            gate: self.gate,
            server_key: hex::encode(self.server_key.to_bytes()),
            tls_fingerprint: self.tls_fingerprint.map(hex::encode),
            certificate: hex::encode(&self.signed.bytes),
            signature: hex::encode(self.signed.signature),
        };
        serde_json::to_vec(&written).expect("texts are always JSON")
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let written: Written = serde_json::from_slice(bytes).ok()?;
        let tls_fingerprint = match written.tls_fingerprint {
            None => None,
            Some(text) => Some(array(&text)?),
        };
        let signed =
            SignedCertificate { bytes: hex::decode(&written.certificate).ok()?, signature: array(&written.signature)? };
        // The certificate may be from before a change of S, and was checked when it was written.
        let certificate = Certificate::decode(&signed.bytes).ok()?;
        let server_key = PublicKey::import(&array(&written.server_key)?).ok()?;
        let Written { server, event_name, gate, .. } = written;
        Some(Self { server, server_key, tls_fingerprint, event_name, gate, signed, certificate })
    }

    /// Reads what [`Identity::write`] wrote.
    pub(super) fn read(connection: &Connection, sealer: &Sealer) -> Result<Self, StoreError> {
        let bytes = read(connection, sealer, 1, Table::Enrolment)?;
        Self::decode(&bytes).ok_or(StoreError::Damaged(Part::Enrolment))
    }

    pub(super) fn write(&self, connection: &Connection, sealer: &Sealer) -> Result<(), StoreError> {
        write(connection, sealer, 1, Table::Enrolment, &self.encode())
    }
}

impl DeviceKeys {
    pub(super) fn read(connection: &Connection, sealer: &Sealer) -> Result<Self, StoreError> {
        let bytes = read(connection, sealer, 2, Table::DeviceKeys)?;
        let (sign, tls) = bytes.split_first_chunk::<32>().ok_or(StoreError::Damaged(Part::Enrolment))?;
        let tls = tls.try_into().map_err(|_| StoreError::Damaged(Part::Enrolment))?;
        Ok(Self { sign: SigningKey::from_bytes(sign), tls: SigningKey::from_bytes(tls) })
    }

    pub(super) fn write(&self, connection: &Connection, sealer: &Sealer) -> Result<(), StoreError> {
        let mut bytes = Zeroizing::new(self.sign.to_bytes().to_vec());
        bytes.extend_from_slice(&*Zeroizing::new(self.tls.to_bytes()));
        write(connection, sealer, 2, Table::DeviceKeys, &bytes)
    }
}

fn array<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

fn read(connection: &Connection, sealer: &Sealer, id: i64, table: Table) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let damaged = StoreError::Damaged(Part::Enrolment);
    let sealed: Option<Vec<u8>> =
        connection.query_row("SELECT sealed FROM enrolment WHERE id = ?1", [id], |row| row.get(0)).optional()?;
    match sealed.map(|sealed| sealer.open(table, &KEY, 0, &sealed)) {
        Some(Ok(bytes)) => Ok(Zeroizing::new(bytes)),
        Some(Err(_)) | None => Err(damaged),
    }
}

fn write(connection: &Connection, sealer: &Sealer, id: i64, table: Table, bytes: &[u8]) -> Result<(), StoreError> {
    let sealed = sealer.seal(table, &KEY, 0, bytes);
    connection.execute("INSERT OR REPLACE INTO enrolment (id, sealed) VALUES (?1, ?2)", params![id, sealed])?;
    Ok(())
}
