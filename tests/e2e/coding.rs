//! Content codings of HTTP bodies, by the crates that the gateway's own sit on, but not by its
//! code.

use std::io::{Read, Write};

/// The bytes in that coding.
pub fn encode(coding: &str, bytes: &[u8]) -> Vec<u8> {
    match coding {
        "gzip" | "x-gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        "deflate" => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Default::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        "br" => {
            let mut out = Vec::new();
            brotli::CompressorWriter::new(&mut out, 4096, 5, 22).write_all(bytes).unwrap();
            out
        }
        "zstd" => zstd::encode_all(bytes, 0).unwrap(),
        other => panic!("no coding {other}"),
    }
}

/// What the bytes in that coding hold, as far as they go, and whether they end as they should.
pub fn decode(coding: &str, bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut reader: Box<dyn Read + '_> = match coding {
        "gzip" => Box::new(flate2::read::GzDecoder::new(bytes)),
        "br" => Box::new(brotli::Decompressor::new(bytes, 4096)),
        "zstd" => Box::new(zstd::Decoder::new(bytes).unwrap()),
        other => panic!("no coding {other}"),
    };
    let (mut out, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return (out, true),
            Ok(count) => out.extend_from_slice(&piece[..count]),
            Err(_) => return (out, false),
        }
    }
}

/// One gigabyte of nothing as a megabyte of gzip, made without ever being there.
pub fn bomb() -> Vec<u8> {
    let mut compress = flate2::Compress::new(flate2::Compression::best(), false);
    let zeros = vec![0; 1 << 20];
    let mut part = Vec::with_capacity(1 << 16);
    let flush = flate2::FlushCompress::Full;
    compress.compress_vec(&zeros, &mut part, flush).unwrap();
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    for _ in 0..1024 {
        // Flushed in full, it refers to nothing before it, so it can be said again.
        bomb.extend_from_slice(&part);
    }
    bomb
}
