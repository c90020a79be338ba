//! Tests of the codec as a whole: tables of XML and JSON, hostile documents, and random messages that
//! must come back as they were.

mod forms;
mod hostile;
mod random;

use std::sync::{Arc, LazyLock};

use prost_reflect::prost::Message as _;

use super::{Codec, DecodeOptions, EncodeOptions, Event, Limits, NoAttachments, Reader};
use crate::codec::json;
use crate::contract::shape::ShapeId;
use crate::contract::soap::{Options, view};
use crate::contract::view::{JsonNames, View};
use crate::contract::xml::{Name, NamespaceId, TypeId};
use crate::contract::{Contract, Loaded, LoadedFile, Source};

/// A codec of one message, and how JSON sees the same.
pub(super) struct Fixture {
    pub codec: Codec,
    pub json: Arc<View>,
    pub shape: ShapeId,
    pub of: TypeId,
}

impl Fixture {
    pub fn new(pool: &prost_reflect::DescriptorPool, message: &str) -> Self {
        let files = pool.files().map(|file| LoadedFile {
            bytes: file.file_descriptor_proto().encode_to_vec().into(),
            path: None,
        });
        let source = Source::Descriptors("test".into());
        let (contract, _) = Contract::build(&[Loaded { source, files: files.collect() }]);
        let shapes = contract.shapes().clone();
        let shape = shapes.id(message).unwrap();
        let (view, types) = view(&contract, &[shape], &Options::default());
        let json = Arc::new(View::json(shapes, JsonNames::default()));
        Self { codec: Codec::new(Arc::new(view), json.clone()), json, shape, of: types[0] }
    }

    /// The element `m`, in no namespace.
    pub fn encode(&self, wire: &[u8]) -> Result<String, String> {
        let name = Name { namespace: NamespaceId::NONE, local: "m".into() };
        let mut out = Vec::new();
        let options = EncodeOptions::default();
        let root = self.codec.root(&name, self.of, true);
        let written = self.codec.encode(&root, wire, &options, None, &mut out);
        written.map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    pub fn decode(&self, xml: &str) -> Result<Vec<u8>, String> {
        let mut reader = Reader::new(xml, Limits::default());
        let mut out = Vec::new();
        let mut read = || {
            let Event::Start(start) = reader.step()? else { panic!("no element in {xml}") };
            let options = DecodeOptions::default();
            let codec = &self.codec;
            codec.decode(self.of, &start, &mut reader, &options, &mut NoAttachments, &mut out)?;
            assert_eq!(reader.step()?, Event::Eof);
            Ok::<_, crate::codec::DecodeError>(())
        };
        read().map_err(|error| error.to_string())?;
        Ok(out)
    }

    /// The content of `<m>` as JSON.
    pub fn reads(&self, content: &str) -> Result<String, String> {
        let uri = self.codec.view().uri(NamespaceId(1));
        let xsi = super::XSI;
        let wire = self.decode(&format!("<m xmlns='{uri}' xmlns:xsi='{xsi}'>{content}</m>"))?;
        let mut out = Vec::new();
        json::encode(&self.json, self.shape, &wire, &json::EncodeOptions::default(), &mut out)
            .map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    /// The content of the element that JSON is written as.
    pub fn writes(&self, json: &str) -> Result<String, String> {
        let mut wire = Vec::new();
        json::decode(&self.json, self.shape, json.as_bytes(), &Default::default(), &mut wire)
            .map_err(|error| error.to_string())?;
        let text = self.encode(&wire)?;
        let content = text.split_once('>').unwrap().1.strip_suffix("</m>").unwrap();
        Ok(content.replace("n1:", ""))
    }
}

/// `kinds.proto`'s message of every kind.
pub(super) static KINDS: LazyLock<Fixture> =
    LazyLock::new(|| Fixture::new(&crate::codec::json::tests::CONTRACT.pool, "kinds.All"));
