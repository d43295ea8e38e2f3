//! Answers to requests that are not served: `{"error": CODE, "message": …}`.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::say::Lang;

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
    /// Nobody is logged in.
    LogIn,
    /// Name or password does not fit.
    Password,
    /// The account may not do this.
    Forbidden,
    /// There is no such dead letter.
    NoLetter,
    /// The station itself failed; its log says how.
    Failed,
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
    /// Status, stable code, and what to do next in English and Chinese.
    fn parts(&self) -> (StatusCode, &'static str, &'static str, &'static str) {
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
                "send {\"bench\": NAME, \"code\": TEXT}",
                "请发送 {\"bench\": 名称, \"code\": 文本}",
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
            Self::LogIn => (StatusCode::UNAUTHORIZED, "log-in", "log in first", "请先登录"),
            Self::Password => (
                StatusCode::UNAUTHORIZED,
                "wrong-password",
                "name or password does not fit: try again",
                "账号或密码不正确：请重试",
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
        }
    }

    /// The answer in this language.
    pub fn response(&self, lang: Lang) -> Response {
        let (status, error, en, zh) = self.parts();
        let mut message = lang.pick(en, zh).to_owned();
        if let Self::BadRequest(why) = self {
            message.push_str(&format!(" ({why})"));
        }
        (status, Json(Body { error, message })).into_response()
    }
}
