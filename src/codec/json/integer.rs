//! Integers as text, eight digits at a time.

const EIGHT_DIGITS: u64 = 100_000_000;

/// Appends the digits of `value`.
#[inline]
pub(super) fn write(value: u64, out: &mut Vec<u8>) {
    if value < EIGHT_DIGITS {
        write_short(value, out);
    } else if value < EIGHT_DIGITS * EIGHT_DIGITS {
        write_short(value / EIGHT_DIGITS, out);
        out.extend_from_slice(&digits(value % EIGHT_DIGITS).to_le_bytes());
    } else {
        out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }
}

#[inline]
fn write_short(value: u64, out: &mut Vec<u8>) {
    let digits = digits(value);
    // The last digit stays, be it a zero.
    let zeros = ((digits & 0x000f_0f0f_0f0f_0f0f) | 1 << 56).trailing_zeros() & !7;
    let end = out.len() + 8 - zeros as usize / 8;
    out.extend_from_slice(&(digits >> zeros).to_le_bytes());
    out.truncate(end);
}

/// The eight digits of a number that has no more, the first one lowest: it is halved into two of
/// four, four of two and eight of one, all parts in one word.
#[inline]
fn digits(value: u64) -> u64 {
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 5243) >> 19) & 0x0000_007f_0000_007f;
    let twos = hundreds | (fours - hundreds * 100) << 16;
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    (tens | (twos - tens * 10) << 8) | 0x3030_3030_3030_3030
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn integers_are_written_as_rust_writes_them() {
        let mut out = Vec::new();
        let powers = (0..20).map(|power| 10u64.pow(power));
        let some = powers.flat_map(|power| [power - 1, power, power + 1, power.wrapping_mul(7)]);
        for value in (0..200_000).step_by(7).chain(0..10_000).chain(some).chain([u64::MAX]) {
            out.clear();
            write(value, &mut out);
            assert_eq!(String::from_utf8_lossy(&out), value.to_string());
        }
    }
}
