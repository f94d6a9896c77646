/** A person at a browser without a window: signs in for real, keeps the cookie, sends the session's token. */
export interface HttpClient {
  readonly cookie: string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  put<T>(path: string, body: object): Promise<T>;
  /** Sends a form with a file as a page does. */
  upload<T>(path: string, form: FormData): Promise<T>;
}

/** An answer other than the one hoped for. */
export class HttpFailure extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** @throws HttpFailure where the platform refuses the account */
export async function signIn(url: string, login: string, password: string): Promise<HttpClient> {
  let cookie = '';
  let csrf = '';

  const send = async (method: string, path: string, body?: object | FormData): Promise<Response> => {
    const isForm = body instanceof FormData;
    const response = await fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(cookie && { cookie }),
        ...(csrf && { 'x-csrf-token': csrf }),
        accept: 'application/json',
        ...(body && !isForm && { 'content-type': 'application/json' }),
      },
      ...(body && { body: isForm ? body : JSON.stringify(body) }),
    });
    for (const given of response.headers.getSetCookie()) {
      const pair = given.slice(0, given.indexOf(';'));
      const name = pair.slice(0, pair.indexOf('=') + 1);
      const others = cookie.split('; ').filter((one) => one !== '' && !one.startsWith(name));
      cookie = [...others, pair].join('; ');
    }
    if (response.status >= 400) {
      throw new HttpFailure(
        response.status,
        `${method} ${path}: ${response.status} ${(await response.text()).slice(0, 300)}`,
      );
    }
    return response;
  };
  const json = async <T>(response: Response) => (await response.json()) as T;

  csrf = (await json<{ csrf: string }>(await send('GET', '/api/v1/session'))).csrf;
  csrf = (await json<{ csrf: string }>(await send('POST', '/api/v1/session', { login, password }))).csrf;
  return {
    get cookie() {
      return cookie;
    },
    get: async <T>(path: string) => json<T>(await send('GET', path)),
    post: async <T>(path: string, body: object) => json<T>(await send('POST', path, body)),
    put: async <T>(path: string, body: object) => json<T>(await send('PUT', path, body)),
    upload: async <T>(path: string, form: FormData) => json<T>(await send('POST', path, form)),
  };
}
