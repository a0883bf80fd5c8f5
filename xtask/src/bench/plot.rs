//! The table as a bar chart: the ratio to each alternative, and its target.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::comparisons::Target;
use super::report::Row;

const WIDTH: u32 = 1000;
const ROW_HEIGHT: u32 = 26;
/// Width of the labels, which are left of the bars.
const LABEL_WIDTH: u32 = 620;
/// The smallest and the largest ratio of the scale.
const SCALE: (f64, f64) = (0.5, 60.0);

const BAR: RGBColor = RGBColor(0x3b, 0x6f, 0xb6);
const TARGET: RGBColor = RGBColor(0xc2, 0x55, 0x2d);
const GRID: RGBColor = RGBColor(0xc8, 0xc8, 0xc8);

/// Draws a bar for each ratio. The scale is logarithmic, so that bars for twice and half have the same length.
pub(crate) fn draw(table: &[Row], path: &Path) -> Result<()> {
    let bars: Vec<_> = table.iter().filter_map(bar).collect();
    let height = ROW_HEIGHT * (bars.len() as u32 + 2);
    let area = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    let failed = |error| anyhow!("cannot draw the chart: {error}");
    area.fill(&WHITE).map_err(failed)?;

    let label = ("sans-serif", 13).into_text_style(&area).color(&BLACK);
    let end = label.pos(Pos::new(HPos::Right, VPos::Center));
    let start = label.pos(Pos::new(HPos::Left, VPos::Center));
    let middle = label.pos(Pos::new(HPos::Center, VPos::Center));
    for ratio in [1.0, 2.0, 5.0, 10.0, 20.0, 50.0] {
        let grid_line = vec![
            (position(ratio), ROW_HEIGHT as i32),
            (position(ratio), (height - ROW_HEIGHT / 2) as i32),
        ];
        area.draw(&PathElement::new(grid_line, GRID))
            .map_err(failed)?;
        let text = Text::new(
            format!("{ratio} ×"),
            (position(ratio), (ROW_HEIGHT / 2) as i32),
            middle.clone(),
        );
        area.draw(&text).map_err(failed)?;
    }
    for (index, bar) in bars.iter().enumerate() {
        let center = (ROW_HEIGHT * (index as u32 + 1) + ROW_HEIGHT / 2) as i32;
        let (top, bottom) = (center - 8, center + 8);
        let ends = [position(1.0), position(bar.ratio)];
        let corners = [(ends[0].min(ends[1]), top), (ends[0].max(ends[1]), bottom)];
        area.draw(&Rectangle::new(corners, BAR.filled()))
            .map_err(failed)?;
        let target = vec![
            (position(bar.target), top - 3),
            (position(bar.target), bottom + 3),
        ];
        area.draw(&PathElement::new(target, TARGET.stroke_width(2)))
            .map_err(failed)?;
        let text = Text::new(
            bar.label.clone(),
            (LABEL_WIDTH as i32 - 12, center),
            end.clone(),
        );
        area.draw(&text).map_err(failed)?;
        let right = ends[0].max(ends[1]).max(position(bar.target)) + 6;
        let text = Text::new(format!("{:.2}", bar.ratio), (right, center), start.clone());
        area.draw(&text).map_err(failed)?;
    }
    area.present().map_err(failed)?;
    println!("{}", path.display());
    Ok(())
}

struct Bar {
    label: String,
    /// The value of the other variant, divided by ours.
    ratio: f64,
    target: f64,
}

fn bar(row: &Row) -> Option<Bar> {
    let comparison = row.comparison;
    let (ratio, target, other) = match comparison.target {
        Target::Faster(other, target) => (row.ratio()?, target, other),
        Target::AtMost(other, target) => (1.0 / row.ratio()?, 1.0 / target, other),
        Target::Under(_) | Target::None(_) => return None,
    };
    let work = comparison.work.split(", ").next().unwrap_or_default();
    Some(Bar {
        label: format!("{} {work} / {other}", comparison.row),
        ratio,
        target,
    })
}

/// The horizontal position of a ratio.
fn position(ratio: f64) -> i32 {
    let (low, high) = SCALE;
    let share = (ratio.clamp(low, high) / low).ln() / (high / low).ln();
    (f64::from(LABEL_WIDTH) + share * f64::from(WIDTH - LABEL_WIDTH - 60)).round() as i32
}
