// Connects the parts: the data, the view, the canvases and what the user does.

import { colours, switchable } from "./colours.js";
import { load } from "./data.js";
import { byId } from "./dom.js";
import { drawRows, drawStrip, prepared } from "./draw.js";
import { listenToKeys } from "./keys.js";
import { listen } from "./pointer.js";
import { chosen, debounced } from "./search.js";
import { announce, showStory } from "./story.js";
import { arrows, arrowsAt } from "./swaps.js";
import { writeTable } from "./table.js";
import { clock } from "./time.js";
import { showLevels, showTip } from "./tip.js";
import { View } from "./view.js";

const QUIET = 150; // milliseconds without typing after which the filter is applied
const BUTTON_ZOOM = 1.6;
const NEAR = 6; // pixels from a mark or an arrow within which it is meant

class Page {
  constructor(chart) {
    this.chart = chart;
    this.view = new View(chart.begin, chart.end);
    this.rows = [];
    this.arrows = [];
    this.selected = -1;
    this.pointer = null;
    this.isDue = false;
    this.scroller = byId("chart");
    this.tableLater = debounced(QUIET, () => this.writeTable());
  }

  /** Listen to everything, and draw for the first time. */
  start() {
    switchable(byId("theme"), () => {
      this.colours = colours(this.chart.kinds);
      this.draw();
    });
    this.listenToControls();
    const moves = {
      zoom: (factor, x) => this.change(() => this.view.zoom(factor, x)),
      pan: (pixels) => this.change(() => this.view.pan(pixels)),
      reset: () => this.change(() => this.view.reset()),
      scroll: (pixels) => this.scroller.scrollBy(0, pixels),
    };
    const rows = { hover: (event) => this.hover(event), leave: () => this.leave() };
    const strip = { hover: (event) => this.hoverStrip(event), leave: () => this.leave(), click() {} };
    const gutter = () => this.view.sizes.gutter;
    listen(byId("rows"), { ...moves, ...rows, click: (event) => this.click(event) }, gutter);
    listen(byId("strip"), { ...moves, ...strip }, gutter);
    const keys = { select: (by) => this.select(this.selected + by), open: () => this.open() };
    const page = () => Math.max(1, Math.floor(this.view.height / this.view.sizes.row) - 1);
    listenToKeys(this.scroller, { ...moves, ...keys, close: () => this.close() }, page);
    this.choose();
    new ResizeObserver(() => this.resize()).observe(this.scroller);
  }

  listenToControls() {
    const filter = byId("filter");
    filter.addEventListener("input", debounced(QUIET, () => this.choose()));
    byId("order").addEventListener("change", () => this.choose());
    const zooms = { "zoom-in": 1 / BUTTON_ZOOM, "zoom-out": BUTTON_ZOOM, "zoom-all": Infinity };
    for (const [id, factor] of Object.entries(zooms)) {
      byId(id).addEventListener("click", () => this.change(() => this.view.zoom(factor)));
    }
    byId("close").addEventListener("click", () => this.close());
    byId("story").addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    byId("table").addEventListener("toggle", () => this.writeTable());
    this.scroller.addEventListener("scroll", () => this.draw());
    for (const name of ["focus", "blur"]) this.scroller.addEventListener(name, () => this.draw());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      filter.focus();
    });
  }

  // --- what is shown ---

  /** Apply filter and order. */
  choose() {
    const before = this.rows[this.selected];
    this.rows = chosen(this.chart.rows, byId("filter").value, byId("order").value);
    this.arrows = arrows(this.chart.swaps, this.rows);
    this.selected = this.rows.indexOf(before);
    const [shown, all] = [this.rows.length, this.chart.rows.length].map((n) => n.toLocaleString("en"));
    byId("count").textContent = `${shown} of ${all} rows`;
    byId("nothing").hidden = this.rows.length > 0;
    this.scroller.scrollTop = 0;
    this.extend();
    this.draw();
  }

  resize() {
    this.view.resize(this.scroller.clientWidth, this.scroller.clientHeight);
    // A scroll bar makes the rows narrower than the strip, and times have to be below each other.
    byId("strip").style.width = `${this.view.width}px`;
    this.extend();
    this.draw();
  }

  /** Make the scrolled area as high as all rows are. */
  extend() {
    const height = Math.max(this.view.height, this.rows.length * this.view.sizes.row);
    byId("all-rows").style.height = `${height}px`;
    byId("rows").style.height = `${this.view.height}px`;
  }

  change(move) {
    move();
    this.pointer = null;
    showTip(byId("tip"), this.chart, null);
    this.draw();
  }

  /** Draw within the next frame, once however often it is called until then. */
  draw() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.drawNow();
    });
    this.tableLater();
  }

  drawNow() {
    const { view, chart, colours: palette, pointer, rows, selected } = this;
    byId("shown").textContent = `${clock(view.begin)} to ${clock(view.end)}`;
    const strip = byId("strip");
    const common = { view, chart, colours: palette, pointer };
    const height = strip.clientHeight;
    drawStrip(prepared(strip, view.width, height), { ...common, height });
    const focused = document.activeElement === this.scroller;
    const top = this.scroller.scrollTop;
    const context = prepared(byId("rows"), view.width, view.height);
    drawRows(context, { ...common, rows, arrows: this.arrows, top, selected, focused });
  }

  writeTable() {
    const top = this.scroller.scrollTop;
    const first = this.view.rowAt(0, top);
    const last = this.view.rowAt(this.view.height, top);
    const { rows } = this;
    writeTable(this.chart, rows.slice(first, last + 1), (row) => {
      this.select(rows.indexOf(row));
      this.open();
    });
  }

  // --- pointer ---

  hover(event) {
    const at = this.view.time(event.offsetX);
    const index = this.view.rowAt(event.offsetY, this.scroller.scrollTop);
    const row = this.rows[index];
    const isWait = this.view.isWait(event.offsetY, this.scroller.scrollTop);
    const place = { x: event.offsetX, pageX: event.clientX, pageY: event.clientY };
    const swaps = arrowsAt(this.arrows, this.view, index, place.x, NEAR);
    const incidents = (row?.incidents ?? []).filter(
      (one) => Math.abs(this.view.x(one.at) - place.x) < NEAR,
    );
    this.pointer = { ...place, row, index, at, isWait, incidents, swaps };
    const isShown = row !== undefined && event.pointerType !== "touch";
    showTip(byId("tip"), this.chart, isShown ? this.pointer : null);
    this.draw();
  }

  hoverStrip(event) {
    const at = this.view.time(event.offsetX);
    this.pointer = { x: event.offsetX, pageX: event.clientX, pageY: event.clientY, at };
    if (event.pointerType !== "touch") showLevels(byId("tip"), this.chart, this.pointer);
    this.draw();
  }

  leave() {
    this.pointer = null;
    showTip(byId("tip"), this.chart, null);
    this.draw();
  }

  click(event) {
    const index = this.view.rowAt(event.offsetY, this.scroller.scrollTop);
    this.scroller.focus();
    if (index >= this.rows.length) return;
    this.select(index);
    this.open(false);
  }

  // --- selection and story ---

  /** Select the row with an index, or the nearest one that there is, and scroll to it. */
  select(index) {
    if (this.rows.length === 0) return;
    this.selected = Math.max(0, Math.min(this.rows.length - 1, index));
    const size = this.view.sizes.row;
    const [top, bottom] = [this.selected * size, (this.selected + 1) * size];
    const shown = this.scroller.scrollTop;
    if (top < shown) this.scroller.scrollTop = top;
    else if (bottom > shown + this.view.height) this.scroller.scrollTop = bottom - this.view.height;
    announce(this.rows[this.selected]);
    if (!byId("story").hidden) showStory(this.chart, this.rows[this.selected]);
    this.draw();
  }

  /** Show the story of the selected row, and move the focus to it unless the mouse opened it. */
  open(isFocused = true) {
    const row = this.rows[this.selected];
    if (row === undefined) return;
    showStory(this.chart, row);
    if (isFocused) byId("story-title").focus();
  }

  close() {
    if (byId("story").hidden) return;
    byId("story").hidden = true;
    this.scroller.focus();
  }
}

new Page(load(byId("data"))).start();
