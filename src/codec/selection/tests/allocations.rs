//! No allocation once the output has room: neither per field nor per answer.

use allocation_counter::measure;

use super::*;
use crate::codec::json::tests::STRICT;

#[test]
fn writing_allocates_nothing_with_an_output_that_was_used_before() {
    let selection = select(
        "kinds.All",
        "r_message(f_double! f_int64 f_string f_bytes f_enum f_message(f_string) r_int32 r_string \
         m_string(key value) timestamp duration w_int64 o_int32 <choice>(c_int32(c_int32 a:=1)) \
         b:=2 x:@y)",
    );
    let element = r#"{"fDouble":1.5,"fInt64":"-7000000000","fString":"a \"quoted\" text","fBytes":"AAECAw==","fEnum":"RED","fMessage":{"fString":"inner"},"rInt32":[1,2,3],"rString":["a","b"],"mString":{"a":1,"b":2},"timestamp":"2026-01-31T12:00:00Z","duration":"1.500s","wInt64":"5","cInt32":3}"#;
    struct Zeros;
    impl Holes for Zeros {
        fn fill(&mut self, _: usize, _: Span, output: &mut Output) -> Result<(), Stop> {
            output.json.push(b'0');
            Ok(())
        }
    }
    let json = format!("{{\"rMessage\":[{}]}}", vec![element; 100].join(","));
    let wire = CONTRACT.decode("kinds.All", json.as_bytes(), &STRICT).unwrap();
    let span = Span { start: 0, end: wire.len() };
    let mut output = Output::default();
    let mut write = || {
        output.json.clear();
        write_object(&CONTRACT.view, &selection, &wire, span, 9, &mut output, &mut Zeros).unwrap();
    };
    write();
    assert_eq!(measure(&mut write).count_total, 0);
    assert!(output.json.len() > 100 * 200);
}
