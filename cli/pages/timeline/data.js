// Reads what is embedded in the page. `cli/chart/embedded.py` writes it and describes its shape.

const BAR = 5; // numbers of one bar: start, end, kind, name, why
const INCIDENT = 4; // at, kind, reason, whether it is a notice
const SWAP = 6; // at, job, its own runner, the one it took, the job that waited for that, both ways
const EVENT = 5; // seq, at, who, what, why

/** Return the chart: its times in milliseconds since the epoch, its rows and its levels. */
export function load(element) {
  const raw = JSON.parse(element.textContent);
  const text = (index) => raw.texts[index];
  const time = (offset) => raw.origin + offset;
  const chart = {
    begin: time(raw.begin),
    end: time(raw.end),
    now: time(raw.now),
    kinds: raw.kinds,
    maxRunners: raw.max_runners,
    limit: raw.limit,
    slots: level(raw.slots, time),
    waiting: level(raw.waiting, time),
    story: (index) => groups(raw.stories[index], EVENT).map((one) => event(one, text, time)),
  };
  chart.rows = raw.rows.map((one) => row(one, text, time, chart.now));
  chart.swaps = groups(raw.swaps, SWAP).map((one) => swap(one, text, time));
  return chart;
}

function row([head, texts, ...phases], text, time, now) {
  const [runner, job, ran, begin, end, story] = head;
  const [id, ranOn, status, outcome, repository, workflow, name, url, className, capacity, labels] =
    texts.map(text);
  const [waits, own, troubles] = phases;
  const made = {
    id,
    runner: runner === 1,
    job,
    ran,
    ranOn,
    begin: time(begin),
    end: end === null ? null : time(end),
    story,
    ...{ status, outcome, repository, workflow, name, url, className, capacity, labels },
    waits: bars(waits, text, time, now),
    bars: bars(own, text, time, now),
    incidents: incidents(troubles, text, time),
  };
  made.waited = made.waits.reduce((sum, bar) => sum + bar.end - bar.start, 0);
  made.text = searchable(made);
  return made;
}

/** Return what a filter looks into. */
function searchable(one) {
  const { id, job, ran, status, repository, workflow, name, className, capacity, labels } = one;
  const all = [id, job, ran ?? "", status, repository, workflow, name, className, capacity, labels];
  return [...all, one.outcome].join("\n").toLowerCase();
}

function bars(raw, text, time, now) {
  return groups(raw, BAR).map(([start, end, kind, name, why]) => ({
    start: time(start),
    end: end === null ? now : time(end),
    isOpen: end === null,
    kind,
    name: text(name),
    why: text(why),
  }));
}

function incidents(raw, text, time) {
  return groups(raw, INCIDENT).map(([at, kind, reason, isNotice]) => ({
    at: time(at),
    kind: text(kind),
    reason: text(reason),
    isNotice: isNotice === 1,
  }));
}

function swap([at, job, own, taken, displaced, isMutual], text, time) {
  const names = { own: text(own), taken: text(taken) };
  return { at: time(at), job, displaced, ...names, isMutual: isMutual === 1 };
}

function event([seq, at, who, what, why], text, time) {
  return { seq, at: time(at), who: text(who), what: text(what), why: text(why) };
}

/** Return the times and the values of a level in arrays of their own. */
function level(raw, time) {
  const pairs = groups(raw, 2);
  return { times: pairs.map(([at]) => time(at)), values: pairs.map(([, value]) => value) };
}

function groups(flat, size) {
  const found = [];
  for (let index = 0; index < flat.length; index += size) {
    found.push(flat.slice(index, index + size));
  }
  return found;
}
