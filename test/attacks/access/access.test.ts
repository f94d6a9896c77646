import { expect } from 'chai';
import type { Socket } from 'socket.io-client';
import type { Line } from './line.ts';
import { reads } from './reads.ts';
import { type Rule, rules } from './rules.ts';
import { messages, rooms } from './sockets.ts';
import { buildWorld, cast, type Who, type World } from './world.ts';
import { writes } from './writes.ts';

/** Every route, operation, message and room × everybody of the cast: who may is said by the lines, never by the code. */
describe('who may do what', function () {
  this.timeout(120_000);
  let world: World;
  before(async () => {
    world = await buildWorld();
  });
  after(() => world?.stop());

  const fill = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_found, name) => {
      const id = world.ids[name];
      if (!id) throw new Error(`the world has no ${name}`);
      return id;
    });
  const addressOf = ({ route, at }: Line): string => fill(at ?? route.replace(/^\w+ /, ''));
  const may = (rule: Rule, who: Who): boolean => rules[rule].includes(who);
  const bodyOf = ({ body = {} }: Line): object =>
    JSON.parse(fill(JSON.stringify(body).replace(/"\{(\w+)\}"/g, '"{$1}"')));

  /** Whom a thing does not concern is not told that it exists; a stranger is asked to sign in where that would help. */
  const refusals = (line: Line, who: Who): number[] => {
    if (who === 'anonymous') return [401, 404];
    return line.knows && may(line.knows, who) ? [403, 404] : [404];
  };

  /** Everything that people have and are, as the database holds it. */
  async function everything(): Promise<string> {
    const db = world.site.platform.rooms.connection.db!;
    const names = (await db.listCollections().toArray()).map(({ name }) => name).sort();
    const kept = names.filter(
      (name) => !/^(sessions|jobs|system\.|throttle|migrations|video_courses_requests)/.test(name),
    );
    return JSON.stringify(await Promise.all(kept.map((name) => db.collection(name).find().toArray())));
  }

  describe('has a line for', () => {
    const same = (registered: string[], lines: Line[]) => {
      const named = lines.map(({ route }) => route);
      expect(
        registered.filter((one) => !named.includes(one)),
        'registered without a line',
      ).to.deep.equal([]);
      expect(
        named.filter((one) => !registered.includes(one)),
        'lines of nothing',
      ).to.deep.equal([]);
    };

    it('every route and operation', () => {
      same(
        world.site.platform.routes.map(({ method, path }) => `${method} ${path}`),
        [...reads, ...writes],
      );
    });
    it('every message of a socket', async () => {
      const { io } = world.site.platform.rooms.realtime;
      const found: string[] = [];
      for (const [name, namespace] of io._nsps) {
        const client = await world.clients.learner.socket(name);
        const [socket] = [...namespace.sockets.values()].filter(({ id }) => id === client.id);
        const own = socket!.eventNames().filter((event) => event !== 'disconnect' && event !== 'error');
        found.push(...own.map((event) => `${name} ${String(event)}`));
        client.close();
      }
      same(found, messages);
    });
    it('every kind of room', () => same(world.site.platform.rooms.realtime.kinds, rooms));
  });

  it('reads as the lines say', async () => {
    const problems: string[] = [];
    for (const line of reads) {
      const address = addressOf(line);
      for (const who of cast) {
        const { status, text = '' } = await world.clients[who].get(address).set('Accept', 'application/json');
        const allowed = may(line.may, who);
        const right = allowed ? status < 400 : refusals(line, who).includes(status);
        // Home and search lead a stranger to the sign-in.
        if (!right && !(who === 'anonymous' && status === 302))
          problems.push(`${who} ${line.route} ${line.at ?? ''}: ${status}`);
        const named = text.includes(world.ids.learnerName as string);
        if (named && who !== 'learner' && !(line.names && may(line.names, who)))
          problems.push(`${who} reads a name at ${address}`);
        if (!named && !line.perhaps && line.names && may(line.names, who) && who !== 'learner')
          problems.push(`${who} reads no name at ${address}`);
      }
    }
    expect(problems).to.deep.equal([]);
  });

  it('writes nothing for who may not', async () => {
    const problems: string[] = [];
    let before = await everything();
    for (const line of writes) {
      const [method = 'post'] = line.route.split(' ');
      const refused = cast.filter((who) => !may(line.may, who));
      for (const who of refused) {
        const { status } = await world.clients[who]
          [method as 'post'](addressOf(line), bodyOf(line))
          .set('Accept', 'application/json');
        if (!refusals(line, who).includes(status)) problems.push(`${who} ${line.route}: ${status}`);
      }
      const after = await everything();
      if (after !== before) problems.push(`${line.route} changed the database`);
      before = after;
    }
    expect(problems).to.deep.equal([]);
  });

  it('lets into rooms, and takes messages of, whom the lines say', async () => {
    const problems: string[] = [];
    const ask = (socket: Socket, event: string, body: unknown): Promise<{ error?: { code: string } }> =>
      socket.timeout(10_000).emitWithAck(event, body);
    for (const who of cast.filter((one) => one !== 'anonymous')) {
      const socket = await world.clients[who].socket('/');
      for (const line of rooms) {
        const { error } = await ask(socket, 'subscribe', addressOf(line));
        if (may(line.may, who) === (error !== undefined))
          problems.push(`${who} ${line.at}: ${error?.code ?? 'joined'}`);
      }
      socket.close();
      for (const line of messages.filter(({ body }) => body)) {
        if (may(line.may, who)) continue;
        const [namespace = '', event = ''] = line.route.split(' ');
        const speaking = await world.clients[who].socket(namespace);
        const { error } = await ask(speaking, event, bodyOf(line));
        if (error?.code !== 'core:not-found') problems.push(`${who} ${line.route}: ${error?.code ?? 'taken'}`);
        speaking.close();
      }
    }
    expect(problems).to.deep.equal([]);
    const refused = await world.clients.anonymous.socket('/').catch((error: Error) => error);
    expect(refused).to.be.instanceOf(Error);
  });
});
