//! Any bytes, in any pieces, are the same replies or the same error; and what is understood
//! is understood again when it is said again.
//!
//! With cargo-fuzz and a nightly compiler, which nothing else here needs, in the folder
//! `scenarios/wire-client`; it begins with what a real server said:
//!
//! ```console
//! $ mkdir -p fuzz/corpus/replies
//! $ cargo +nightly fuzz run replies fuzz/corpus/replies tests/protocol/golden
//! ```

#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use wire_client::protocol::{Decoder, Limits, ProtocolError, Value};

fuzz_target!(|said: &[u8]| {
    // Limits that a short input can reach.
    let small = Limits { bytes: 1000, values: 100, depth: 4, line: 30 };
    for limits in [Limits::default(), small] {
        let (whole, error) = decoded(limits, said.len().max(1), said);
        for piece in [1, 3] {
            let (pieces, same_error) = decoded(limits, piece, said);
            assert_eq!(encoded(&whole), encoded(&pieces));
            assert_eq!(error, same_error);
        }
        let again = encoded(&whole);
        let (values, error) = decoded(Limits::default(), again.len().max(1), &again);
        assert_eq!(error, None);
        assert_eq!(encoded(&values), again);
        assert_eq!(values.len(), whole.len());
    }
});

fn decoded(limits: Limits, piece: usize, said: &[u8]) -> (Vec<Value>, Option<ProtocolError>) {
    let mut decoder = Decoder::new(limits);
    let mut buffer = BytesMut::new();
    let mut values = Vec::new();
    let mut came = 0;
    for piece in said.chunks(piece) {
        buffer.extend_from_slice(piece);
        came += piece.len() as u64;
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(value)) => values.push(value),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.decode(&mut buffer), Err(error.clone()));
                    return (values, Some(error));
                }
            }
        }
        assert!(decoder.searched() <= came);
    }
    (values, None)
}

fn encoded(values: &[Value]) -> BytesMut {
    let mut said = BytesMut::new();
    values.iter().for_each(|value| value.encode(&mut said));
    said
}
