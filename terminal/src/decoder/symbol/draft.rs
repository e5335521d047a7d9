//! Codes drawn from bits, for modes that the project writes no codes in.

use super::{
    Modules, format,
    layout::{self, Mask},
    reed_solomon::check_codewords,
    version::{Level, Version},
};

/// The content of a code in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    bits: Vec<bool>,
}

impl Draft {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds the lowest `count` bits of `value`, the highest first.
    pub(super) fn bits(mut self, value: u32, count: u32) -> Self {
        self.bits.extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
        self
    }

    /// Adds a segment of bytes, for versions up to 9.
    pub(super) fn bytes(self, bytes: &[u8]) -> Self {
        let begun = self.bits(4, 4).bits(bytes.len() as u32, 8);
        bytes.iter().fold(begun, |draft, &byte| draft.bits(byte.into(), 8))
    }

    /// Returns the code, without patterns that only matter to who looks for codes in pictures.
    pub(super) fn draw(mut self, version: Version, level: Level, mask: u8) -> Modules {
        let capacity = version.data_codewords(level) * 8;
        assert!(self.bits.len() + 4 <= capacity, "the content is too long");
        self.bits.extend([false; 4]);
        self.bits.resize(self.bits.len().next_multiple_of(8), false);
        let mut data: Vec<u8> =
            self.bits.chunks(8).map(|bits| bits.iter().fold(0, |byte, &bit| byte << 1 | u8::from(bit))).collect();
        let padding = [0xec, 0x11].into_iter().cycle().take(capacity / 8 - data.len());
        data.extend(padding);

        let side = version.side();
        let mut modules = Modules { side, dark: vec![false; side * side], doubt: vec![0; side * side] };
        let bits = interleaved(&data, version, level).into_iter();
        let bits = bits.flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
        for (place, dark) in layout::order(version).iter().zip(bits) {
            let (x, y) = place.coordinates();
            modules.dark[y * side + x] = dark != Mask::of(mask).inverts(x, y);
        }
        let level = (0..4).find(|&bits| Level::from_bits(bits) == level).unwrap();
        let word = format::format_word(level << 3 | u16::from(mask));
        for (bit, (x, y)) in format::places(side).into_iter().flat_map(|copy| copy.into_iter().enumerate()) {
            modules.dark[y * side + x] = word >> bit & 1 == 1;
        }
        modules
    }
}

fn interleaved(data: &[u8], version: Version, level: Level) -> Vec<u8> {
    let division = version.division(level);
    let (short, long) = data.split_at(division.short * division.short_data);
    let blocks: Vec<&[u8]> = short.chunks(division.short_data).chain(long.chunks(division.short_data + 1)).collect();
    let checks: Vec<Vec<u8>> = blocks.iter().map(|block| check_codewords(block, division.check)).collect();
    let turns = |turn: usize| blocks.iter().filter_map(move |block| block.get(turn).copied());
    let check_turns = |turn: usize| checks.iter().map(move |check| check[turn]);
    (0..=division.short_data).flat_map(turns).chain((0..division.check).flat_map(check_turns)).collect()
}
