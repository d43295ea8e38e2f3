//! The capture process: opens one camera, decodes, draws the overlay, encodes, and writes GOPs to its
//! standard output. It holds no key and is confined before it reads a byte of the camera's.

pub mod protocol;
