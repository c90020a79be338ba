//! The built-in types of XML Schema 1.0 Part 2.

/// A built-in simple type of XML Schema. It says how a value is written; what it is in the message
/// says [`Form`](super::Form).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are XML Schema's")]
pub enum Builtin {
    AnySimpleType,
    String,
    NormalizedString,
    Token,
    Language,
    Name,
    NcName,
    NmToken,
    Id,
    IdRef,
    AnyUri,
    QName,
    Boolean,
    Decimal,
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
    Float,
    Double,
    Duration,
    DateTime,
    Time,
    Date,
    GYearMonth,
    GYear,
    GMonthDay,
    GDay,
    GMonth,
    Base64Binary,
    HexBinary,
}

impl Builtin {
    /// Every type with its local name in `http://www.w3.org/2001/XMLSchema`.
    pub const ALL: [(Self, &'static str); 40] = [
        (Self::AnySimpleType, "anySimpleType"),
        (Self::String, "string"),
        (Self::NormalizedString, "normalizedString"),
        (Self::Token, "token"),
        (Self::Language, "language"),
        (Self::Name, "Name"),
        (Self::NcName, "NCName"),
        (Self::NmToken, "NMTOKEN"),
        (Self::Id, "ID"),
        (Self::IdRef, "IDREF"),
        (Self::AnyUri, "anyURI"),
        (Self::QName, "QName"),
        (Self::Boolean, "boolean"),
        (Self::Decimal, "decimal"),
        (Self::Integer, "integer"),
        (Self::NonPositiveInteger, "nonPositiveInteger"),
        (Self::NegativeInteger, "negativeInteger"),
        (Self::NonNegativeInteger, "nonNegativeInteger"),
        (Self::PositiveInteger, "positiveInteger"),
        (Self::Long, "long"),
        (Self::Int, "int"),
        (Self::Short, "short"),
        (Self::Byte, "byte"),
        (Self::UnsignedLong, "unsignedLong"),
        (Self::UnsignedInt, "unsignedInt"),
        (Self::UnsignedShort, "unsignedShort"),
        (Self::UnsignedByte, "unsignedByte"),
        (Self::Float, "float"),
        (Self::Double, "double"),
        (Self::Duration, "duration"),
        (Self::DateTime, "dateTime"),
        (Self::Time, "time"),
        (Self::Date, "date"),
        (Self::GYearMonth, "gYearMonth"),
        (Self::GYear, "gYear"),
        (Self::GMonthDay, "gMonthDay"),
        (Self::GDay, "gDay"),
        (Self::GMonth, "gMonth"),
        (Self::Base64Binary, "base64Binary"),
        (Self::HexBinary, "hexBinary"),
    ];

    /// Its local name.
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(builtin, _)| *builtin == self);
        found.map_or("anySimpleType", |(_, name)| name)
    }

    /// The type of that local name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(builtin, _)| *builtin)
    }
}
