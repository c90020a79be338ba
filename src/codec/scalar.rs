//! Scalars between their text and their wire form.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::json::number::{self, Integer, Problem};
use super::wire::{FIXED32, FIXED64, Malformed, Reader, write_varint, zigzag};
use crate::contract::shape::Kind;

/// A number, boolean or enum as its wire type has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raw {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
}

impl Raw {
    /// The number, boolean or enum at the cursor, cut to what its kind holds.
    pub(super) fn read(kind: Kind, reader: &mut Reader) -> Result<Self, Malformed> {
        Ok(match (kind, kind.wire_type()) {
            (_, FIXED32) => Self::Fixed32(reader.fixed32()?),
            (_, FIXED64) => Self::Fixed64(reader.fixed64()?),
            (Kind::Int32 | Kind::Enum(_), _) => Self::enum_number(reader.varint()? as i32),
            (Kind::Uint32 | Kind::Sint32, _) => Self::Varint(u64::from(reader.varint()? as u32)),
            (Kind::Bool, _) => Self::Varint(u64::from(reader.varint()? != 0)),
            _ => Self::Varint(reader.varint()?),
        })
    }

    /// Appends it, without a tag.
    #[inline]
    pub(super) fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Varint(value) => write_varint(value, out),
            Self::Fixed32(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Fixed64(value) => out.extend_from_slice(&value.to_le_bytes()),
        }
    }

    /// Whether it is what an absent field reads as. A negative zero is not.
    #[inline]
    pub(super) fn is_default(self) -> bool {
        matches!(self, Self::Varint(0) | Self::Fixed32(0) | Self::Fixed64(0))
    }

    /// An enum's number.
    #[inline]
    pub(super) fn enum_number(number: i32) -> Self {
        Self::Varint(i64::from(number) as u64)
    }
}

/// The wire form of an integer; `None` where the kind does not reach that far.
#[inline]
pub(super) fn integer(kind: Kind, integer: Integer) -> Option<Raw> {
    let Integer { negative, magnitude, .. } = integer;
    let unsigned = (!negative || magnitude == 0).then_some(magnitude);
    let signed = || match negative {
        true => 0i64.checked_sub_unsigned(magnitude),
        false => i64::try_from(magnitude).ok(),
    };
    let int32 = || i32::try_from(signed()?).ok();
    let uint32 = || u32::try_from(unsigned?).ok();
    Some(match kind {
        Kind::Int32 | Kind::Enum(_) => Raw::Varint(i64::from(int32()?) as u64),
        Kind::Int64 => Raw::Varint(signed()? as u64),
        Kind::Uint32 => Raw::Varint(u64::from(uint32()?)),
        Kind::Uint64 => Raw::Varint(unsigned?),
        Kind::Sint32 => Raw::Varint(u64::from(zigzag(i64::from(int32()?)) as u32)),
        Kind::Sint64 => Raw::Varint(zigzag(signed()?)),
        Kind::Fixed32 => Raw::Fixed32(uint32()?),
        Kind::Fixed64 => Raw::Fixed64(unsigned?),
        Kind::Sfixed32 => Raw::Fixed32(int32()? as u32),
        Kind::Sfixed64 => Raw::Fixed64(signed()? as u64),
        _ => return None,
    })
}

/// The wire form of a number or boolean written as text, all of it. Enums go by number here.
pub(super) fn parse(kind: Kind, text: &str) -> Result<Raw, Problem> {
    let bytes = text.as_bytes();
    let whole = |len: usize| if len == bytes.len() { Ok(()) } else { Err(Problem::Form) };
    match kind {
        Kind::Double => {
            let value = match named_float(text) {
                Some(value) => value,
                None => {
                    let (value, len) = number::double(bytes)?;
                    whole(len)?;
                    value
                }
            };
            Ok(Raw::Fixed64(value.to_bits()))
        }
        Kind::Float => {
            let value = match named_float(text) {
                Some(value) => value as f32,
                None => {
                    let (value, len) = number::float(bytes)?;
                    whole(len)?;
                    value
                }
            };
            Ok(Raw::Fixed32(value.to_bits()))
        }
        Kind::Bool => match text {
            "true" => Ok(Raw::Varint(1)),
            "false" => Ok(Raw::Varint(0)),
            _ => Err(Problem::Form),
        },
        kind => {
            let read = number::integer(bytes)?;
            whole(read.len)?;
            integer(kind, read).ok_or(Problem::Range)
        }
    }
}

fn named_float(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// Padding is the writer's choice, and so are the bits beyond the last byte.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Appends the bytes that a base64 text of either alphabet stands for; `false` where it is none.
pub(super) fn decode_base64(text: &[u8], out: &mut Vec<u8>) -> bool {
    let engine = match memchr::memchr2(b'-', b'_', text) {
        Some(_) => &URL_SAFE,
        None => &STANDARD,
    };
    // All the padding or none of it.
    (text.last() != Some(&b'=') || text.len().is_multiple_of(4))
        && engine.decode_vec(text, out).is_ok()
}

/// Appends the base64 of `bytes`: standard alphabet, padded.
pub(super) fn encode_base64(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let room = out.get_mut(start..).unwrap_or_default();
    // The room is exactly what padded base64 takes.
    let _ = STANDARD.encode_slice(bytes, room);
}

#[cfg(test)]
mod tests {
    use super::{decode_base64, encode_base64};

    #[test]
    fn base64_is_read_in_both_alphabets_padded_or_not() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("-_", &[0xfb]),
            ("+/+/", &[0xfb, 0xff, 0xbf]),
            ("-_-_", &[0xfb, 0xff, 0xbf]),
            ("AQI=", &[1, 2]),
            ("AQI", &[1, 2]),
            ("AQ==", &[1]),
        ] {
            let mut out = b"x".to_vec();
            assert!(decode_base64(text.as_bytes(), &mut out), "{text}");
            assert_eq!(&out[1..], bytes, "{text}");
        }
        for text in ["A", "AQI=AQI=", "AQIDB", "A=QI", "AQ=", "AQ I", "=", "=AQI"] {
            assert!(!decode_base64(text.as_bytes(), &mut Vec::new()), "{text}");
        }
    }

    #[test]
    fn base64_is_written_padded() {
        for (bytes, text) in
            [(&b""[..], ""), (&[1], "AQ=="), (&[1, 2], "AQI="), (&[1, 2, 3], "AQID")]
        {
            let mut out = Vec::new();
            encode_base64(bytes, &mut out);
            assert_eq!(out, text.as_bytes());
        }
    }
}
