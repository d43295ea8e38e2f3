//! Surgery on boxes: whatever is changed inside, the sizes around it stay true.

/// A box of this type and content.
pub fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
}

/// Changes the content of the box at this path.
pub fn edit(file: &mut Vec<u8>, path: &[&[u8; 4]], change: impl FnOnce(&mut Vec<u8>)) {
    inside(file, path, 0, change);
}

fn inside(bytes: &mut Vec<u8>, path: &[&[u8; 4]], skip: usize, change: impl FnOnce(&mut Vec<u8>)) {
    let Some((kind, rest)) = path.split_first() else { return change(bytes) };
    let mut at = skip;
    loop {
        let size = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        if bytes[at + 4..at + 8] == kind[..] {
            let mut content = bytes[at + 8..at + size].to_vec();
            // Some boxes have fields before the boxes in them.
            let fields = match *kind {
                b"stsd" | b"dref" => 8,
                b"avc1" => 78,
                _ => 0,
            };
            inside(&mut content, rest, fields, change);
            bytes.splice(at..at + size, boxed(kind, &content));
            return;
        }
        at += size;
    }
}

/// Overwrites bytes at a place.
pub fn put(bytes: &mut [u8], at: usize, new: &[u8]) {
    bytes[at..at + new.len()].copy_from_slice(new);
}
