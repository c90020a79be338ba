//! Enum types compiled for speed.

use super::NameTable;

/// Names an enum within its [`Shapes`](super::Shapes) arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnumId(pub u32);

/// One enum type.
#[derive(Debug)]
pub struct EnumShape {
    /// `shop.v1.Currency`.
    pub full_name: Box<str>,
    /// Whether numbers without a name are no values of it.
    pub closed: bool,
    /// Whether this is `google.protobuf.NullValue`, which JSON writes as `null`.
    pub null_value: bool,
    /// Names and numbers in declaration order, aliases included.
    pub values: Vec<(Box<str>, i32)>,
    names: NameTable,
    /// Each name of `values` with quotes around it.
    quoted: Vec<Box<str>>,
    /// Indexes into `values` of the first name of each number, by number.
    by_number: Vec<(i32, u32)>,
    /// The same for the numbers from 0 on, as far as they stand without gaps.
    dense: Vec<u32>,
}

pub(super) static NO_ENUM: std::sync::LazyLock<EnumShape> =
    std::sync::LazyLock::new(|| EnumShape::new("", false, Vec::new()));

impl EnumShape {
    pub(super) fn new(full_name: &str, closed: bool, values: Vec<(Box<str>, i32)>) -> Self {
        let names = NameTable::new(values.iter().map(|(name, _)| &**name).zip(0..));
        let mut by_number: Vec<(i32, u32)> =
            values.iter().map(|(_, number)| *number).zip(0..).collect();
        by_number.sort_unstable();
        by_number.dedup_by_key(|(number, _)| *number);
        let dense = by_number
            .iter()
            .skip_while(|(number, _)| *number < 0)
            .zip(0..)
            .take_while(|((number, _), expected)| number == expected)
            .map(|((_, index), _)| *index)
            .collect();
        let quoted = values.iter().map(|(name, _)| format!("\"{name}\"").into()).collect();
        let null_value = full_name == "google.protobuf.NullValue" && values.len() == 1;
        Self {
            full_name: full_name.into(),
            closed,
            null_value,
            values,
            names,
            quoted,
            by_number,
            dense,
        }
    }

    /// The number of a name.
    #[inline]
    pub fn number(&self, name: &str) -> Option<i32> {
        let index = self.names.get(name.as_bytes())?;
        self.values.get(index as usize).map(|(_, number)| *number)
    }

    /// The name of a number: of several the first declared.
    #[inline]
    pub fn name(&self, number: i32) -> Option<&str> {
        self.values.get(self.index(number)?).map(|(name, _)| &**name)
    }

    /// The same with quotes around it.
    #[inline]
    pub fn quoted_name(&self, number: i32) -> Option<&str> {
        self.quoted.get(self.index(number)?).map(|name| &**name)
    }

    /// The known name that looks most like `name`.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        self.names.nearest(name)
    }

    #[inline]
    fn index(&self, number: i32) -> Option<usize> {
        let dense = usize::try_from(number).ok().and_then(|number| self.dense.get(number));
        let index = match dense {
            Some(index) => *index,
            None => {
                let at = self.by_number.binary_search_by_key(&number, |(number, _)| *number);
                self.by_number.get(at.ok()?)?.1
            }
        };
        Some(index as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::EnumShape;

    #[test]
    fn aliases_read_and_the_first_name_is_written() {
        let values = [("B", 1), ("A", 0), ("C", 1), ("N", -7), ("X", i32::MAX)];
        let shape = EnumShape::new("e", true, values.map(|(n, v)| (n.into(), v)).into());
        assert_eq!(shape.number("C"), Some(1));
        assert_eq!(shape.name(1), Some("B"));
        assert_eq!(shape.name(0), Some("A"));
        assert_eq!(shape.name(-7), Some("N"));
        assert_eq!(shape.name(i32::MAX), Some("X"));
        assert_eq!((shape.name(2), shape.number("D")), (None, None));
    }
}
