//! JSON to wire bytes and back: this project's codec beside prost-reflect's `DynamicMessage` and
//! beside code that prost and pbjson generate, and a GraphQL selection beside the whole message as
//! JSON. `cargo bench --bench codec` ends with the ratios.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use dragoman::codec::json::{DecodeOptions, EncodeOptions, decode, encode};
use dragoman::codec::selection::{
    Holes, Output, Selected, Selection, Source, Span, Stop, Value, write_object,
};
use dragoman::codec::xml::{self, Codec, Event, Limits, NoAttachments, Reader};
use dragoman::contract::features::Features;
use dragoman::contract::shape::{Kind, ShapeId, Shapes};
use dragoman::contract::view::{JsonNames, View};
use dragoman::contract::xml::{Name, NamespaceId};
use dragoman::contract::{Contract, Loaded, LoadedFile, Source as From, soap};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed};

#[allow(missing_docs, clippy::allow_attributes_without_reason, reason = "written by pbjson")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/bench.v1.rs"));
    include!(concat!(env!("OUT_DIR"), "/bench.v1.serde.rs"));
}

const OURS: &str = "dragoman";
const REFLECT: &str = "prost-reflect";
const GENERATED: &str = "prost + pbjson";
const WHOLE: &str = "all of it as JSON";

fn main() -> io::Result<()> {
    let pool =
        DescriptorPool::decode(include_bytes!(concat!(env!("OUT_DIR"), "/bench.binpb")).as_slice())
            .expect("the build script wrote it");
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(40)
        .configure_from_args();
    let mut best = Best::default();
    let list = generated::ProductList {
        products: (0..100).map(product).collect(),
        next_page_token: "b2Zmc2V0PTEwMA".to_owned(),
        total_size: 2113,
    };
    run(&mut criterion, &mut best, &pool, "product", &product(1));
    run(&mut criterion, &mut best, &pool, "list of 100", &list);
    run_selection(&mut criterion, &mut best, &pool, &list);
    run_xml(&mut criterion, &mut best, &pool, &list);
    best.print()
}

fn product(index: u32) -> generated::Product {
    generated::Product {
        id: format!("prod-{:05}", 40_000 + index * 7),
        title: format!("Walnut desk organiser no. {index}"),
        description: "Oiled by hand, with room for pens and one mug.".to_owned(),
        price: Some(generated::Money {
            currency: "EUR".to_owned(),
            units: 49 + i64::from(index),
            nanos: 990_000_000,
        }),
        status: generated::Status::Active.into(),
        tags: vec!["desk".to_owned(), "walnut".to_owned(), "gift".to_owned()],
        attributes: [("colour".to_owned(), "brown".to_owned())].into(),
        rating: 4.25 + f64::from(index % 7) / 10.0,
        review_count: 120 + index as i32,
        stock: 35,
        featured: index % 2 == 1,
        created_at: Some(pbjson_types::Timestamp {
            seconds: 1_790_000_000 + i64::from(index) * 86_477,
            nanos: 250_000_000,
        }),
    }
}

fn run<T>(
    criterion: &mut Criterion,
    best: &mut Best,
    pool: &DescriptorPool,
    size: &'static str,
    message: &T,
) where
    T: Message + Default + Serialize + DeserializeOwned + prost::Name,
{
    let wire = message.encode_to_vec();
    let json = serde_json::to_vec(message).expect("generated types have JSON");
    let name = T::full_name();
    let descriptor = pool.get_message_by_name(&name).expect("it is in product.proto");
    let shapes = Arc::new(Shapes::compile(pool, &Features::default()));
    let view = View::json(shapes, JsonNames::default());
    let shape = view.shapes().id(&name).expect("it is in product.proto");
    let decoding = format!("JSON ({} B) to wire, {size}", json.len());
    let encoding = format!("wire ({} B) to JSON, {size}", wire.len());

    // What is measured is right.
    let mut out = Vec::new();
    decode(&view, shape, &json, &DecodeOptions::default(), &mut out).expect("valid JSON");
    assert_eq!(T::decode(&*out).expect("valid wire bytes").encode_to_vec(), wire);
    out.clear();
    encode(&view, shape, &wire, &EncodeOptions::default(), &mut out).expect("valid wire bytes");
    let back: T = serde_json::from_slice(&out).expect("valid JSON");
    assert_eq!(back.encode_to_vec(), wire);

    let options = DecodeOptions::default();
    best.measure(criterion, &decoding, OURS, || {
        out.clear();
        decode(&view, shape, black_box(&json), &options, &mut out).expect("valid JSON");
        out.len()
    });
    best.measure(criterion, &decoding, GENERATED, || {
        let message: T = serde_json::from_slice(black_box(&json)).expect("valid JSON");
        message.encode_to_vec().len()
    });
    best.measure(criterion, &decoding, REFLECT, || {
        let mut json = serde_json::Deserializer::from_slice(black_box(&json));
        let message = descriptor.clone().deserialize(&mut json).expect("valid JSON");
        message.encode_to_vec().len()
    });

    let options = EncodeOptions::default();
    best.measure(criterion, &encoding, OURS, || {
        out.clear();
        encode(&view, shape, black_box(&wire), &options, &mut out).expect("valid wire bytes");
        out.len()
    });
    best.measure(criterion, &encoding, GENERATED, || {
        let message = T::decode(black_box(&*wire)).expect("valid wire bytes");
        serde_json::to_vec(&message).expect("generated types have JSON").len()
    });
    best.measure(criterion, &encoding, REFLECT, || {
        let message = DynamicMessage::decode(descriptor.clone(), black_box(&*wire));
        serde_json::to_vec(&message.expect("valid wire bytes")).expect("it has JSON").len()
    });
}

/// Eight fields of each product, in another order than the wire's.
fn run_selection(
    criterion: &mut Criterion,
    best: &mut Best,
    pool: &DescriptorPool,
    list: &generated::ProductList,
) {
    let wire = list.encode_to_vec();
    let shapes = Arc::new(Shapes::compile(pool, &Features::default()));
    let view = View::json(shapes, JsonNames::default());
    let shape = view.shapes().id("bench.v1.ProductList").expect("it is in product.proto");
    let names = "created_at title price(units currency) tags status id rating stock";
    let text = format!("total_size products({names})");
    let selection = select(view.shapes(), shape, &mut text.as_str());
    let span = Span { start: 0, end: wire.len() };
    let mut output = Output::default();
    let group = format!("wire ({} B) to a selection, list of 100", wire.len());
    let mut write = || {
        output.json.clear();
        write_object(&view, &selection, black_box(&wire), span, 100, &mut output, &mut NoHoles)
            .expect("valid wire bytes");
        output.json.len()
    };
    write();
    best.measure(criterion, &group, OURS, write);

    // What is measured is right.
    let written: serde_json::Value = serde_json::from_slice(&output.json).expect("valid JSON");
    assert_eq!(written["totalSize"], 2113);
    assert_eq!(written["products"][99]["price"]["units"], "148");
    assert_eq!(written["products"][99]["status"], "STATUS_ACTIVE");
    assert_eq!(written["products"][99].as_object().map(serde_json::Map::len), Some(8));

    let mut out = Vec::new();
    let options = EncodeOptions::default();
    best.measure(criterion, &group, WHOLE, || {
        out.clear();
        encode(&view, shape, black_box(&wire), &options, &mut out).expect("valid wire bytes");
        out.len()
    });
}

/// The same messages as XML.
fn run_xml(
    criterion: &mut Criterion,
    best: &mut Best,
    pool: &DescriptorPool,
    list: &generated::ProductList,
) {
    let files = pool.files().map(|file| LoadedFile {
        bytes: file.file_descriptor_proto().encode_to_vec().into(),
        path: None,
    });
    let loaded = Loaded { source: From::Descriptors("bench".into()), files: files.collect() };
    let (contract, _) = Contract::build(&[loaded]);
    let shapes = contract.shapes().clone();
    let shape = shapes.id("bench.v1.ProductList").expect("it is in product.proto");
    let (xml, types) = soap::view(&contract, &[shape], &soap::Options::default());
    let json = Arc::new(View::json(shapes, JsonNames::default()));
    let codec = Codec::new(Arc::new(xml), json.clone());
    let of = *types.first().expect("one was asked for");
    let root = codec.root(&Name { namespace: NamespaceId::NONE, local: "list".into() }, of, true);
    let wire = list.encode_to_vec();
    let mut text = Vec::new();
    let options = xml::EncodeOptions::default();
    codec.encode(&root, &wire, &options, None, &mut text).expect("valid wire bytes");
    let text = String::from_utf8(text).expect("XML is UTF-8");

    // What is measured is right.
    let read = |out: &mut Vec<u8>| {
        let mut reader = Reader::new(black_box(&text), Limits::default());
        let Ok(Event::Start(start)) = reader.step() else {
            unreachable!("it starts with an element")
        };
        let options = xml::DecodeOptions::default();
        codec
            .decode(of, &start, &mut reader, &options, &mut NoAttachments, out)
            .expect("valid XML");
    };
    let mut out = Vec::new();
    read(&mut out);
    assert_eq!(generated::ProductList::decode(&*out).expect("valid wire bytes"), *list);

    let encoding = format!("wire ({} B) to XML ({} B), list of 100", wire.len(), text.len());
    let decoding = format!("XML ({} B) to wire, list of 100", text.len());
    let mut json_text = Vec::new();
    encode(&json, shape, &wire, &EncodeOptions::default(), &mut json_text)
        .expect("valid wire bytes");
    best.measure(criterion, &encoding, OURS, || {
        out.clear();
        codec.encode(&root, black_box(&wire), &options, None, &mut out).expect("valid wire bytes");
        out.len()
    });
    best.measure(criterion, &encoding, WHOLE, || {
        out.clear();
        let options = EncodeOptions::default();
        encode(&json, shape, black_box(&wire), &options, &mut out).expect("valid wire bytes");
        out.len()
    });
    best.measure(criterion, &decoding, OURS, || {
        out.clear();
        read(&mut out);
        out.len()
    });
    best.measure(criterion, &decoding, WHOLE, || {
        out.clear();
        decode(&json, shape, black_box(&json_text), &DecodeOptions::default(), &mut out)
            .expect("valid JSON");
        out.len()
    });
}

/// A selection by the names of fields, with what is selected below one in brackets behind it.
fn select(shapes: &Shapes, shape: ShapeId, rest: &mut &str) -> Selection {
    let mut fields = Vec::new();
    while !rest.is_empty() && !rest.starts_with(')') {
        let end = rest.find([' ', '(', ')']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        *rest = after;
        let known = shapes.get(shape).fields.iter().enumerate();
        let (index, field) = known
            .into_iter()
            .find(|(_, field)| &*field.name == name)
            .expect("it is in the message");
        let value = match (field.kind, rest.strip_prefix('(')) {
            (Kind::Message(id), Some(inner)) => {
                *rest = inner;
                let selection = select(shapes, id, rest);
                *rest = rest.strip_prefix(')').unwrap_or(rest);
                Value::Object(selection)
            }
            (Kind::Enum(id), _) => {
                let values = shapes.get_enum(id).values.iter();
                Value::Enum(values.map(|(name, number)| (*number, name.clone())).collect())
            }
            _ => Value::Leaf,
        };
        let source = Source::Field { index, value, items_non_null: true };
        fields.push(Selected::new(field.json_name.as_ref().into(), !field.presence, source));
        *rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    Selection::new(shapes, shape, fields)
}

struct NoHoles;

impl Holes for NoHoles {
    fn fill(&mut self, _: usize, _: Span, _: &mut Output) -> Result<(), Stop> {
        Ok(())
    }
}

/// The shortest time of each thing that was measured: on a machine with other work the longer
/// ones say more about that work.
#[derive(Default)]
struct Best(BTreeMap<String, BTreeMap<&'static str, f64>>);

impl Best {
    fn measure(
        &mut self,
        criterion: &mut Criterion,
        group: &str,
        who: &'static str,
        mut work: impl FnMut() -> usize,
    ) {
        let mut best = f64::INFINITY;
        criterion.bench_function(&format!("{group}/{who}"), |bencher| {
            bencher.iter_custom(|times| {
                let start = Instant::now();
                for _ in 0..times {
                    black_box(work());
                }
                let taken = start.elapsed();
                best = best.min(taken.as_secs_f64() / times as f64);
                taken
            });
        });
        self.0.entry(group.to_owned()).or_default().insert(who, best);
    }

    fn print(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        for (group, times) in &self.0 {
            let Some(ours) = times.get(OURS).filter(|time| time.is_finite()) else { continue };
            writeln!(out, "\n{group}")?;
            for (who, time) in times {
                let (micros, ratio) = (time * 1e6, time / ours);
                writeln!(out, "  {who:<18}{micros:>9.2} µs  {ratio:>5.1} times ours")?;
            }
        }
        Ok(())
    }
}
