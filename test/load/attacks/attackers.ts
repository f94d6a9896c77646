/** The attackers' process: floods while it is told to, from sockets and over HTTP. */
import { Agent, request } from 'node:http';
import type { Seat } from '../beats/place.ts';
import { Wire } from '../beats/wire.ts';

/** What all attackers together send a second. */
export interface Flood {
  messages: number;
  requests: number;
  connections: number;
}

interface Task {
  url: string;
  lesson: string;
  seats: Seat[];
  flood: Flood;
}

export interface Tally {
  messages: number;
  requests: number;
  connections: number;
  refused: number;
}

const TICK_MS = 20;
const tally: Tally = { messages: 0, requests: 0, connections: 0, refused: 0 };
const agent = new Agent({ keepAlive: true, maxSockets: 32 });
let on = false;

const tiny = JSON.stringify(Array.from({ length: 32 }, (_, n) => [n / 50, (n + 1) / 50]));

/** One hostile message after the other: replays, forged lengths, broken numbers, tiny segments, unknown events. */
function hostile(lesson: string, { enrolment }: Seat, n: number): string {
  const beat = (ranges: string, seq: number | string = 1) =>
    `42/video-courses,${n}["beat",{"enrolment":"${enrolment}","lesson":"${lesson}","token":"guessed","beats":[{"seq":${seq},"ranges":${ranges},"rate":1}]}]`;
  const all = [
    () => beat('[[0,5]]'),
    () => beat('[[0,1e999]]'),
    () => beat('[[-5,"1e308"]]', 1e300),
    () => beat(tiny),
    () => `42/video-courses,${n}["start",{"lesson":"${lesson}","takeover":true}]`,
    () => `42/video-courses,${n}["event-${n}",{"__proto__":{}}]`,
    () => `42${n}["subscribe","enrolment:${n}-none"]`,
  ];
  return (all[n % all.length] as () => string)();
}

process.on('message', (message: Task | { on: boolean } | { stop: true }) => {
  if ('url' in message) begin(message);
  else if ('on' in message) on = message.on;
  else process.send?.(tally);
});
// Open connections would keep the process.
process.once('disconnect', () => process.exit());

function begin({ url, lesson, seats, flood }: Task): void {
  const site = new URL(url);
  const wires = new Map<Seat, Wire | undefined>();
  /** Those that have been let in: before that a message only ends the connection. */
  const inside = new Map<Seat, Wire>();
  const connect = (seat: Seat) => {
    tally.connections += 1;
    const wire: Wire = new Wire(site, seat.cookie, {
      text: (text) => {
        if (text.startsWith('0')) {
          wire.send('40');
          wire.send('40/video-courses,');
        } else if (text.startsWith('40/video-courses,')) inside.set(seat, wire);
      },
      closed: () => {
        tally.refused += 1;
        if (inside.get(seat) === wire) inside.delete(seat);
        if (wires.get(seat) === wire) wires.set(seat, undefined);
      },
    });
    wires.set(seat, wire);
  };
  let [n, due] = [0, { messages: 0, requests: 0, connections: 0 }];
  setInterval(() => {
    if (!on) return;
    due = {
      messages: due.messages + (flood.messages * TICK_MS) / 1000,
      requests: due.requests + (flood.requests * TICK_MS) / 1000,
      connections: due.connections + (flood.connections * TICK_MS) / 1000,
    };
    for (; due.connections >= 1; due.connections -= 1) {
      const seat = seats.find((one) => wires.get(one) === undefined);
      if (seat) connect(seat);
    }
    for (; due.messages >= 1; due.messages -= 1) {
      const seat = seats[n++ % seats.length] as Seat;
      const wire = inside.get(seat);
      if (!wire) continue;
      wire.send(hostile(lesson, seat, n));
      tally.messages += 1;
    }
    for (; due.requests >= 1; due.requests -= 1) post(site, seats[n++ % seats.length] as Seat, n);
  }, TICK_MS);
  process.send?.({ ready: true });
}

function post(site: URL, { cookie }: Seat, n: number): void {
  tally.requests += 1;
  const body = `{"beats":[${`${tiny},`.repeat(n % 8)}[]]}`;
  const headers = { cookie, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const sent = request(
    { agent, host: site.hostname, port: site.port, path: '/api/v1/video-courses/beats', method: 'POST', headers },
    (answer) => answer.resume(),
  );
  sent.on('error', () => {});
  sent.end(body);
}
