//! Answers to requests that are not served: `{"error": CODE, "message": …}`.

use std::{borrow::Cow, time::Duration};

use axum::{
    Extension, Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{accounts::AccountError, acts::ActError, recovery::said, say::Lang};

/// Why a request is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It calls this machine by another name.
    Host,
    /// It comes from a web page of elsewhere.
    Origin,
    /// Nothing is there.
    NotFound,
    /// Not in this way.
    Method,
    /// It came too slowly.
    Slow,
    /// A body of another kind than JSON.
    NotJson,
    /// A body of more than 16 KiB.
    TooLarge,
    /// JSON, but not what was asked for: why.
    BadRequest(String),
    /// There are several benches.
    NoBench,
    /// There is no bench of this name.
    UnknownBench,
    /// A code that no scanner sends.
    BadCode,
    /// The bench did not take the scan.
    Silent,
    /// A question that cannot be answered: why, in English and Chinese.
    Question(&'static str, &'static str),
    /// A reason that cannot be kept.
    Reason,
    /// No clip and no hold has this order number, or there is no clip of this id.
    Unknown,
    /// It is released already.
    NotOnHold,
    /// Nobody is logged in.
    LogIn,
    /// Name or password does not fit.
    Password,
    /// The old password does not fit.
    OldPassword,
    /// Too many passwords did not fit: how long to wait.
    Later(Duration),
    /// The account may not do this.
    Forbidden,
    /// No name that an account can have.
    BadName,
    /// A password that is too short or too long.
    BadPassword,
    /// There is an account of this name.
    Taken,
    /// There is none.
    NoAccount,
    /// It is the last one that may make others.
    LastAdmin,
    /// There is no such dead letter.
    NoLetter,
    /// The station itself failed; its log says how.
    Failed,
    /// What concerns one part of the interface alone, in that part's words.
    Own {
        /// Status.
        status: StatusCode,
        /// Stable code.
        error: &'static str,
        /// What to do next, in English.
        en: Cow<'static, str>,
        /// The same in Chinese.
        zh: Cow<'static, str>,
    },
}

/// Why a request is not served.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Refusal)]
pub(super) struct Body {
    /// A stable code.
    error: &'static str,
    /// What to do next, in the station's language.
    message: String,
}

impl Refusal {
    /// One of [`Refusal::Own`].
    pub fn own(
        status: StatusCode,
        error: &'static str,
        en: impl Into<Cow<'static, str>>,
        zh: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Own { status, error, en: en.into(), zh: zh.into() }
    }

    /// Status, stable code, and what to do next in English and Chinese.
    fn parts(&self) -> (StatusCode, &'static str, &str, &str) {
        match self {
            Self::Host => (
                StatusCode::FORBIDDEN,
                "foreign-host",
                "this address answers to 127.0.0.1, [::1] and localhost only",
                "本接口只接受 127.0.0.1、[::1] 和 localhost",
            ),
            Self::Origin => (
                StatusCode::FORBIDDEN,
                "foreign-origin",
                "web pages of other places may not use this interface",
                "不允许其他网站的页面使用本接口",
            ),
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "not-found", "nothing is here: see /docs", "没有该地址：请查看 /docs")
            }
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "not in this way: see /docs",
                "不支持该方法：请查看 /docs",
            ),
            Self::Slow => (
                StatusCode::REQUEST_TIMEOUT,
                "too-slow",
                "the request came too slowly: send it again",
                "请求发送过慢：请重新发送",
            ),
            Self::NotJson => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                "send JSON, with Content-Type: application/json",
                "请发送 JSON，并带上 Content-Type: application/json",
            ),
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "a request has at most 16 KiB", "请求不得超过 16 KiB")
            }
            Self::BadRequest(_) => (
                StatusCode::BAD_REQUEST,
                "bad-request",
                "this is not what is asked for here: see /docs",
                "请求内容不符合要求：请查看 /docs",
            ),
            Self::NoBench => (
                StatusCode::BAD_REQUEST,
                "bench-needed",
                "there are several benches: name one as \"bench\"",
                "有多个工位：请用 \"bench\" 指定一个",
            ),
            Self::UnknownBench => (
                StatusCode::NOT_FOUND,
                "unknown-bench",
                "there is no bench of this name: see /api/v1/status",
                "没有这个工位：请查看 /api/v1/status",
            ),
            Self::BadCode => (
                StatusCode::BAD_REQUEST,
                "bad-code",
                "a code has 1 to 4096 characters and no control characters",
                "条码须为 1 到 4096 个字符，且不含控制字符",
            ),
            Self::Silent => (
                StatusCode::SERVICE_UNAVAILABLE,
                "bench-silent",
                "the bench does not answer: look at /api/v1/status before you scan again",
                "工位没有响应：再次扫码前请查看 /api/v1/status",
            ),
            Self::Question(en, zh) => (StatusCode::BAD_REQUEST, "bad-question", en, zh),
            Self::Reason => (
                StatusCode::BAD_REQUEST,
                "bad-reason",
                "send {\"reason\": TEXT}: 1 to 500 characters on one line",
                "请发送 {\"reason\": 理由}：一行 1 到 500 个字符",
            ),
            Self::Unknown => (
                StatusCode::NOT_FOUND,
                "unknown",
                "nothing of this number is recorded: search for a part of it",
                "没有该单号的录像：请用其中一部分搜索",
            ),
            Self::NotOnHold => (
                StatusCode::CONFLICT,
                "not-on-hold",
                "it is not on hold: reload the page",
                "未处于保留状态：请刷新页面",
            ),
            Self::LogIn => (StatusCode::UNAUTHORIZED, "log-in", "log in first", "请先登录"),
            Self::Password => (
                StatusCode::UNAUTHORIZED,
                "wrong-password",
                "name or password does not fit: try again",
                "账号或密码不正确：请重试",
            ),
            Self::OldPassword => (
                StatusCode::FORBIDDEN,
                "wrong-password",
                "the old password does not fit: try again",
                "旧密码不正确：请重试",
            ),
            Self::Later(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-many",
                "too many passwords did not fit: wait {} s, then try again",
                "密码错误次数过多：请等待 {} 秒后重试",
            ),
            Self::BadName => (
                StatusCode::BAD_REQUEST,
                "bad-name",
                "a name has 1 to 64 of A-Z, a-z, 0-9, '.', '_', '+' and '-': choose another",
                "账号须为 1 到 64 个字母、数字、“.”、“_”、“+”或“-”：请另选",
            ),
            Self::BadPassword => (
                StatusCode::BAD_REQUEST,
                "bad-password",
                "a password has 10 characters or more, and 256 bytes at most: choose another",
                "密码至少 10 个字符，最多 256 字节：请另选",
            ),
            Self::Taken => (
                StatusCode::CONFLICT,
                "name-taken",
                "there is an account of this name already: choose another",
                "该账号已存在：请另选名称",
            ),
            Self::NoAccount => (
                StatusCode::NOT_FOUND,
                "unknown-account",
                "there is no account of this name: see /accounts",
                "没有这个账号：请查看 /accounts",
            ),
            Self::LastAdmin => (
                StatusCode::CONFLICT,
                "last-admin",
                "it is the only administrator's account: make another one first",
                "这是唯一的管理员账号：请先新建另一个",
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "forbidden",
                "this account may not do this: ask an administrator",
                "该账号无此权限：请联系管理员",
            ),
            Self::NoLetter => (
                StatusCode::NOT_FOUND,
                "no-dead-letter",
                "there is no dead letter of this id: see /api/v1/webhooks/dead",
                "没有这条未送达的通知：请查看 /api/v1/webhooks/dead",
            ),
            Self::Failed => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "failed",
                "the station failed: try again, and look at its log",
                "站点出错：请重试并查看日志",
            ),
            Self::Own { status, error, en, zh } => (*status, *error, en, zh),
        }
    }

    /// The answer in this language; it has the refusal among its extensions, for the guard to say it in another one.
    pub fn response(self, lang: Lang) -> Response {
        let (status, error, en, zh) = self.parts();
        let mut message = lang.pick(en, zh).to_owned();
        let mut headers = HeaderMap::new();
        match &self {
            Self::BadRequest(why) => message.push_str(&format!(" ({why})")),
            Self::Later(wait) => {
                let seconds = wait.as_secs_f64().ceil() as u64;
                message = message.replace("{}", &seconds.to_string());
                headers.insert(header::RETRY_AFTER, seconds.into());
            }
            _ => {}
        }
        (status, headers, Extension(self), Json(Body { error, message })).into_response()
    }
}

impl From<AccountError> for Refusal {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Taken => Self::Taken,
            AccountError::Unknown => Self::NoAccount,
            AccountError::LastAdmin => Self::LastAdmin,
            AccountError::Password => Self::BadPassword,
            AccountError::Act(error) => error.into(),
            error @ (AccountError::Sqlite(_) | AccountError::Version | AccountError::Hash) => {
                tracing::error!(cause = "accounts", "the accounts cannot be used: {}", said(&error));
                Self::Failed
            }
        }
    }
}

impl From<ActError> for Refusal {
    fn from(error: ActError) -> Self {
        tracing::error!(cause = "acts", "what was done cannot be noted: {}", said(&error));
        Self::Failed
    }
}
