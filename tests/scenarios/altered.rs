//! Credentials that somebody changed.

use anyhow::Context as _;
use sync_protocol::ticket::base45;

use crate::format::Alteration;

/// Where a credential's fields begin (section 2), counted in bytes.
const KEY: usize = 1;
const TICKET_END: usize = 10;
const ISSUE_END: usize = 14;
const TYPE_END: usize = 16;
const SIGNATURE: usize = 17;
const TEST_BIT: u8 = 0x02;
const DELEGATED_BIT: u8 = 0x01;
const RESERVED_BIT: u8 = 0x04;
const FORMAT_BIT: u8 = 0x20;

/// Returns a credential's text as somebody changed it.
///
/// # Errors
///
/// If `text` is no credential's.
pub(crate) fn altered(text: &str, how: Alteration) -> anyhow::Result<String> {
    let mut bytes = base45::decode(text).ok().context("a credential is Base45")?;
    let mut flip = |at: usize, bits: u8| -> anyhow::Result<()> {
        *bytes.get_mut(at).context("a credential has 81 bytes")? ^= bits;
        Ok(())
    };
    match how {
        Alteration::Signature => flip(SIGNATURE + 30, 0x10)?,
        Alteration::Ticket => flip(TICKET_END, 0x01)?,
        Alteration::Issue => flip(ISSUE_END, 0x80)?,
        Alteration::Type => flip(TYPE_END, 0x01)?,
        Alteration::Test => flip(0, TEST_BIT)?,
        Alteration::Key => flip(KEY, 0x40)?,
        Alteration::Delegated => {
            flip(0, DELEGATED_BIT)?;
            flip(KEY, 0x40)?;
        }
        Alteration::Format => flip(0, FORMAT_BIT)?,
        Alteration::Reserved => flip(0, RESERVED_BIT)?,
        Alteration::Cut => return Ok(text.get(1..).unwrap_or_default().to_owned()),
        Alteration::Grown => return Ok(format!("{text}A")),
        Alteration::LowerCase => return Ok(text.to_lowercase()),
        Alteration::Space => return Ok(format!(" {text}")),
        Alteration::Wrapped => return Ok(format!("\t{text}\r\n")),
    }
    Ok(base45::encode(&bytes))
}
