//! The table as bars: how many times more the others take, and the mark to reach.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::report::Line;
use super::rows::Goal;

const WIDTH: u32 = 1000;
const ROW: u32 = 26;
/// Where the bars begin: what is compared stands before.
const LABELS: u32 = 620;
const SCALE: (f64, f64) = (0.5, 60.0);

const BAR: RGBColor = RGBColor(0x3b, 0x6f, 0xb6);
const MARK: RGBColor = RGBColor(0xc2, 0x55, 0x2d);
const GRID: RGBColor = RGBColor(0xc8, 0xc8, 0xc8);

/// Draws what there is a ratio of. The scale is logarithmic, so that twice as fast and half as fast are equally long.
pub(crate) fn draw(lines: &[Line], path: &Path) -> Result<()> {
    let bars: Vec<_> = lines.iter().filter_map(bar).collect();
    let height = ROW * (bars.len() as u32 + 2);
    let area = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    let failed = |error| anyhow!("the plot cannot be drawn: {error}");
    area.fill(&WHITE).map_err(failed)?;

    let label = ("sans-serif", 13).into_text_style(&area).color(&BLACK);
    let end = label.pos(Pos::new(HPos::Right, VPos::Center));
    let start = label.pos(Pos::new(HPos::Left, VPos::Center));
    let middle = label.pos(Pos::new(HPos::Center, VPos::Center));
    for times in [1.0, 2.0, 5.0, 10.0, 20.0, 50.0] {
        let line = vec![
            (place(times), ROW as i32),
            (place(times), (height - ROW / 2) as i32),
        ];
        area.draw(&PathElement::new(line, GRID)).map_err(failed)?;
        let text = Text::new(
            format!("{times} ×"),
            (place(times), (ROW / 2) as i32),
            middle.clone(),
        );
        area.draw(&text).map_err(failed)?;
    }
    for (index, bar) in bars.iter().enumerate() {
        let center = (ROW * (index as u32 + 1) + ROW / 2) as i32;
        let (top, bottom) = (center - 8, center + 8);
        let ends = [place(1.0), place(bar.times)];
        let corners = [(ends[0].min(ends[1]), top), (ends[0].max(ends[1]), bottom)];
        area.draw(&Rectangle::new(corners, BAR.filled()))
            .map_err(failed)?;
        let goal = vec![(place(bar.goal), top - 3), (place(bar.goal), bottom + 3)];
        area.draw(&PathElement::new(goal, MARK.stroke_width(2)))
            .map_err(failed)?;
        let text = Text::new(bar.label.clone(), (LABELS as i32 - 12, center), end.clone());
        area.draw(&text).map_err(failed)?;
        let beside = ends[0].max(ends[1]).max(place(bar.goal)) + 6;
        let text = Text::new(format!("{:.2}", bar.times), (beside, center), start.clone());
        area.draw(&text).map_err(failed)?;
    }
    area.present().map_err(failed)?;
    println!("{}", path.display());
    Ok(())
}

struct Bar {
    label: String,
    /// The other side's figure, divided by ours.
    times: f64,
    goal: f64,
}

fn bar(line: &Line) -> Option<Bar> {
    let check = line.check;
    let (times, goal, other) = match check.goal {
        Goal::Faster(other, goal) => (line.ratio()?, goal, other),
        Goal::AtMost(other, goal) => (1.0 / line.ratio()?, 1.0 / goal, other),
        Goal::Under(_) => return None,
    };
    let what = check.work.split(", ").next().unwrap_or_default();
    Some(Bar {
        label: format!("{} {what} / {other}", check.row),
        times,
        goal,
    })
}

/// Where a number of times lies, from the left.
fn place(times: f64) -> i32 {
    let (low, high) = SCALE;
    let part = (times.clamp(low, high) / low).ln() / (high / low).ln();
    (f64::from(LABELS) + part * f64::from(WIDTH - LABELS - 60)).round() as i32
}
