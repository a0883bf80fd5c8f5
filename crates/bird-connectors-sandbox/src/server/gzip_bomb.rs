//! A small gzip file that decompresses to a gibibyte of JSON.

use std::sync::LazyLock;

use flate2::{Compress, Compression, Crc, FlushCompress};
use hyper::body::Bytes;

#[cfg(test)]
mod tests;

pub(super) const MEBIBYTE: usize = 1 << 20;

/// A gibibyte in mebibytes.
pub(super) const GIBIBYTE: u64 = 1 << 10;

/// Compressed once, when it is first used.
pub(super) static GZIP_BOMB: LazyLock<GzipBomb> = LazyLock::new(GzipBomb::new);

/// A valid gzip file of `{`, a gibibyte of spaces, and `}`.
pub(super) struct GzipBomb {
    pub(super) start: Bytes,
    /// A compressed mebibyte of spaces, to be sent [`GIBIBYTE`] times.
    pub(super) spaces: Bytes,
    pub(super) end: Bytes,
}

impl GzipBomb {
    fn new() -> Self {
        // A gzip header without name and date.
        let mut start = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
        start.extend(compress(b"{", FlushCompress::Full));
        let spaces = vec![b' '; MEBIBYTE];
        let mut end = compress(b"}", FlushCompress::Finish);
        let mut checksum = Crc::new();
        checksum.update(b"{");
        let mut part = Crc::new();
        part.update(&spaces);
        // Doubling ten times gives the checksum of all spaces.
        for _ in 0..GIBIBYTE.ilog2() {
            let mut twice = Crc::new();
            twice.combine(&part);
            twice.combine(&part);
            part = twice;
        }
        checksum.combine(&part);
        checksum.update(b"}");
        end.extend(checksum.sum().to_le_bytes());
        // The gzip trailer has the length modulo 2^32, and so does the checksum.
        end.extend(checksum.amount().to_le_bytes());
        Self {
            start: start.into(),
            spaces: compress(&spaces, FlushCompress::Full).into(),
            end: end.into(),
        }
    }

    /// The length of the whole file in bytes.
    pub(super) fn length(&self) -> u64 {
        self.start.len() as u64 + self.spaces.len() as u64 * GIBIBYTE + self.end.len() as u64
    }
}

/// Compresses a part of a stream independently of the other parts.
fn compress(bytes: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut out = Vec::with_capacity(MEBIBYTE / 16);
    // This fails only if the state of the stream is corrupt, which is impossible for a new stream.
    let _ = Compress::new(Compression::best(), false).compress_vec(bytes, &mut out, flush);
    out
}
