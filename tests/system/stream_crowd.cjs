// Thousands of streams by a client library of the field. Usage: stream_crowd.cjs COUNT URL...
//
// Opens COUNT streams, the URLs in turn. Answers each line that it reads with one of its own, as JSON:
//   {"total": 5}   once the last state of every stream has that many events, with how many events came
//   {"end": true}  and ends
"use strict";

const readline = require("node:readline");
const EventSource = require("eventsource");

const [count, ...urls] = process.argv.slice(2);
const totals = new Array(Number(count)).fill(-1);
let opened = 0;
let states = 0;
let heartbeats = 0;
let wanted = null;
let missing = 0;

function tell(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

function tellIfDone() {
  if (wanted === null || missing > 0) return;
  tell({ total: wanted, states, heartbeats });
  wanted = null;
}

totals.forEach((_, i) => {
  const source = new EventSource(urls[i % urls.length]);
  source.addEventListener("open", () => {
    opened += 1;
    if (opened === totals.length) tell({ opened });
  });
  source.addEventListener("heartbeat", () => {
    heartbeats += 1;
  });
  source.addEventListener("message", (event) => {
    states += 1;
    const before = totals[i];
    totals[i] = JSON.parse(event.data).totalEvents;
    if (wanted === null) return;
    missing += Number(before === wanted) - Number(totals[i] === wanted);
    tellIfDone();
  });
});

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const command = JSON.parse(line);
  if (command.end) process.exit(0);
  wanted = command.total;
  missing = totals.filter((total) => total !== wanted).length;
  tellIfDone();
});
