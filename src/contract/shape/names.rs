//! A frozen set of names, each with a number: open addressing over all bytes of the name, under
//! the seed that gives the shortest probes.

/// Names and what they stand for. Reading compares against few entries: the table is at most half
/// full and its seed was chosen for it.
#[derive(Debug, Default)]
pub struct NameTable {
    seed: u64,
    mask: usize,
    /// Indexes into `entries`, plus one; 0 is free.
    slots: Box<[u32]>,
    entries: Vec<Entry>,
    bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    start: u32,
    len: u32,
    value: u32,
}

const SEEDS: u64 = 32;

impl NameTable {
    /// The table of these names. Of a name given twice the first one counts.
    pub fn new<'a>(names: impl IntoIterator<Item = (&'a str, u32)>) -> Self {
        let mut table = Self::default();
        let mut known = std::collections::HashSet::new();
        for (name, value) in names {
            let (Ok(start), Ok(len)) =
                (u32::try_from(table.bytes.len()), u32::try_from(name.len()))
            else {
                continue;
            };
            if known.insert(name) {
                table.bytes.extend_from_slice(name.as_bytes());
                table.entries.push(Entry { start, len, value });
            }
        }
        let capacity = (table.entries.len() * 2).next_power_of_two().max(2);
        table.mask = capacity - 1;
        let mut best = usize::MAX;
        for seed in 0..SEEDS {
            let (slots, probes) = table.fill(seed);
            if probes < best {
                best = probes;
                table.seed = seed;
                table.slots = slots;
            }
            if best <= 1 {
                break;
            }
        }
        table
    }

    /// What `name` stands for.
    #[inline]
    pub fn get(&self, name: &[u8]) -> Option<u32> {
        let mut slot = hash(self.seed, name) as usize & self.mask;
        loop {
            let index = *self.slots.get(slot)? as usize;
            let entry = self.entries.get(index.checked_sub(1)?)?;
            if self.name(entry) == name {
                return Some(entry.value);
            }
            slot = (slot + 1) & self.mask;
        }
    }

    /// All names in the order they were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| std::str::from_utf8(self.name(entry)).ok())
    }

    /// The known name that looks most like `name`, if one looks like it at all.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        self.names()
            .map(|known| (strsim::jaro_winkler(known, name), known))
            .filter(|(likeness, _)| *likeness > 0.75)
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, known)| known)
    }

    #[inline]
    fn name(&self, entry: &Entry) -> &[u8] {
        let start = entry.start as usize;
        self.bytes.get(start..start + entry.len as usize).unwrap_or_default()
    }

    /// The slots under `seed`, and how long the longest probe is.
    fn fill(&self, seed: u64) -> (Box<[u32]>, usize) {
        let mut slots = vec![0u32; self.mask + 1].into_boxed_slice();
        let mut longest = 0;
        for (index, entry) in (1u32..).zip(&self.entries) {
            let mut slot = hash(seed, self.name(entry)) as usize & self.mask;
            let mut probes = 1;
            while slots[slot] != 0 {
                slot = (slot + 1) & self.mask;
                probes += 1;
            }
            slots[slot] = index;
            longest = longest.max(probes);
        }
        (slots, longest)
    }
}

/// A hash of every byte: multiply and fold, eight bytes at a step.
#[inline]
fn hash(seed: u64, name: &[u8]) -> u64 {
    const K: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = (seed ^ name.len() as u64).wrapping_add(1).wrapping_mul(K);
    let mut chunks = name.chunks_exact(8);
    for chunk in &mut chunks {
        let word = chunk.try_into().map_or(0, u64::from_le_bytes);
        state = fold(state ^ word, K);
    }
    let mut last = 0;
    for &byte in chunks.remainder() {
        last = last << 8 | u64::from(byte);
    }
    fold(state ^ last, K ^ 0x5bd1_e995_a5a5_a5a5)
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use super::NameTable;

    #[test]
    fn every_name_is_found_and_no_other() {
        let names: Vec<String> = (0..500).map(|i| format!("customer_{i}_address")).collect();
        let table = NameTable::new(names.iter().map(String::as_str).zip(0..));
        for (index, name) in (0..).zip(&names) {
            assert_eq!(table.get(name.as_bytes()), Some(index));
        }
        assert_eq!(table.get(b"customer_500_address"), None);
        assert_eq!(table.get(b""), None);
    }

    #[test]
    fn names_alike_at_both_ends_are_told_apart() {
        let names = ["customer_billing_address", "customer_company_address"];
        let table = NameTable::new(names.into_iter().zip(0..));
        assert_eq!(table.get(b"customer_billing_address"), Some(0));
        assert_eq!(table.get(b"customer_company_address"), Some(1));
        assert_eq!(table.get(b"customer_shipping_address"), None);
    }

    #[test]
    fn empty_table_finds_nothing() {
        assert_eq!(NameTable::new([]).get(b"a"), None);
        assert_eq!(NameTable::default().get(b"a"), None);
    }

    #[test]
    fn first_of_two_equal_names_counts() {
        assert_eq!(NameTable::new([("a", 1), ("a", 2)]).get(b"a"), Some(1));
    }

    #[test]
    fn nearest_name_is_found() {
        let table = NameTable::new([("price", 0), ("title", 1)]);
        assert_eq!(table.nearest("prise"), Some("price"));
        assert_eq!(table.nearest("zzz"), None);
    }
}
