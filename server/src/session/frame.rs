//! The header of a WebSocket frame ([RFC 6455, section 5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2)),
//! and what of a frame's rules the codec does not tell apart. Pure.
//!
//! ```text
//! byte 0      final | reserved × 3 | opcode × 4      0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong
//! byte 1      mask | length × 7                      126: two more bytes of length, 127: eight
//! …           length, big-endian
//! 4 bytes     mask
//! …           payload, XORed with the mask
//! ```

use tickwire_protocol::close::CloseReason;

/// Longest payload of a control frame (RFC 6455, section 5.5).
const MAX_CONTROL_BYTES: u64 = 125;
/// Bytes of a mask.
const MASK_BYTES: usize = 4;
/// First byte of a binary message in one frame.
const BINARY_MESSAGE: u8 = 0x82;
/// Opcode of a close frame.
const CLOSE: u8 = 8;
/// Bytes of a close frame's code; text follows.
const CODE_BYTES: usize = 2;

/// The length of the frame at the front of `bytes`, header included; `None` while too little of it is
/// there to tell.
pub fn frame_length(bytes: &[u8], max_payload: u64) -> Result<Option<usize>, CloseReason> {
    let Some(&first) = bytes.first() else { return Ok(None) };
    let (is_final, reserved, opcode) = (first & 0x80 != 0, first & 0x70, first & 0x0f);
    let is_control = opcode >= 8;
    if reserved != 0 || !matches!(opcode, 0..=2 | 8..=10) || (is_control && !is_final) {
        return Err(CloseReason::ProtocolError);
    }
    let Some(&second) = bytes.get(1) else { return Ok(None) };
    if second & 0x80 == 0 {
        // Clients mask every frame.
        return Err(CloseReason::ProtocolError);
    }
    let extended = extended_bytes(second);
    let Some(extra) = bytes.get(2..2 + extended) else { return Ok(None) };
    let length = match extended {
        0 => u64::from(second & 0x7f),
        _ => extra.iter().fold(0, |length, &byte| length << 8 | u64::from(byte)),
    };
    if is_control && length > MAX_CONTROL_BYTES {
        return Err(CloseReason::ProtocolError);
    }
    if length > max_payload {
        return Err(CloseReason::TooLarge);
    }
    Ok(Some(2 + extended + MASK_BYTES + length as usize))
}

/// Bytes of length that follow the second byte of a header.
const fn extended_bytes(second: u8) -> usize {
    match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    }
}

fn unmasked<'a>(mask: &'a [u8], payload: &'a [u8]) -> impl Iterator<Item = u8> + 'a {
    payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask)
}

/// The payload of a whole frame, unmasked into `into`, if it is a binary message by itself.
pub fn binary_payload<'a>(frame: &[u8], into: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    let (&[first, second], rest) = frame.split_first_chunk()?;
    if first != BINARY_MESSAGE {
        return None;
    }
    let (mask, masked) = rest.get(extended_bytes(second)..)?.split_first_chunk::<MASK_BYTES>()?;
    into.clear();
    into.extend(unmasked(mask, masked));
    Some(into)
}

/// Checks what a whole frame says in text, where that is short: the reason of a close frame.
pub fn check_text(frame: &[u8]) -> Result<(), CloseReason> {
    let Some((&first, rest)) = frame.split_first() else { return Ok(()) };
    if first & 0x0f != CLOSE {
        return Ok(());
    }
    // A control frame's length is in one byte.
    let Some((mask, payload)) = rest.get(1..).and_then(|rest| rest.split_at_checked(MASK_BYTES))
    else {
        return Ok(());
    };
    let payload: Vec<u8> = unmasked(mask, payload).collect();
    let text = payload.get(CODE_BYTES..).unwrap_or_default();
    str::from_utf8(text).map(|_| ()).map_err(|_| CloseReason::InvalidUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(first: u8, length: u64) -> Vec<u8> {
        let mut bytes = vec![first];
        match length {
            0..126 => bytes.push(0x80 | length as u8),
            126..65_536 => {
                bytes.push(0x80 | 126);
                bytes.extend((length as u16).to_be_bytes());
            }
            _ => {
                bytes.push(0x80 | 127);
                bytes.extend(length.to_be_bytes());
            }
        }
        bytes
    }

    #[test]
    fn the_length_of_a_frame_is_in_its_header() {
        for (first, length) in [
            (0x82, 0),
            (0x02, 5),
            (0x89, 125),
            (0x80, 200),
            (0x81, 4096),
            (0x88, 2),
            (0x82, 70_000),
        ] {
            let bytes = header(first, length);
            for cut in 0..bytes.len() {
                assert_eq!(frame_length(&bytes[..cut], 1 << 20), Ok(None), "{cut} of {bytes:?}");
            }
            let whole = bytes.len() + 4 + length as usize;
            assert_eq!(frame_length(&bytes, 1 << 20), Ok(Some(whole)));
        }
    }

    #[test]
    fn a_binary_message_is_unmasked() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let payload: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let mask = [1, 2, 3, 255];
            let masked = payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]);
            let frame = [header(0x82, length), mask.to_vec(), masked.collect()].concat();
            let mut into = vec![9];
            assert_eq!(binary_payload(&frame, &mut into), Some(&payload[..]), "{length}");
        }
        for first in [0x02, 0x81, 0x80, 0x88, 0x89] {
            let frame = [header(first, 1), vec![0; 5]].concat();
            assert_eq!(binary_payload(&frame, &mut Vec::new()), None, "{first:x}");
        }
    }

    #[test]
    fn a_frame_is_refused_at_its_header() {
        let check = |bytes: &[u8]| frame_length(bytes, 4096);
        assert_eq!(check(&header(0x82, 4097)), Err(CloseReason::TooLarge));
        assert_eq!(check(&header(0x82, 1 << 40)), Err(CloseReason::TooLarge));
        assert_eq!(check(&header(0x82, u64::MAX)), Err(CloseReason::TooLarge));
        for (what, bytes) in [
            ("reserved bits", header(0xc2, 1)),
            ("unknown opcode", header(0x83, 1)),
            ("control frame in fragments", header(0x09, 1)),
            ("long control frame", header(0x89, 126)),
            ("no mask", vec![0x82, 0x01]),
        ] {
            assert_eq!(check(&bytes), Err(CloseReason::ProtocolError), "{what}");
        }
    }

    #[test]
    fn a_close_frame_says_why_in_utf_8() {
        let close = |payload: &[u8]| {
            let mask = [1, 2, 3, 4];
            let masked = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
            let bytes = [0x88, 0x80 | payload.len() as u8].into_iter().chain(mask).chain(masked);
            check_text(&bytes.collect::<Vec<_>>())
        };
        assert_eq!(close(&[]), Ok(()));
        assert_eq!(close(&[3, 0xe8]), Ok(()));
        assert_eq!(close(&[&[3, 0xe8][..], "né".as_bytes()].concat()), Ok(()));
        assert_eq!(close(&[3, 0xe8, 0xc3]), Err(CloseReason::InvalidUtf8));
        assert_eq!(check_text(&[0x82, 0x81, 0, 0, 0, 0, 0xff]), Ok(()), "no close frame");
    }
}
