//! Writes elements, indented.

use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

/// A document under way.
pub(super) struct Writer(quick_xml::Writer<Vec<u8>>);

impl Writer {
    pub fn new() -> Self {
        Self(quick_xml::Writer::new_with_indent(Vec::new(), b' ', 2))
    }

    /// An element with what `inside` writes.
    pub fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        inside: impl FnOnce(&mut Self),
    ) {
        let start = BytesStart::new(name).with_attributes(attributes.iter().copied());
        self.event(Event::Start(start));
        inside(self);
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// An element with nothing in it.
    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.event(Event::Empty(BytesStart::new(name).with_attributes(attributes.iter().copied())));
    }

    /// An element with a text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.event(Event::Start(BytesStart::new(name)));
        // Comments come from anywhere.
        let clean = text.replace(|c: char| c.is_control() && c != '\n' && c != '\t', " ");
        self.event(Event::Text(BytesText::new(&clean)));
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// What has been written.
    pub fn finish(self) -> String {
        let text = String::from_utf8(self.0.into_inner()).unwrap_or_default();
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}\n")
    }

    fn event(&mut self, event: Event<'_>) {
        // Writing to memory does not fail.
        let _ = self.0.write_event(event);
    }
}
