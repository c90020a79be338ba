//! No allocation per field: a message's own buffer is all that is allocated, however many fields,
//! elements and nested messages it has.

use allocation_counter::measure;

use super::{CONTRACT, PLAIN, STRICT, decode, encode};

/// A message of `elements` messages with fields of every scalar kind, lists, maps and well-known
/// types.
fn list(elements: usize) -> String {
    let element = r#"{"fDouble":1.5,"fFloat":0.25,"fInt32":-7,"fInt64":"-7000000000","fUint32":7,"fUint64":"7000000000","fSint32":-1,"fSint64":"-1","fFixed32":1,"fFixed64":"1","fSfixed32":-1,"fSfixed64":"-1","fBool":true,"fString":"a \"quoted\" text","fBytes":"AAECAw==","fEnum":"RED","fMessage":{"fString":"inner"},"rInt32":[1,2,3],"rString":["a","b"],"mString":{"a":1,"b":2},"timestamp":"2026-01-31T12:00:00Z","duration":"1.500s","mask":"fString,fMessage.fInt32","wInt64":"5"}"#;
    format!("{{\"rMessage\":[{}]}}", vec![element; elements].join(","))
}

#[test]
fn reading_and_writing_allocate_nothing_per_field() {
    let shape = CONTRACT.view.shapes().id("kinds.All").unwrap();
    // What is made on first use is made now.
    CONTRACT.decode("kinds.All", list(1).as_bytes(), &STRICT).unwrap();
    for elements in [1, 100] {
        let json = list(elements);
        let mut wire = Vec::with_capacity(json.len());
        let reading = measure(|| {
            decode(&CONTRACT.view, shape, json.as_bytes(), &STRICT, &mut wire).unwrap();
        });
        assert_eq!(reading.count_total, 0, "reading {elements}");

        let mut written = Vec::with_capacity(2 * json.len());
        let writing = measure(|| {
            encode(&CONTRACT.view, shape, &wire, &PLAIN, &mut written).unwrap();
        });
        assert_eq!(writing.count_total, 0, "writing {elements}");
        assert_eq!(String::from_utf8(written).unwrap(), json);
    }
}
