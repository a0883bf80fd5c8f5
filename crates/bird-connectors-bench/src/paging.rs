//! Row 11: a long list with work between the pages, with and without prefetching the next page.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::data::PAGE;
use crate::measure::{print, time};
use crate::requests::workspace;

/// The simulated work for each page.
const WORK: Duration = Duration::from_millis(20);

/// The delay of each response, in milliseconds.
const RESPONSE_DELAY: u64 = 20;

pub(crate) async fn run(server: &str, quick: bool) -> Result<()> {
    let connectors = if quick { 2_000 } else { 100_000 };
    let server = format!("{server}/{}/{RESPONSE_DELAY}", connectors / PAGE);
    let with = time(with_prefetch(&server, connectors)).await?;
    let without = time(without_prefetch(&server, connectors)).await?;
    print("rust paging", "bird-connectors", "s", &[with.as_secs_f64()]);
    print(
        "rust paging",
        "without prefetch",
        "s",
        &[without.as_secs_f64()],
    );
    Ok(())
}

async fn with_prefetch(server: &str, expected: u64) -> Result<()> {
    let mut pages = workspace(server)?.connectors().list().pages();
    let mut read = 0;
    while let Some(page) = pages.try_next().await? {
        read += page.items.len() as u64;
        tokio::time::sleep(WORK).await;
    }
    ensure!(read == expected, "{read} connectors");
    Ok(())
}

/// The same loop, but it requests each page only after the work for the previous one.
async fn without_prefetch(server: &str, expected: u64) -> Result<()> {
    let connectors = workspace(server)?.connectors();
    let mut list = connectors.list();
    let mut read = 0;
    loop {
        let page = list.first_page().await?;
        read += page.items.len() as u64;
        tokio::time::sleep(WORK).await;
        let Some(checkpoint) = page.checkpoint else {
            break;
        };
        list = connectors.list().resume_from(checkpoint);
    }
    ensure!(read == expected, "{read} connectors");
    Ok(())
}
