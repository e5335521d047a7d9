//! Seeded changes of inputs, such as fuzzers make: a few bits and bytes, pieces taken out, doubled and put together.

/// Numbers without a pattern, always the same (SplitMix64).
pub(crate) struct Draw(pub(crate) u64);

/// Values that parsers tend to stumble over.
const EDGES: [u8; 9] = [0, 1, 0x0a, 0x20, 0x22, 0x7f, 0x80, 0xfe, 0xff];

impl Draw {
    fn u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.u64() % bound.max(1) as u64) as usize
    }

    /// Returns one of the inputs with one to four changes, no longer than `bytes_max`.
    pub(crate) fn change(&mut self, inputs: &[Vec<u8>], bytes_max: usize) -> Vec<u8> {
        let mut input = inputs[self.below(inputs.len())].clone();
        for _ in 0..=self.below(4) {
            self.change_once(&mut input, inputs);
        }
        input.truncate(bytes_max);
        input
    }

    fn change_once(&mut self, input: &mut Vec<u8>, inputs: &[Vec<u8>]) {
        let at = self.below(input.len());
        let end = at + self.below((input.len() - at.min(input.len())).min(16) + 1);
        match self.below(8) {
            0 | 1 if at < input.len() => input[at] ^= 1 << self.below(8),
            2 if at < input.len() => input[at] = EDGES[self.below(EDGES.len())],
            3 if at < input.len() => input[at] = self.u64() as u8,
            4 => drop(input.drain(at..end)),
            5 => {
                let piece = input[at..end].to_vec();
                let to = self.below(input.len() + 1);
                input.splice(to..to, piece);
            }
            6 => {
                let other = &inputs[self.below(inputs.len())];
                let from = self.below(other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => input.insert(at, EDGES[self.below(EDGES.len())]),
        }
    }
}
