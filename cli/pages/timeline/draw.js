// Draws on the two canvases: the axis with the levels, and the rows that are visible.

import { ticks } from "./time.js";
import { BAR_HEIGHT, WAIT_HEIGHT } from "./view.js";
import { lastUntil } from "./search.js";
import { drawArrows } from "./swaps.js";

const TICK_EVERY = 90; // pixels between two ticks, about
const AXIS_HEIGHT = 22;
const FONT = "12px system-ui, sans-serif";
const MARK = 4.5; // half the size of a mark in pixels

/** The part of a bar's height that each kind fills: kinds differ without their colours, too. */
const SHARES = {
  waiting: 0.3,
  image: 0.75,
  launching: 0.55,
  idle: 0.4,
  "on a job": 1,
  stopping: 0.55,
  refused: 0.3,
};

/** Make a canvas as large as it is on the screen, and return its context in CSS pixels. */
export function prepared(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  context.textBaseline = "alphabetic";
  return context;
}

/** Draw the vertical lines of round times. */
function grid(context, view, height, colours) {
  context.fillStyle = colours.grid;
  for (const { at } of shownTicks(view)) context.fillRect(Math.round(view.x(at)), 0, 1, height);
}

function shownTicks(view) {
  return ticks(view.begin, view.end, (view.width - view.sizes.gutter) / TICK_EVERY);
}

// --- the strip: axis and levels ------------------------------------------------------------------

/** Draw the axis and, above it, the numbers of slots in use and of waiting jobs. */
export function drawStrip(context, { view, chart, colours, height, pointer }) {
  const bottom = height - AXIS_HEIGHT;
  grid(context, view, bottom, colours);
  const most = Math.max(1, chart.limit ?? 0, ...[chart.slots, chart.waiting].map(highest));
  const y = (value) => bottom - (value / most) * (bottom - 14);
  drawLevel(context, view, chart.slots, y, colours.slots, true);
  drawLevel(context, view, chart.waiting, y, colours.waitingJobs, false);
  if (chart.limit !== null) drawLimit(context, view, y(chart.limit), colours);
  drawAxis(context, view, bottom, colours);
  drawScale(context, view, most, y, colours);
  if (pointer) drawPointer(context, pointer.x, height, colours);
}

function highest(level) {
  return level.values.reduce((most, value) => Math.max(most, value), 0);
}

/** Draw a level as steps. Of the values within one pixel the highest counts. */
function drawLevel(context, view, level, y, colour, isFilled) {
  const { times, values } = level;
  const { gutter } = view.sizes;
  context.beginPath();
  context.moveTo(gutter, y(0));
  let index = Math.max(0, lastUntil(times, view.begin));
  for (let x = gutter; x < view.width; x += 1) {
    let value = values[index];
    const until = view.time(x + 1);
    while (index + 1 < times.length && times[index + 1] < until) {
      index += 1;
      value = Math.max(value, values[index]);
    }
    context.lineTo(x, y(value));
    context.lineTo(x + 1, y(value));
  }
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.stroke();
  if (!isFilled) return;
  context.lineTo(view.width, y(0));
  context.globalAlpha = 0.16;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = 1;
}

function drawLimit(context, view, y, colours) {
  context.strokeStyle = colours.fault;
  context.lineWidth = 1;
  context.setLineDash([5, 4]);
  context.beginPath();
  context.moveTo(view.sizes.gutter, y);
  context.lineTo(view.width, y);
  context.stroke();
  context.setLineDash([]);
}

function drawAxis(context, view, bottom, colours) {
  context.fillStyle = colours.line;
  context.fillRect(0, bottom, view.width, 1);
  context.fillStyle = colours.quiet;
  for (const { at, text } of shownTicks(view)) {
    const x = view.x(at);
    if (x + context.measureText(text).width + 4 < view.width) {
      context.fillText(text, x + 4, bottom + 15);
    }
    context.fillRect(Math.round(x), bottom, 1, 6);
  }
}

/** Write the highest number beside the levels. */
function drawScale(context, view, most, y, colours) {
  context.fillStyle = colours.quiet;
  context.textAlign = view.sizes.gutter ? "right" : "left";
  const x = view.sizes.gutter ? view.sizes.gutter - 6 : 4;
  context.fillText(String(most), x, y(most) + (view.sizes.gutter ? 4 : -3));
  if (view.sizes.gutter) context.fillText("0", x, y(0));
  context.textAlign = "left";
}

function drawPointer(context, x, height, colours) {
  context.fillStyle = colours.quiet;
  context.fillRect(Math.round(x), 0, 1, height);
}

// --- the rows ------------------------------------------------------------------------------------

/** Draw the rows that are visible. */
export function drawRows(context, { view, rows, arrows, chart, colours, top, ...state }) {
  const { selected, focused, pointer } = state;
  const { row: size, gutter } = view.sizes;
  grid(context, view, view.height, colours);
  const first = Math.floor(top / size);
  const last = Math.min(rows.length - 1, Math.floor((top + view.height) / size));
  context.save();
  context.beginPath();
  context.rect(gutter, 0, view.width - gutter, view.height);
  context.clip();
  for (let index = first; index <= last; index += 1) {
    drawBars(context, view, rows[index], index * size - top, chart.kinds, colours);
  }
  const highlighted = pointer?.index ?? selected;
  drawArrows(context, view, arrows, { top, first, last, highlighted, colours });
  context.restore();
  drawLabels(context, view, rows, { first, last, top, colours });
  if (pointer) drawPointer(context, pointer.x, view.height, colours);
  drawSelected(context, view, selected * size - top, selected >= 0, { focused, colours });
}

function drawBars(context, view, row, y, kinds, colours) {
  const { wait, bar } = view.sizes;
  const base = y + bar + BAR_HEIGHT;
  drawMerged(context, view, row.waits, (x, width, kind) => {
    context.fillStyle = colours.kinds[kind];
    context.fillRect(x, y + wait + 1, width, WAIT_HEIGHT - 2);
  });
  drawMerged(context, view, row.bars, (x, width, kind) => {
    const height = BAR_HEIGHT * SHARES[kinds[kind]];
    context.fillStyle = colours.kinds[kind];
    context.fillRect(x, base - height, width, height);
  });
  for (const one of row.incidents) drawMark(context, view.x(one.at), base, one.isNotice, colours);
}

/** Draw bars from left to right. Those that end within a pixel that is drawn already are left out. */
function drawMerged(context, view, bars, draw) {
  let drawn = view.sizes.gutter;
  for (const bar of bars) {
    const right = Math.min(view.width, view.x(bar.end));
    if (right <= drawn && bar.end > bar.start) continue;
    const left = Math.max(drawn, view.x(bar.start));
    if (left >= view.width) return;
    const width = Math.max(1, right - left);
    draw(left, width, bar.kind);
    drawn = left + width;
  }
}

/** Draw a cross for a fault; for a notice, a diamond above it. */
function drawMark(context, x, base, isNotice, colours) {
  const y = isNotice ? base - BAR_HEIGHT - 1 : base - BAR_HEIGHT / 2;
  context.beginPath();
  if (isNotice) {
    context.moveTo(x, y - MARK);
    for (const [dx, dy] of [[MARK, 0], [0, MARK], [-MARK, 0]]) context.lineTo(x + dx, y + dy);
    context.closePath();
    context.fillStyle = colours.notice;
    context.fill();
    return;
  }
  context.moveTo(x - MARK, y - MARK);
  context.lineTo(x + MARK, y + MARK);
  context.moveTo(x + MARK, y - MARK);
  context.lineTo(x - MARK, y + MARK);
  for (const [colour, width] of [[colours.page, 5], [colours.fault, 2.5]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}

function drawLabels(context, view, rows, { first, last, top, colours }) {
  const { row: size, gutter, label } = view.sizes;
  context.save();
  context.beginPath();
  context.rect(0, 0, gutter ? gutter - 8 : view.width, view.height);
  context.clip();
  for (let index = first; index <= last; index += 1) {
    const row = rows[index];
    const y = index * size - top + label;
    context.fillStyle = row.status === "FAILED" ? colours.fault : colours.text;
    context.fillText(row.id, 8, y);
    const after = 8 + context.measureText(`${row.id}  `).width;
    context.fillStyle = colours.quiet;
    context.fillText(row.name || row.workflow, after, y);
  }
  context.restore();
}

/** Draw a frame around the selected row: thick while the chart has the focus. */
function drawSelected(context, view, y, isThere, { focused, colours }) {
  if (!isThere || y < -view.sizes.row || y > view.height) return;
  const width = focused ? 2 : 1;
  context.strokeStyle = colours.focus;
  context.lineWidth = width;
  context.strokeRect(width / 2, y + width / 2, view.width - width, view.sizes.row - width);
}
