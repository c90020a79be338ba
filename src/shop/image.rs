//! Pictures of products: small PNG files, drawn from the product's id.

use std::io::Write;

use bytes::Bytes;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

const SIDE: u32 = 32;

/// A square in a colour of its own, with a lighter diagonal.
pub fn png(product_id: &str) -> Bytes {
    let mut crc = Crc::new();
    crc.update(product_id.as_bytes());
    let [red, green, blue, _] = crc.sum().to_be_bytes();

    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::default());
    for y in 0..SIDE {
        // Each line starts with its filter: none.
        let mut line = vec![0];
        for x in 0..SIDE {
            let light = x.abs_diff(y) < 3;
            line.extend([red, green, blue].map(|part| if light { part | 0xc0 } else { part }));
        }
        pixels.write_all(&line).expect("a vector takes what is written");
    }
    let pixels = pixels.finish().expect("a vector takes what is written");

    let mut header = Vec::new();
    header.extend(SIDE.to_be_bytes());
    header.extend(SIDE.to_be_bytes());
    // Eight bits a channel, RGB, the one compression, the one set of filters, not interlaced.
    header.extend([8, 2, 0, 0, 0]);

    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", &pixels);
    chunk(&mut file, b"IEND", &[]);
    file.into()
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).expect("a picture of a few hundred bytes");
    file.extend(length.to_be_bytes());
    file.extend(kind);
    file.extend(data);
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    file.extend(crc.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_product_has_the_same_picture() {
        let picture = png("p-1001");
        assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
        assert!(picture.ends_with(b"IEND\xae\x42\x60\x82"));
        assert_eq!(picture, png("p-1001"));
        assert_ne!(picture, png("p-1002"));
    }
}
