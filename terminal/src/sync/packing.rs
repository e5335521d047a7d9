//! zstd within bounds: a few bytes from outside never become gigabytes.

use std::io::Read as _;

/// The level that uploads are packed at: most of the gain for little of the time.
const LEVEL: i32 = 3;
/// The largest window a frame may ask for, as a power of two: 8 MiB.
const WINDOW_LOG_MAX: u32 = 23;

/// A zstd frame that is damaged or unpacks to more than allowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the packed bytes are damaged, or too long once unpacked")]
pub struct Unpackable;

/// Returns the bytes of a zstd frame, at most `bytes_max`.
///
/// # Errors
///
/// [`Unpackable`] if the frame is damaged or holds more.
pub fn unpack(packed: &[u8], bytes_max: usize) -> Result<Vec<u8>, Unpackable> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(|_| Unpackable)?;
    decoder.window_log_max(WINDOW_LOG_MAX).map_err(|_| Unpackable)?;
    let mut bytes = Vec::new();
    let bound = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(bound).read_to_end(&mut bytes).map_err(|_| Unpackable)?;
    if bytes.len() > bytes_max { Err(Unpackable) } else { Ok(bytes) }
}

/// Returns `bytes` as a zstd frame.
pub fn pack(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, LEVEL).expect("packing into memory has no reason to fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_unpacks_and_a_bomb_does_not() {
        let bytes = vec![7; 1 << 20];
        let packed = pack(&bytes);
        assert_eq!(unpack(&packed, 1 << 20), Ok(bytes));
        assert_eq!(unpack(&packed, (1 << 20) - 1), Err(Unpackable));
        assert_eq!(unpack(&packed[..packed.len() / 2], 1 << 20), Err(Unpackable));
        assert_eq!(unpack(b"not zstd", 10), Err(Unpackable));
    }
}
