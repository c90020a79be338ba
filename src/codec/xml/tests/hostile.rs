//! Documents that want to cost more than they are, or to reach out.

use super::KINDS;
use crate::codec::xml::{Event, Limits, Reader};
use crate::contract::xml::{TextError, decode_text};

/// What is wrong with a document, or nothing.
fn read(xml: &str) -> Result<(), String> {
    let mut reader = Reader::new(xml, Limits::default());
    loop {
        match reader.step() {
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
}

#[test]
fn documents_that_expand_or_reach_out_are_refused_at_once() {
    let laughs =
        (1..10).map(|n| format!("<!ENTITY l{n} '{}'>", format!("&l{};", n - 1).repeat(10)));
    let laughs: String = laughs.collect();
    let quadratic = format!(
        "<!DOCTYPE m [<!ENTITY a '{}'>]><m>{}</m>",
        "a".repeat(10_000),
        "&a;".repeat(10_000)
    );
    for document in [
        format!("<!DOCTYPE m [<!ENTITY l0 'lol'>{laughs}]><m>&l9;</m>"),
        quadratic,
        "<!DOCTYPE m SYSTEM 'http://127.0.0.1:1/evil.dtd'><m/>".to_owned(),
        "<!DOCTYPE m [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><m>&x;</m>".to_owned(),
        "<!DOCTYPE m [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'>%p;]><m/>".to_owned(),
        "<m><!DOCTYPE m></m>".to_owned(),
    ] {
        let error = read(&document).unwrap_err();
        assert!(error.contains("document type declaration") || error.contains("broken"), "{error}");
    }
    assert_eq!(read("<m>&x;</m>").unwrap_err(), "there is no entity \"x\"");
}

#[test]
fn documents_that_are_too_much_are_refused() {
    let deep = "<a>".repeat(100_000);
    assert_eq!(read(&deep).unwrap_err(), "elements nest deeper than 120");
    let attributes: String = (0..1_000_000).map(|n| format!(" a{n}=''")).collect();
    let error = read(&format!("<m{attributes}/>")).unwrap_err();
    assert_eq!(error, "an element has more than 64 attributes");
    let names = "a".repeat(1 << 20);
    let error = KINDS.reads(&format!("<{names}/>")).unwrap_err();
    assert!(error.len() < 200, "{error}");
}

#[test]
fn documents_that_are_none_are_refused() {
    for (document, error) in [
        ("<a></b>", "the XML is broken"),
        ("<a>", "ends within an element"),
        ("<a/><b/>", "a second root element"),
        ("<a/>text", "text outside of the root element"),
        ("text<a/>", "text outside of the root element"),
        ("<p:a/>", "prefix p is not declared"),
        ("<a p:b=''/>", "prefix p is not declared"),
        ("<a b='' b=''/>", "attribute b is there twice"),
        ("<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>", "attribute b is there twice"),
        ("<a b='<'/>", "holds what XML cannot"),
        ("<a b/>", "attributes of <a>"),
        ("<a xmlns:xml='u'/>", "cannot be declared so"),
        ("<a xmlns:xmlns='u'/>", "cannot be declared so"),
        ("<a xmlns:p=''/>", "cannot be declared so"),
        ("<a>&#0;</a>", "what XML cannot hold"),
        ("<a>&#xd800;</a>", "what XML cannot hold"),
        ("<a>& b</a>", "the XML is broken"),
        ("<1a/>", "is no name"),
        ("<a:b:c xmlns:a='u'/>", "is no name"),
        ("<a><![CDATA[</a>", "the XML is broken"),
        ("<a><!--</a>", "the XML is broken"),
    ] {
        let told = read(document).unwrap_err();
        assert!(told.contains(error), "{document}: {told}");
    }
    for document in ["<?xml version='1.0'?>\n<!-- a --><a/>\n<?b c?>", "<a xml:lang='en'/>", "<ä/>"]
    {
        assert_eq!(read(document), Ok(()), "{document}");
    }
}

#[test]
fn encodings_are_told_apart() {
    let utf16 = |text: &str, big: bool, mark: bool| -> Vec<u8> {
        let mark = if mark { "\u{feff}" } else { "" };
        let units: Vec<u16> = format!("{mark}{text}").encode_utf16().collect();
        units
            .iter()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    };
    let declared = "<?xml version='1.0' encoding='UTF-16'?><a>é</a>";
    for (big, mark) in [(true, true), (false, true), (true, false), (false, false)] {
        assert_eq!(decode_text(&utf16(declared, big, mark), None).as_deref(), Ok(declared));
    }
    assert_eq!(
        decode_text("\u{feff}<a>é</a>".as_bytes(), Some("utf-8")).as_deref(),
        Ok("<a>é</a>")
    );
    for (bytes, charset) in [
        (&b"<a>\xe9</a>"[..], None),
        (b"<a>\xc0\x80</a>", None),
        (b"<a/>", Some("iso-8859-1")),
        (b"<?xml version='1.0' encoding='iso-8859-1'?><a/>", None),
        (b"\xfe\xff\x00<\x00", None),
        (b"\xff\xfe<\x00\x00\xd8", None),
        (b"\xfe\xff\x00<", Some("utf-8")),
        (b"<a>\x00</a>", None),
        (b"<a>\x0b</a>", None),
        ("<a>\u{ffff}</a>".as_bytes(), None),
    ] {
        assert!(decode_text(bytes, charset).is_err(), "{bytes:?}");
    }
    let told = decode_text(b"<a>\x01</a>", None);
    assert_eq!(told, Err(TextError::Illegal(3)));
}
