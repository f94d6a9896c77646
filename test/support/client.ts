import { io, type Socket } from 'socket.io-client';
import supertest, { type Test } from 'supertest';

export const password = 'studying-2026';

/** A browser without a window: cookies, the CSRF token on every change, and sockets of the same session. */
export interface Client {
  csrf: string;
  cookie: string;
  get(path: string): Test;
  /** Sends JSON; `form` sends a form. */
  post(path: string, body?: object): Test;
  put(path: string, body?: object): Test;
  patch(path: string, body?: object): Test;
  delete(path: string, body?: object): Test;
  form(path: string, fields: Record<string, string | string[]>): Test;
  /** A connected socket of a namespace. */
  socket(namespace?: string): Promise<Socket>;
}

/** Signs in through the API, as a program would. */
export async function signIn(url: string, login: string, secret = password): Promise<Client> {
  const agent = supertest.agent(url);
  const first = await agent.get('/api/v1/session').expect(200);
  const { body } = await agent
    .post('/api/v1/session')
    .set('X-CSRF-Token', first.body.csrf)
    .send({ login, password: secret })
    .expect(200);
  return clientOf(url, agent, body.csrf);
}

/** Somebody who has not signed in. */
export async function stranger(url: string): Promise<Client> {
  const agent = supertest.agent(url);
  const { body } = await agent.get('/api/v1/session').expect(200);
  return clientOf(url, agent, body.csrf);
}

function clientOf(url: string, agent: ReturnType<typeof supertest.agent>, csrf: string): Client {
  const cookie = agent.jar.getCookies({ path: '/', domain: '127.0.0.1', secure: false, script: false }).toValueString();
  const change = (test: Test, given?: object) => test.set('X-CSRF-Token', csrf).send(given ?? {});
  return {
    csrf,
    cookie,
    get: (path) => agent.get(path),
    post: (path, given) => change(agent.post(path), given),
    put: (path, given) => change(agent.put(path), given),
    patch: (path, given) => change(agent.patch(path), given),
    delete: (path, given) => change(agent.delete(path), given),
    form: (path, fields) => agent.post(path).type('form').set('X-CSRF-Token', csrf).send(fields),
    socket: (namespace = '/') => connect(url, namespace, cookie),
  };
}

async function connect(url: string, namespace: string, cookie: string): Promise<Socket> {
  const socket = io(url + namespace, {
    transports: ['websocket'],
    extraHeaders: { cookie },
    reconnection: false,
    forceNew: true,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}
