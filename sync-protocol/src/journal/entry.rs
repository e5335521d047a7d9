//! One journal entry: 114 fixed bytes, then tagged values in ascending order.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::bytes::{DecodeError, Put as _, Reader};
use crate::hash::Hash;
use crate::id::{ClassId, DeviceId, DeviceNo, FeedSeq, GateId, Issue, Seq, TicketId};
use crate::text;
use crate::time::{Hlc, UnixMillis};

/// The longest entry.
pub const ENTRY_BYTES_MAX: usize = 4_096;
/// The longest note in an entry.
pub const NOTE_BYTES_MAX: usize = 1_024;
/// The longest operator's name in an entry.
pub const OPERATOR_BYTES_MAX: usize = 128;

const VERSION: u8 = 1;

/// What an entry records.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum EntryKind {
    /// Somebody was let in.
    Admit = 1,
    /// Somebody went out.
    Exit = 2,
    /// Somebody was not let in.
    Deny = 3,
    /// A ticket was sold at the door.
    WalkIn = 4,
    /// An entry was taken back.
    Undo = 5,
    /// The terminal was unlocked or locked, or its operator changed.
    Session = 6,
    /// A head was seen.
    Sync = 7,
    /// Something that people should look at.
    Incident = 8,
    /// A claim that had been granted was lost.
    ClaimLost = 9,
}

impl EntryKind {
    /// Reads the kind's number.
    pub const fn from_u8(value: u8) -> Option<Self> {
        match value {
            1 => Some(Self::Admit),
            2 => Some(Self::Exit),
            3 => Some(Self::Deny),
            4 => Some(Self::WalkIn),
            5 => Some(Self::Undo),
            6 => Some(Self::Session),
            7 => Some(Self::Sync),
            8 => Some(Self::Incident),
            9 => Some(Self::ClaimLost),
            _ => None,
        }
    }

    /// Whether the entry must be durable before a screen shows it.
    pub const fn must_be_durable_first(self) -> bool {
        matches!(self, Self::Admit | Self::Exit | Self::Undo | Self::WalkIn)
    }
}

/// What was particular about a decision, as bits of an entry's `flags` (section 4).
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Flags(pub u16);

impl Flags {
    /// The list was older than the server promised.
    pub const STALE: Self = Self(1);
    /// The ticket was not in the list.
    pub const UNLISTED: Self = Self(1 << 1);
    /// The credential is newer than the list.
    pub const NEWER_ISSUE: Self = Self(1 << 2);
    /// The clock was unsure.
    pub const CLOCK_UNSURE: Self = Self(1 << 3);
    /// A person decided against a finding.
    pub const OVERRIDE: Self = Self(1 << 4);
    /// No code was read: typed, or found by name.
    pub const MANUAL: Self = Self(1 << 5);
    /// A rehearsal ticket.
    pub const TEST: Self = Self(1 << 6);
    /// Staff are asked to look at the note.
    pub const ATTENTION: Self = Self(1 << 7);
    /// Staff are asked to check who it is.
    pub const ID_CHECK: Self = Self(1 << 8);
    /// Sold at the door.
    pub const WALK_IN: Self = Self(1 << 9);
    /// Admitted by the offline rule: no claim was granted.
    pub const NO_CLAIM: Self = Self(1 << 10);
    const KNOWN: u16 = (1 << 11) - 1;

    /// Returns both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every bit of `other` is set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns the names of the set bits, in order.
    pub fn names(self) -> Vec<&'static str> {
        const NAMES: [&str; 11] = [
            "STALE",
            "UNLISTED",
            "NEWER_ISSUE",
            "CLOCK_UNSURE",
            "OVERRIDE",
            "MANUAL",
            "TEST",
            "ATTENTION",
            "ID_CHECK",
            "WALKIN",
            "NO_CLAIM",
        ];
        NAMES.iter().enumerate().filter(|(bit, _)| self.0 & (1 << bit) != 0).map(|(_, name)| *name).collect()
    }
}

/// What a decision rested on, so that it can be replayed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Evidence {
    /// The feed number of the policy held.
    pub policy: FeedSeq,
    /// The feed number of the ticket's row; 0 if there was none.
    pub row: FeedSeq,
    /// How many movements of the ticket were known.
    pub history_count: u16,
    /// The first bytes of a hash over them.
    pub history_hash: [u8; 8],
}

/// Money taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Amount {
    /// In the currency's minor unit.
    pub minor: u32,
    /// ISO 4217.
    pub currency: [u8; 3],
    /// 1 cash, 2 card, 3 free.
    pub method: u8,
}

/// One line of a journal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// What it records.
    pub kind: EntryKind,
    /// What was particular.
    pub flags: Flags,
    /// Whose journal.
    pub device: DeviceId,
    /// Its number.
    pub seq: Seq,
    /// The hash of the entry before.
    pub prev: Hash,
    /// When, in the order of all devices.
    pub hlc: Hlc,
    /// What the wall clock said.
    pub wall: UnixMillis,
    /// How long the machine had been up, in seconds.
    pub uptime_s: u32,
    /// Server time minus wall clock, in ms.
    pub offset_ms: i32,
    /// How wrong the clock may be, in ms.
    pub uncertainty_ms: u32,
    /// The feed number the terminal held.
    pub cursor: FeedSeq,
    /// The ticket; 0 where there is none.
    pub ticket: TicketId,
    /// The credential's issue.
    pub issue: Issue,
    /// The ticket type.
    pub class: ClassId,
    /// The gate.
    pub gate: GateId,
    /// The verdict's code for a denial (section 4); 0 where there is none.
    pub reason: u16,
    /// Who was at the terminal.
    pub operator: Option<String>,
    /// The number of the entry that is taken back; see [`Entry::undone`].
    pub undo_target: Option<Seq>,
    /// The commitment to personal data that travel beside the entry.
    pub personal_data: Option<Hash>,
    /// What the decision rested on.
    pub evidence: Option<Evidence>,
    /// The code that a person decided against.
    pub overridden: Option<u16>,
    /// SHA-256 of the credential's bytes.
    pub credential: Option<Hash>,
    /// A person's words.
    pub note: Option<String>,
    /// Money taken.
    pub amount: Option<Amount>,
}

impl Entry {
    /// Returns an entry of `kind` with nothing but its place in the journal.
    pub const fn new(kind: EntryKind, device: DeviceId, seq: Seq, prev: Hash) -> Self {
        Self {
            kind,
            flags: Flags(0),
            device,
            seq,
            prev,
            hlc: Hlc(0),
            wall: UnixMillis(0),
            uptime_s: 0,
            offset_ms: 0,
            uncertainty_ms: 0,
            cursor: FeedSeq(0),
            ticket: TicketId(0),
            issue: Issue(0),
            class: ClassId(0),
            gate: GateId(0),
            reason: 0,
            operator: None,
            undo_target: None,
            personal_data: None,
            evidence: None,
            overridden: None,
            credential: None,
            note: None,
            amount: None,
        }
    }

    /// Returns the name of the entry that this one of device `own` takes back, if it takes one back.
    ///
    /// A terminal takes back what it recorded itself. The server's own journal may take back any device's entry:
    /// its target holds that device's number in the upper 16 bits, as a MOVE entry does, and the number below.
    pub fn undone(&self, own: DeviceNo) -> Option<(DeviceNo, Seq)> {
        self.undo_target.map(|target| undone(own, target))
    }

    /// Returns the entry's bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if a text is over its limit or not plain: such an entry could not be read.
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        let extension = self.encode_extension()?;
        let mut bytes = Vec::with_capacity(116 + extension.len());
        bytes
            .put_u8(VERSION)
            .put_u8(self.kind as u8)
            .put_u16(self.flags.0)
            .put(self.device.as_bytes())
            .put_u64(self.seq.0)
            .put(&self.prev)
            .put_u64(self.hlc.0)
            .put_u64(self.wall.0)
            .put_u32(self.uptime_s)
            .put(&self.offset_ms.to_be_bytes())
            .put_u32(self.uncertainty_ms)
            .put_u64(self.cursor.0)
            .put_u64(self.ticket.0)
            .put_u32(self.issue.0)
            .put_u16(self.class.0)
            .put_u16(self.gate.0)
            .put_u16(self.reason);
        bytes.put_u16(u16::try_from(extension.len()).map_err(|_| DecodeError::TooLong("entry"))?);
        bytes.put(&extension);
        if bytes.len() > ENTRY_BYTES_MAX { Err(DecodeError::TooLong("entry")) } else { Ok(bytes) }
    }

    fn encode_extension(&self) -> Result<Vec<u8>, DecodeError> {
        let mut bytes = Vec::new();
        let mut put = |tag: u8, value: &[u8]| {
            let length = u16::try_from(value.len()).map_err(|_| DecodeError::TooLong("entry"))?;
            bytes.put_u8(tag).put_u16(length).put(value);
            Ok::<(), DecodeError>(())
        };
        if let Some(operator) = &self.operator {
            put(1, label(operator, OPERATOR_BYTES_MAX, "operator")?)?;
        }
        if let Some(target) = self.undo_target {
            put(2, &target.0.to_be_bytes())?;
        }
        if let Some(commitment) = &self.personal_data {
            put(3, commitment)?;
        }
        if let Some(evidence) = &self.evidence {
            let mut value = Vec::with_capacity(26);
            value
                .put_u64(evidence.policy.0)
                .put_u64(evidence.row.0)
                .put_u16(evidence.history_count)
                .put(&evidence.history_hash);
            put(4, &value)?;
        }
        if let Some(code) = self.overridden {
            put(5, &code.to_be_bytes())?;
        }
        if let Some(hash) = &self.credential {
            put(6, hash)?;
        }
        if let Some(note) = &self.note {
            put(7, label(note, NOTE_BYTES_MAX, "note")?)?;
        }
        if let Some(amount) = &self.amount {
            let mut value = Vec::with_capacity(8);
            value.put_u32(amount.minor).put(&amount.currency).put_u8(amount.method);
            put(8, &value)?;
        }
        Ok(bytes)
    }

    /// Reads an entry's bytes.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if they are not exactly one entry as [`Entry::encode`] writes it.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(DecodeError::TooLong("entry"));
        }
        let mut reader = Reader::new(bytes);
        if reader.u8()? != VERSION {
            return Err(DecodeError::Invalid("entry version"));
        }
        let kind = EntryKind::from_u8(reader.u8()?).ok_or(DecodeError::Invalid("entry type"))?;
        let flags = Flags(reader.u16()?);
        if flags.0 & !Flags::KNOWN != 0 {
            return Err(DecodeError::Invalid("flags"));
        }
        let mut entry = Self::new(kind, DeviceId(reader.array()?), Seq(reader.u64()?), reader.array()?);
        if entry.seq == Seq(0) {
            return Err(DecodeError::Invalid("entry number"));
        }
        entry.flags = flags;
        entry.hlc = Hlc(reader.u64()?);
        entry.wall = UnixMillis(reader.u64()?);
        entry.uptime_s = reader.u32()?;
        entry.offset_ms = reader.i32()?;
        entry.uncertainty_ms = reader.u32()?;
        entry.cursor = FeedSeq(reader.u64()?);
        entry.ticket = TicketId(reader.u64()?);
        entry.issue = Issue(reader.u32()?);
        entry.class = ClassId(reader.u16()?);
        entry.gate = GateId(reader.u16()?);
        entry.reason = reader.u16()?;
        let length = usize::from(reader.u16()?);
        let extension = reader.take(length)?;
        reader.finish()?;
        entry.decode_extension(extension)?;
        Ok(entry)
    }

    fn decode_extension(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let mut reader = Reader::new(bytes);
        let mut last = 0;
        while !reader.is_empty() {
            let tag = reader.u8()?;
            if tag <= last {
                return Err(DecodeError::Invalid("order of tags"));
            }
            last = tag;
            let length = usize::from(reader.u16()?);
            let mut value = Reader::new(reader.take(length)?);
            match tag {
                1 => self.operator = Some(owned(&mut value, OPERATOR_BYTES_MAX, "operator")?),
                2 => self.undo_target = Some(Seq(value.u64()?)),
                3 => self.personal_data = Some(value.array()?),
                4 => {
                    self.evidence = Some(Evidence {
                        policy: FeedSeq(value.u64()?),
                        row: FeedSeq(value.u64()?),
                        history_count: value.u16()?,
                        history_hash: value.array()?,
                    });
                }
                5 => self.overridden = Some(value.u16()?),
                6 => self.credential = Some(value.array()?),
                7 => self.note = Some(owned(&mut value, NOTE_BYTES_MAX, "note")?),
                8 => {
                    self.amount = Some(Amount { minor: value.u32()?, currency: value.array()?, method: value.u8()? });
                }
                _ => return Err(DecodeError::Invalid("tag")),
            }
            value.finish()?;
        }
        Ok(())
    }
}

/// Returns the name of the entry that an UNDO of device `own` with this target takes back: see [`Entry::undone`].
pub const fn undone(own: DeviceNo, target: Seq) -> (DeviceNo, Seq) {
    if own.0 == 0 { (DeviceNo((target.0 >> 48) as u16), Seq(target.0 & TicketId::SERIAL_MAX)) } else { (own, target) }
}

/// Returns the target of an UNDO in the server's own journal that takes back the entry of this name.
pub const fn undo_target(device: DeviceNo, seq: Seq) -> Seq {
    Seq(((device.0 as u64) << 48) | (seq.0 & TicketId::SERIAL_MAX))
}

fn label<'a>(text: &'a str, max: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
    if text.len() > max {
        Err(DecodeError::TooLong(field))
    } else if text::is_plain(text) {
        Ok(text.as_bytes())
    } else {
        Err(DecodeError::Invalid(field))
    }
}

fn owned(value: &mut Reader<'_>, max: usize, field: &'static str) -> Result<String, DecodeError> {
    let bytes = value.take(value.rest().len())?;
    if bytes.len() > max {
        return Err(DecodeError::TooLong(field));
    }
    text::decode(bytes, field).map(String::from)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn any_entry() -> impl Strategy<Value = Entry> {
        let numbers = (any::<u64>(), any::<u64>(), any::<u64>(), any::<u32>(), any::<i32>(), any::<u32>());
        let ids = (any::<u64>(), any::<u64>(), any::<u32>(), any::<u16>(), any::<u16>(), any::<u16>());
        let options = (
            proptest::option::of("[a-zA-Z ]{0,20}"),
            proptest::option::of(any::<u64>()),
            proptest::option::of(any::<[u8; 32]>()),
            proptest::option::of(any::<u16>()),
            proptest::option::of("[a-z ]{0,40}"),
            proptest::option::of((any::<u64>(), any::<u64>(), any::<u16>(), any::<[u8; 8]>())),
            proptest::option::of((any::<u32>(), any::<[u8; 3]>(), any::<u8>())),
        );
        (1_u8..=9, 0..=Flags::KNOWN, any::<[u8; 16]>(), any::<[u8; 32]>(), numbers, ids, options).prop_map(
            |(kind, flags, device, prev, numbers, ids, options)| Entry {
                kind: EntryKind::from_u8(kind).unwrap(),
                flags: Flags(flags),
                device: DeviceId(device),
                seq: Seq(numbers.0.max(1)),
                prev,
                hlc: Hlc(numbers.1),
                wall: UnixMillis(numbers.2),
                uptime_s: numbers.3,
                offset_ms: numbers.4,
                uncertainty_ms: numbers.5,
                cursor: FeedSeq(ids.0),
                ticket: TicketId(ids.1),
                issue: Issue(ids.2),
                class: ClassId(ids.3),
                gate: GateId(ids.4),
                reason: ids.5,
                operator: options.0,
                undo_target: options.1.map(Seq),
                personal_data: options.2,
                evidence: options.5.map(|(policy, row, history_count, history_hash)| Evidence {
                    policy: FeedSeq(policy),
                    row: FeedSeq(row),
                    history_count,
                    history_hash,
                }),
                overridden: options.3,
                credential: options.2,
                note: options.4,
                amount: options.6.map(|(minor, currency, method)| Amount { minor, currency, method }),
            },
        )
    }

    #[test]
    fn a_bare_entry_is_116_bytes() {
        let entry = Entry::new(EntryKind::Admit, DeviceId([1; 16]), Seq(1), [0; 32]);
        assert_eq!(entry.encode().unwrap().len(), 116);
    }

    #[test]
    fn only_the_server_takes_back_what_another_device_recorded() {
        let target = undo_target(DeviceNo(7), Seq(5));

        assert_eq!(undone(DeviceNo(0), target), (DeviceNo(7), Seq(5)));
        assert_eq!(undone(DeviceNo(0), Seq(5)), (DeviceNo(0), Seq(5)));
        assert_eq!(undone(DeviceNo(3), target), (DeviceNo(3), target), "a number that terminal 3 never reaches");
    }

    #[test]
    fn tags_out_of_order_or_twice_are_refused() {
        let mut entry = Entry::new(EntryKind::Admit, DeviceId([1; 16]), Seq(1), [0; 32]);
        entry.overridden = Some(21);
        let mut bytes = entry.encode().unwrap();
        let tlv = bytes[116..].to_vec();
        bytes.extend_from_slice(&tlv);
        bytes[115] = 10;
        assert_eq!(Entry::decode(&bytes), Err(DecodeError::Invalid("order of tags")));
    }

    proptest! {
        #[test]
        fn every_entry_reads_back_and_none_cut_short_does(entry in any_entry(), cut in 1_usize..64) {
            let bytes = entry.encode().unwrap();
            prop_assert_eq!(Entry::decode(&bytes), Ok(entry));
            prop_assert!(Entry::decode(&bytes[..bytes.len() - cut]).is_err());
        }

        #[test]
        fn what_is_read_is_what_is_written(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(entry) = Entry::decode(&bytes) {
                prop_assert_eq!(entry.encode().unwrap(), bytes);
            }
        }
    }
}
