//! Builds small parameter sets and slices bit by bit, right and wrong ones.
// The attacks on whole clips include this file too, and each use takes a part of it.
#![allow(dead_code)]

/// Bits, first one highest.
#[derive(Debug, Clone, Default)]
pub struct Bits(Vec<bool>);

impl Bits {
    /// `n` bits of a number.
    pub fn u(mut self, n: u32, value: u32) -> Self {
        self.0.extend((0..n).rev().map(|i| value >> i & 1 == 1));
        self
    }

    /// Exp-Golomb, unsigned.
    pub fn ue(mut self, value: u32) -> Self {
        let code = u64::from(value) + 1;
        let length = 64 - code.leading_zeros();
        self.0.extend((0..2 * length - 1).rev().map(|i| code >> i & 1 == 1));
        self
    }

    /// Exp-Golomb, signed.
    pub fn se(self, value: i32) -> Self {
        self.ue(if value > 0 { 2 * value as u32 - 1 } else { 2 * value.unsigned_abs() })
    }

    /// A NAL unit with this header byte: stop bit, zeros, emulation prevention.
    pub fn nal(mut self, header: u8) -> Vec<u8> {
        self.0.push(true);
        let payload =
            self.0.chunks(8).map(|c| c.iter().enumerate().fold(0, |b, (i, &bit)| b | u8::from(bit) << (7 - i)));
        escaped(header, payload)
    }
}

/// A NAL unit of a payload, with emulation prevention.
pub fn escaped(header: u8, payload: impl IntoIterator<Item = u8>) -> Vec<u8> {
    let mut nal = vec![header];
    let mut zeros = 0;
    for byte in payload {
        if zeros == 2 && byte <= 3 {
            nal.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        nal.push(byte);
    }
    nal
}

/// A sequence parameter set; the default is allowed.
#[derive(Debug, Clone)]
pub struct Sps {
    pub header: u8,
    pub profile: u8,
    pub constraints: u8,
    pub id: u32,
    /// Of High profile: chroma_format_idc, bit depths of luma and chroma less 8, lossless bypass.
    pub chroma: [u32; 4],
    pub scaling: Option<Bits>,
    pub frame_num_bits: u32,
    pub order_type: u32,
    pub order_bits: u32,
    pub references: u32,
    pub gaps: u32,
    /// In macroblocks.
    pub size: (u32, u32),
    pub frame_mbs_only: u32,
    /// Left, right, top, bottom.
    pub crop: Option<[u32; 4]>,
    pub vui: Option<Vui>,
    /// What stands behind the last field.
    pub more: Bits,
}

impl Default for Sps {
    fn default() -> Self {
        Self {
            header: 0x67,
            profile: 77,
            constraints: 0,
            id: 0,
            chroma: [1, 0, 0, 0],
            scaling: None,
            frame_num_bits: 4,
            order_type: 0,
            order_bits: 6,
            references: 4,
            gaps: 0,
            size: (8, 6),
            frame_mbs_only: 1,
            crop: None,
            vui: Some(Vui::default()),
            more: Bits::default(),
        }
    }
}

impl Sps {
    /// As a NAL unit.
    pub fn nal(&self) -> Vec<u8> {
        let mut b = Bits::default().u(8, self.profile.into()).u(8, self.constraints.into()).u(8, 30).ue(self.id);
        if self.profile == 100 {
            b = b.ue(self.chroma[0]).ue(self.chroma[1]).ue(self.chroma[2]).u(1, self.chroma[3]);
            b = b.u(1, self.scaling.is_some().into());
            b.0.extend(self.scaling.iter().flat_map(|s| s.0.clone()));
        }
        b = b.ue(self.frame_num_bits - 4).ue(self.order_type);
        b = match self.order_type {
            0 => b.ue(self.order_bits - 4),
            1 => b.u(1, 0).se(0).se(0).ue(0),
            _ => b,
        };
        b = b.ue(self.references).u(1, self.gaps).ue(self.size.0 - 1).ue(self.size.1 - 1).u(1, self.frame_mbs_only);
        if self.frame_mbs_only == 0 {
            b = b.u(1, 0);
        }
        b = b.u(1, 1).u(1, self.crop.is_some().into());
        for edge in self.crop.iter().flatten() {
            b = b.ue(*edge);
        }
        b = b.u(1, self.vui.is_some().into());
        if let Some(vui) = &self.vui {
            b = vui.write(b);
        }
        b.0.extend(&self.more.0);
        b.nal(self.header)
    }
}

/// Video usability information; the default is allowed.
#[derive(Debug, Clone)]
pub struct Vui {
    pub aspect: Option<u32>,
    pub overscan: Option<u32>,
    /// Primaries, transfer, matrix.
    pub colour: Option<[u32; 3]>,
    pub chroma_place: Option<u32>,
    pub timing: bool,
    /// Numbers of HRD entries for NAL units and VCL.
    pub hrd: [Option<u32>; 2],
    /// max_num_reorder_frames and max_dec_frame_buffering.
    pub restriction: Option<[u32; 2]>,
}

impl Default for Vui {
    fn default() -> Self {
        Self {
            aspect: Some(1),
            overscan: None,
            colour: Some([1, 1, 1]),
            chroma_place: None,
            timing: true,
            hrd: [None; 2],
            restriction: Some([2, 4]),
        }
    }
}

impl Vui {
    fn write(&self, b: Bits) -> Bits {
        let mut b = b.u(1, self.aspect.is_some().into());
        if let Some(aspect) = self.aspect {
            b = b.u(8, aspect);
            if aspect == 255 {
                b = b.u(16, 2).u(16, 1);
            }
        }
        b = b.u(1, self.overscan.is_some().into());
        if let Some(overscan) = self.overscan {
            b = b.u(1, overscan);
        }
        b = b.u(1, self.colour.is_some().into());
        if let Some(colour) = self.colour {
            b = b.u(3, 5).u(1, 0).u(1, 1);
            b = colour.iter().fold(b, |b, c| b.u(8, *c));
        }
        b = b.u(1, self.chroma_place.is_some().into());
        if let Some(place) = self.chroma_place {
            b = b.ue(place).ue(place);
        }
        b = b.u(1, self.timing.into());
        if self.timing {
            b = b.u(32, 1).u(32, 20).u(1, 1);
        }
        for count in self.hrd {
            b = b.u(1, count.is_some().into());
            if let Some(count) = count {
                b = (0..count).fold(b.ue(count - 1).u(8, 0), |b, _| b.ue(5).ue(6).u(1, 0)).u(20, 0);
            }
        }
        if self.hrd.iter().any(Option::is_some) {
            b = b.u(1, 0);
        }
        b = b.u(1, 0).u(1, self.restriction.is_some().into());
        if let Some([reorder, buffering]) = self.restriction {
            b = b.u(1, 1).ue(0).ue(0).ue(10).ue(10).ue(reorder).ue(buffering);
        }
        b
    }
}

/// A picture parameter set; the default is allowed.
#[derive(Debug, Clone)]
pub struct Pps {
    pub header: u8,
    pub id: u32,
    pub sps_id: u32,
    pub bottom_order: u32,
    pub groups: u32,
    pub references: [u32; 2],
    /// weighted_pred_flag and weighted_bipred_idc.
    pub weighted: [u32; 2],
    pub redundant: u32,
    /// transform_8x8_mode, scaling lists, second_chroma_qp_index_offset; High profile only.
    pub high: Option<(u32, Option<Bits>)>,
    /// What stands behind the last field.
    pub more: Bits,
}

impl Default for Pps {
    fn default() -> Self {
        Self {
            header: 0x68,
            id: 0,
            sps_id: 0,
            bottom_order: 0,
            groups: 1,
            references: [1, 1],
            weighted: [0, 0],
            redundant: 0,
            high: None,
            more: Bits::default(),
        }
    }
}

impl Pps {
    /// As a NAL unit.
    pub fn nal(&self) -> Vec<u8> {
        let mut b = Bits::default().ue(self.id).ue(self.sps_id).u(1, 1).u(1, self.bottom_order).ue(self.groups - 1);
        if self.groups > 1 {
            b = b.ue(0);
            b = (0..self.groups).fold(b, |b, _| b.ue(1));
        }
        b = b.ue(self.references[0] - 1).ue(self.references[1] - 1);
        b = b.u(1, self.weighted[0]).u(2, self.weighted[1]).se(0).se(0).se(-2).u(2, 2).u(1, self.redundant);
        if let Some((transform, lists)) = &self.high {
            b = b.u(1, *transform).u(1, lists.is_some().into());
            b.0.extend(lists.iter().flat_map(|l| l.0.clone()));
            b = b.se(-2);
        }
        b.0.extend(&self.more.0);
        b.nal(self.header)
    }
}

/// A slice of the default SPS and PPS; the default is the first one of an IDR picture.
#[derive(Debug, Clone)]
pub struct Slice {
    /// NAL header byte.
    pub header: u8,
    pub first: u32,
    pub kind: u32,
    pub pps: u32,
    pub frame_num: u32,
    pub idr: u32,
    pub order: u32,
    /// no_output_of_prior_pics and long_term_reference.
    pub idr_marking: [u32; 2],
    /// Reference picture list modifications: operations and their values.
    pub lists: Vec<(u32, u32)>,
    /// Memory management operations and their values.
    pub marking: Vec<(u32, Option<u32>)>,
    /// What the pictures are made of.
    pub data: Vec<u8>,
}

impl Default for Slice {
    fn default() -> Self {
        Self {
            header: 0x65,
            first: 0,
            kind: 7,
            pps: 0,
            frame_num: 0,
            idr: 0,
            order: 0,
            idr_marking: [0, 0],
            lists: vec![],
            marking: vec![],
            data: vec![0xab; 40],
        }
    }
}

impl Slice {
    /// Of a P picture that others refer to.
    pub fn p(frame_num: u32, order: u32) -> Self {
        Self { header: 0x41, kind: 5, frame_num, order, ..Self::default() }
    }

    /// Of a B picture that none refers to.
    pub fn b(frame_num: u32, order: u32) -> Self {
        Self { header: 0x01, kind: 6, frame_num, order, ..Self::default() }
    }

    /// As a NAL unit under these sets.
    pub fn nal_of(&self, sps: &Sps) -> Vec<u8> {
        let mut b = Bits::default().ue(self.first).ue(self.kind).ue(self.pps).u(sps.frame_num_bits, self.frame_num);
        let idr = self.header & 0x1f == 5;
        if idr {
            b = b.ue(self.idr);
        }
        if sps.order_type == 0 {
            b = b.u(sps.order_bits, self.order);
        }
        let kind = self.kind % 5;
        if kind == 1 {
            b = b.u(1, 1); // direct_spatial_mv_pred
        }
        if kind != 2 && kind != 4 {
            b = b.u(1, 0); // num_ref_idx_active_override
            b = b.u(1, (!self.lists.is_empty()).into());
            if !self.lists.is_empty() {
                b = self.lists.iter().fold(b, |b, (op, value)| b.ue(*op).ue(*value)).ue(3);
            }
            if kind == 1 {
                b = b.u(1, 0);
            }
        }
        if self.header & 0x60 != 0 {
            if idr {
                b = b.u(1, self.idr_marking[0]).u(1, self.idr_marking[1]);
            } else {
                b = b.u(1, (!self.marking.is_empty()).into());
                if !self.marking.is_empty() {
                    for (operation, value) in &self.marking {
                        b = b.ue(*operation);
                        b = value.map_or(b.clone(), |value| b.clone().ue(value));
                    }
                    b = b.ue(0);
                }
            }
        }
        b = self.data.iter().fold(b, |b, byte| b.u(8, (*byte).into()));
        b.nal(self.header)
    }

    /// As a NAL unit under the default sets.
    pub fn nal(&self) -> Vec<u8> {
        self.nal_of(&Sps::default())
    }
}

/// NAL units behind their lengths: the bytes of a sample.
pub fn sample(units: &[Vec<u8>]) -> Vec<u8> {
    units.iter().flat_map(|unit| [&(unit.len() as u32).to_be_bytes()[..], unit].concat()).collect()
}

/// x264's version text as an SEI unit.
pub fn x264_text(text: &str) -> Vec<u8> {
    let uuid = [0xdc, 0x45, 0xe9, 0xbd, 0xe6, 0xd9, 0x48, 0xb7, 0x96, 0x2c, 0xd8, 0x20, 0xd9, 0x23, 0xee, 0xef];
    sei(5, &[&uuid[..], text.as_bytes(), &[0]].concat())
}

/// An SEI unit of one message.
pub fn sei(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut size = vec![255; payload.len() / 255];
    size.push((payload.len() % 255) as u8);
    escaped(0x06, [&[kind][..], &size, payload, &[0x80]].concat())
}
