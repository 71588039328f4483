//! A PNG of black and white squares: one bit a pixel.

use std::io::{self, Write};

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Bit depth 1, greyscale, and the only methods of compression, filter and interlace.
const FORMAT: [u8; 5] = [1, 0, 0, 0, 0];

/// Encodes rows of the same length; true is black.
pub(super) fn encode(rows: &[Vec<bool>]) -> io::Result<Vec<u8>> {
    let length = |count: usize| u32::try_from(count).map_err(io::Error::other);
    let mut header = Vec::new();
    header.extend(length(rows.first().map_or(0, Vec::len))?.to_be_bytes());
    header.extend(length(rows.len())?.to_be_bytes());
    header.extend(FORMAT);
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::best());
    for row in rows {
        pixels.write_all(&[0])?; // no filter
        for bits in row.chunks(8) {
            let byte = bits.iter().enumerate();
            let byte = byte.fold(0_u8, |byte, (n, dark)| byte | u8::from(!dark) << (7 - n));
            pixels.write_all(&[byte])?;
        }
    }
    let mut out = SIGNATURE.to_vec();
    for (kind, data) in [(b"IHDR", header), (b"IDAT", pixels.finish()?), (b"IEND", Vec::new())] {
        let mut checksum = Crc::new();
        checksum.update(kind);
        checksum.update(&data);
        out.extend(length(data.len())?.to_be_bytes());
        out.extend_from_slice(kind);
        out.extend(data);
        out.extend(checksum.sum().to_be_bytes());
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn rows_come_back_out_of_the_chunks() {
        let rows: Vec<Vec<bool>> =
            (0..3).map(|y| (0..11).map(|x| (x * y) % 3 == 1).collect()).collect();
        let png = encode(&rows).unwrap();
        assert_eq!(&png[..8], SIGNATURE);
        assert_eq!(png[16..24], [0, 0, 0, 11, 0, 0, 0, 3]);
        let length = u32::from_be_bytes(png[33..37].try_into().unwrap()) as usize;
        assert_eq!(&png[37..41], b"IDAT");
        let mut pixels = Vec::new();
        let data = &png[41..41 + length];
        flate2::read::ZlibDecoder::new(data).read_to_end(&mut pixels).unwrap();
        for (y, row) in rows.iter().enumerate() {
            for (x, dark) in row.iter().enumerate() {
                let byte = pixels[y * 3 + 1 + x / 8];
                assert_eq!(byte >> (7 - x % 8) & 1 == 0, *dark, "{x} {y}");
            }
        }
        assert_eq!(png[png.len() - 8..], [b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82]);
    }
}
