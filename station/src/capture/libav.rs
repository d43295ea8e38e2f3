//! The few things of FFmpeg that ffmpeg-next does not wrap: the only `unsafe` of the capture process.

use std::slice;

use ffmpeg::ffi;
use ffmpeg::{codec, frame};
use ffmpeg_next as ffmpeg;

/// Makes the pixels of `frame` ours alone, so that drawing into them cannot reach a picture the decoder still
/// predicts from. Copies only if someone else holds them too.
pub(crate) fn make_writable(frame: &mut frame::Video) -> Result<(), ffmpeg::Error> {
    // SAFETY: the pointer is a valid AVFrame, owned by `frame`, which we hold exclusively.
    match unsafe { ffi::av_frame_make_writable(frame.as_mut_ptr()) } {
        e if e < 0 => Err(e.into()),
        _ => Ok(()),
    }
}

/// Whether the rows of every plane run downwards without gaps in front. Others (bottom-up pictures) must not be
/// reached through `data()`, which takes the line size for a positive number.
pub(crate) fn rows_run_down(frame: &frame::Video) -> bool {
    // SAFETY: the pointer is a valid AVFrame, owned by `frame`; a plain array of integers is read.
    unsafe { (*frame.as_ptr()).linesize }.iter().all(|&size| size >= 0)
}

/// Codec data outside the stream (`extradata`); for H.264 the parameter sets.
pub(crate) fn extradata(context: &codec::Context) -> Vec<u8> {
    // SAFETY: the pointer is a valid AVCodecContext, owned by `context`; extradata is null or extradata_size bytes.
    unsafe {
        let context = &*context.as_ptr();
        bytes(context.extradata, context.extradata_size)
    }
}

/// Copies `size` bytes from `data`, none if it is null.
///
/// # Safety
/// `data` is null or points to at least `size` bytes.
unsafe fn bytes(data: *const u8, size: i32) -> Vec<u8> {
    match usize::try_from(size) {
        // SAFETY: not null, and `size` bytes long by the contract of this function.
        Ok(size) if !data.is_null() => unsafe { slice::from_raw_parts(data, size) }.to_vec(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A second frame over the same pixels, as a decoder gives out its reference pictures.
    pub(crate) fn share(frame: &frame::Video) -> frame::Video {
        let mut shared = frame::Video::empty();
        // SAFETY: both are valid AVFrames; the new one holds nothing yet.
        let result = unsafe { ffi::av_frame_ref(shared.as_mut_ptr(), frame.as_ptr()) };
        assert_eq!(result, 0);
        shared
    }
}
