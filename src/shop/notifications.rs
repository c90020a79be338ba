//! `NotificationService` and `SupportService`.

use std::sync::Arc;

use tokio_stream::StreamExt;
use tonic::{Request, Response, Status, Streaming};

use super::api::shop::v1::chat_message::Content;
use super::api::shop::v1::notification_service_server::NotificationService;
use super::api::shop::v1::support_service_server::SupportService;
use super::api::shop::v1::{
    ChatMessage, Notification, NotifyRequest, NotifyResponse, WatchRequest,
};
use super::details::invalid;
use super::store::Store;
use super::{Messages, follow};

/// The service that tells.
pub struct Notifications(pub Arc<Store>);

/// The service that listens.
pub struct Support;

#[tonic::async_trait]
impl NotificationService for Notifications {
    async fn notify(
        &self,
        request: Request<NotifyRequest>,
    ) -> Result<Response<NotifyResponse>, Status> {
        let NotifyRequest { channel, notification } = request.into_inner();
        check_channel(&channel)?;
        let notification = notification.ok_or_else(|| invalid("notification", "must be set"))?;
        if notification.subject.trim().is_empty() {
            return Err(invalid("notification.subject", "must be set"));
        }
        let (sequence, watchers) = self.0.notify(Notification { channel, ..notification })?;
        let watchers = i32::try_from(watchers).unwrap_or(i32::MAX);
        Ok(Response::new(NotifyResponse { sequence, watchers }))
    }

    type WatchStream = Messages<Notification>;

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let last = last_event(&request)?;
        let WatchRequest { channel, after, limit } = request.into_inner();
        let after = after.max(last);
        check_channel(&channel)?;
        let limit = usize::try_from(limit).map_err(|_| invalid("limit", "must not be negative"))?;
        let (kept, news) = {
            let state = self.0.read();
            let kept = state.notices.get(&channel).into_iter().flatten();
            let kept: Vec<_> = kept.filter(|notice| notice.sequence > after).cloned().collect();
            (kept, self.0.notices.subscribe())
        };
        let wanted = move |notice: &Notification| notice.channel == channel;
        let notices = follow(kept, news, wanted, &self.0.closing);
        Ok(Response::new(if limit == 0 { notices } else { Box::pin(notices.take(limit)) }))
    }
}

#[tonic::async_trait]
impl SupportService for Support {
    type ChatStream = Messages<ChatMessage>;

    async fn chat(
        &self,
        request: Request<Streaming<ChatMessage>>,
    ) -> Result<Response<Self::ChatStream>, Status> {
        let mut open = true;
        let talk = request.into_inner().map_while(move |line| {
            if !open {
                return None;
            }
            let answer = line.map(|line| answer(&line));
            open = answer.as_ref().is_ok_and(|(_, goes_on)| *goes_on);
            Some(answer.map(|(line, _)| line))
        });
        Ok(Response::new(Box::pin(talk)))
    }
}

fn answer(line: &ChatMessage) -> (ChatMessage, bool) {
    let (text, goes_on) = match &line.content {
        Some(Content::Text(text)) if text.trim().eq_ignore_ascii_case("bye") => {
            ("Good bye!".to_owned(), false)
        }
        Some(Content::Text(text)) => (format!("You said: {text}"), true),
        Some(Content::Picture(picture)) => {
            (format!("A picture of {} bytes, thank you.", picture.len()), true)
        }
        None => ("I did not get that.".to_owned(), true),
    };
    let author = "shop".to_owned();
    (ChatMessage { author, content: Some(Content::Text(text)) }, goes_on)
}

/// The notice that a client had last before it lost its connection; 0 where it says none.
fn last_event(request: &Request<WatchRequest>) -> Result<u64, Status> {
    let Some(last) = request.metadata().get("last-event-id") else { return Ok(0) };
    let number = last.to_str().ok().and_then(|last| last.parse().ok());
    number.ok_or_else(|| invalid("last-event-id", "must be the sequence of a notice"))
}

fn check_channel(channel: &str) -> Result<(), Status> {
    if channel.is_empty() || channel.len() > 64 {
        return Err(invalid("channel", "must have between 1 and 64 bytes"));
    }
    Ok(())
}
