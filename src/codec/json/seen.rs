//! Which fields and oneofs of a message were met.

/// A set of small numbers; the first 64 take no allocation.
#[derive(Debug, Default)]
pub(super) struct Seen {
    low: u64,
    rest: Vec<u64>,
}

impl Seen {
    /// Adds `bit` and says whether it was there.
    #[inline]
    pub(super) fn set(&mut self, bit: usize) -> bool {
        if bit < 64 {
            let mask = 1 << bit;
            let was = self.low & mask != 0;
            self.low |= mask;
            was
        } else {
            self.set_high(bit)
        }
    }

    /// Whether `bit` was added.
    #[inline]
    pub(super) fn has(&self, bit: usize) -> bool {
        match bit.checked_sub(64) {
            None => self.low & (1 << bit) != 0,
            Some(bit) => self.rest.get(bit / 64).is_some_and(|word| word & (1 << (bit % 64)) != 0),
        }
    }

    #[inline(never)]
    fn set_high(&mut self, bit: usize) -> bool {
        let (word, mask) = (bit / 64 - 1, 1 << (bit % 64));
        if self.rest.len() <= word {
            self.rest.resize(word + 1, 0);
        }
        match self.rest.get_mut(word) {
            Some(word) => {
                let was = *word & mask != 0;
                *word |= mask;
                was
            }
            None => false,
        }
    }
}
