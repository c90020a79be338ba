//! Files over the shop's schema.

mod joins;
mod names;
mod random;
mod wrong;

use std::sync::LazyLock;

use super::{DIRECTIVES, File, apply};
use crate::config::{Problems, Severity};
use crate::contract::Contract;
use crate::contract::graphql::{
    Call, Exposed, Field, Model, Named, Object, Options, Source, build, print, testing,
};

static SHOP: LazyLock<(Contract, Vec<Exposed>)> = LazyLock::new(|| {
    let contract = testing::shop();
    let exposed = testing::exposed(&contract);
    (contract, exposed)
});

const SHOP_FILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/graphql/shop.graphql"));

/// The shop's schema as these files change it.
fn applied(texts: &[&str]) -> (Model, Problems) {
    let (contract, exposed) = &*SHOP;
    let (mut model, _) = build(contract, exposed, &Options::default());
    let files: Vec<_> = texts
        .iter()
        .zip(1..)
        .map(|(text, number)| File { path: format!("{number}.graphql"), text: (*text).into() })
        .collect();
    let problems = apply(&mut model, contract, exposed, &files);
    (model, problems)
}

/// The same, where nothing is wrong.
fn changed(text: &str) -> Model {
    let (model, problems) = applied(&[text]);
    assert!(problems.is_empty(), "{problems}");
    model
}

/// Problems as lines of text.
fn told(problems: &Problems) -> String {
    let line = |problem: &crate::config::Problem| match problem.severity {
        Severity::Error => format!("{problem}\n"),
        Severity::Warning => format!("warning: {problem}\n"),
    };
    problems.iter().map(line).collect()
}

fn object<'m>(model: &'m Model, name: &str) -> &'m Object {
    match model.names.get(name) {
        Some(Named::Object(id)) => &model.objects[id.0],
        other => panic!("{name} is {other:?}"),
    }
}

fn field<'m>(model: &'m Model, ty: &str, name: &str) -> &'m Field {
    let fields = &object(model, ty).fields;
    fields.iter().find(|field| field.name == name).unwrap_or_else(|| panic!("no {ty}.{name}"))
}

fn call<'m>(model: &'m Model, ty: &str, name: &str) -> &'m Call {
    match &field(model, ty, name).source {
        Source::Call(call) => call,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_changes_without_files() {
    let (contract, exposed) = &*SHOP;
    let (mut model, _) = build(contract, exposed, &Options::default());
    let before = print(&model, true);
    assert!(apply(&mut model, contract, exposed, &[]).is_empty());
    assert_eq!(print(&model, true), before);
}

#[test]
fn definitions_may_stand_in_a_file() {
    let (before, _) = applied(&[""]);
    let (model, problems) = applied(&["# nothing", DIRECTIVES, ""]);
    assert!(problems.is_empty(), "{problems}");
    assert_eq!(print(&model, true), print(&before, true));
}

#[test]
fn shop_is_joined_without_a_problem() {
    let (model, problems) = applied(&[SHOP_FILE, DIRECTIVES]);
    assert!(problems.is_empty(), "{problems}");
    let text = print(&model, true);
    let joined: Vec<_> = text.lines().filter(|line| line.starts_with("  author: ")).collect();
    assert_eq!(joined, ["  author: User", "  author: User"]);
    assert!(text.contains("\n  product(\n"), "{text}");
    assert!(!text.contains("ProductReviews"), "{text}");
}

#[test]
fn documented_files_are_right() {
    let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/graphql.md"));
    let blocks = page.split("```graphql\n").skip(1).filter_map(|rest| rest.split("```").next());
    let files: Vec<_> = blocks.filter(|block| block.starts_with("extend ")).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let (_, problems) = applied(&[file]);
        assert!(problems.is_empty(), "{file}\n{problems}");
    }
}
