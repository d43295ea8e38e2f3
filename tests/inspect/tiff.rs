//! TIFF files: directories from the first byte on.

use inspect::{places::Space, report::Container};

use crate::{
    exif::{self, Block},
    jumbf,
    part::{Fixture, Part},
    xmp,
};

pub fn tiff(name: &str, file: Part) -> Fixture {
    Fixture::new(format!("{name}.tif"), Container::Tiff, file)
}

pub fn fixtures() -> Vec<Fixture> {
    let home = exif::Home { name: "tiff", file: &tiff, path: "tiff", row: None };
    let mut fixtures = exif::layouts(&home);
    fixtures.extend(exif::tags(&home));
    let with_xmp = |name: &str, packet: Part| tiff(name, Block::of(vec![exif::undefined(0x02BC, packet)]));
    let row = (Space::Exif, "02BC");
    fixtures.extend(xmp::some_labels(&xmp::Home { name: "tiff-xmp", file: &with_xmp, path: "tiff IFD0 02BC", row }));
    for (name, little, big) in [("", false, false), ("-little", true, false), ("-BigTIFF", true, true)] {
        let store = vec![exif::undefined(0xCD41, jumbf::store())];
        let file = Block { little, big, ifd0: store, ..Block::default() }.part();
        fixtures.push(tiff(&format!("tiff-C2PA{name}"), file).store("tiff IFD0 CD41", &[(Space::Exif, "CD41")]));
    }
    fixtures
}
