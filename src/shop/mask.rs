//! Field masks: answering with some fields of a message, and changing some fields of it.

use std::sync::LazyLock;

use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, ReflectMessage};
use prost_types::FieldMask;
use tonic::Status;

use super::api::DESCRIPTORS;
use super::details::invalid;

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(DESCRIPTORS).expect("the descriptors were compiled with this program")
});

/// `message` with the fields of `mask` alone; whole without a mask.
pub fn project<M: Message + Name + Default>(
    message: M,
    mask: Option<&FieldMask>,
) -> Result<M, Status> {
    let Some(mask) = mask.filter(|mask| !mask.paths.is_empty()) else { return Ok(message) };
    let whole = dynamic(&message)?;
    let mut part = DynamicMessage::new(whole.descriptor());
    for path in &mask.paths {
        copy(&whole, &mut part, path, "read_mask", path)?;
    }
    part.transcode_to().map_err(|error| Status::internal(error.to_string()))
}

/// Puts the fields of `mask` from `change` into `message`, absent ones too; without a mask, those
/// that are set in `change`.
pub fn merge<M: Message + Name + Default>(
    message: &M,
    change: &M,
    mask: Option<&FieldMask>,
) -> Result<M, Status> {
    let (mut merged, change) = (dynamic(message)?, dynamic(change)?);
    match mask.filter(|mask| !mask.paths.is_empty()) {
        None => {
            for (field, value) in change.fields() {
                merged.set_field(&field, value.clone());
            }
        }
        Some(mask) => {
            for path in &mask.paths {
                copy(&change, &mut merged, path, "update_mask", path)?;
            }
        }
    }
    merged.transcode_to().map_err(|error| Status::internal(error.to_string()))
}

fn dynamic<M: Message + Name>(message: &M) -> Result<DynamicMessage, Status> {
    let descriptor = POOL
        .get_message_by_name(&M::full_name())
        .ok_or_else(|| Status::internal(format!("no message named {}", M::full_name())))?;
    DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())
        .map_err(|error| Status::internal(error.to_string()))
}

fn copy(
    from: &DynamicMessage,
    to: &mut DynamicMessage,
    path: &str,
    mask: &str,
    whole: &str,
) -> Result<(), Status> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let unknown = || invalid(mask, format!("no field {whole}"));
    let field = from.descriptor().get_field_by_name(name).ok_or_else(unknown)?;
    let Some(rest) = rest else {
        if from.has_field(&field) {
            to.set_field(&field, from.get_field(&field).into_owned());
        } else {
            to.clear_field(&field);
        }
        return Ok(());
    };
    if field.is_list() || field.is_map() || !matches!(field.kind(), Kind::Message(_)) {
        return Err(unknown());
    }
    let inner = from.get_field(&field);
    let (Some(inner), Some(target)) =
        (inner.as_message(), to.get_field_mut(&field).as_message_mut())
    else {
        return Err(unknown());
    };
    copy(inner, target, rest, mask, whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::api::shop::v1::{Money, Product};

    fn mask(paths: &[&str]) -> FieldMask {
        FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }
    }

    fn product() -> Product {
        Product {
            product_id: "p-1".into(),
            name: "Tent".into(),
            tags: vec!["camp".into()],
            price: Some(Money { currency_code: "EUR".into(), units: 9, nanos: 5 }),
            ..Default::default()
        }
    }

    #[test]
    fn read_mask_keeps_what_it_names() {
        let part = project(product(), Some(&mask(&["name", "price.units"]))).unwrap();
        assert_eq!(part.product_id, "");
        assert_eq!(part.name, "Tent");
        assert_eq!(part.price, Some(Money { units: 9, ..Default::default() }));
    }

    #[test]
    fn update_mask_clears_what_the_change_lacks() {
        let change = Product { name: "Big tent".into(), ..Default::default() };
        let masked = merge(&product(), &change, Some(&mask(&["name", "tags"]))).unwrap();
        assert_eq!((masked.name.as_str(), masked.tags.len()), ("Big tent", 0));
        let unmasked = merge(&product(), &change, None).unwrap();
        assert_eq!((unmasked.name.as_str(), unmasked.tags.len()), ("Big tent", 1));
    }

    #[test]
    fn unknown_path_is_refused() {
        for path in ["nme", "tags.x", "price.cents", "name.x", ""] {
            let status = project(product(), Some(&mask(&[path]))).unwrap_err();
            assert_eq!(status.code(), tonic::Code::InvalidArgument, "{path}");
        }
    }
}
