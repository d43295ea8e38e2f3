//! What a person reads, in English and Chinese, side by side.

/// A language the station speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    En,
    /// Chinese.
    Zh,
}

impl Lang {
    /// The language of the environment: Chinese where it asks for it, else English.
    pub fn of_environment() -> Self {
        let first = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
        if first.is_some_and(|v| v.starts_with("zh")) { Self::Zh } else { Self::En }
    }

    /// One of two texts.
    pub fn pick<T>(self, en: T, zh: T) -> T {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }
}

/// Why a command could not do what it was asked, and what to do next. Causes hang on as sources.
#[derive(Debug)]
pub struct Trouble {
    /// In English, one line.
    pub en: String,
    /// In Chinese, one line.
    pub zh: String,
    /// What the system said.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Trouble {
    /// A trouble without a cause behind it.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into(), source: None }
    }

    /// The same with what the system said.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The line to print.
    pub fn line(&self, lang: Lang) -> String {
        let mut line = lang.pick(&self.en, &self.zh).clone();
        let mut source = self.source.as_deref().map(|s| s as &dyn std::error::Error);
        while let Some(error) = source {
            line.push_str(&format!(" ({error})"));
            source = error.source();
        }
        line
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.en)
    }
}

impl std::error::Error for Trouble {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|s| s as _)
    }
}
