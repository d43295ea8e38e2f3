//! H.264 NAL units: from FFmpeg's packets to the samples of a sealed clip.
//!
//! A sample carries coded slices (types 1 and 5) and x264's own version text, nothing else, each NAL unit behind its
//! length in four bytes.

/// NAL unit types of ITU-T H.264 table 7-1 that matter here.
pub(crate) mod kind {
    /// Coded slice of a picture that is no key frame.
    pub(crate) const SLICE: u8 = 1;
    /// Coded slice of an IDR picture.
    pub(crate) const IDR: u8 = 5;
    /// Supplemental enhancement information.
    pub(crate) const SEI: u8 = 6;
    /// Sequence parameter set.
    pub(crate) const SPS: u8 = 7;
    /// Picture parameter set.
    pub(crate) const PPS: u8 = 8;
    /// Access unit delimiter.
    pub(crate) const DELIMITER: u8 = 9;
}

/// UUID in front of the version text x264 writes into a stream.
const X264: [u8; 16] = [0xdc, 0x45, 0xe9, 0xbd, 0xe6, 0xd9, 0x48, 0xb7, 0x96, 0x2c, 0xd8, 0x20, 0xd9, 0x23, 0xee, 0xef];

/// Type of a NAL unit; 0, which is unspecified, for an empty one.
pub(crate) fn kind_of(nal: &[u8]) -> u8 {
    nal.first().map_or(0, |first| first & 0x1f)
}

/// Whether this is an SEI with x264's version text as its only message.
pub(crate) fn is_x264_text(nal: &[u8]) -> bool {
    let Some((&[_, payload_type], rest)) = nal.split_first_chunk::<2>() else { return false };
    let Some(size_bytes) = rest.iter().position(|&b| b != 0xff) else { return false };
    let size = size_bytes * 255 + usize::from(rest[size_bytes]);
    let body = &rest[size_bytes + 1..];
    // 5 is user_data_unregistered; behind the one message stands only the stop bit. x264's text needs no
    // emulation prevention, so that the size counts the bytes as they stand.
    kind_of(nal) == kind::SEI && payload_type == 5 && body.starts_with(&X264) && body.get(size..) == Some(&[0x80][..])
}

/// NAL units of an Annex B byte stream, without start codes.
pub(crate) fn annex_b(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    // What stands before the first start code is no NAL unit.
    bytes = start_code(bytes).map_or(&[][..], |at| &bytes[at + 3..]);
    std::iter::from_fn(move || {
        while !bytes.is_empty() {
            let (nal, rest) = match start_code(bytes) {
                Some(at) => (&bytes[..at], &bytes[at + 3..]),
                None => (bytes, &[][..]),
            };
            bytes = rest;
            // A NAL unit never ends in a zero byte: those belong to the next start code, or are padding.
            let end = nal.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
            if end > 0 {
                return Some(&nal[..end]);
            }
        }
        None
    })
}

/// Where the next `00 00 01` stands.
fn start_code(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    // Of three bytes in a row the third tells how far to go on: above 1 no start code can lie within.
    while at + 2 < bytes.len() {
        match bytes[at + 2] {
            0 => at += 1,
            1 if bytes[at] == 0 && bytes[at + 1] == 0 => return Some(at),
            _ => at += 3,
        }
    }
    None
}

/// NAL units that stand behind their length in `size` bytes each; `None` as the last item where one is cut off.
pub(crate) fn length_prefixed(mut bytes: &[u8], size: usize) -> impl Iterator<Item = Option<&[u8]>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let nal = bytes.split_at_checked(size).and_then(|(length, rest)| {
            let length = length.iter().fold(0, |n, &b| n << 8 | usize::from(b));
            rest.split_at_checked(length)
        });
        bytes = nal.map_or(&[], |(_, rest)| rest);
        Some(nal.map(|(nal, _)| nal))
    })
}

/// Appends `nal` to a sample if it belongs there.
pub(crate) fn append(sample: &mut Vec<u8>, nal: &[u8]) {
    if matches!(kind_of(nal), kind::SLICE | kind::IDR) || is_x264_text(nal) {
        // A NAL unit is part of a packet, whose size FFmpeg holds in 31 bits.
        sample.extend_from_slice(&(nal.len() as u32).to_be_bytes());
        sample.extend_from_slice(nal);
    }
}

/// The parameter sets of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParameterSets {
    /// Sequence parameter set, without start code.
    pub(crate) sps: Vec<u8>,
    /// Picture parameter set, likewise.
    pub(crate) pps: Vec<u8>,
}

impl ParameterSets {
    /// Takes them out of NAL units; `None` unless there is exactly one of each.
    pub(crate) fn from_nals<'a>(nals: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let (mut sps, mut pps) = (None, None);
        for nal in nals {
            let slot = match kind_of(nal) {
                kind::SPS => &mut sps,
                kind::PPS => &mut pps,
                _ => continue,
            };
            if slot.replace(nal.to_vec()).is_some() {
                return None;
            }
        }
        Some(ParameterSets { sps: sps?, pps: pps? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annex_b_is_cut_at_start_codes_of_three_and_four_bytes() {
        let stream = [9, 0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x65, 0, 0, 3, 0, 0, 3, 1, 9, 0, 0];
        let nals: Vec<&[u8]> = annex_b(&stream).collect();
        assert_eq!(nals, [&[0x67, 1, 2][..], &[0x68, 3], &[0x65, 0, 0, 3, 0, 0, 3, 1, 9]]);
        assert_eq!(annex_b(&[1, 2, 3]).count(), 0);
        assert_eq!(annex_b(&[]).count(), 0);
    }

    #[test]
    fn start_codes_are_found_at_every_offset() {
        for lead in 0..9 {
            let mut stream = vec![7; lead];
            stream.extend([0, 0, 1, 0x65]);
            assert_eq!(start_code(&stream), Some(lead));
            stream.truncate(lead + 2);
            assert_eq!(start_code(&stream), None);
        }
    }

    #[test]
    fn a_cut_off_length_is_reported() {
        let nals: Vec<_> = length_prefixed(&[0, 0, 0, 1, 5, 0, 0, 0, 2, 6], 4).collect();
        assert_eq!(nals, [Some(&[5][..]), None]);
        let nals: Vec<_> = length_prefixed(&[0, 1, 5, 0], 2).collect();
        assert_eq!(nals, [Some(&[5][..]), None]);
    }

    #[test]
    fn only_slices_and_the_version_text_reach_a_sample() {
        let mut text = vec![6, 5, 18];
        text.extend(X264);
        text.extend(*b"x2\x80");
        let mut two_messages = text.clone();
        two_messages.splice(21.., [47, 1, 0, 0x80]);
        let mut sample = Vec::new();
        for nal in [&[9, 0xf0][..], &[0x67, 1], &[0x68, 1], &text, &two_messages, &[6, 47, 1, 0, 0x80], &[0x65, 7], &[]]
        {
            append(&mut sample, nal);
        }
        let nals: Vec<_> = length_prefixed(&sample, 4).collect();
        assert_eq!(nals, [Some(&text[..]), Some(&[0x65, 7])]);
    }

    #[test]
    fn two_sets_of_one_kind_are_refused() {
        let sets = |nals: &[&'static [u8]]| ParameterSets::from_nals(nals.iter().copied());
        assert!(sets(&[&[0x67, 1], &[0x68, 1]]).is_some());
        assert!(sets(&[&[0x67, 1], &[0x67, 1], &[0x68, 1]]).is_none());
        assert!(sets(&[&[0x67, 1]]).is_none());
    }
}
