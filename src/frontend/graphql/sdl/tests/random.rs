//! Files that nobody would write.

use async_graphql::parser::parse_schema;
use proptest::prelude::*;

use super::{SHOP_FILE, applied};
use crate::contract::graphql::{Binding, Field, Model, Named, Source, TypeRef, Value, print};

/// A text as words, each with the blanks behind it.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        let joins = |c: char| c.is_alphanumeric() || c == '_';
        if word
            .chars()
            .next_back()
            .is_some_and(|last| !(c.is_whitespace() || joins(last) && joins(c)))
        {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    words
}

/// What stands where something else stood.
const OTHERS: &[&str] = &[
    "Product",
    "Review",
    "[Review!]!",
    "Stock",
    "User",
    "Money",
    "Query",
    "Mutation",
    "Subscription",
    "ProductInput",
    "ProductAvailability",
    "ProductDelivery",
    "extend type ",
    "extend enum ",
    "extend input ",
    "extend union ",
    "@call",
    "@batch",
    "@hide",
    "@rename",
    "@move",
    "@key",
    "@deprecated",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ":",
    "!",
    "\"",
    "\"\"\"",
    "\\",
    "$",
    "#",
    "\n",
    "\r",
    "\u{feff}",
    "é",
    "\u{0}",
    "null",
    "true",
    "1",
    "-1",
    "99999999999999999999",
    "1e999",
    "select: ",
    "with: ",
    "field: ",
    "argument: ",
    "value: ",
    "to: ",
    "key: ",
    "by: ",
    "parent: ",
    "fields: ",
    "\"product_id\"",
    "\"$parent.product_id\"",
    "\"$args.limit\"",
    "\"$$\"",
    "\"products\"",
    "\"getProduct\"",
    "\"name\"",
    "\"productId\"",
    "\"a.b.c\"",
    "\"\"",
    "\"$parent.\"",
    "\"$args.\"",
    "\"shop.v1.ProductService.ListProducts\"",
    "\"shop.v1.InventoryService.WatchStock\"",
    "\"\\u0000\"",
];

/// Sees that a schema names only what it has.
fn check(model: &Model) {
    let named = |named: Named| match named {
        Named::Scalar(_) => true,
        Named::Object(id) => id.0 < model.objects.len(),
        Named::Union(id) => id.0 < model.unions.len(),
        Named::Enum(id) => id.0 < model.enums.len(),
        Named::Input(id) => id.0 < model.inputs.len(),
    };
    let is_there = |ty: TypeRef| assert!(named(ty.named), "{ty:?}");
    let bound = |field: &Field, bindings: &[Binding]| {
        for binding in bindings {
            if let Value::Argument(index) = binding.value {
                assert!(index < field.arguments.len(), "{field:?}");
            }
        }
    };
    for field in model.objects.iter().flat_map(|object| &object.fields) {
        is_there(field.ty);
        field.arguments.iter().for_each(|argument| is_there(argument.ty));
        if let Source::Call(call) = &field.source {
            bound(field, &call.bindings);
            call.batch.iter().for_each(|batch| bound(field, &batch.bindings));
        }
    }
    model.inputs.iter().flat_map(|input| &input.fields).for_each(|(field, _)| is_there(field.ty));
    assert!(model.names.values().all(|name| named(*name)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_that_is_written_breaks_anything(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, 0..OTHERS.len()), 1..8),
        cut in any::<prop::sample::Index>(),
        whole in any::<bool>(),
    ) {
        let mut words = words(SHOP_FILE);
        if !whole {
            let from = cut.index(words.len());
            words.drain(..from);
        }
        for (at, how, other) in edits {
            if words.is_empty() {
                break;
            }
            let at = at.index(words.len());
            match how {
                0 => words[at] = OTHERS[other].to_owned(),
                1 => words.insert(at, OTHERS[other].to_owned()),
                2 => drop(words.remove(at)),
                _ => {
                    let other = words[(at * 31 + 7) % words.len()].clone();
                    words[at] = other;
                }
            }
        }
        let text = words.concat();
        let (model, problems) = applied(&[&text]);
        let _ = problems.render(false, 80);
        check(&model);
        if !problems.has_errors() {
            let printed = print(&model, true);
            prop_assert!(parse_schema(&printed).is_ok(), "{printed}");
        }
    }
}
