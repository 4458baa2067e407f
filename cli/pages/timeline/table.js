// The text alternative of the rows: a table of those that are in view.

import { moment, span } from "./time.js";
import { byId, make } from "./dom.js";
import { jobNames, worked } from "./words.js";

/** Write the table anew, if it is open. `open` is called with the row whose button is pressed. */
export function writeTable(chart, rows, open) {
  if (!byId("table").open) return;
  byId("table-rows").replaceChildren(...rows.map((row) => line(chart, row, open)));
}

function line(chart, row, open) {
  const button = make("button", { type: "button", onclick: () => open(row) }, row.id);
  const texts = [
    row.status,
    `${row.job}`,
    jobNames(row),
    row.className,
    moment(row.begin),
    span(row.waited),
    span(worked(row, chart.kinds)),
    row.outcome,
  ];
  const cells = texts.map((text) => make("td", {}, text));
  return make("tr", {}, make("th", { scope: "row" }, button), ...cells);
}
