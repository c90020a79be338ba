//! From an operation to the backend that serves it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::checked;
use crate::config::pattern::Pattern;

/// Which backend serves which service: the config's `services`, most specific first, then the
/// backend that a service was learned from, then the only backend there is.
#[derive(Debug)]
pub struct Dispatch {
    rules: Vec<Rule>,
    only: Option<Arc<str>>,
}

#[derive(Debug)]
struct Rule {
    pattern: Pattern,
    service: checked::Service,
}

/// Where the calls of one operation go.
#[derive(Debug)]
pub struct Target<'d> {
    /// The backend's name.
    pub backend: &'d Arc<str>,
    /// What the config says of the operation.
    pub settings: Option<&'d checked::OperationSettings>,
}

impl Dispatch {
    /// Compiles the config's rules.
    pub fn build(config: &checked::Config) -> Self {
        // The config was checked: what is in it reads as a pattern.
        let rule = |service: &checked::Service| {
            let pattern = Pattern::parse(&service.pattern).ok()?;
            Some(Rule { pattern, service: service.clone() })
        };
        let mut rules: Vec<Rule> = config.services.iter().filter_map(rule).collect();
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.pattern.specificity()));
        Self { rules, only: only(&config.backends) }
    }

    /// Where calls of `method` of `service` go; `None` where the config leaves it open.
    /// `learned_from` is the backend whose reflection told of the service.
    pub fn target<'d>(
        &'d self,
        service: &str,
        method: &str,
        learned_from: Option<&'d Arc<str>>,
    ) -> Option<Target<'d>> {
        let mut matching = self.rules.iter().filter(|rule| rule.pattern.matches(service));
        match matching.next() {
            Some(rule) => Some(Target {
                backend: &rule.service.backend,
                settings: rule.service.operations.get(method),
            }),
            None => {
                let backend = learned_from.or(self.only.as_ref())?;
                Some(Target { backend, settings: None })
            }
        }
    }
}

fn only(backends: &BTreeMap<Arc<str>, checked::Backend>) -> Option<Arc<str>> {
    match backends.len() {
        1 => backends.keys().next().cloned(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dispatch(backends: &str, services: &str) -> Dispatch {
        let text = format!(
            "backends: {{ {backends} }}\nservices: {{ {services} }}\n\
             contracts: [{{ reflection: a }}]\nlisteners: {{ l: {{ address: '127.0.0.1:0' }} }}\n"
        );
        let folder = std::path::Path::new(".");
        let config = crate::config::parse("test", text, folder, &|_| None);
        Dispatch::build(&config.expect("a legal config"))
    }

    const A: &str = "a: { grpc: { endpoints: ['http://127.0.0.1:1'] } }";
    const B: &str = "b: { grpc: { endpoints: ['http://127.0.0.1:2'] } }";

    #[test]
    fn the_most_specific_pattern_wins() {
        let rules =
            "'shop.*': { backend: a }, 'shop.v1.*': { backend: b }, shop.v1.X: { backend: a }";
        let dispatch = dispatch(&format!("{A}, {B}"), rules);
        let of = |service| dispatch.target(service, "M", None).map(|target| &**target.backend);
        assert_eq!(of("shop.v1.X"), Some("a"));
        assert_eq!(of("shop.v1.Y"), Some("b"));
        assert_eq!(of("shop.v2.Y"), Some("a"));
        assert_eq!(of("other.Z"), None);
    }

    #[test]
    fn what_no_rule_names_goes_to_whom_it_was_learned_from_or_the_only_one() {
        let two = dispatch(&format!("{A}, {B}"), "");
        let learned: Arc<str> = "b".into();
        assert_eq!(two.target("x.Y", "M", Some(&learned)).map(|t| &**t.backend), Some("b"));
        assert!(two.target("x.Y", "M", None).is_none());
        let one = dispatch(A, "");
        assert_eq!(one.target("x.Y", "M", None).map(|t| &**t.backend), Some("a"));
    }
}
