//! Random messages of random contracts come back as they were, and changed documents do no worse than be
//! refused.

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, proptest};
use prost_reflect::prost::Message;

use super::Fixture;
use crate::codec::canonical::rewrite;
use crate::codec::json::tests::random::{Dice, contract, value};
use crate::codec::xml::{Event, Limits, Reader};

const MESSAGE: &str = "random.M0";

fn canonical(fixture: &Fixture, wire: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    rewrite(fixture.json.shapes(), fixture.shape, wire, 100, &mut out).unwrap();
    out
}

/// The steps of a document: names, texts.
fn steps(xml: &str) -> Vec<String> {
    let mut reader = Reader::new(xml, Limits::default());
    let mut steps = Vec::new();
    loop {
        match reader.step().unwrap() {
            Event::Start(start) => steps.push(format!("{{{}}}{}", start.namespace, start.local)),
            Event::Text(text) => steps.push(text.into_owned()),
            Event::End => steps.push("/".to_owned()),
            Event::Eof => return steps,
        }
    }
}

/// The same by another parser.
fn other_steps(node: roxmltree::Node<'_, '_>, steps: &mut Vec<String>) {
    for child in node.children() {
        if child.is_element() {
            let name = child.tag_name();
            steps.push(format!("{{{}}}{}", name.namespace().unwrap_or_default(), name.name()));
            other_steps(child, steps);
            steps.push("/".to_owned());
        } else if let Some(text) = child.text().filter(|_| child.is_text()) {
            steps.push(text.to_owned());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn messages_come_back_as_they_were(schema in vec(any::<u8>(), 0..200), content in vec(any::<u8>(), 0..600)) {
        let contract = contract(&mut Dice(&schema));
        let fixture = Fixture::new(&contract.pool, MESSAGE);
        let descriptor = contract.pool.get_message_by_name(MESSAGE).unwrap();
        let wire = value(&descriptor, 3, &mut Dice(&content)).encode_to_vec();
        match fixture.encode(&wire) {
            Ok(xml) => {
                let back = fixture.decode(&xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
                assert_eq!(fixture.encode(&back).as_deref(), Ok(&*xml));
                // There are many bits of NaN, and one text; what an Any holds is not made canonical.
                if !xml.contains("NaN") && !xml.contains("@type") {
                    assert_eq!(canonical(&fixture, &back), canonical(&fixture, &wire), "{xml}");
                }
                let document = roxmltree::Document::parse(&xml).unwrap();
                let mut other = Vec::new();
                other_steps(document.root(), &mut other);
                assert_eq!(steps(&xml), other);
            }
            // Random texts hold anything, and random numbers are no moments.
            Err(error) => assert!(
                ["XML cannot hold", "timestamp", "duration", "UTF-8", "no JSON", "mask", "JSON", "Any", "any"]
                    .iter()
                    .any(|known| error.contains(known)),
                "{error}"
            ),
        }
    }

    #[test]
    fn changed_documents_are_read_or_refused(content in vec(any::<u8>(), 0..300), changes in vec((any::<u16>(), any::<u8>()), 0..6)) {
        let fixture = &*super::KINDS;
        let descriptor = crate::codec::json::tests::CONTRACT.pool.get_message_by_name("kinds.All").unwrap();
        let wire = value(&descriptor, 2, &mut Dice(&content)).encode_to_vec();
        if let Ok(xml) = fixture.encode(&wire) {
            let mut bytes = xml.into_bytes();
            for (at, byte) in changes {
                let at = usize::from(at) % bytes.len();
                bytes[at] = byte;
            }
            if let Ok(text) = String::from_utf8(bytes)
                && text.starts_with("<m")
                && let Ok(wire) = std::panic::catch_unwind(|| fixture.decode(&text)).unwrap_or(Err(String::new()))
            {
                // What was read is a message.
                canonical(fixture, &wire);
            }
        }
    }
}
