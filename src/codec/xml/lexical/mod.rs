//! Simple values between the text of XML Schema (Part 2) and the wire.

mod parse;
mod read;
mod write;

pub(super) use parse::moment;
pub(super) use read::decode;
pub(super) use write::{encode, find, write_decimal};

use crate::contract::shape::Kind;
use crate::contract::xml::{Builtin, Form};

/// A value as the wire has it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wire<'m> {
    /// Bits as [`json::read_number`] gives them.
    Number(u64),
    /// Text, bytes or a message.
    Bytes(&'m [u8]),
}

/// Whether values are bytes, which may stand elsewhere.
pub(super) fn is_binary(form: &Form) -> bool {
    matches!(form, Form::Scalar(Kind::Bytes))
}

/// Whether a value that is said to be of the type of that name is one of `builtin`: toolkits say the
/// type of their own language's number.
pub(super) fn is_like(name: &str, builtin: Builtin) -> bool {
    use Builtin::*;
    const NUMBERS: [Builtin; 14] = [
        Integer,
        NonPositiveInteger,
        NegativeInteger,
        NonNegativeInteger,
        PositiveInteger,
        Long,
        Int,
        Short,
        Byte,
        UnsignedLong,
        UnsignedInt,
        UnsignedShort,
        UnsignedByte,
        Decimal,
    ];
    const FLOATS: [Builtin; 3] = [Float, Double, Decimal];
    const TEXTS: [Builtin; 10] = [
        String,
        NormalizedString,
        Token,
        Language,
        Name,
        NcName,
        NmToken,
        Id,
        AnyUri,
        AnySimpleType,
    ];
    let Some(said) = Builtin::named(name) else {
        // `base64` of SOAP's own encoding.
        return name == "base64" && builtin == Base64Binary;
    };
    let both = |list: &[Builtin]| list.contains(&said) && list.contains(&builtin);
    both(&NUMBERS) || both(&FLOATS) || both(&TEXTS) || (said == String && builtin != Base64Binary)
}
