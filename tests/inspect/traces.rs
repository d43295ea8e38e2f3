//! What generating programs, screens and messengers leave.

use inspect::report::Way;

/// Settings of Stable Diffusion web UI.
pub const SETTINGS: &str =
    "a cat on a chair\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x512";
/// A graph of ComfyUI.
pub const GRAPH: &str = r#"{"3":{"class_type":"KSampler","inputs":{"seed":42,"steps":20}}}"#;
/// A graph as its editor keeps it.
pub const WORKFLOW: &str = r#"{"last_node_id":9,"nodes":[{"id":3,"type":"KSampler"}],"links":[[1,4,0,3,0,"MODEL"]]}"#;

/// Names of programs and services, as they stand in files.
pub const PROGRAMS: [&str; 32] = [
    "Stable Diffusion XL",
    "ComfyUI",
    "InvokeAI 4.2",
    "AUTOMATIC1111 web UI",
    "NovelAI",
    "Midjourney v7",
    "DALL-E 3",
    "DALL·E",
    "gpt-image-1",
    "GPT-4o",
    "Sora",
    "Adobe Firefly 3",
    "Imagen 4",
    "Gemini Flash Image",
    "Nano Banana",
    "Grok Imagine",
    "FLUX.1 [dev]",
    "Ideogram 3.0",
    "Leonardo.Ai",
    "Runway Gen-4",
    "Hailuo",
    "KLING 2.1",
    "Jimeng",
    "Doubao",
    "Seedream 4.0",
    "Wanx",
    "Hunyuan",
    "即梦AI",
    "豆包",
    "通义万相",
    "可灵",
    "文心一格",
];

/// Programs that say how a file travelled.
pub const WAYS: [(&str, Way); 14] = [
    ("Android Screenshot", Way::Screenshot),
    ("Snipaste 2.8", Way::Screenshot),
    ("Flameshot", Way::Screenshot),
    ("系统截屏", Way::Screenshot),
    ("OBS Studio 30", Way::ScreenRecording),
    ("ReplayKit", Way::ScreenRecording),
    ("手机录屏", Way::ScreenRecording),
    ("WeChat 8.0", Way::WeChat),
    ("微信", Way::WeChat),
    ("WhatsApp", Way::WhatsApp),
    ("Telegram Desktop", Way::Telegram),
    ("LINE", Way::Line),
    ("libvips 8.15", Way::Converted),
    ("ImageMagick 7.1", Way::Converted),
];

/// Names of files, and what each says about the way.
pub const NAMES: [(&str, Way); 25] = [
    ("mmexport1700000000000.jpg", Way::WeChat),
    ("wx_camera_1700000000000.mp4", Way::WeChat),
    ("微信图片_20260102030405.jpg", Way::WeChat),
    ("WeChat_20260102.mp4", Way::WeChat),
    ("QQ图片20260102030405.jpg", Way::Qq),
    ("qq_image_1.jpg", Way::Qq),
    ("IMG-20260102-WA0001.jpg", Way::WhatsApp),
    ("VID-20260102-WA0012.mp4", Way::WhatsApp),
    ("WhatsApp Image 2026-01-02 at 03.04.05.jpeg", Way::WhatsApp),
    ("photo_2026-01-02_03-04-05.jpg", Way::Telegram),
    ("video_2026-01-02_03-04-05.mp4", Way::Telegram),
    ("FB_IMG_1700000000000.jpg", Way::Facebook),
    ("received_1234567890.jpeg", Way::Facebook),
    ("signal-2026-01-02-030405.jpg", Way::Signal),
    ("LINE_ALBUM_1.jpg", Way::Line),
    ("S__1234567.jpg", Way::Line),
    ("Screenshot_20260102-030405.png", Way::Screenshot),
    ("Screen Shot 2026-01-02 at 3.04.05.png", Way::Screenshot),
    ("屏幕截图 2026-01-02 030405.png", Way::Screenshot),
    ("QQ截图20260102.png", Way::Screenshot),
    ("微信截图_20260102.png", Way::Screenshot),
    ("截屏2026-01-02.png", Way::Screenshot),
    ("Screenrecorder-2026-01-02.mp4", Way::ScreenRecording),
    ("Screen Recording 2026-01-02.mov", Way::ScreenRecording),
    ("RPReplay_Final1700000000.mp4", Way::ScreenRecording),
];
