//! Row 11: a long list whose reader works between the pages, as it is read, and without the page that is fetched ahead.

use std::time::Duration;

use anyhow::{Result, ensure};
use futures_util::TryStreamExt as _;

use crate::data::PAGE;
use crate::measure::{print, timed};
use crate::requests::sdk;

/// What the reader does with a page.
const WORK: Duration = Duration::from_millis(20);

/// What the server takes for an answer, in milliseconds.
const ANSWER: u64 = 20;

pub(crate) async fn run(server: &str, quick: bool) -> Result<()> {
    let (connectors, rounds) = if quick { (2_000, 1) } else { (100_000, 1) };
    let server = format!("{server}/{}/{ANSWER}", connectors / PAGE);
    let (mut ahead, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ahead.push(
            timed(with_prefetch(&server, connectors))
                .await?
                .as_secs_f64(),
        );
        plain.push(timed(one_by_one(&server, connectors)).await?.as_secs_f64());
    }
    print("rust paging", "bird-connectors", "s", &ahead);
    print("rust paging", "without prefetch", "s", &plain);
    Ok(())
}

async fn with_prefetch(server: &str, expected: u64) -> Result<()> {
    let mut pages = sdk(server)?.connectors().list().pages();
    let mut read = 0;
    while let Some(page) = pages.try_next().await? {
        read += page.items.len() as u64;
        tokio::time::sleep(WORK).await;
    }
    ensure!(read == expected, "{read} connectors");
    Ok(())
}

/// The same loop, each page asked for when the one before it is done with.
async fn one_by_one(server: &str, expected: u64) -> Result<()> {
    let connectors = sdk(server)?.connectors();
    let mut list = connectors.list();
    let mut read = 0;
    loop {
        let page = list.first_page().await?;
        read += page.items.len() as u64;
        tokio::time::sleep(WORK).await;
        let Some(checkpoint) = page.checkpoint else {
            break;
        };
        list = connectors.list().from(checkpoint);
    }
    ensure!(read == expected, "{read} connectors");
    Ok(())
}
