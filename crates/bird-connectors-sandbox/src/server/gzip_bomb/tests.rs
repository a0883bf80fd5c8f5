use std::io::Read as _;

use super::{GIBIBYTE, GzipBomb, MEBIBYTE};

#[test]
fn gzip_bomb_is_small_and_decompresses_to_json() {
    let bomb = GzipBomb::new();
    assert!(bomb.length() < 2 * MEBIBYTE as u64, "{}", bomb.length());
    let mut file = bomb.start.to_vec();
    for _ in 0..GIBIBYTE {
        file.extend_from_slice(&bomb.spaces);
    }
    file.extend_from_slice(&bomb.end);
    let mut reader = flate2::read::GzDecoder::new(file.as_slice());
    let (mut length, mut chunk) = (0, vec![0; MEBIBYTE]);
    let (mut first, mut last) = (None, None);
    loop {
        // At the end of the file, the reader verifies checksum and length.
        let read = reader.read(&mut chunk).unwrap();
        if read == 0 {
            break;
        }
        first.get_or_insert(chunk[0]);
        last = Some(chunk[read - 1]);
        length += read;
    }
    assert_eq!((first, last), (Some(b'{'), Some(b'}')));
    assert_eq!(length, 1024 * MEBIBYTE + 2);
}
