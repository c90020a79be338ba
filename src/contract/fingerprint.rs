//! Tells whether a contract changed without reading it.

use std::collections::BTreeSet;

/// A hash over the files of a contract.
pub type Fingerprint = u64;

/// A hash over `files` that depends on neither their order nor on how often one stands there.
pub fn fingerprint<'a>(files: impl IntoIterator<Item = &'a [u8]>) -> Fingerprint {
    let files: BTreeSet<u64> = files.into_iter().map(|file| hash(FNV_OFFSET, file)).collect();
    files.into_iter().fold(FNV_OFFSET, |state, file| hash(state, &file.to_le_bytes()))
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a: it is stable over versions of the standard library, which `DefaultHasher` is not, and a
/// backend that finds a collision fools nobody but itself.
fn hash(state: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(state, |state, byte| (state ^ u64::from(*byte)).wrapping_mul(FNV_PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_repetition_do_not_count() {
        let [a, b] = [b"one".as_slice(), b"two".as_slice()];
        assert_eq!(fingerprint([a, b]), fingerprint([b, a, b]));
        assert_ne!(fingerprint([a, b]), fingerprint([a]));
        assert_ne!(fingerprint([a]), fingerprint([b]));
        assert_ne!(fingerprint([]), fingerprint([b"".as_slice()]));
    }
}
