//! Lists, page by page or all at once.

use std::{collections::VecDeque, marker::PhantomData};

use bytes::Bytes;
use futures_util::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use reqwest::header::{HeaderMap, LINK};
use serde::de::DeserializeOwned;

use crate::{
    Client, Error,
    call::Request,
    client::{Body, transport},
    elements::Elements,
};

/// The most that the server puts on a page.
const PAGE: u16 = 1000;

/// A list that is fetched when it is read.
#[must_use = "a list is fetched when it is read"]
pub struct List<T> {
    client: Client,
    request: Request,
    page: u16,
    item: PhantomData<fn() -> T>,
}

/// Where a stream of pages is.
struct Position<T> {
    client: Client,
    request: Request,
    items: VecDeque<T>,
    /// The page to fetch when there are no items left: `None` behind the last.
    next: Option<Vec<(String, String)>>,
}

/// An array that arrives piece by piece.
struct Flow {
    bytes: BoxStream<'static, Result<Bytes, Error>>,
    elements: Elements,
}

impl<T: DeserializeOwned + Send + 'static> List<T> {
    pub(crate) fn new(client: &Client, request: Request) -> Self {
        Self {
            client: client.clone(),
            request,
            page: PAGE,
            item: PhantomData,
        }
    }

    /// With pages of so many items: 1 to 1000.
    pub fn pages_of(mut self, items: u16) -> Self {
        self.page = items;
        self
    }

    /// Every item, oldest first. Pages are fetched as the stream is read, each with retries of its own, so what is made or
    /// deleted meanwhile may or may not be among them.
    #[must_use]
    pub fn stream(self) -> BoxStream<'static, Result<T, Error>> {
        let start = Position {
            client: self.client,
            request: self.request,
            items: VecDeque::new(),
            next: Some(vec![("limit".to_owned(), self.page.to_string())]),
        };
        stream::try_unfold(start, Position::step).boxed()
    }

    /// Every item in one answer of any length, as it was at one moment. Only one item at a time is held; once the answer has
    /// begun, a lost connection ends the stream with an error.
    #[must_use]
    pub fn at_once(self) -> BoxStream<'static, Result<T, Error>> {
        let begun = async move {
            let bytes = match self.client.begin(&self.request).await? {
                Body::Whole(bytes) => stream::once(async { Ok(bytes) }).boxed(),
                Body::Flowing(response) => response.bytes_stream().map_err(transport).boxed(),
            };
            let elements = Elements::default();
            Ok::<_, Error>(stream::try_unfold(Flow { bytes, elements }, Flow::step))
        };
        stream::once(begun).try_flatten().boxed()
    }

    /// Every item.
    ///
    /// # Errors
    /// When a page cannot be had.
    pub async fn all(self) -> Result<Vec<T>, Error> {
        self.stream().try_collect().await
    }
}

impl<T: DeserializeOwned> Position<T> {
    async fn step(mut self) -> Result<Option<(T, Self)>, Error> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Ok(Some((item, self)));
            }
            let Some(page) = self.next.take() else {
                return Ok(None);
            };
            let mut request = self.request.clone();
            request.query.extend(page.iter().cloned());
            let (head, body) = self.client.send(&request).await?;
            self.items = serde_json::from_slice(&body).map_err(unreadable)?;
            self.next = cursor(&head.headers).map(|cursor| {
                let limit = page.into_iter().next();
                limit
                    .into_iter()
                    .chain([("cursor".to_owned(), cursor)])
                    .collect()
            });
        }
    }
}

impl Flow {
    async fn step<T: DeserializeOwned>(mut self) -> Result<Option<(T, Self)>, Error> {
        loop {
            if let Some(element) = self.elements.take() {
                let item = serde_json::from_slice(&element).map_err(unreadable)?;
                return Ok(Some((item, self)));
            }
            match self.bytes.next().await {
                Some(piece) => self.elements.push(&piece?),
                None if self.elements.is_over() => return Ok(None),
                None => return Err(Error::Transport("the answer was cut off".to_owned())),
            }
        }
    }
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::Unreadable(format!("the answer is not what was asked for: {error}"))
}

/// The cursor of the next page. Nothing else of the link is believed.
fn cursor(headers: &HeaderMap) -> Option<String> {
    let links = headers
        .get_all(LINK)
        .iter()
        .filter_map(|link| link.to_str().ok());
    let next = links
        .flat_map(|links| links.split(", "))
        .find(|link| link.contains("rel=\"next\""))?;
    let (_, query) = next.split_once('>')?.0.split_once('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs
        .find(|(name, _)| name == "cursor")
        .map(|(_, cursor)| cursor.into_owned())
}
