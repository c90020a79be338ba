//! What each kind looks like, both ways.

use super::{Fixture, KINDS};
use crate::codec::json::tests::CONTRACT;

/// XML that reads as JSON, and is written again as XML: the same where the third is empty.
const BOTH: &[(&str, &str, &str)] = &[
    ("", "{}", ""),
    ("<fInt32>-5</fInt32>", r#"{"fInt32":-5}"#, ""),
    ("<fInt32> +007 </fInt32>", r#"{"fInt32":7}"#, "<fInt32>7</fInt32>"),
    ("<fInt64>9223372036854775807</fInt64>", r#"{"fInt64":"9223372036854775807"}"#, ""),
    ("<fUint64>18446744073709551615</fUint64>", r#"{"fUint64":"18446744073709551615"}"#, ""),
    ("<fSint64>-9223372036854775808</fSint64>", r#"{"fSint64":"-9223372036854775808"}"#, ""),
    ("<fDouble>1.5E3</fDouble>", r#"{"fDouble":1500}"#, "<fDouble>1500</fDouble>"),
    ("<fDouble>INF</fDouble>", r#"{"fDouble":"Infinity"}"#, ""),
    ("<fFloat>-INF</fFloat>", r#"{"fFloat":"-Infinity"}"#, ""),
    ("<fDouble>NaN</fDouble>", r#"{"fDouble":"NaN"}"#, ""),
    ("<fBool>1</fBool>", r#"{"fBool":true}"#, "<fBool>true</fBool>"),
    ("<fBool>false</fBool>", "{}", "-"),
    ("<oInt32>0</oInt32>", r#"{"oInt32":0}"#, ""),
    ("<fString> a\tb </fString>", r#"{"fString":" a\tb "}"#, ""),
    (
        "<fString>&lt;&amp;&gt;&quot;&apos;&#65;&#x42;</fString>",
        r#"{"fString":"<&>\"'AB"}"#,
        "<fString>&lt;&amp;&gt;\"'AB</fString>",
    ),
    (
        "<fString><![CDATA[<a>]]> and <!-- no --><?no no?>more</fString>",
        r#"{"fString":"<a> and more"}"#,
        "<fString>&lt;a&gt; and more</fString>",
    ),
    ("<fString>a\r\nb&#13;</fString>", r#"{"fString":"a\nb\r"}"#, "<fString>a\nb&#13;</fString>"),
    ("<oString/>", r#"{"oString":""}"#, "<oString></oString>"),
    ("<fBytes>AAEC/w==</fBytes>", r#"{"fBytes":"AAEC/w=="}"#, ""),
    ("<fBytes> AAEC\n /w== </fBytes>", r#"{"fBytes":"AAEC/w=="}"#, "<fBytes>AAEC/w==</fBytes>"),
    ("<fEnum>RED</fEnum>", r#"{"fEnum":"RED"}"#, ""),
    ("<fEnum>CRIMSON</fEnum>", r#"{"fEnum":"RED"}"#, "<fEnum>RED</fEnum>"),
    ("<fEnum>77</fEnum>", r#"{"fEnum":77}"#, ""),
    ("<fMessage><fInt32>1</fInt32></fMessage>", r#"{"fMessage":{"fInt32":1}}"#, ""),
    ("<fMessage></fMessage>", r#"{"fMessage":{}}"#, ""),
    ("<rInt32>1</rInt32><rInt32>0</rInt32>", r#"{"rInt32":[1,0]}"#, ""),
    (
        "<rMessage></rMessage><rMessage><fInt32>1</fInt32></rMessage>",
        r#"{"rMessage":[{},{"fInt32":1}]}"#,
        "",
    ),
    ("<mString><key>a</key><value>1</value></mString>", r#"{"mString":{"a":1}}"#, ""),
    ("<cString>a</cString>", r#"{"cString":"a"}"#, ""),
    (
        "<timestamp>2026-01-31T12:00:00.5Z</timestamp>",
        r#"{"timestamp":"2026-01-31T12:00:00.500Z"}"#,
        "<timestamp>2026-01-31T12:00:00.500Z</timestamp>",
    ),
    (
        "<timestamp>2026-01-31T12:00:00</timestamp>",
        r#"{"timestamp":"2026-01-31T12:00:00Z"}"#,
        "<timestamp>2026-01-31T12:00:00Z</timestamp>",
    ),
    (
        "<timestamp>2026-01-31T12:00:00+01:00</timestamp>",
        r#"{"timestamp":"2026-01-31T11:00:00Z"}"#,
        "<timestamp>2026-01-31T11:00:00Z</timestamp>",
    ),
    ("<duration>PT1.5S</duration>", r#"{"duration":"1.500s"}"#, "<duration>PT1.500S</duration>"),
    (
        "<duration>-P1DT1H1M1S</duration>",
        r#"{"duration":"-90061s"}"#,
        "<duration>-PT90061S</duration>",
    ),
    ("<mask>fInt32,fMessage.fInt64</mask>", r#"{"mask":"fInt32,fMessage.fInt64"}"#, ""),
    ("<struct>{\"a\":[1,null]}</struct>", r#"{"struct":{"a":[1,null]}}"#, ""),
    ("<value>null</value>", r#"{"value":null}"#, ""),
    ("<empty></empty>", r#"{"empty":{}}"#, ""),
    ("<wInt64>0</wInt64>", r#"{"wInt64":"0"}"#, ""),
    ("<wInt64 xsi:nil='true'/>", "{}", "-"),
    ("<wString></wString>", r#"{"wString":""}"#, ""),
    ("<wBytes>AQ==</wBytes>", r#"{"wBytes":"AQ=="}"#, ""),
    // In any order.
    (
        "<fString>a</fString><fInt32>1</fInt32>",
        r#"{"fString":"a","fInt32":1}"#,
        "<fInt32>1</fInt32><fString>a</fString>",
    ),
];

#[test]
fn every_kind_is_read_and_written() {
    for (xml, json, again) in BOTH {
        assert_eq!(KINDS.reads(xml).as_deref(), Ok(*json), "{xml}");
        let expected = match *again {
            "" => xml,
            "-" => continue,
            again => again,
        };
        assert_eq!(KINDS.writes(json).as_deref(), Ok(expected), "{json}");
    }
}

#[test]
fn what_does_not_fit_is_refused_where_it_stands() {
    for (xml, error) in [
        ("<fInt32>1.0</fInt32>", "fInt32: expected xs:int, got \"1.0\""),
        ("<fInt32></fInt32>", "fInt32: expected xs:int, got \"\""),
        ("<fInt32>2147483648</fInt32>", "fInt32: expected xs:int, got \"2147483648\""),
        ("<fUint32>-1</fUint32>", "fUint32: expected xs:unsignedInt, got \"-1\""),
        ("<fDouble>Infinity</fDouble>", "fDouble: expected xs:double, got \"Infinity\""),
        ("<fDouble>1e999</fDouble>", "fDouble: expected xs:double, got \"1e999\""),
        ("<fBool>TRUE</fBool>", "fBool: expected xs:boolean, got \"TRUE\""),
        ("<fBytes>A</fBytes>", "fBytes: expected xs:base64Binary, got \"A\""),
        ("<fEnum>RAD</fEnum>", "fEnum: no value \"RAD\" is known here, did you mean \"RED\"?"),
        ("<duration>P1M</duration>", "duration: expected xs:duration, got \"P1M\""),
        ("<duration>P</duration>", "duration: expected xs:duration, got \"P\""),
        (
            "<timestamp>2026-02-30T00:00:00Z</timestamp>",
            "timestamp: expected xs:dateTime, got \"2026-02-30T00:00:00Z\"",
        ),
        ("<fInt33>1</fInt33>", "no element <fInt33> is known here, did you mean <fInt32>?"),
        (
            "<rMessage/><rMessage><fInt32>x</fInt32></rMessage>",
            "rMessage[1].fInt32: expected xs:int, got \"x\"",
        ),
        ("<fInt32>1</fInt32><fInt32>2</fInt32>", "element <fInt32> is there too often"),
        (
            "<cInt32>1</cInt32><cString>a</cString>",
            "cString: another element of the same choice is there already",
        ),
        ("<fMessage>text</fMessage>", "fMessage: text \"text\" where there are elements"),
        ("<fInt32><a/></fInt32>", "fInt32: an element <a> where there is only text"),
        (
            "<fInt32 xmlns=''>1</fInt32>",
            "no element <fInt32> is known here, but one of another namespace than \"\"",
        ),
        ("<fInt32 xsi:nil='true'/>", "fInt32: it cannot be nil"),
        ("<wInt64 xsi:nil='true'>1</wInt64>", "wInt64: an element that is nil has content"),
        ("<fInt32 a='1'>1</fInt32>", "fInt32: no attribute \"a\" is known here"),
        ("<fMessage xsi:type='x:All'/>", "fMessage: xsi:type \"x:All\" has no namespace"),
        ("<fMessage xsi:type='Other'/>", "fMessage: type \"Other\" cannot stand here"),
    ] {
        assert_eq!(KINDS.reads(xml), Err(error.to_owned()), "{xml}");
    }
    assert!(KINDS.reads("<fMessage xsi:type='All'><fInt32>1</fInt32></fMessage>").is_ok());
}

#[test]
fn what_xml_cannot_hold_is_refused() {
    let told = |json: &str| KINDS.writes(json).unwrap_err();
    assert_eq!(told(r#"{"fString":"\u0001"}"#), "m.fString: a character that XML cannot hold");
    assert_eq!(
        told(r#"{"rString":["","\uffff"]}"#),
        "m.rString[1]: a character that XML cannot hold"
    );
}

#[test]
fn wire_in_any_order_split_and_merged_is_written() {
    // f_int32 twice, f_message in two pieces, r_int32 packed and not, c_int32 after c_string.
    let wire = [
        &[0xca, 0x02, 1, b'a'][..], // number 41 as a text: not its type
        &[0xd2, 0x02, 1, b'a'],
        &[0x8a, 0x01, 2, 0x18, 1],
        &[0xaa, 0x01, 2, 1, 2],
        &[0x18, 5],
        &[0x8a, 0x01, 2, 0x20, 2],
        &[0xa8, 0x01, 3],
        &[0x18, 6],
        &[0xc8, 0x02, 9],
        &[0xf8, 0xff, 0xff, 0xff, 0x07, 1], // unknown
    ];
    let text = KINDS.encode(&wire.concat()).unwrap();
    let content = text.split_once('>').unwrap().1.replace("n1:", "");
    assert_eq!(
        content,
        "<fInt32>6</fInt32><fMessage><fInt32>1</fInt32><fInt64>2</fInt64></fMessage>\
         <rInt32>1</rInt32><rInt32>2</rInt32><rInt32>3</rInt32><cInt32>9</cInt32></m>"
    );
    // A member of a oneof starts anew where another one came in between, and else goes on.
    let (one, two) = ([0xda, 0x02, 2, 0x18, 1], [0xda, 0x02, 2, 0x20, 2]);
    let between = [0xd2, 0x02, 1, b'a'];
    for (wire, content) in [
        ([&one[..], &two].concat(), "<fInt32>1</fInt32><fInt64>2</fInt64>"),
        ([&one[..], &between, &two].concat(), "<fInt64>2</fInt64>"),
    ] {
        let text = KINDS.encode(&wire).unwrap().replace("n1:", "");
        assert!(text.ends_with(&format!("><cMessage>{content}</cMessage></m>")), "{text}");
    }
    assert!(KINDS.encode(&[0x18]).is_err());
    assert!(KINDS.encode(&[0x8a, 0x01, 5, 0]).is_err());
}

#[test]
fn unknown_numbers_of_a_closed_enum_are_not_there() {
    let old = Fixture::new(&CONTRACT.pool, "legacy.Old");
    // closed, many twice, tight packed, each with a 9; and the required text.
    let wire = [0x10, 9, 0x18, 9, 0x18, 1, 0x22, 2, 9, 2, 0x42, 1, b'm'];
    let text = old.encode(&wire).unwrap();
    let content = text.split_once('>').unwrap().1.replace("n1:", "");
    assert_eq!(content, "<many>ONE</many><tight>TWO</tight><must>m</must></m>");
}
