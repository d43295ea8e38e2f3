//! A client's connection, which a handler that takes long asks whether somebody still waits.
//!
//! hyper does not read while a request is answered: a client that has said all may close its side and still wait
//! (`half_close`). Whoever waits for minutes of work does not do so, thus to such work a closed side is a client that
//! went away.

use std::{
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::sleep,
};

/// How often a client is looked at that has sent more than it was answered.
const LOOK: Duration = Duration::from_millis(250);

/// The connection.
#[derive(Debug)]
pub(super) struct Client {
    read: Arc<OwnedReadHalf>,
    write: OwnedWriteHalf,
}

/// Whether the client is there: in the extensions of its requests.
#[derive(Debug, Clone)]
pub(super) struct Presence(Arc<OwnedReadHalf>);

/// Both of a connection.
pub(super) fn of(stream: TcpStream) -> (Client, Presence) {
    let (read, write) = stream.into_split();
    let read = Arc::new(read);
    (Client { read: read.clone(), write }, Presence(read))
}

impl Presence {
    /// Waits for this work while the client is there; `None`: it went away, and the work was dropped.
    pub(super) async fn while_there<F: Future>(&self, work: F) -> Option<F::Output> {
        let (mut work, mut gone) = (pin!(work), pin!(self.gone()));
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending => gone.as_mut().poll(cx).map(|()| None),
        })
        .await
    }

    async fn gone(&self) {
        while let Ok(ready) = self.0.ready(Interest::READABLE).await
            && !ready.is_read_closed()
        {
            sleep(LOOK).await;
        }
    }
}

impl AsyncRead for Client {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let stream: &TcpStream = (*self.read).as_ref();
        loop {
            ready!(stream.poll_read_ready(cx))?;
            match stream.try_read(buffer.initialize_unfilled()) {
                Ok(count) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Poll::Ready(Err(e)),
            }
        }
    }
}

impl AsyncWrite for Client {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.write).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.write).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.write.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.write).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.write).poll_shutdown(cx)
    }
}
