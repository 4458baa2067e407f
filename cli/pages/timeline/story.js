// The panel with one row's story: its facts, its phases and the events of its job.

import { clock, moment, span } from "./time.js";
import { byId, make } from "./dom.js";
import { duration, jobNames, sentence } from "./words.js";

const HTTP = /^https?:\/\//i;

/** Show the story of a row. */
export function showStory(chart, row) {
  byId("story-title").textContent = row.id;
  byId("story-content").replaceChildren(
    facts(row),
    make("h3", {}, "Phases of the runner"),
    phases(row.bars, chart.kinds),
    make("h3", {}, `Wait of job ${row.job}, while this was its newest runner`),
    phases(row.waits, chart.kinds),
    make("h3", {}, `Events of job ${row.job}`),
    events(chart.story(row.story)),
    make("p", { className: "quiet" }, "All times are in UTC. On a terminal:"),
    make("p", {}, make("code", {}, `ecsrunner runners history ${row.job}`)),
  );
  byId("story").hidden = false;
  byId("story-content").scrollTop = 0;
}

function facts(row) {
  const ran = row.ran !== null && row.ran !== row.job ? `job ${row.ran}` : "";
  const elsewhere = row.ranOn && row.ranOn !== row.id ? row.ranOn : "";
  const pairs = [
    ["Status", row.status],
    ["Outcome", row.outcome],
    ["Job", jobNames(row)],
    ["Ran instead", ran],
    ["Its job ran on", elsewhere],
    ["Class", [row.className, row.capacity].filter(Boolean).join(", ")],
    ["Labels", row.labels],
    ["Began", moment(row.begin)],
    ["Wait of its job", span(row.waited)],
    ...row.incidents.map((one) => [`${clock(one.at)} ${one.kind}`, one.reason || "no reason"]),
  ];
  const shown = pairs.filter(([, value]) => value);
  const list = make("dl", {});
  list.append(...shown.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  if (HTTP.test(row.url)) list.append(make("dt", {}, "At GitHub"), make("dd", {}, link(row.url)));
  return list;
}

function link(url) {
  return make("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, url);
}

/** Return a list of phases, each with a bar as long as its share of all of them. */
function phases(bars, kinds) {
  if (bars.length === 0) return make("p", { className: "quiet" }, "None.");
  const longest = Math.max(1, ...bars.map((bar) => bar.end - bar.start));
  const items = bars.map((bar) => {
    const sample = make("span", { className: "share" });
    sample.dataset.kind = kinds[bar.kind];
    sample.style.width = `${Math.max(2, ((bar.end - bar.start) / longest) * 90)}px`;
    const why = bar.why ? [make("span", { className: "quiet why" }, bar.why)] : [];
    return make("li", {}, make("b", {}, duration(bar)), make("span", {}, bar.name), sample, ...why);
  });
  return make("ul", { className: "phases" }, ...items);
}

function events(story) {
  const start = story[0]?.at ?? 0;
  const head = ["#", "When", "Since", "Who", "What, why"];
  const rows = story.map((one) => {
    const since = one.at < start ? span(one.at - start) : `+${span(one.at - start)}`;
    const what = make("td", {}, one.what);
    if (one.why) what.append(make("span", { className: "quiet why" }, one.why));
    const cells = [one.seq, clock(one.at), since, one.who].map((text) => make("td", {}, `${text}`));
    return make("tr", {}, ...cells, what);
  });
  const heads = head.map((text) => make("th", { scope: "col" }, text));
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)));
  table.append(make("tbody", {}, ...rows));
  return table;
}

/** Write one sentence on the selected row where a screen reader reads it aloud. */
export function announce(row) {
  byId("selected").textContent = row ? sentence(row) : "";
}
