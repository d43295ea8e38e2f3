//! Pictures as buyers send them, made here.
#![allow(dead_code, reason = "shared by tests that need different parts of it")]

/// The object of GB 45438-2025 with this label.
pub fn aigc(label: &str) -> String {
    format!(
        "{{\"Label\":\"{label}\",\"ContentProducer\":\"001191310000MA1FL1TQ4A10010\",\"ProduceID\":\"a-1\",\
         \"ReservedCode1\":\"\",\"ContentPropagator\":\"\",\"PropagateID\":\"\",\"ReservedCode2\":\"\"}}"
    )
}

/// A PNG of 16 × 16 grey pixels; with a label, one that declares it. `more`: bytes behind its end.
pub fn png(label: Option<&str>, more: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, b"IHDR", &[0, 0, 0, 16, 0, 0, 0, 16, 8, 0, 0, 0, 0]);
    if let Some(label) = label {
        chunk(&mut file, b"tEXt", format!("AIGC\0{}", aigc(label)).as_bytes());
    }
    // One stored block of zlib: 16 rows, each with its filter's number before it.
    let rows = [[0, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128]; 16].concat();
    let length = rows.len() as u16;
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in &rows {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    let sum = (b << 16 | a).to_be_bytes();
    let zlib = [&[0x78, 1, 1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), &rows, &sum].concat();
    chunk(&mut file, b"IDAT", &zlib);
    chunk(&mut file, b"IEND", &[]);
    file.extend(more);
    file
}

fn chunk(file: &mut Vec<u8>, name: &[u8; 4], content: &[u8]) {
    let body = [&name[..], content].concat();
    let mut crc = u32::MAX;
    for byte in &body {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    file.extend((content.len() as u32).to_be_bytes());
    file.extend(body);
    file.extend((!crc).to_be_bytes());
}
