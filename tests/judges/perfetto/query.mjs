// Runs SQL on a trace in Perfetto's own trace processor: the engine of its page, which is a worker of WebAssembly.
//
// node query.mjs FOLDER reads {"trace": text, "queries": [text]} from stdin and writes an array of rows for each query.
// Source of the messages' fields: protos/perfetto/trace_processor/trace_processor.proto in Perfetto's repository.

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

const folder = process.argv[2];
const APPEND = 1, FINALIZE = 2, QUERY = 3; // TraceProcessorRpc.TraceProcessorMethod
const [NULL, VARINT, FLOAT64, STRING] = [1, 2, 3, 4]; // QueryResult.CellsBatch.CellType

function varint(number) {
  const bytes = [];
  for (; number > 127; number = Math.floor(number / 128)) bytes.push((number % 128) | 128);
  return Buffer.from([...bytes, number]);
}

const numberField = (number, value) => Buffer.concat([varint(number * 8), varint(value)]);
const bytesField = (number, bytes) => Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);

/** Returns the varints of a packed field: signed, of 64 bits. */
function packed(bytes) {
  const found = [];
  let value = 0n, shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte < 128) {
      found.push(Number(BigInt.asIntN(64, value)));
      value = shift = 0n;
    }
  }
  return found;
}

/** Yields the number and the value of each field of a message. */
function* fieldsOf(message) {
  let at = 0;
  const next = () => {
    const begin = at;
    while (message[at++] > 127);
    return packed(message.subarray(begin, at))[0];
  };
  while (at < message.length) {
    const key = next(), kind = key & 7;
    if (kind === 0) {
      yield [key >> 3, next()];
      continue;
    }
    const size = kind === 2 ? next() : kind === 1 ? 8 : 4;
    yield [key >> 3, message.subarray(at, at + size)];
    at += size;
  }
}

const all = (message, number) => [...fieldsOf(message)].filter(([one]) => one === number).map(([, value]) => value);

/** Starts the engine as its page does, and returns the port to it. It loads its WebAssembly at once, by a synchronous request. */
async function started() {
  class FileRequest {
    open(_method, url) {
      this.path = join(folder, basename(String(url)));
    }
    send() {
      this.response = new Uint8Array(readFileSync(this.path)).buffer;
    }
  }
  const self = { location: { href: "http://localhost/engine_bundle.js" } };
  const names = ["self", "process", "WorkerGlobalScope", "XMLHttpRequest", "console"];
  const quiet = { log() {}, warn() {}, error: console.error };
  const code = readFileSync(join(folder, "engine_bundle.js"), "utf8");
  new Function(...names, code)(self, undefined, class {}, FileRequest, quiet);
  await new Promise(setImmediate);
  const port = { replies: [], postMessage: (reply) => port.replies.push(...all(reply, 1)) };
  self.onmessage({ data: port });
  return port;
}

let calls = 0;

/** Calls a method and returns the values of a field of the answers, which come before this returns. */
function call(port, method, args, field) {
  const request = Buffer.concat([numberField(1, calls++), numberField(2, method), args]);
  port.replies.length = 0;
  port.onmessage({ data: new Uint8Array(bytesField(1, request)) });
  const fatal = port.replies.flatMap((reply) => all(reply, 5));
  const results = port.replies.flatMap((reply) => all(reply, field));
  const error = [...fatal, ...results.flatMap((result) => all(result, 2))].find((one) => one.length);
  if (error) throw new Error(Buffer.from(error).toString());
  return results;
}

function rowsOf(results) {
  const columns = all(results[0], 1).length, rows = [];
  for (const batch of results.flatMap((result) => all(result, 3))) {
    const numbers = all(batch, 2).flatMap(packed);
    const floats = all(batch, 3).flatMap((bytes) => {
      const count = bytes.length / 8;
      return Array.from({ length: count }, (_, at) => Buffer.from(bytes).readDoubleLE(at * 8));
    });
    const texts = all(batch, 5).flatMap((bytes) => Buffer.from(bytes).toString().split("\0"));
    const read = { [NULL]: () => null, [VARINT]: () => numbers.shift(), [FLOAT64]: () => floats.shift(), [STRING]: () => texts.shift() };
    const cells = all(batch, 1).flatMap(packed).map((kind) => read[kind]());
    for (let at = 0; at < cells.length; at += columns) rows.push(cells.slice(at, at + columns));
  }
  return rows;
}

const { trace, queries } = JSON.parse(readFileSync(0, "utf8"));
const port = await started();
call(port, APPEND, bytesField(101, Buffer.from(trace)), 201);
call(port, FINALIZE, Buffer.alloc(0), 202);
const answers = queries.map((sql) => rowsOf(call(port, QUERY, bytesField(103, bytesField(1, Buffer.from(sql))), 203)));
process.stdout.write(JSON.stringify(answers));
