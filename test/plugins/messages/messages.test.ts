import { expect } from 'chai';
import type { Socket } from 'socket.io-client';
import type { Client } from '../../support/client.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';

/** The next value of an event in a room. */
function next<T>(socket: Socket, event: string): Promise<T> {
  return new Promise((resolve) => {
    const listen = (update: { values: Record<string, T> }) => {
      const value = update.values[event];
      if (value === undefined) return;
      socket.off('update', listen);
      resolve(value);
    };
    socket.on('update', listen);
  });
}

describe('messages', () => {
  let platform: TestPlatform;
  let reader: { id: string; login: string };
  let writer: { id: string; login: string };
  let client: Client;
  const sent = { kind: 'nudge', title: { zh: '请学习', en: 'Please study' }, text: '第一行\n<b>第二行</b>' };

  const send = (change: object = {}) =>
    platform
      .host('messages')
      .tryUse('messages')!
      .send([{ to: [reader.id], ...sent, ...change }]);

  before(async () => {
    platform = await startTestPlatform({ plugins: ['messages'] });
    reader = await platform.person({ name: '读者' });
    writer = await platform.person({ name: '写者' });
    client = await platform.signIn(reader.login);
  });
  after(() => platform.stop());
  afterEach(() => client.post('/api/v1/messages/read').expect(200));

  it('says something useful while the inbox is empty', async () => {
    const { text } = await client.get('/messages').set('Accept-Language', 'en').expect(200);
    expect(text).to.include('No messages yet');
    expect((await client.get('/messages')).text).to.include('还没有消息');
  });

  it('shows a message with its writer, counts it on every page, and reads it when it is opened', async () => {
    await send({ from: writer.id, href: '/help' });
    const list = await client.get('/messages').expect(200);
    expect(list.text).to.include('请学习').and.include('写者').and.include('1 条未读').and.include('学习提醒');
    expect(list.text).to.match(/data-live="inbox\.unread"[^>]*>1</);
    const [, id] = /href="\/messages\/(\w{24})"/.exec(list.text)!;
    const message = await client.get(`/messages/${id}`).expect(200);
    expect(message.text).to.include('&lt;b&gt;第二行&lt;/b&gt;').and.include('href="/help"');
    expect(message.text).to.match(/data-live="inbox\.unread"[^>]*hidden/);
  });

  it('marks ticked messages, one or several, and says when nothing was ticked', async () => {
    await send();
    await send();
    await send();
    const { body } = await client.get('/api/v1/messages?unread=true').expect(200);
    const [first, ...others] = body.rows.map((row: { id: string }) => row.id);
    await client.form('/messages/read', {}).expect(303);
    expect((await client.get('/messages')).text).to.include('还没有勾选消息');
    await client.form('/messages/read', { message: first }).expect(303);
    expect((await client.get('/api/v1/messages')).body.unread).to.equal(2);
    await client.form('/messages/read', { message: others }).expect(303);
    expect((await client.get('/api/v1/messages')).body.unread).to.equal(0);
  });

  it('marks all as read', async () => {
    await send();
    await client.form('/messages/read-all', {}).expect(303);
    expect((await client.get('/messages')).text).to.include('全部已读');
  });

  it('pages the inbox and counts the rows', async () => {
    const { body: before } = await client.get('/api/v1/messages').expect(200);
    await Promise.all(Array.from({ length: 25 }, () => send()));
    const { body } = await client.get('/api/v1/messages?page=2&size=20').expect(200);
    expect(body.total).to.equal(before.total + 25);
    expect(body.rows).to.have.length(Math.min(20, body.total - 20));
    expect((await client.get('/messages?page=2')).text).to.include(`共 ${body.total} 条`);
  });

  it("neither shows nor marks anybody else's messages", async () => {
    await send();
    const { body } = await client.get('/api/v1/messages').expect(200);
    const id = body.rows[0].id;
    const other = await platform.signIn(writer.login);
    await other.get(`/messages/${id}`).expect(404);
    await other.get(`/api/v1/messages/${id}`).expect(404);
    await other.post('/api/v1/messages/read', { ids: [id] }).expect(200);
    expect((await client.get('/api/v1/messages')).body.unread).to.equal(body.unread);
  });

  it('wants a signed-in reader and the token of the form', async () => {
    const response = await fetch(`${platform.url}/api/v1/messages`);
    expect(response.status).to.equal(401);
    const forged = await fetch(`${platform.url}/messages/read-all`, {
      method: 'POST',
      headers: { cookie: client.cookie, 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(forged.status).to.equal(403);
  });

  it('tells the open pages of the reader, and lets nobody else listen', async () => {
    const socket = await client.socket();
    const strange = await (await platform.signIn(writer.login)).socket();
    try {
      const room = `inbox:${reader.id}`;
      expect(await strange.emitWithAck('subscribe', room)).to.have.nested.property('error.code', 'core:not-found');
      expect(await socket.emitWithAck('subscribe', room)).to.deep.equal({ ok: true });
      const told = next<{ unread: number }>(socket, 'inbox');
      await send();
      expect((await told).unread).to.equal(1);
      const cleared = next<{ unread: number }>(socket, 'inbox');
      await client.post('/api/v1/messages/read').expect(200);
      expect((await cleared).unread).to.equal(0);
    } finally {
      socket.close();
      strange.close();
    }
  });

  it('sends to thousands at once, to each once, and refuses a way off the site', async () => {
    const to = Array.from({ length: 2_500 }, (_, index) => `nobody-${index}`);
    await send({ to: [...to, ...to] });
    const { messages } = platform.host('messages').models;
    expect(await messages!.countDocuments({ to: 'nobody-2499' })).to.equal(1);
    for (const href of ['https://example.org/', '//example.org', '/\\example.org', 'help']) {
      const refused = await send({ href }).catch((error) => error);
      expect(refused).to.be.instanceOf(RangeError);
    }
  });
});
